//! A reader of UBJSON, the binary form of JSON that XGBoost writes by default.

use super::document::{Doc, MAX_DEPTH};
use crate::{Error, ErrorKind};

pub(super) fn read(bytes: &[u8]) -> Result<Doc, Error> {
    let mut reader = Reader { bytes, at: 0 };
    let marker = reader.marker()?;
    let doc = reader.value(marker, MAX_DEPTH)?;
    while reader.rest().first().is_some_and(|byte| matches!(byte, b'N' | b'\n' | b'\r' | 0)) {
        reader.at += 1;
    }
    if reader.rest().is_empty() {
        Ok(doc)
    } else {
        Err(reader.error("the document ends here, but the file goes on"))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The optional type and count between an opening bracket and the items.
struct Head {
    kind: Option<u8>,
    /// Without a count the items end at the closing bracket.
    count: Option<usize>,
}

impl<'a> Reader<'a> {
    fn error(&self, message: impl AsRef<str>) -> Error {
        let message = format!("not readable as UBJSON at byte {}: {}", self.at, message.as_ref());
        Error::new(ErrorKind::InvalidModel, "", message)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let taken = self.rest().get(..count).ok_or_else(|| self.error("the file ends too early"))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// The next byte that is not the filler `N`.
    fn marker(&mut self) -> Result<u8, Error> {
        loop {
            match self.array()? {
                [b'N'] => {}
                [marker] => return Ok(marker),
            }
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.rest().first() == Some(&byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, marker: u8, depth: usize) -> Result<Doc, Error> {
        let Some(below) = depth.checked_sub(1) else { return Err(self.error("nested too deep")) };
        Ok(match marker {
            b'Z' => Doc::Null,
            b'T' => Doc::Bool(true),
            b'F' => Doc::Bool(false),
            b'd' => Doc::Real(f32::from_be_bytes(self.array()?)),
            b'D' => Doc::Real(f64::from_be_bytes(self.array()?) as f32),
            b'C' => Doc::Text(char::from(self.array::<1>()?[0]).to_string()),
            b'S' => Doc::Text(self.text()?),
            b'H' => self.long_number()?,
            b'[' => self.list(below)?,
            b'{' => self.object(below)?,
            marker => Doc::Int(self.whole(marker)?),
        })
    }

    fn whole(&mut self, marker: u8) -> Result<i64, Error> {
        Ok(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.array()?)),
            b'U' => i64::from(u8::from_be_bytes(self.array()?)),
            b'I' => i64::from(i16::from_be_bytes(self.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            _ => {
                self.at -= 1;
                return Err(self.error(format!("unknown marker {marker:#04x}")));
            }
        })
    }

    /// A length, checked against the bytes that are left.
    fn length(&mut self) -> Result<usize, Error> {
        let marker = self.marker()?;
        let length = usize::try_from(self.whole(marker)?).unwrap_or(usize::MAX);
        if length > self.rest().len() {
            return Err(self.error("a length that goes beyond the end of the file"));
        }
        Ok(length)
    }

    fn text(&mut self) -> Result<String, Error> {
        let length = self.length()?;
        let text = self.take(length)?.to_vec();
        String::from_utf8(text).map_err(|_| self.error("the text before is not UTF-8"))
    }

    fn long_number(&mut self) -> Result<Doc, Error> {
        let text = self.text()?;
        let number = match text.parse() {
            Ok(whole) => Some(Doc::Int(whole)),
            Err(_) => text.parse().ok().map(Doc::Real),
        };
        number.ok_or_else(|| self.error("the text before is no number"))
    }

    fn head(&mut self) -> Result<Head, Error> {
        let kind = if self.eat(b'$') { Some(self.array::<1>()?[0]) } else { None };
        // Items without bytes of their own would allow a count that the file does not bound.
        if let Some(kind) = kind
            && !b"diUIlLDSH[{C".contains(&kind)
        {
            return Err(self.error(format!("a list of the kind {kind:#04x}")));
        }
        let count = if self.eat(b'#') { Some(self.length()?) } else { None };
        if kind.is_some() && count.is_none() {
            return Err(self.error("expected a count"));
        }
        Ok(Head { kind, count })
    }

    fn list(&mut self, depth: usize) -> Result<Doc, Error> {
        let Head { kind, count } = self.head()?;
        match (kind, count) {
            (Some(b'd'), Some(count)) => {
                return self.packed(count, |item| f32::from_be_bytes(*item)).map(reals);
            }
            (Some(b'D'), Some(count)) => {
                return self.packed(count, |item| f64::from_be_bytes(*item) as f32).map(reals);
            }
            (Some(b'l'), Some(count)) => {
                return self.packed(count, |item| i64::from(i32::from_be_bytes(*item))).map(ints);
            }
            (Some(b'L'), Some(count)) => {
                return self.packed(count, |item| i64::from_be_bytes(*item)).map(ints);
            }
            (Some(b'U'), Some(count)) => return self.packed(count, |[item]| i64::from(*item)).map(ints),
            _ => {}
        }
        let mut list = Doc::List(Vec::new());
        let mut left = count;
        while left.map_or_else(|| !self.ends(b']'), |left| left > 0) {
            let marker = kind.map_or_else(|| self.marker(), Ok)?;
            list.push(self.value(marker, depth)?);
            left = left.map(|left| left - 1);
        }
        Ok(list)
    }

    fn object(&mut self, depth: usize) -> Result<Doc, Error> {
        let Head { kind, count } = self.head()?;
        let mut fields = Vec::new();
        let mut left = count;
        while left.map_or_else(|| !self.ends(b'}'), |left| left > 0) {
            let key = self.text()?;
            let marker = kind.map_or_else(|| self.marker(), Ok)?;
            fields.push((key, self.value(marker, depth)?));
            left = left.map(|left| left - 1);
        }
        Ok(Doc::Object(fields))
    }

    fn ends(&mut self, bracket: u8) -> bool {
        while self.eat(b'N') {}
        self.eat(bracket)
    }

    /// Items of one type and size, without markers.
    fn packed<const N: usize, T>(
        &mut self,
        count: usize,
        item: impl Fn(&[u8; N]) -> T,
    ) -> Result<Vec<T>, Error> {
        let bytes = self.take(count.saturating_mul(N))?;
        let mut chunk = [0; N];
        let items = bytes.chunks_exact(N).map(|bytes| {
            chunk.copy_from_slice(bytes);
            item(&chunk)
        });
        Ok(items.collect())
    }
}

fn reals(list: Vec<f32>) -> Doc {
    if list.is_empty() { Doc::List(Vec::new()) } else { Doc::Reals(list) }
}

fn ints(list: Vec<i64>) -> Doc {
    if list.is_empty() { Doc::List(Vec::new()) } else { Doc::Ints(list) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_list_and_number() {
        let mut bytes = b"{i\x01a[$d#U\x02\x3f\x80\0\0\xc0\0\0\0U\x01b[$l#i\x01\xff\xff\xff\xff".to_vec();
        bytes.extend(b"I\0\x01c[$U#l\0\0\0\x02\x00\xffL\0\0\0\0\0\0\0\x01d[#i\x02SU\x01xNNZ");
        bytes.extend(b"i\x01e[i\x05D\x3f\xe0\0\0\0\0\0\0]i\x01f[$D#i\x01\x3f\xe0\0\0\0\0\0\0");
        bytes.extend(b"i\x01g[$i#i\x01\xfei\x01h{#i\x01i\x01kT}NN");
        let fields = [
            ("a", Doc::Reals(vec![1.0, -2.0])),
            ("b", Doc::Ints(vec![-1])),
            ("c", Doc::Ints(vec![0, 255])),
            ("d", Doc::List(vec![Doc::Text("x".to_owned()), Doc::Null])),
            ("e", Doc::Reals(vec![5.0, 0.5])),
            ("f", Doc::Reals(vec![0.5])),
            ("g", Doc::Ints(vec![-2])),
            ("h", Doc::Object(vec![("k".to_owned(), Doc::Bool(true))])),
        ];
        let fields = fields.into_iter().map(|(key, doc)| (key.to_owned(), doc)).collect();
        assert_eq!(read(&bytes).unwrap(), Doc::Object(fields));
    }

    #[test]
    fn claims_are_checked_before_anything_is_reserved() {
        let deep = b"[".repeat(100_000);
        let cases: [&[u8]; 12] = [
            b"",
            b"{",
            b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"[$L#i\x7f\0\0",
            b"[#l\x7f\xff\xff\xffZ",
            b"[$Z#l\0\0\0\x01",
            b"[$T#l\x7f\xff\xff\xff",
            b"SL\xff\xff\xff\xff\xff\xff\xff\xff",
            b"[$d",
            b"{i\x01\xffZ}",
            b"?",
            &deep,
        ];
        for bytes in cases {
            assert_eq!(read(bytes).unwrap_err().code(), "invalid_model", "{bytes:.20?}");
        }
    }
}
