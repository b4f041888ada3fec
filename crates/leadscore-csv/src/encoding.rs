//! Finds the encoding of a file from its first bytes.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memmem};

use leadscore::Error;

use super::unreadable;

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Charset {
    /// Cell by cell as UTF-8, and as windows-1252 where a cell is not UTF-8.
    Utf8OrWindows1252 { minority_encoding: MinorityEncoding },
    /// Every cell in one single-byte encoding.
    Single(&'static Encoding),
    /// The stream is UTF-8 already: it was transcoded before being split.
    Stream(&'static Encoding),
    /// As [`Charset::Stream`], from UTF-32.
    Utf32 { big_endian: bool },
}

/// Which of the two encodings of a mixed file is the exception worth a warning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MinorityEncoding {
    Windows1252,
    Utf8,
}

/// The encoding detected.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DetectedEncoding {
    pub(crate) charset: Charset,
    /// Its name in lower case, or `mixed`.
    pub(crate) name: String,
    /// The length of the byte order mark.
    pub(crate) bom_length: usize,
    /// What was assumed.
    pub(crate) note: Option<String>,
}

/// Detects the encoding from the start of the file and the label given by the caller.
pub(crate) fn detect(head: &[u8], label: Option<&str>) -> Result<DetectedEncoding, Error> {
    let utf8 = Charset::Utf8OrWindows1252 { minority_encoding: MinorityEncoding::Windows1252 };
    let bom = match head {
        [0xFF, 0xFE, 0, 0, ..] => Some((Charset::Utf32 { big_endian: false }, "utf-32le", 4)),
        [0, 0, 0xFE, 0xFF, ..] => Some((Charset::Utf32 { big_endian: true }, "utf-32be", 4)),
        [0xFF, 0xFE, ..] => Some((Charset::Stream(UTF_16LE), "utf-16le", 2)),
        [0xFE, 0xFF, ..] => Some((Charset::Stream(UTF_16BE), "utf-16be", 2)),
        // Some programs write the mark twice.
        [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, ..] => Some((utf8, "utf-8", 6)),
        [0xEF, 0xBB, 0xBF, ..] => Some((utf8, "utf-8", 3)),
        _ => None,
    };
    if let Some((charset, name, bom_length)) = bom {
        if charset == utf8 {
            let found = count_non_ascii_cells(&head[bom_length..]);
            let name = if found.invalid > 0 { "mixed" } else { name };
            return Ok(DetectedEncoding {
                charset,
                name: name.to_owned(),
                bom_length,
                note: mojibake_note(head),
            });
        }
        return Ok(DetectedEncoding { charset, name: name.to_owned(), bom_length, note: None });
    }
    let settled = |charset, name: &str, note| {
        Ok(DetectedEncoding { charset, name: name.to_owned(), bom_length: 0, note })
    };
    if let Some(label) = label {
        let encoding = Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
            unreadable(format!(
                "unknown encoding `{}`; use a name such as windows-1252",
                super::excerpt(label)
            ))
        })?;
        return settled(charset_for(encoding), &encoding.name().to_ascii_lowercase(), None);
    }
    if let Some((charset, name)) = detect_wide(head) {
        return settled(charset, name, Some(format!("no byte order mark; read as {name}")));
    }
    let cells = count_non_ascii_cells(head);
    if cells.invalid == 0 && memchr(0x1B, head).is_none() {
        return settled(utf8, "utf-8", mojibake_note(head));
    }
    if cells.utf8 > 0 && cells.utf8 >= cells.invalid {
        return settled(utf8, "mixed", None);
    }
    let assumed = |name: &str| {
        Some(format!("the file is not UTF-8; read as {name}; name the encoding if letters look wrong"))
    };
    let encoding = guess(head);
    let name = encoding.name().to_ascii_lowercase();
    let charset = charset_for(encoding);
    if matches!(charset, Charset::Stream(_)) && cells.utf8 * 4 <= cells.invalid {
        return settled(charset, &name, assumed(&name));
    }
    if cells.utf8 > 0 {
        return settled(
            Charset::Utf8OrWindows1252 { minority_encoding: MinorityEncoding::Utf8 },
            "mixed",
            None,
        );
    }
    if encoding == UTF_8 {
        return settled(utf8, "utf-8", None);
    }
    // Bytes that windows-1252 does not assign are letters in the encodings of DOS and old Macs.
    let unassigned = |byte: &u8| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D);
    if encoding == WINDOWS_1252 && head.iter().any(unassigned) {
        let message = "the file is not UTF-8; read as windows-1252, though it holds bytes that mean nothing in it: \
                       letters are likely wrong; if it comes from DOS or an old Mac, save it again as UTF-8";
        return settled(charset, &name, Some(message.to_owned()));
    }
    settled(charset, &name, assumed(&name))
}

/// The warning about mojibake such as `Ã¼`: UTF-8 that was decoded as windows-1252 and written again.
fn mojibake_note(head: &[u8]) -> Option<String> {
    let found = |text: &[u8]| memmem::find(head, text).is_some();
    if found(b"\xEF\xBF\xBD") {
        return Some("letters shown as \u{FFFD} were lost before this file was written".to_owned());
    }
    // `Ã` and a continuation byte, each encoded once more.
    found(b"\xC3\x83\xC2").then(|| {
        "letters such as `Ã¼` were spoilt before this file was written (UTF-8 read as windows-1252); read as they stand"
            .to_owned()
    })
}

