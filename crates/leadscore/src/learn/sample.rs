//! Draws that depend on a seed and on what is drawn alone, so that their order does not matter.

use crate::math::random::{hash, unit};

/// The rows of a draw in which each takes part with the same chance.
pub(super) fn rows(seed: u64, draw: u64, count: usize, share: f64) -> Vec<u32> {
    (0..count as u32)
        .filter(|row| share >= 1.0 || unit(hash(seed, [draw, u64::from(*row)])) < share)
        .collect()
}

/// A share of some columns, rounded and at least one, in their order.
pub(super) fn columns(seed: u64, draw: u64, from: &[u32], share: f64) -> Vec<u32> {
    if share >= 1.0 {
        return from.to_vec();
    }
    let count = ((from.len() as f64 * share).round() as usize).max(1).min(from.len());
    let mut order = from.to_vec();
    order.sort_by_key(|column| (hash(!seed, [draw, u64::from(*column)]), *column));
    order.truncate(count);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_their_share_and_differ() {
        let drawn = rows(7, 0, 100_000, 0.3);
        assert!((29_000..31_000).contains(&drawn.len()), "{}", drawn.len());
        assert_ne!(drawn, rows(7, 1, 100_000, 0.3));
        assert_ne!(drawn, rows(8, 0, 100_000, 0.3));
        assert_eq!(rows(7, 0, 3, 1.0), [0, 1, 2]);
        let all: Vec<u32> = (0..10).collect();
        assert_eq!(columns(7, 0, &all, 0.5).len(), 5);
        assert_eq!(columns(7, 0, &all, 0.001).len(), 1);
        // Each column is drawn about as often.
        let mut counts = [0; 10];
        for draw in 0..1000 {
            for column in columns(7, draw, &all, 0.5) {
                counts[column as usize] += 1;
            }
        }
        assert!(counts.iter().all(|count| (430..570).contains(count)), "{counts:?}");
    }
}
