//! What the linear model sees of a message: hashed words, pairs of words and pieces of words, and the lists' findings.

use super::rules::{Findings, WordLists};
use super::text::{COMMA, Clause};
use crate::math::fnv_1a;

/// Features are numbered by a hash with so many bits; two of a few thousand rarely share a number.
pub(super) const HASH_BITS: u32 = 22;

/// A message longer than this in words is read up to here by the model; the lists read all of it.
const MAX_WORDS: usize = 200;

/// A feature's value: pieces of text share a length of one, findings count fully.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    pub(super) bucket: u32,
    pub(super) value: f64,
}

/// Features of a message, sorted by bucket, each once.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Features {
    pub(super) values: Vec<Value>,
    /// The buckets of single words, for the share of words that a model knows.
    pub(super) words: Vec<u32>,
}

impl Features {
    pub(super) fn new(clauses: &[Clause], findings: &Findings, lists: &WordLists) -> Features {
        let (mut words, mut pairs, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
        let mut left = MAX_WORDS;
        for clause in clauses {
            let own: Vec<&str> =
                clause.words.iter().map(String::as_str).filter(|word| *word != COMMA).take(left).collect();
            left -= own.len();
            for word in &own {
                words.push(hash("w", &[word]));
                add_pieces(word, &mut pieces);
            }
            for (at, word) in own.iter().enumerate() {
                let next = own.get(at + 1).copied().unwrap_or(if clause.asked { "?" } else { "." });
                pairs.push(hash("p", &[word, next]));
                if at == 0 {
                    pairs.push(hash("p", &["", word]));
                }
            }
        }
        for list in [&mut words, &mut pairs, &mut pieces] {
            list.sort_unstable();
            list.dedup();
        }
        let mut values = Vec::new();
        add_block(&[&words[..], &pairs[..]].concat(), &mut values);
        add_block(&pieces, &mut values);
        add_findings(findings, lists, &mut values);
        // Two features of one bucket add up; a stable sort keeps their order.
        values.sort_by_key(|value| value.bucket);
        values.dedup_by(|next, kept| {
            let same = next.bucket == kept.bucket;
            if same {
                kept.value += next.value;
            }
            same
        });
        Features { values, words }
    }
}

/// Adds features that together have the length one.
fn add_block(buckets: &[u32], values: &mut Vec<Value>) {
    let value = 1.0 / (buckets.len().max(1) as f64).sqrt();
    values.extend(buckets.iter().map(|&bucket| Value { bucket, value }));
}

/// The pieces of two to four characters of a word, its ends marked.
fn add_pieces(word: &str, pieces: &mut Vec<u32>) {
    let marked: Vec<char> = format!("<{word}>").chars().take(32).collect();
    for length in 2..=4 {
        for piece in marked.windows(length) {
            pieces.push(hash("c", &[&piece.iter().collect::<String>()]));
        }
    }
}

fn add_findings(findings: &Findings, lists: &WordLists, values: &mut Vec<Value>) {
    let mut own: Vec<u32> = Vec::new();
    for finding in &findings.all {
        let sign = if finding.intent.is_none() {
            "0"
        } else if finding.negated {
            "-"
        } else {
            "+"
        };
        own.push(hash("g", &[sign, &lists.groups[finding.group].code]));
    }
    if findings.asks {
        own.push(hash("g", &["?"]));
    }
    own.sort_unstable();
    own.dedup();
    values.extend(own.into_iter().map(|bucket| Value { bucket, value: 1.0 }));
}

/// FNV-1a (64 bits) of the kind and the parts, folded to [`HASH_BITS`].
fn hash(kind: &str, parts: &[&str]) -> u32 {
    let parts = parts.iter().flat_map(|part| std::iter::once(0x1f).chain(part.bytes()));
    let hash = fnv_1a(kind.bytes().chain(parts));
    ((hash ^ (hash >> 32)) & ((1 << HASH_BITS) - 1)) as u32
}
