//! Chooses by the lead's content: the same lead always gets the same words, and two leads seldom do.

use std::collections::BTreeMap;

use crate::json::sha256;

/// A stream of choices.
pub(super) struct Choice {
    content: String,
    digits: Vec<u8>,
    next: usize,
    blocks: usize,
}

impl Choice {
    /// The choices for a content and a purpose; other purposes have choices of their own.
    pub(super) fn new(content: &str, purpose: &str) -> Choice {
        let content = format!("{purpose}\n{content}");
        Choice { digits: sha256(&content).into_bytes(), content, next: 0, blocks: 1 }
    }

    /// A number below another one, which is above 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        // Four hexadecimal digits for each.
        if self.next + 4 > self.digits.len() {
            self.digits = sha256(&format!("{}\n{}", self.blocks, self.content)).into_bytes();
            (self.next, self.blocks) = (0, self.blocks + 1);
        }
        let digits = &self.digits[self.next..self.next + 4];
        self.next += 4;
        let number = digits.iter().fold(0_usize, |number, digit| {
            number * 16 + char::from(*digit).to_digit(16).unwrap_or(0) as usize
        });
        number % count.max(1)
    }

    /// One template of a list with its values, and of each `[this|that]` in it one part.
    ///
    /// Values are put in once and not looked at again, so that braces in them stay what they are.
    pub(super) fn worded(&mut self, list: &[String], values: &BTreeMap<&str, String>) -> String {
        let template = &list[self.below(list.len())];
        let (mut chosen, mut rest) = (String::new(), template.as_str());
        while let Some((before, tail)) = rest.split_once('[') {
            let (parts, after) = tail.split_once(']').expect("the templates that ship are closed");
            let parts: Vec<&str> = parts.split('|').collect();
            chosen.push_str(before);
            chosen.push_str(parts[self.below(parts.len())]);
            rest = after;
        }
        chosen.push_str(rest);
        let (mut out, mut rest) = (String::new(), chosen.as_str());
        while let Some((before, tail)) = rest.split_once('{') {
            let (name, after) = tail.split_once('}').expect("the templates that ship are closed");
            out.push_str(before);
            out.push_str(values.get(name).map(String::as_str).unwrap_or_default());
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_chooses_the_same() {
        let values = BTreeMap::from([("job", "a [x|y] {job}".to_owned())]);
        let list = ["[As|For] {job}, [one|two|three]".to_owned()];
        let all = |content: &str| {
            let mut choice = Choice::new(content, "test");
            (0..100).map(|_| choice.worded(&list, &values)).collect::<Vec<_>>()
        };
        assert_eq!(all("a"), all("a"));
        assert_ne!(all("a"), all("b"));
        let distinct: std::collections::BTreeSet<String> = all("a").into_iter().collect();
        assert_eq!(distinct.len(), 6);
        assert!(distinct.iter().all(|text| text.contains("a [x|y] {job}")));
    }
}