impl Charset {
    /// The encoding whose stream must be turned into UTF-8 before it can be split.
    pub(crate) fn transcoded(self) -> Option<&'static Encoding> {
        if let Charset::Stream(encoding) = self { Some(encoding) } else { None }
    }

    /// Decodes a cell; true if it is in the minority encoding of a mixed file.
    pub(crate) fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        let utf8 = std::str::from_utf8(bytes);
        match (self, utf8) {
            (_, Ok(text)) if bytes.is_ascii() => (Cow::Borrowed(text), false),
            (Charset::Utf8OrWindows1252 { minority_encoding }, Ok(text)) => {
                (Cow::Borrowed(text), minority_encoding == MinorityEncoding::Utf8)
            }
            (Charset::Utf8OrWindows1252 { minority_encoding: MinorityEncoding::Windows1252 }, Err(_)) => {
                (Cow::Owned(decode_both(bytes)), true)
            }
            (Charset::Utf8OrWindows1252 { .. }, Err(_)) => {
                (WINDOWS_1252.decode_without_bom_handling(bytes).0, false)
            }
            (Charset::Single(encoding), _) => (encoding.decode_without_bom_handling(bytes).0, false),
            (_, Ok(text)) => (Cow::Borrowed(text), false),
            (_, Err(_)) => (String::from_utf8_lossy(bytes), false),
        }
    }
}

/// Decodes what is UTF-8 as such and the bytes between as windows-1252.
fn decode_both(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    text
}

fn charset_for(encoding: &'static Encoding) -> Charset {
    if encoding == UTF_8 {
        Charset::Utf8OrWindows1252 { minority_encoding: MinorityEncoding::Windows1252 }
    } else if encoding == WINDOWS_1252 {
        Charset::Utf8OrWindows1252 { minority_encoding: MinorityEncoding::Utf8 }
    } else if encoding.is_single_byte() {
        Charset::Single(encoding)
    } else if encoding == GBK {
        Charset::Stream(GB18030)
    } else {
        Charset::Stream(encoding)
    }
}

/// Cells with characters beyond ASCII, by whether they are UTF-8.
struct CellCounts {
    utf8: usize,
    invalid: usize,
}

fn count_non_ascii_cells(head: &[u8]) -> CellCounts {
    let mut counts = CellCounts { utf8: 0, invalid: 0 };
    let mut rest = head;
    // Bytes that are never part of a multi-byte character, in any encoding this is called for.
    let is_boundary = |byte: &u8| matches!(byte, b'\n' | b'\r' | b',' | b';' | b'\t' | b'"');
    while let Some(at) = first_non_ascii(rest) {
        let start = rest[..at].iter().rposition(is_boundary).map_or(0, |boundary| boundary + 1);
        let end = rest[at..].iter().position(is_boundary).map_or(rest.len(), |length| at + length);
        let cell = &rest[start..end];
        let cut = end == rest.len();
        rest = &rest[(end + 1).min(rest.len())..];
        match std::str::from_utf8(cell) {
            Ok(_) => counts.utf8 += 1,
            // The sample may end within a character.
            Err(error) if cut && error.error_len().is_none() => {}
            Err(_) => counts.invalid += 1,
        }
    }
    counts
}

fn first_non_ascii(bytes: &[u8]) -> Option<usize> {
    const CHUNK: usize = 64;
    let chunk = bytes.chunks(CHUNK).position(|chunk| !chunk.is_ascii())? * CHUNK;
    bytes[chunk..].iter().position(|byte| !byte.is_ascii()).map(|at| chunk + at)
}

fn guess(head: &[u8]) -> &'static Encoding {
    if is_mac(head) {
        return MACINTOSH;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&head[..head.len().min(1 << 20)], true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    // Symbols alone, such as the pound or degree sign, are windows-1252; other alphabets have letters from 0xC0 on.
    let symbols_only = guess.is_single_byte() && head.iter().all(|byte| *byte < 0xC0);
    if symbols_only { WINDOWS_1252 } else { guess }
}

/// Whether a file with the line ends of classic Mac OS has its letters too: more bytes from 0x80 to 0x9F than beyond,
/// not counting the punctuation of windows-1252.
fn is_mac(head: &[u8]) -> bool {
    if memchr(b'\n', head).is_some() || memchr(b'\r', head).is_none() {
        return false;
    }
    let low = head.iter().filter(|byte| matches!(byte, 0x81..=0x84 | 0x86..=0x90 | 0x98..=0x9F)).count();
    low > head.iter().filter(|byte| **byte >= 0xA0).count()
}

/// Detects UTF-16 and UTF-32 without a byte order mark, by the positions of the zero bytes of ASCII characters.
fn detect_wide(head: &[u8]) -> Option<(Charset, &'static str)> {
    let head = &head[..head.len().min(64 << 10) & !3];
    let plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E);
    let share = |width: usize, fits: &dyn Fn(&[u8]) -> bool| {
        let units = head.len() / width;
        (units > 0).then(|| head.chunks_exact(width).filter(|unit| fits(unit)).count() as f64 / units as f64)
    };
    let share = |width, fits: &dyn Fn(&[u8]) -> bool| share(width, fits).unwrap_or(0.0);
    if share(4, &|unit| plain(unit[0]) && unit[1..] == [0, 0, 0]) > 0.5 {
        return Some((Charset::Utf32 { big_endian: false }, "utf-32le"));
    }
    if share(4, &|unit| plain(unit[3]) && unit[..3] == [0, 0, 0]) > 0.5 {
        return Some((Charset::Utf32 { big_endian: true }, "utf-32be"));
    }
    let little = share(2, &|unit| plain(unit[0]) && unit[1] == 0);
    let big = share(2, &|unit| unit[0] == 0 && plain(unit[1]));
    match (little, big) {
        _ if little > 0.25 && big < little / 10.0 => Some((Charset::Stream(UTF_16LE), "utf-16le")),
        _ if big > 0.25 && little < big / 10.0 => Some((Charset::Stream(UTF_16BE), "utf-16be")),
        _ => None,
    }
}
