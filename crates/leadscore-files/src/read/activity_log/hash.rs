//! A hash of 128 bits in one pass over a text.

use std::hash::{BuildHasher, RandomState};

/// Hashes texts with seeds that no file can know. Of the same length they are told apart by folded products, as in
/// wyhash, in two lanes of their own seeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextHasher {
    seeds: [u64; 4],
}

impl Default for TextHasher {
    fn default() -> TextHasher {
        let random = RandomState::new();
        TextHasher { seeds: [0, 1, 2, 3].map(|number: u64| random.hash_one(number)) }
    }
}

impl TextHasher {
    /// Two halves, each a hash by itself.
    pub(super) fn hash(&self, text: &str) -> [u64; 2] {
        let [high_seed, low_seed, first_seed, second_seed] = self.seeds;
        // Spread over all bits: as it is, it could cancel a difference of the last digits.
        let length = (text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut high = high_seed ^ length;
        let mut low = low_seed ^ length;
        let mut add = |first: u64, second: u64| {
            high = folded(first ^ first_seed, second ^ high);
            low = folded(second ^ second_seed, first ^ low);
        };
        let (chunks, rest) = text.as_bytes().as_chunks::<16>();
        for chunk in chunks {
            let [first, second] = halves(*chunk);
            add(first, second);
        }
        let [first, second] = words(rest);
        add(first, second);
        [folded(high ^ first_seed, low_seed), folded(low ^ second_seed, high_seed)]
    }
}

/// Both halves of a product as one.
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

fn halves(chunk: [u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(chunk);
    [both as u64, (both >> 64) as u64]
}

/// Fewer than 16 bytes as two words, which overlap where they are fewer than the words hold.
fn words(bytes: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        [u64::from_le_bytes(*first), u64::from_le_bytes(*last)]
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        [u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last))]
    } else {
        [bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_little_differ_in_both_halves() {
        let hasher = TextHasher::default();
        let mut texts: Vec<String> = (0..40).map(|len| "\0".repeat(len)).collect();
        for number in 0..50_000 {
            texts.push(number.to_string());
            texts.push(format!("lead-{number:08}"));
            texts.push(format!("{number:032x}"));
            texts.push(format!("{number:016x}-a"));
        }
        for half in [0, 1] {
            let halves: Vec<u64> = texts.iter().map(|text| hasher.hash(text)[half]).collect();
            assert_eq!(halves.iter().collect::<HashSet<_>>().len(), texts.len());
            // Every bit is set in about half of the hashes.
            for bit in 0..64 {
                let count = halves.iter().filter(|hash| *hash >> bit & 1 == 1).count();
                let share = count as f64 / halves.len() as f64;
                assert!((0.49..0.51).contains(&share), "bit {bit}: {share}");
            }
        }
        assert_eq!(hasher.hash("lead"), hasher.hash("lead"));
    }
}
