//! Bodies that have nothing wrong, in one pass over their bytes. Whatever is in doubt is left to `checked`: a bad value,
//! a duplicate key, a list or object that nobody knows, an escape, and everything that is no JSON.

use std::borrow::Cow;

use super::super::fields::{ColumnSet, Field, Fields};
use super::{Batch, Lead, MAX_BATCH, begin_row, id_problem};

/// One lead, or nothing where the body is to be looked at more closely.
pub(super) fn one<'a>(text: &'a str, fields: &Fields) -> Option<Lead<'a>> {
    let mut scanner = Scanner::new(text, fields);
    let mut row = Vec::with_capacity(fields.all().len());
    let lead_id = scanner.lead(&mut row)?;
    scanner.end()?;
    Some(Lead { lead_id: Cow::Borrowed(lead_id), row })
}

/// The leads of a list, or nothing as above.
pub(super) fn batch<'a>(text: &'a str, fields: &Fields) -> Option<Batch<'a>> {
    let mut scanner = Scanner::new(text, fields);
    let mut batch = Batch::default();
    scanner.expect(b'[')?;
    if scanner.take(b']') {
        return scanner.end().map(|()| batch);
    }
    loop {
        if batch.len() == MAX_BATCH {
            return None;
        }
        let lead_id = scanner.lead(&mut batch.values)?;
        if batch.is_empty() {
            batch.reserve_like_first(text.len(), scanner.at);
        }
        batch.lead_ids.push(Cow::Borrowed(lead_id));
        if scanner.take(b']') {
            return scanner.end().map(|()| batch);
        }
        scanner.expect(b',')?;
    }
}

impl Batch<'_> {
    /// Makes room for as many leads of the first one's length as the text can hold.
    fn reserve_like_first(&mut self, text_length: usize, first_length: usize) {
        let expected = (text_length / first_length.max(1)).min(MAX_BATCH - 1);
        self.values.reserve_exact(self.values.len() * expected);
        self.lead_ids.reserve_exact(expected + 1);
    }
}

/// What a key of the features names.
enum Key {
    Column(usize),
    Unknown,
}

struct Scanner<'a, 'm> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    fields: &'m Fields,
    /// Which column's key came after that of column `i − 1`; at 0, which came first. Leads of a batch mostly have their
    /// keys in one order.
    follow: Vec<usize>,
    seen: ColumnSet,
}

impl<'a, 'm> Scanner<'a, 'm> {
    fn new(text: &'a str, fields: &'m Fields) -> Scanner<'a, 'm> {
        let count = fields.all().len();
        // In the schema's order at first.
        let follow = (0..=count).map(|at| at % count.max(1)).collect();
        Scanner { text, bytes: text.as_bytes(), at: 0, fields, follow, seen: fields.no_columns() }
    }

