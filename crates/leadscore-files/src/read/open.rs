//! A file or standard input, unpacked, and its format by its content.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use leadscore::{Error, ErrorKind};

use crate::in_file;

/// How an input is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputFormat {
    /// A table of separated values.
    Csv,
    /// One JSON record to a line.
    Jsonl,
    /// A JSON list of records, or one record.
    Json,
}

/// How many bytes of a file have been read; clones count the same file.
#[derive(Debug, Clone, Default)]
pub struct ByteCounter(Arc<AtomicU64>);

impl ByteCounter {
    /// The bytes read so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An input ready to be read.
#[non_exhaustive]
pub struct InputFile {
    /// Its name for messages.
    pub name: String,
    /// Its content, unpacked.
    pub bytes: Box<dyn BufRead>,
    /// How it is written.
    pub format: InputFormat,
    /// Its size as it lies on the disk, where known.
    pub byte_count: Option<u64>,
    /// How many of these bytes have been read.
    pub bytes_read: ByteCounter,
    /// What was assumed about its format.
    pub notes: Vec<String>,
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// How much is looked at to find the format.
const SAMPLE_BYTES: u64 = 64 * 1024;
const BUFFER_BYTES: usize = 1 << 16;

impl InputFile {
    /// Opens a file by its name, or standard input for `-`.
    ///
    /// # Errors
    /// `not_found` and `io`, with the file's name as the path.
    pub fn open(name: &str) -> Result<InputFile, Error> {
        if name == "-" {
            return InputFile::from_reader("standard input", std::io::stdin(), None);
        }
        let file = File::open(name).map_err(|error| Error::io(name, error))?;
        let metadata = file.metadata().map_err(|error| Error::io(name, error))?;
        if metadata.is_dir() {
            let message = "is a directory; name a file in it";
            return Err(in_file(name, Error::new(ErrorKind::Io, "", message)));
        }
        InputFile::from_reader(name, file, Some(metadata.len()))
    }

    /// Reads an input that is open already; `name` is for messages, and its ending tells the format where the content
    /// does not.
    ///
    /// # Errors
    /// `io` with the name as the path.
    pub fn from_reader(
        name: &str,
        reader: impl Read + 'static,
        byte_count: Option<u64>,
    ) -> Result<InputFile, Error> {
        let bytes_read = ByteCounter::default();
        let counted = Counted { inner: reader, counter: bytes_read.clone() };
        let mut bytes: Box<dyn BufRead> = Box::new(BufReader::with_capacity(BUFFER_BYTES, counted));
        let mut notes = Vec::new();
        let mut head = sample(&mut bytes, name)?;
        let is_gzipped = head.starts_with(&GZIP_MAGIC);
        if is_gzipped {
            let unpacked = Unpacked(flate2::bufread::MultiGzDecoder::new(Cursor::new(head).chain(bytes)));
            bytes = Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked));
            head = sample(&mut bytes, name)?;
            if extension(name) != Some("gz") && name != "standard input" {
                notes.push(format!("{name} is gzip-compressed though its name does not say so; unpacked"));
            }
        }
        let format = detect_format(name, is_gzipped, &head, &mut notes);
        let bytes = Box::new(Cursor::new(head).chain(bytes));
        Ok(InputFile { name: name.to_owned(), bytes, format, byte_count, bytes_read, notes })
    }
}

impl fmt::Debug for InputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("InputFile");
        out.field("name", &self.name).field("format", &self.format).finish_non_exhaustive()
    }
}

fn sample(bytes: &mut Box<dyn BufRead>, name: &str) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    bytes.take(SAMPLE_BYTES).read_to_end(&mut head).map_err(|error| Error::io(name, error))?;
    Ok(head)
}

/// The format by the name's ending, unless the content says otherwise.
fn detect_format(name: &str, is_gzipped: bool, head: &[u8], notes: &mut Vec<String>) -> InputFormat {
    let inner = if is_gzipped { name.strip_suffix(".gz").unwrap_or(name) } else { name };
    let by_name = match extension(inner) {
        Some("jsonl" | "ndjson") => Some(InputFormat::Jsonl),
        Some("json") => Some(InputFormat::Json),
        Some("csv" | "tsv" | "txt" | "tab") => Some(InputFormat::Csv),
        _ => None,
    };
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = text.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    let by_content = match first {
        Some(b'[') if looks_like_list(text) => InputFormat::Json,
        Some(b'{') if first_line_is_record(text) => InputFormat::Jsonl,
        Some(b'{') if by_name == Some(InputFormat::Jsonl) => InputFormat::Jsonl,
        Some(b'{') if by_name != Some(InputFormat::Csv) => InputFormat::Json,
        _ => InputFormat::Csv,
    };
    if by_name.is_some_and(|by_name| by_name != by_content) && by_content != InputFormat::Csv {
        let words = if by_content == InputFormat::Json { "a JSON list" } else { "JSON lines" };
        if by_name == Some(InputFormat::Csv) {
            notes.push(format!("{name} holds {words} though its name does not say so; read as such"));
        }
        return by_content;
    }
    if by_content == InputFormat::Csv { by_name.unwrap_or(InputFormat::Csv) } else { by_content }
}

fn extension(name: &str) -> Option<&str> {
    Path::new(name).extension()?.to_str()
}

/// Whether a text that opens with `[` goes on as a list of records.
fn looks_like_list(text: &[u8]) -> bool {
    let mut inside = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).skip(1);
    matches!(inside.next(), Some(b'{' | b']'))
}

/// Whether the first line is one JSON object by itself.
fn first_line_is_record(text: &[u8]) -> bool {
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let line = text[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Unpacked bytes, with an error that says what is wrong with the packed ones.
struct Unpacked<R>(R);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let message = format!(
                "the gzip file is cut off or damaged, or something follows it ({error}); pack it again"
            );
            std::io::Error::new(error.kind(), message)
        })
    }
}

struct Counted<R> {
    inner: R,
    counter: ByteCounter,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.counter.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
