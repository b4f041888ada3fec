//! Reads a JSON list item by item in the memory of its longest item.
//!
//! Strict: what stands between the items is one comma and whitespace, and nothing follows the list. Where that does not
//! hold, nothing behind the fault can be trusted to be a record, and reading ends with a [`ListItem::Fault`].

use std::io::{BufRead, Read};

use serde::de::IgnoredAny;

/// An item longer than this is no record.
const MAX_ITEM_BYTES: usize = 64 << 20;
const READ_BYTES: usize = 64 << 10;
/// What a fault says of the rest.
const REST: &str = "nothing after it was read";

/// What comes next in a list; the bytes of items are in [`JsonListReader::text`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListItem {
    /// A JSON value that starts on this line.
    Value { line: u64 },
    /// What is no list of JSON values; reading has ended.
    Fault { line: u64, reason: String },
    /// The list has ended.
    End,
}

/// A list of JSON values, or one object that is the whole file.
pub(super) struct JsonListReader {
    bytes: Box<dyn BufRead>,
    buffer: Vec<u8>,
    /// Where in the buffer the unread part begins.
    position: usize,
    /// The item last read, in the buffer.
    item: std::ops::Range<usize>,
    line: u64,
    state: State,
    is_eof: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has been read.
    Start,
    /// Behind `[`: an item or the end.
    Opened,
    /// Behind a comma: an item.
    Comma,
    /// Behind an item: a comma or the end.
    Item,
    /// Behind the list, or the one record of the file: nothing more.
    Closed,
    /// Nothing more is read.
    Ended,
}

impl JsonListReader {
    pub(super) fn new(bytes: Box<dyn BufRead>) -> JsonListReader {
        JsonListReader {
            bytes,
            buffer: Vec::new(),
            position: 0,
            item: 0..0,
            line: 1,
            state: State::Start,
            is_eof: false,
        }
    }

    /// The item last read, or the beginning of what is at fault.
    pub(super) fn text(&self) -> &[u8] {
        &self.buffer[self.item.clone()]
    }

    /// Reads the next item.
    pub(super) fn next_item(&mut self) -> std::io::Result<ListItem> {
        loop {
            if self.state == State::Ended {
                return Ok(ListItem::End);
            }
            let Some(byte) = self.peek()? else { return Ok(self.end_of_file()) };
            self.state = match (self.state, byte) {
                (State::Start, b'[') => State::Opened,
                (State::Start, b'{') => return self.value(State::Closed),
                (State::Start, _) => return Ok(self.fault("neither a list of records nor one record")),
                (State::Opened | State::Item, b']') => State::Closed,
                (State::Opened | State::Comma, b',' | b']') => {
                    return Ok(self.fault(&format!("a record is missing before `{}`", char::from(byte))));
                }
                (State::Opened | State::Comma, _) => return self.value(State::Item),
                (State::Item, b',') => State::Comma,
                (State::Item, _) => {
                    return Ok(self.fault("a comma is missing between two records of the list"));
                }
                (State::Closed | State::Ended, _) => {
                    return Ok(self.fault("something follows the end of the list or record"));
                }
            };
            self.position += 1;
        }
    }

    /// The next byte that is not whitespace, which becomes the first unread one.
    fn peek(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            for &byte in &self.buffer[self.position..] {
                if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                    return Ok(Some(byte));
                }
                self.line += u64::from(byte == b'\n');
                self.position += 1;
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads the value at the unread part; `next` is the state behind it.
    fn value(&mut self, next: State) -> std::io::Result<ListItem> {
        // Grows with every try, so that a value is looked at a bounded number of times.
        loop {
            let unread = &self.buffer[self.position..];
            let mut values = serde_json::Deserializer::from_slice(unread).into_iter::<IgnoredAny>();
            match values.next() {
                // A number at the end of what is there may go on.
                Some(Ok(_)) if self.is_eof || values.byte_offset() < unread.len() || ends_itself(unread) => {
                    let line = self.line;
                    self.item = self.position..self.position + values.byte_offset();
                    self.line += newlines(self.text());
                    (self.position, self.state) = (self.item.end, next);
                    return Ok(ListItem::Value { line });
                }
                Some(Err(error)) if !error.is_eof() => {
                    // The error counts its lines from the start of the value.
                    self.line += (error.line() as u64).saturating_sub(1);
                    let reason = error.to_string();
                    let reason = reason.split(" at line ").next().unwrap_or_default();
                    return Ok(self.fault(&format!("no JSON: {reason}")));
                }
                _ if unread.len() > MAX_ITEM_BYTES => {
                    return Ok(self.fault(&format!("a record of more than {} MiB", MAX_ITEM_BYTES >> 20)));
                }
                _ => {
                    if !self.fill()? && self.is_eof {
                        return Ok(self.end_of_file());
                    }
                }
            }
        }
    }

    /// Reads at least as much again as is unread; false at the end of the file.
    fn fill(&mut self) -> std::io::Result<bool> {
        if self.is_eof {
            return Ok(false);
        }
        self.buffer.drain(..self.position);
        (self.position, self.item) = (0, 0..0);
        let wanted = self.buffer.len().max(READ_BYTES) as u64;
        let read = self.bytes.by_ref().take(wanted).read_to_end(&mut self.buffer)?;
        self.is_eof = (read as u64) < wanted;
        if self.state == State::Start && self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
        }
        Ok(read > 0)
    }

