//! A file or standard input, unpacked, and its form told by what is in it.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Failure;

/// The form of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Csv,
    Jsonl,
    Json,
}

/// How many bytes of the file have been read.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicU64>);

impl Counter {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An input ready to be read.
pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) bytes: Box<dyn BufRead>,
    pub(crate) form: Form,
    pub(crate) size: Option<u64>,
    pub(crate) counter: Counter,
    /// What was assumed.
    pub(crate) notes: Vec<String>,
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How much is looked at to tell the form.
const LOOK: u64 = 64 * 1024;

/// Opens a file by its name, or standard input for `-`.
pub(crate) fn open(name: &str) -> Result<Opened, Failure> {
    let (raw, size): (Box<dyn Read>, Option<u64>) = if name == "-" {
        (Box::new(std::io::stdin()), None)
    } else {
        let said = |error: std::io::Error| Failure::said(format!("{name}: {error}"));
        let file = File::open(name).map_err(said)?;
        let data = file.metadata().map_err(said)?;
        if data.is_dir() {
            return Err(Failure::said(format!("{name}: is a directory; name a file in it")));
        }
        (Box::new(file), Some(data.len()))
    };
    let counter = Counter::default();
    let name = if name == "-" { "standard input".to_owned() } else { name.to_owned() };
    let mut bytes: Box<dyn BufRead> =
        Box::new(BufReader::with_capacity(1 << 16, Counted { inner: raw, counter: counter.clone() }));
    let mut notes = Vec::new();
    let mut head = look(&mut bytes, &name)?;
    let mut gzipped = false;
    if head.starts_with(&GZIP) {
        gzipped = true;
        let packed = Unpacked(flate2::bufread::MultiGzDecoder::new(Cursor::new(head).chain(bytes)));
        bytes = Box::new(BufReader::with_capacity(1 << 16, packed));
        head = look(&mut bytes, &name)?;
        if ending(&name) != Some("gz") && name != "standard input" {
            notes.push(format!("{name} is gzip-compressed though its name does not say so; unpacked"));
        }
    }
    let form = form(&name, gzipped, &head, &mut notes);
    Ok(Opened { name, bytes: Box::new(Cursor::new(head).chain(bytes)), form, size, counter, notes })
}

fn look(bytes: &mut Box<dyn BufRead>, name: &str) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::new();
    bytes.take(LOOK).read_to_end(&mut head).map_err(|error| Failure::said(format!("{name}: {error}")))?;
    Ok(head)
}

/// The form by the name's ending, unless what is inside says otherwise.
fn form(name: &str, gzipped: bool, head: &[u8], notes: &mut Vec<String>) -> Form {
    let inner = if gzipped { name.strip_suffix(".gz").unwrap_or(name) } else { name };
    let named = match ending(inner) {
        Some("jsonl" | "ndjson") => Some(Form::Jsonl),
        Some("json") => Some(Form::Json),
        Some("csv" | "tsv" | "txt" | "tab") => Some(Form::Csv),
        _ => None,
    };
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = text.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    let seen = match first {
        Some(b'[') if looks_like_list(text) => Form::Json,
        Some(b'{') if whole_first_line(text) => Form::Jsonl,
        Some(b'{') if named == Some(Form::Jsonl) => Form::Jsonl,
        Some(b'{') if named != Some(Form::Csv) => Form::Json,
        _ => Form::Csv,
    };
    if named.is_some_and(|named| named != seen) && seen != Form::Csv {
        let words = if seen == Form::Json { "a JSON list" } else { "JSON lines" };
        if named == Some(Form::Csv) {
            notes.push(format!("{name} holds {words} though its name does not say so; read as such"));
        }
        return seen;
    }
    if seen == Form::Csv { named.unwrap_or(Form::Csv) } else { seen }
}

fn ending(name: &str) -> Option<&str> {
    Path::new(name).extension()?.to_str()
}

/// Whether a text that opens with `[` goes on as a list of records.
fn looks_like_list(text: &[u8]) -> bool {
    let mut inside = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).skip(1);
    matches!(inside.next(), Some(b'{' | b']'))
}

/// Whether the first line is one JSON object by itself.
fn whole_first_line(text: &[u8]) -> bool {
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let line = text[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Unpacked bytes, with an error that says what is wrong with the packed ones.
struct Unpacked<R>(R);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let said = format!(
                "the gzip file is cut off or damaged, or something follows it ({error}); pack it again"
            );
            std::io::Error::new(error.kind(), said)
        })
    }
}

struct Counted<R> {
    inner: R,
    counter: Counter,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.counter.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
