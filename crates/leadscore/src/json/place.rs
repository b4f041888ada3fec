//! Where a value stands in the text of a document: its line and column.

use crate::error::PathStep;

/// A place in a text; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The place of the value at a path of a well-formed document, or of what is nearest around it, and how many of the steps
/// lead there.
pub(crate) fn find(text: &str, path: &[PathStep]) -> (Place, usize) {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.blanks();
    let mut start = scan.at;
    let mut taken = 0;
    for step in path {
        let found = match step {
            PathStep::Field(name) => scan.enter_field(text, name),
            PathStep::Index(index) => scan.enter_item(*index),
        };
        let Some(mark) = found else { break };
        start = mark;
        taken += 1;
    }
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
    (Place { line, column: 1 + before[line_start..].chars().count() }, taken)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Goes to the value of a field of the object that begins here; gives where its name begins.
    fn enter_field(&mut self, text: &str, wanted: &str) -> Option<usize> {
        self.opened(b'{')?;
        while self.peek()? == b'"' {
            let start = self.at;
            self.skip();
            let name: String = serde_json::from_str(text.get(start..self.at)?).ok()?;
            self.blanks();
            self.opened(b':')?;
            if name == wanted {
                return Some(start);
            }
            self.skip();
            self.comma();
        }
        None
    }

    /// Goes to an item of the list that begins here; gives where it begins.
    fn enter_item(&mut self, wanted: usize) -> Option<usize> {
        self.opened(b'[')?;
        for _ in 0..wanted {
            if self.peek()? == b']' {
                return None;
            }
            self.skip();
            self.comma();
        }
        (self.peek()? != b']').then_some(self.at)
    }

    fn opened(&mut self, mark: u8) -> Option<()> {
        (self.peek()? == mark).then(|| self.at += 1)?;
        self.blanks();
        Some(())
    }

    fn comma(&mut self) {
        self.blanks();
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        self.blanks();
    }

    /// Goes behind the value that begins here.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_text(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' | b',' | b':' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => {
                    self.at += 1;
                    if depth > 0 || self.peek().is_some_and(|next| !b",:]} \t\r\n".contains(&next)) {
                        continue;
                    }
                }
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Path;

    #[test]
    fn values_are_found_where_they_stand() {
        let text =
            "{\n \"a\": [1, {\"b\\\"}\": [\"x,]\", -2.5e3, null]},\n  true],\n \"é\": \"ü\", \"c\": {}\n}";
        let place = |path: &[PathStep]| {
            let (place, taken) = find(text, path);
            (place.line, place.column, taken)
        };
        assert_eq!(place(&Path::default()), (1, 1, 0));
        assert_eq!(place(&Path::from("a")), (2, 2, 1));
        assert_eq!(place(&Path::from("a[0]")), (2, 8, 2));
        assert_eq!(place(&Path::from("a[1]")), (2, 11, 2));
        assert_eq!(place(&Path::from("a").index(1).field("b\"}").index(1)), (2, 28, 4));
        assert_eq!(place(&Path::from("a").index(1).field("b\"}").index(2)), (2, 36, 4));
        assert_eq!(place(&Path::from("a[2]")), (3, 3, 2));
        assert_eq!(place(&Path::from("é")), (4, 2, 1));
        assert_eq!(place(&Path::from("c")), (4, 12, 1));
        // What is not there is looked for as far as it goes.
        assert_eq!(place(&Path::from("c.d")), (4, 12, 1));
        assert_eq!(place(&Path::from("a[3]")), (2, 2, 1));
        assert_eq!(place(&Path::from("d")), (1, 1, 0));
    }
}
