//! The order of a list by score.

/// The positions of the leads that have a score, the best first; of equal scores the earlier one comes first. A lead whose
/// score is NaN has none.
pub(crate) fn by_score(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).filter(|at| !scores[*at].is_nan()).collect();
    // Adding 0 makes a negative zero positive, so that both are equal here as they are elsewhere.
    order.sort_unstable_by(|a, b| (scores[*b] + 0.0).total_cmp(&(scores[*a] + 0.0)).then(a.cmp(b)));
    order
}

/// The leads around a cut, as a range of ranks from 0, where those on both sides of it have one score.
pub(crate) fn tie_at(ordered: &[f64], cut: usize) -> Option<std::ops::Range<usize>> {
    let (last, next) = (ordered.get(cut.checked_sub(1)?)?, ordered.get(cut)?);
    if last != next {
        return None;
    }
    let first = ordered[..cut].partition_point(|score| score > last);
    let end = cut + ordered[cut..].partition_point(|score| score == last);
    Some(first..end)
}