    fn lead(&mut self, values: &mut Vec<f64>) -> Option<&'a str> {
        self.expect(b'{')?;
        let (mut lead_id, mut has_features) = (None, false);
        loop {
            self.skip_space();
            match self.plain_text()? {
                "lead_id" if lead_id.is_none() => {
                    self.expect(b':')?;
                    self.skip_space();
                    let id = self.plain_text()?;
                    if id_problem(id).is_some() {
                        return None;
                    }
                    lead_id = Some(id);
                }
                "features" if !has_features => {
                    self.expect(b':')?;
                    self.features(values)?;
                    has_features = true;
                }
                _ => return None,
            }
            if self.take(b'}') {
                return lead_id.filter(|_| has_features);
            }
            self.expect(b',')?;
        }
    }

    fn features(&mut self, values: &mut Vec<f64>) -> Option<()> {
        let start = begin_row(self.fields, values);
        let row = &mut values[start..];
        self.seen.clear();
        self.expect(b'{')?;
        if !self.take(b'}') {
            let mut before = 0;
            loop {
                self.skip_space();
                if let Key::Column(column) = self.key(before)? {
                    before = column + 1;
                    if !self.seen.insert(column) {
                        return None;
                    }
                    self.skip_space();
                    row[column] = self.value(&self.fields.all()[column])?;
                } else {
                    self.skip_space();
                    self.skip_value()?;
                }
                if self.take(b',') {
                    continue;
                }
                self.expect(b'}')?;
                break;
            }
        }
        self.seen.has_all(self.fields.required()).then_some(())
    }

    /// A key with its colon.
    fn key(&mut self, before: usize) -> Option<Key> {
        let guess = self.follow[before];
        let key = &self.fields.all()[guess].key;
        if self.bytes[self.at..].starts_with(key) {
            self.at += key.len();
            return Some(Key::Column(guess));
        }
        let name = self.plain_text()?;
        self.expect(b':')?;
        let Some(column) = self.fields.position(name) else { return Some(Key::Unknown) };
        self.follow[before] = column;
        Some(Key::Column(column))
    }

    /// Skips a value that is no list and no object.
    fn skip_value(&mut self) -> Option<()> {
        let rest = &self.bytes[self.at..];
        if let Some(word) = [&b"null"[..], b"true", b"false"].into_iter().find(|word| rest.starts_with(word))
        {
            self.at += word.len();
            return Some(());
        }
        if self.next_is(b'"') { self.plain_text().map(drop) } else { self.number().map(drop) }
    }

    fn value(&mut self, field: &Field) -> Option<f64> {
        if field.is_flag {
            let rest = &self.bytes[self.at..];
            for (word, value) in [(&b"true"[..], 1.0), (b"false", 0.0)] {
                if rest.starts_with(word) {
                    self.at += word.len();
                    return Some(value);
                }
            }
        }
        self.number().filter(|value| field.takes(*value))
    }

    /// A JSON number, rounded to the nearest double.
    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        let is_negative = self.next_is(b'-');
        self.at += usize::from(is_negative);
        let digits_start = self.at;
        let mut mantissa = self.digits(0);
        let whole_digits = self.at - digits_start;
        if whole_digits == 0 || (whole_digits > 1 && self.bytes[digits_start] == b'0') {
            return None;
        }
        let mut decimals = 0;
        if self.next_is(b'.') {
            self.at += 1;
            let decimals_start = self.at;
            mantissa = self.digits(mantissa);
            decimals = self.at - decimals_start;
            if decimals == 0 {
                return None;
            }
        }
        let has_exponent = matches!(self.bytes.get(self.at), Some(b'e' | b'E'));
        // Both numbers are exact doubles, so that their quotient is the nearest one.
        if !has_exponent && whole_digits + decimals <= 15 {
            let value = if decimals == 0 { mantissa as f64 } else { mantissa as f64 / POWERS[decimals] };
            return Some(if is_negative { -value } else { value });
        }
        if has_exponent {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            let exponent_start = self.at;
            self.digits(0);
            if self.at == exponent_start {
                return None;
            }
        }
        self.text[start..self.at].parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// Reads digits onto a number; more than 19 of them wrap around, and are read otherwise then.
    fn digits(&mut self, mut number: u64) -> u64 {
        while let Some(digit) = self.bytes.get(self.at).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        number
    }

    /// A text without escapes.
    fn plain_text(&mut self) -> Option<&'a str> {
        if !self.next_is(b'"') {
            return None;
        }
        let start = self.at + 1;
        let rest = &self.bytes[start..];
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        if rest[length] != b'"' {
            return None;
        }
        self.at = start + length + 1;
        Some(&self.text[start..start + length])
    }

    fn next_is(&self, byte: u8) -> bool {
        self.bytes.get(self.at) == Some(&byte)
    }

    /// Skips space, and a byte if it is the next.
    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.next_is(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn end(&mut self) -> Option<()> {
        self.skip_space();
        (self.at == self.bytes.len()).then_some(())
    }

    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }
}

const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