    fn fault(&mut self, reason: &str) -> ListItem {
        self.state = State::Ended;
        self.item = self.position..self.buffer.len();
        ListItem::Fault { line: self.line, reason: format!("{reason}; {REST}") }
    }

    fn end_of_file(&mut self) -> ListItem {
        let is_cut = matches!(self.state, State::Opened | State::Comma | State::Item)
            || self.state == State::Start && self.position < self.buffer.len();
        self.state = State::Ended;
        if !is_cut {
            return ListItem::End;
        }
        self.item = self.position..self.buffer.len();
        ListItem::Fault { line: self.line, reason: "the file ends in the middle of the list".to_owned() }
    }
}

/// Whether the end of a value shows in its last byte, as for all but numbers.
fn ends_itself(value: &[u8]) -> bool {
    !matches!(value.first(), Some(b'-' | b'0'..=b'9'))
}

fn newlines(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').count() as u64 - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives its bytes in pieces of a few, as a pipe does.
    struct Pieces(Vec<u8>, usize);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    type LineText = (u64, String);

    /// The items with their lines, and the fault at the end, if any.
    fn read(text: &str) -> (Vec<LineText>, Option<LineText>) {
        let pieces = Pieces(text.as_bytes().to_vec(), 7);
        let mut reader = JsonListReader::new(Box::new(std::io::BufReader::with_capacity(5, pieces)));
        let mut items = Vec::new();
        loop {
            match reader.next_item().unwrap() {
                ListItem::Value { line } => {
                    items.push((line, String::from_utf8(reader.text().to_vec()).unwrap()));
                }
                ListItem::Fault { line, reason } => {
                    assert_eq!(reader.next_item().unwrap(), ListItem::End);
                    return (items, Some((line, reason)));
                }
                ListItem::End => return (items, None),
            }
        }
    }

    fn fault(text: &str) -> (usize, u64, String) {
        let (items, fault) = read(text);
        let (line, reason) = fault.unwrap_or_else(|| panic!("{text} has no fault"));
        (items.len(), line, reason.split(';').next().unwrap().to_owned())
    }

    #[test]
    fn a_list_gives_its_items_and_their_lines() {
        let (items, fault) = read("\u{feff} [ {\"a\": \"]},\"},\n {\"b\":\n[1]}, 12 ,null\n] \n");
        let expected = [(1, "{\"a\": \"]},\"}"), (2, "{\"b\":\n[1]}"), (3, "12"), (3, "null")];
        assert_eq!(fault, None);
        assert_eq!(items, expected.map(|(line, text)| (line, text.to_owned())));
        assert_eq!(read("[]"), (vec![], None));
        assert_eq!(read(" \n"), (vec![], None));
        assert_eq!(read("{\n}").0, [(1, "{\n}".to_owned())]);
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        let comma = "a comma is missing between two records of the list";
        let follows = "something follows the end of the list or record";
        for (text, items, line, reason) in [
            ("[{}{}]", 1, 1, comma),
            ("[{}\n{}]", 1, 2, comma),
            ("[{},\n,{}]", 1, 2, "a record is missing before `,`"),
            ("[,{}]", 0, 1, "a record is missing before `,`"),
            ("[{},]", 1, 1, "a record is missing before `]`"),
            ("[{}]\n trailing", 1, 2, follows),
            ("[{}][{}]", 1, 1, follows),
            ("{}\n{}", 1, 2, follows),
            ("{} x", 1, 1, follows),
            ("a,b\n", 0, 1, "neither a list of records nor one record"),
            ("[{\"a\":1},\n{\n\"a\":NaN}, {}]", 1, 3, "no JSON: expected value"),
            ("[{}}", 1, 1, comma),
            ("[{}, x]", 1, 1, "no JSON: expected value"),
            ("[{}", 1, 1, "the file ends in the middle of the list"),
            ("[{},\n {\"a\": ", 1, 2, "the file ends in the middle of the list"),
            ("{\"a\": 1", 0, 1, "the file ends in the middle of the list"),
            ("[", 0, 1, "the file ends in the middle of the list"),
        ] {
            assert_eq!(fault(text), (items, line, reason.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_list_that_is_json_is_read_whole_and_what_is_not_has_a_fault(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just(","), Just(","), Just("{}"), Just("{\"a\":[1,\"}\"]}"), Just("12"), Just("-0.5"),
                    Just(" "), Just("\n"), Just("]"), Just("["), Just("true"), Just("\"x\"")
                ],
                0..12,
            ),
        ) {
            let text = format!("[{}]", parts.concat());
            let (items, fault) = read(&text);
            match serde_json::from_str::<Vec<serde_json::Value>>(&text) {
                Ok(values) => {
                    prop_assert_eq!(fault, None);
                    let items: Vec<serde_json::Value> =
                        items.iter().map(|(_, item)| serde_json::from_str(item).unwrap()).collect();
                    prop_assert_eq!(items, values);
                }
                Err(_) => prop_assert!(fault.is_some(), "{}", text),
            }
        }
    }
}
