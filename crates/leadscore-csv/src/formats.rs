//! Recognises files that are no CSV and says what to do with them.

use memchr::{memchr, memchr_iter};

use leadscore::Error;

use super::unreadable;

/// First bytes of other formats, what they are, and what to do.
const SIGNATURES: [(&[u8], &str, &str); 22] = [
    (b"\x1F\x8B", "compressed with gzip", "unpack it first"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx)", EXCEL),
    (b"PK\x05\x06", "an empty zip archive", "name the CSV file itself"),
    (b"\xD0\xCF\x11\xE0", "an old Excel workbook (.xls) or another Office file", EXCEL),
    (b"\x09\x08\x10\x00", "an old Excel workbook (.xls)", EXCEL),
    (b"%PDF", "a PDF document", "export the table behind it as CSV"),
    (b"PAR1", "a Parquet file", "export it as CSV"),
    (b"ARROW1", "an Arrow file", "export it as CSV"),
    (b"Obj\x01", "an Avro file", "export it as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"\x89PNG", "an image (PNG)", "name a CSV file"),
    (b"\xFF\xD8\xFF", "an image (JPEG)", "name a CSV file"),
    (b"GIF87a", "an image (GIF)", "name a CSV file"),
    (b"GIF89a", "an image (GIF)", "name a CSV file"),
    (b"\x89HDF", "an HDF5 file", "export it as CSV"),
    (b"BZh91AY&SY", "compressed with bzip2", "unpack it first"),
    (b"\xFD7zXZ\0", "compressed with xz", "unpack it first"),
    (b"\x28\xB5\x2F\xFD", "compressed with zstd", "unpack it first"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it first"),
    (b"Rar!\x1A\x07", "a RAR archive", "unpack it first"),
    (b"\x7FELF", "a program", "name a CSV file"),
    (b"{\\rtf", "a rich text document (RTF)", "export the table as CSV"),
];
const EXCEL: &str = "open it and save the sheet as CSV (UTF-8)";

/// Starts of web pages and XML, in lower case.
const MARKUP: [&[u8]; 24] = [
    b"<h1",
    b"<h2",
    b"<p>",
    b"<br",
    b"<center",
    b"<title",
    b"<form",
    b"<font",
    b"<pre",
    b"<span",
    b"<!doctype",
    b"<html",
    b"<head",
    b"<body",
    b"<table",
    b"<div",
    b"<script",
    b"<meta",
    b"<style",
    b"<?xml",
    b"<!--",
    b"<svg",
    b"<rss",
    b"<tr",
];

/// First characters of other texts, in lower case, and what they are.
const OTHER_TEXTS: [(&[u8], &str); 5] = [
    (b"id;pwxl", "a SYLK spreadsheet"),
    (b"%pdf-", "a PDF document"),
    (b"mime-version:", "a web archive (MHTML), which some programs name .xls or .csv"),
    (b"begin:vcard", "a vCard address book"),
    (b"begin:vcalendar", "a calendar"),
];

/// Refuses by the raw first bytes.
pub(crate) fn refuse_binary_formats(head: &[u8]) -> Result<(), Error> {
    for (signature, what, advice) in SIGNATURES {
        if head.starts_with(signature) {
            return Err(unreadable(format!("this is {what}, not CSV; {advice}")));
        }
    }
    Ok(())
}

/// Refuses decoded text that is empty, binary, a web page or JSON.
pub(crate) fn refuse_other_texts(text: &[u8]) -> Result<(), Error> {
    let start = skip_blank(text);
    if start.is_empty() {
        return Err(unreadable("the file is empty; export it again with a header and rows"));
    }
    refuse_binary(text)?;
    let lower: Vec<u8> = start.iter().take(512).map(u8::to_ascii_lowercase).collect();
    if MARKUP.iter().any(|tag| lower.starts_with(tag)) {
        let what = if lower.starts_with(b"<?xml") { "an XML document" } else { "a web page (HTML) or XML" };
        return Err(unreadable(format!(
            "this is {what}, not CSV; download or export the table itself as CSV"
        )));
    }
    // Words of a program before its page.
    let mut lines = lower.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let page = lines.find(|line| line.starts_with(b"<") || line.iter().any(|byte| b",;\t|\"".contains(byte)));
    if page.is_some_and(|line| line.starts_with(b"<html") || line.starts_with(b"<!doctype html")) {
        return Err(unreadable(
            "this is a web page (HTML), not CSV; download or export the table itself as CSV",
        ));
    }
    let line = start.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default().trim_ascii_end();
    let tag = line.len() > 2 && line[0] == b'<' && line[1].is_ascii_alphabetic() && line.ends_with(b">");
    if tag && !line.iter().any(|byte| b",;\t|".contains(byte)) {
        return Err(unreadable("this is XML, not CSV; export the table itself as CSV"));
    }
    for (first, what) in OTHER_TEXTS {
        if lower.starts_with(first) {
            return Err(unreadable(format!("this is {what}, not CSV; export the table itself as CSV")));
        }
    }
    if lower.starts_with(b"version https://git-lfs") {
        return Err(unreadable(
            "this is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`",
        ));
    }
    if is_json(start) {
        return Err(unreadable("this is JSON; name it .json or .jsonl"));
    }
    Ok(())
}

fn refuse_binary(text: &[u8]) -> Result<(), Error> {
    let head = &text[..text.len().min(64 << 10)];
    // A file cut off by a crash may be filled up with NULs.
    let filled = head.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let head = &head[..filled];
    let zeros = memchr_iter(0, head).count();
    let control = |byte: &&u8| matches!(byte, 1..=8 | 14..=25 | 28..=31 | 127);
    let controls = head.iter().filter(control).count();
    if zeros * 3 > head.len() || (controls >= 4 && controls * 20 > head.len()) {
        return Err(unreadable("this is a binary file, not text; export the table as CSV"));
    }
    Ok(())
}

/// Cuts blanks, byte order marks, NULs and the end-of-file sign of old systems.
fn skip_blank(text: &[u8]) -> &[u8] {
    let mut text = text;
    loop {
        text = match text {
            [b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0B | 0x0C | 0x1A, rest @ ..]
            | [0xEF, 0xBB, 0xBF, rest @ ..]
            | [0xC2, 0xA0, rest @ ..] => rest,
            _ => return text,
        };
    }
}

/// Whether a text starts like JSON; column names in brackets (`[id],[name]`) do not.
fn is_json(text: &[u8]) -> bool {
    let inner = skip_blank(&text[1..]);
    match (text[0], inner.first()) {
        (b'{', Some(b'}')) | (b'[', Some(b']')) => inner.len() < 3 || skip_blank(&inner[1..]).is_empty(),
        (b'{', Some(b'"')) => {
            let key = &inner[1..inner.len().min(1000)];
            memchr(b'"', key).is_some_and(|close| skip_blank(&key[close + 1..]).first() == Some(&b':'))
        }
        (b'[', Some(b'{' | b'[' | b'"')) => true,
        (b'[', Some(byte)) => byte.is_ascii_digit() || *byte == b'-',
        _ => false,
    }
}
