//! Turns the input into a buffer of text bytes that can be split, with flat memory.

use std::io::Read;

use encoding_rs::Decoder;

use super::detect::{self, Charset, Found, Rare};
use super::record::MAX_RECORD;
use super::sniff;
use crate::Error;

/// How much of the file is looked at before the first row is read, in bytes.
const SAMPLE: usize = 8 << 20;
const CHUNK: usize = 256 << 10;

/// The input, decoded as far as needed for splitting.
pub(super) struct Source<R> {
    input: R,
    found: Found,
    decoder: Option<Decoder>,
    /// Raw bytes of an incomplete UTF-32 unit.
    partial: Vec<u8>,
    text: Vec<u8>,
    start: usize,
    eof: bool,
    bytes_read: u64,
    within_a_letter: bool,
}

impl<R: Read> Source<R> {
    /// Reads the sample, settles the encoding and refuses what is no CSV.
    pub(super) fn open(mut input: R, wanted: Option<&str>) -> Result<Source<R>, Error> {
        let mut head = Vec::new();
        input.by_ref().take(SAMPLE as u64).read_to_end(&mut head)?;
        sniff::refuse_binary_formats(&head)?;
        let found = detect::detect(&head, wanted)?;
        let mut source = Source {
            input,
            decoder: found.charset.transcoded().map(encoding_rs::Encoding::new_decoder_without_bom_handling),
            partial: Vec::new(),
            text: Vec::new(),
            start: 0,
            eof: head.len() < SAMPLE,
            bytes_read: head.len() as u64,
            within_a_letter: false,
            found,
        };
        head.drain(..source.found.mark);
        source.append(head);
        sniff::refuse_other_texts(source.pending())?;
        Ok(source)
    }

    /// The text not consumed yet, as far as it was read.
    pub(super) fn pending(&self) -> &[u8] {
        &self.text[self.start..]
    }

    /// Whether the pending text is all that is left.
    pub(super) fn eof(&self) -> bool {
        self.eof
    }

    /// Whether the file's last byte leaves a UTF-8 letter open.
    pub(super) fn ends_within_a_letter(&self) -> bool {
        self.within_a_letter
    }

    pub(super) fn charset(&self) -> Charset {
        self.found.charset
    }

    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Whether more text may be asked for to complete one record.
    pub(super) fn may_grow(&self) -> bool {
        self.pending().len() <= MAX_RECORD
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.text.len());
    }

    /// Reads more; as much again as is pending, so that a long record is not scanned too often.
    pub(super) fn fill(&mut self) -> Result<(), Error> {
        self.text.drain(..self.start);
        self.start = 0;
        if self.text.capacity() > 2 * SAMPLE && self.text.len() < SAMPLE {
            self.text.shrink_to(SAMPLE);
        }
        let size = self.text.len().clamp(CHUNK, MAX_RECORD);
        let mut chunk = Vec::new();
        let direct = self.decoder.is_none() && !matches!(self.found.charset, Charset::Utf32 { .. });
        let into = if direct { &mut self.text } else { &mut chunk };
        let read = self.input.by_ref().take(size as u64).read_to_end(into)?;
        self.eof = read < size;
        self.bytes_read += read as u64;
        self.append(chunk);
        Ok(())
    }

    fn append(&mut self, bytes: Vec<u8>) {
        if let Some(decoder) = &mut self.decoder {
            let from = self.text.len();
            let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
            self.text.resize(from + room, 0);
            let (_, _, written, _) = decoder.decode_to_utf8(&bytes, &mut self.text[from..], self.eof);
            self.text.truncate(from + written);
        } else if let Charset::Utf32 { big_endian } = self.found.charset {
            self.partial.extend(bytes);
            let mut units = self.partial.chunks_exact(4);
            for unit in units.by_ref() {
                let unit = [unit[0], unit[1], unit[2], unit[3]];
                let code = if big_endian { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) };
                let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            self.partial = units.remainder().to_vec();
        } else if self.text.is_empty() {
            self.text = bytes;
        } else {
            self.text.extend(bytes);
        }
        if self.eof {
            if matches!(self.found.charset, Charset::Utf8OrWestern { rare: Rare::Western }) {
                let tail = &self.text[self.text.len().saturating_sub(4)..];
                // What stands before the letter may be the rest of another one.
                let last = tail.utf8_chunks().last().map(|chunk| chunk.invalid()).unwrap_or_default();
                self.within_a_letter =
                    std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
            }
            // Old systems end a text with Ctrl-Z.
            while self.text.len() > self.start && matches!(self.text.last(), Some(0x1A)) {
                self.text.pop();
            }
        }
    }
}

impl<R> std::fmt::Debug for Source<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("found", &self.found)
            .field("bytes_read", &self.bytes_read)
            .finish_non_exhaustive()
    }
}
