//! What a match made of the texts seen last: titles, companies and mail domains repeat from lead to lead.

use super::sources::{ABSENT, Found};

/// Enough for the companies and titles of a list, which repeat, few enough to stay in a near cache.
const PAIRS: usize = 512;
/// Longer texts, such as messages, hardly repeat.
const MAX_TEXT: usize = 64;

/// The caches of all features of one schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct MatchCaches(Vec<MatchCache>);

impl MatchCaches {
    pub(super) fn of_feature(&mut self, position: usize) -> &mut MatchCache {
        if self.0.len() <= position {
            self.0.resize_with(position + 1, MatchCache::default);
        }
        &mut self.0[position]
    }
}

/// The results of one feature for the texts seen last: each text belongs to one pair of slots, of which the first has the
/// text that came last.
#[derive(Debug, Clone, Default)]
pub(super) struct MatchCache {
    pairs: Vec<[Slot; 2]>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    text: String,
    /// NaN is absent; `None` before the first text.
    value: Option<f64>,
}

impl MatchCache {
    /// What is found for a text: as remembered, or looked for and remembered.
    pub(super) fn found(&mut self, text: &str, find: impl FnOnce() -> Found) -> Found {
        if text.len() > MAX_TEXT {
            return find();
        }
        if self.pairs.is_empty() {
            self.pairs.resize_with(PAIRS, Default::default);
        }
        let [first, second] = &mut self.pairs[hash(text.as_bytes()) % PAIRS];
        if !first.has(text) {
            std::mem::swap(first, second);
        }
        if !first.has(text) {
            let found = find();
            let value = match &found {
                Found::Value(value) => *value,
                absent if *absent == ABSENT => f64::NAN,
                _ => return found,
            };
            first.text.clear();
            first.text.push_str(text);
            first.value = Some(value);
        }
        match first.value {
            Some(value) if !value.is_nan() => Found::Value(value),
            _ => ABSENT,
        }
    }
}

impl Slot {
    fn has(&self, text: &str) -> bool {
        self.value.is_some() && self.text == text
    }
}

/// Multiplies and mixes eight bytes at a time; it only has to spread short texts.
fn hash(bytes: &[u8]) -> usize {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(ODD);
        hash ^= hash >> 32;
    }
    hash as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_computed_once_until_others_take_its_slots() {
        let mut cache = MatchCache::default();
        let mut computed = 0;
        for text in ["ceo", "cto", "ceo", "", "", "cto"] {
            let found = cache.found(text, || {
                computed += 1;
                if text.is_empty() { ABSENT } else { Found::Value(text.len() as f64) }
            });
            assert_eq!(found, if text.is_empty() { ABSENT } else { Found::Value(3.0) });
        }
        assert_eq!(computed, 3);
        let long = "x".repeat(MAX_TEXT + 1);
        assert_eq!(cache.found(&long, || Found::Value(1.0)), Found::Value(1.0));
        assert_eq!(cache.found(&long, || Found::Value(2.0)), Found::Value(2.0));
    }
}
