//! Vectors of passages and of a query, and the order that they give.
//!
//! It is fused with that of BM25 by reciprocal rank: G. V. Cormack, C. L. A. Clarke and S. Büttcher, "Reciprocal Rank Fusion
//! outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009, with their k of 60.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a knowledge base knows of meaning: nothing, its passages' vectors, or these and a query's.
#[derive(Clone, Default)]
pub(super) struct Meaning {
    pub(super) vectors: Option<Arc<Vectors>>,
    pub(super) query: Option<Arc<[f32]>>,
}

/// A vector for each passage.
pub(super) struct Vectors {
    /// The model's name.
    pub(super) model: String,
    pub(super) dimensions: usize,
    /// Of length one each, one behind the other.
    pub(super) values: Vec<f32>,
}

/// The constant of the fusion: the higher it is, the less the first places count.
const K: f64 = 60.0;
/// The longest vector; those of today's models have at most 4,096 numbers.
const MAX_DIMENSIONS: usize = 16_384;

impl Meaning {
    /// All passages, the closest to the query first; ties in the order of the documents. None without a query's vector.
    pub(super) fn nearest(&self) -> Option<Vec<u32>> {
        let (vectors, query) = (self.vectors.as_ref()?, self.query.as_ref()?);
        let cosines = vectors.values.chunks_exact(vectors.dimensions).map(|vector| dot(vector, query));
        let mut ranked: Vec<(f64, u32)> = cosines.zip(0..).collect();
        // The sort is stable, and no cosine is NaN.
        ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        Some(ranked.into_iter().map(|(_, at)| at).collect())
    }
}

/// One order of several, by the sum of 1 / (60 + rank) over those that have the item; ties by the item's number.
pub(super) fn fuse(rankings: &[&[u32]]) -> Vec<u32> {
    let mut scores: BTreeMap<u32, f64> = BTreeMap::new();
    for ranking in rankings {
        for (rank, item) in (1_u32..).zip(*ranking) {
            *scores.entry(*item).or_default() += 1.0 / (K + f64::from(rank));
        }
    }
    let mut fused: Vec<(u32, f64)> = scores.into_iter().collect();
    // The sort is stable, and the items are in order.
    fused.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    fused.into_iter().map(|(item, _)| item).collect()
}

/// A vector of the same direction and of length one.
pub(super) fn unit(vector: &[f32], dimensions: usize) -> Result<Vec<f32>, String> {
    if vector.is_empty() || vector.len() > MAX_DIMENSIONS {
        return Err(format!("has {} numbers; wants 1 to {MAX_DIMENSIONS}", vector.len()));
    }
    if vector.len() != dimensions {
        return Err(format!("has {} numbers, and others have {dimensions}", vector.len()));
    }
    if let Some(value) = vector.iter().find(|value| !value.is_finite()) {
        return Err(format!("has {value} in it"));
    }
    // The largest number is taken out first, so that no square is infinite or zero.
    let largest = vector.iter().fold(0.0_f64, |largest, &value| largest.max(f64::from(value).abs()));
    if largest == 0.0 {
        return Err("is zero, and so has no direction".to_owned());
    }
    let square = |&value: &f32| (f64::from(value) / largest) * (f64::from(value) / largest);
    let length = vector.iter().map(square).sum::<f64>().sqrt() * largest;
    Ok(vector.iter().map(|&value| (f64::from(value) / length) as f32).collect())
}

/// In the order of the numbers, so that it is the same on every machine.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}
