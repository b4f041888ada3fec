//! The text of a JSON file, in the encodings that editors save.

use std::borrow::Cow;

use crate::{Error, ErrorKind};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of the bytes of a JSON file: UTF-8 or UTF-16, with a byte order mark or without one.
///
/// # Errors
/// `invalid_json` for bytes that are neither.
///
/// ```
/// assert_eq!(leadscore::decode_json(b"\xff\xfe{\0}\0")?, "{}");
/// # Ok::<(), leadscore::Error>(())
/// ```
pub fn decode_json(bytes: &[u8]) -> Result<String, Error> {
    decode(bytes).map(Cow::into_owned)
}

/// The text of a file: UTF-8 or UTF-16, with a byte order mark or without one.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    match bytes {
        // JSON begins with an ASCII character, whose other byte is zero in UTF-16.
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, first, ..] if *first != 0 => utf16(bytes, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let line = 1 + bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').skip(1).count();
                Err(not_text(format!("line {line} is neither UTF-8 nor UTF-16; save the file as UTF-8")))
            }
        },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, Error> {
    let units = bytes.chunks_exact(2);
    if !units.remainder().is_empty() {
        return Err(not_text("the file is UTF-16 with half a character at its end".to_owned()));
    }
    let units: Vec<u16> = units.map(|pair| unit([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units);
    text.map(Cow::Owned).map_err(|_| not_text("the file is UTF-16 with broken characters".to_owned()))
}

fn not_text(message: String) -> Error {
    Error::new(ErrorKind::InvalidJson, "", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_an_editor_is_read() {
        let text = "{\"name\": \"Größe €\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(UTF8_MARK, text.as_bytes()),
            marked(b"\xff\xfe", &little),
            marked(b"\xfe\xff", &big),
            little.clone(),
            big,
        ] {
            assert_eq!(decode(&bytes).unwrap(), text, "{bytes:?}");
        }
        let error = decode(b"{\n\"name\": \"Gr\xf6\xdfe\"}").unwrap_err();
        assert_eq!((error.code(), error.message().contains("line 2")), ("invalid_json", true), "{error}");
        assert_eq!(decode(&little[..5]).unwrap_err().code(), "invalid_json");
        assert_eq!(decode(b"").unwrap(), "");
    }
}
