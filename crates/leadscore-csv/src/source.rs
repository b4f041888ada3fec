//! Turns the input into a buffer of text bytes that can be split, with flat memory.

use std::io::Read;

use encoding_rs::Decoder;

use leadscore::Error;

use super::encoding::{self, Charset, DetectedEncoding, MinorityEncoding};
use super::formats;
use super::record::MAX_RECORD;

/// The bytes read before the first row, from which encoding and layout are detected.
const SAMPLE: usize = 8 << 20;
const CHUNK: usize = 256 << 10;

/// The input, decoded as far as needed for splitting.
pub(crate) struct TextSource<R> {
    input: R,
    encoding: DetectedEncoding,
    decoder: Option<Decoder>,
    /// Raw bytes of an incomplete UTF-32 unit.
    partial: Vec<u8>,
    text: Vec<u8>,
    start: usize,
    eof: bool,
    bytes_read: u64,
    ends_within_character: bool,
}

impl<R: Read> TextSource<R> {
    /// Reads the sample, detects the encoding and refuses what is no CSV.
    pub(crate) fn open(mut input: R, label: Option<&str>) -> Result<TextSource<R>, Error> {
        let mut head = Vec::new();
        input.by_ref().take(SAMPLE as u64).read_to_end(&mut head)?;
        formats::refuse_binary_formats(&head)?;
        let detected = encoding::detect(&head, label)?;
        let mut source = TextSource {
            input,
            decoder: detected
                .charset
                .transcoded()
                .map(encoding_rs::Encoding::new_decoder_without_bom_handling),
            partial: Vec::new(),
            text: Vec::new(),
            start: 0,
            eof: head.len() < SAMPLE,
            bytes_read: head.len() as u64,
            ends_within_character: false,
            encoding: detected,
        };
        head.drain(..source.encoding.bom_length);
        source.append(head);
        formats::refuse_other_texts(source.pending())?;
        Ok(source)
    }

    /// The text not consumed yet, as far as it was read.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.text[self.start..]
    }

    /// Whether the pending text is all that is left.
    pub(crate) fn eof(&self) -> bool {
        self.eof
    }

    /// Whether the file's last byte leaves a UTF-8 character incomplete.
    pub(crate) fn ends_within_character(&self) -> bool {
        self.ends_within_character
    }

    pub(crate) fn charset(&self) -> Charset {
        self.encoding.charset
    }

    pub(crate) fn encoding(&self) -> &DetectedEncoding {
        &self.encoding
    }

    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Whether more text may be asked for to complete one record.
    pub(crate) fn may_grow(&self) -> bool {
        self.pending().len() <= MAX_RECORD
    }

    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.text.len());
    }

    /// Reads more; as much again as is pending, so that a long record is not scanned too often.
    pub(crate) fn fill(&mut self) -> Result<(), Error> {
        self.text.drain(..self.start);
        self.start = 0;
        if self.text.capacity() > 2 * SAMPLE && self.text.len() < SAMPLE {
            self.text.shrink_to(SAMPLE);
        }
        let size = self.text.len().clamp(CHUNK, MAX_RECORD);
        let mut chunk = Vec::new();
        let direct = self.decoder.is_none() && !matches!(self.encoding.charset, Charset::Utf32 { .. });
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
        } else if let Charset::Utf32 { big_endian } = self.encoding.charset {
            self.partial.extend(bytes);
            let mut units = self.partial.chunks_exact(4);
            for unit in units.by_ref() {
                let unit = [unit[0], unit[1], unit[2], unit[3]];
                let code = if big_endian { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) };
                let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            self.partial = units.remainder().to_vec();
        } else if self.text.is_empty() {
            self.text = bytes;
        } else {
            self.text.extend(bytes);
        }
        if self.eof {
            if matches!(
                self.encoding.charset,
                Charset::Utf8OrWindows1252 { minority_encoding: MinorityEncoding::Windows1252 }
            ) {
                let tail = &self.text[self.text.len().saturating_sub(4)..];
                // The tail may begin within another character.
                let last = tail.utf8_chunks().last().map(|chunk| chunk.invalid()).unwrap_or_default();
                self.ends_within_character =
                    std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
            }
            // Old systems end a text with Ctrl-Z.
            while self.text.len() > self.start && matches!(self.text.last(), Some(0x1A)) {
                self.text.pop();
            }
        }
    }
}

impl<R> std::fmt::Debug for TextSource<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextSource")
            .field("encoding", &self.encoding)
            .field("bytes_read", &self.bytes_read)
            .finish_non_exhaustive()
    }
}
