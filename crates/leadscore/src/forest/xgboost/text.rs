//! A reader of JSON as XGBoost writes it: floats are parsed as f32, and bare NaN and Infinity are numbers.

use super::document::{Doc, MAX_DEPTH};
use crate::{Error, ErrorKind};

pub(super) fn read(bytes: &[u8]) -> Result<Doc, Error> {
    let mut reader = Reader { bytes, at: 0 };
    let doc = reader.value(MAX_DEPTH)?;
    // Some writers end the text with a zero byte.
    while matches!(reader.peek(), Some(0)) {
        reader.at += 1;
    }
    match reader.peek() {
        None => Ok(doc),
        Some(_) => Err(reader.error("the document ends here, but the file goes on")),
    }
}

/// The literals. XGBoost writes `NaN` and `Infinity`, its first versions `nan` and `inf`.
const LITERALS: [(&str, Doc); 9] = [
    ("null", Doc::Null),
    ("true", Doc::Bool(true)),
    ("false", Doc::Bool(false)),
    ("NaN", Doc::Real(f32::NAN)),
    ("nan", Doc::Real(f32::NAN)),
    ("Infinity", Doc::Real(f32::INFINITY)),
    ("inf", Doc::Real(f32::INFINITY)),
    ("-Infinity", Doc::Real(f32::NEG_INFINITY)),
    ("-inf", Doc::Real(f32::NEG_INFINITY)),
];

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, message: &str) -> Error {
        Error::new(
            ErrorKind::InvalidModel,
            "",
            format!("not readable as JSON at byte {}: {message}", self.at),
        )
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let blanks =
            self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.at += blanks;
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.eat(byte) { Ok(()) } else { Err(self.error(&format!("expected `{}`", char::from(byte)))) }
    }

    fn value(&mut self, depth: usize) -> Result<Doc, Error> {
        let Some(below) = depth.checked_sub(1) else { return Err(self.error("nested too deep")) };
        match self.peek() {
            Some(b'{') => self.object(below),
            Some(b'[') => self.list(below),
            Some(b'"') => self.text().map(Doc::Text),
            Some(_) => self.literal_or_number(),
            None => Err(self.error("the file ends too early")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Doc, Error> {
        self.at += 1;
        let mut fields = Vec::new();
        if self.eat(b'}') {
            return Ok(Doc::Object(fields));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a key"));
            }
            let key = self.text()?;
            self.expect(b':')?;
            fields.push((key, self.value(depth)?));
            if !self.eat(b',') {
                self.expect(b'}')?;
                return Ok(Doc::Object(fields));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Doc, Error> {
        self.at += 1;
        let mut list = Doc::List(Vec::new());
        if self.eat(b']') {
            return Ok(list);
        }
        loop {
            list.push(self.value(depth)?);
            if !self.eat(b',') {
                self.expect(b']')?;
                return Ok(list);
            }
        }
    }

    fn literal_or_number(&mut self) -> Result<Doc, Error> {
        let rest = self.rest();
        if let Some((word, doc)) = LITERALS.iter().find(|(word, _)| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            return Ok(doc.clone());
        }
        let length = rest
            .iter()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            .count();
        let text = rest.get(..length).and_then(|number| std::str::from_utf8(number).ok()).unwrap_or_default();
        let number = match text.parse() {
            Ok(whole) => Some(Doc::Int(whole)),
            Err(_) => text.parse().ok().map(Doc::Real),
        };
        let number = number.ok_or_else(|| self.error("expected a value"))?;
        self.at += length;
        Ok(number)
    }

    fn text(&mut self) -> Result<String, Error> {
        self.at += 1;
        let mut text: Vec<u8> = Vec::new();
        loop {
            let rest = self.rest();
            let plain = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\')).count();
            text.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at += plain + 1;
            match rest.get(plain) {
                Some(b'"') => break,
                Some(_) => self.escape(&mut text)?,
                None => return Err(self.error("the text has no end")),
            }
        }
        String::from_utf8(text).map_err(|_| self.error("the text before is not UTF-8"))
    }

    /// What follows a backslash.
    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Error> {
        let byte = self.rest().first().copied().ok_or_else(|| self.error("the text has no end"))?;
        self.at += 1;
        text.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                self.unicode(text);
                return Ok(());
            }
            _ => return Err(self.error("unknown escape")),
        });
        Ok(())
    }

    /// XGBoost does not escape a backslash before a `u`, so what is not followed by a code point is those two characters.
    fn unicode(&mut self, text: &mut Vec<u8>) {
        let Some(high) = self.hex(0) else {
            text.extend_from_slice(b"\\u");
            return;
        };
        self.at += 4;
        let mut units = vec![high];
        if (0xd800..0xdc00).contains(&high)
            && self.rest().starts_with(b"\\u")
            && let Some(low @ 0xdc00..0xe000) = self.hex(2)
        {
            self.at += 6;
            units.push(low);
        }
        text.extend_from_slice(String::from_utf16_lossy(&units).as_bytes());
    }

    fn hex(&self, skip: usize) -> Option<u16> {
        let digits = self.rest().get(skip..skip + 4)?;
        digits.iter().try_fold(0, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)? as u16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Doc {
        read(text.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_are_parsed_as_f32() {
        assert_eq!(list("[1, 2.5,-3]"), Doc::Reals(vec![1.0, 2.5, -3.0]));
        assert_eq!(list("[1,true,-2147483648]"), Doc::Ints(vec![1, 1, -2_147_483_648]));
        assert_eq!(list("[1E-45,Infinity,-Infinity]"), {
            Doc::Reals(vec![f32::from_bits(1), f32::INFINITY, f32::NEG_INFINITY])
        });
        // By way of f64 this would be rounded twice, and down.
        let near = "1.00000005960464477540";
        assert_eq!((near.parse::<f64>().unwrap() as f32).to_bits(), 0x3f80_0000);
        assert_eq!(list(near), Doc::Real(f32::from_bits(0x3f80_0001)));
        assert_eq!(list("99999999999999999999"), Doc::Real(1e20));
        assert!(matches!(list("[NaN]"), Doc::Reals(found) if found[0].is_nan()));
    }

    #[test]
    fn texts_are_unescaped() {
        let text = r#" {"a\"\\\/\t": "\u00fc\ud83d\ude00\ud83d\user", "b": [null, "x", []]} "#;
        let fields = vec![
            ("a\"\\/\t".to_owned(), Doc::Text("ü😀\u{fffd}\\user".to_owned())),
            ("b".to_owned(), Doc::List(vec![Doc::Null, Doc::Text("x".to_owned()), Doc::List(vec![])])),
        ];
        assert_eq!(list(text), Doc::Object(fields));
    }

    #[test]
    fn invalid_json_is_refused() {
        let deep = "[".repeat(100_000);
        for text in
            ["", "{", "[1,", "[1,]", "{\"a\":}", "{\"a\" 1}", "\"a", "\"\\x\"", "1 2", "--1", "tru", &deep]
        {
            assert_eq!(read(text.as_bytes()).unwrap_err().code(), "invalid_model", "{text:.20}");
        }
        assert!(read(b"\"\xff\"").is_err());
    }
}
