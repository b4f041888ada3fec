//! Leads cut into folds.

use std::collections::HashMap;

use super::FoldReport;
use crate::feature::Dataset;
use crate::math::random::hash;

/// The fold of each row. Rows of one lead are in one fold, and every fold has about as many won leads.
pub(super) fn assign(dataset: &Dataset, fold_count: usize, seed: u64) -> Vec<usize> {
    let mut lead_of_id: HashMap<&str, usize> = HashMap::new();
    // For each lead its first row and whether any of its rows was won.
    let mut leads: Vec<(u64, bool)> = Vec::new();
    let mut lead_of_row = Vec::with_capacity(dataset.labels().len());
    for (row, (id, label)) in dataset.ids().iter().zip(dataset.labels()).enumerate() {
        let next = leads.len();
        let lead = id.as_deref().map_or(next, |id| *lead_of_id.entry(id).or_insert(next));
        if lead == next {
            leads.push((row as u64, false));
        }
        leads[lead].1 |= *label == 1.0;
        lead_of_row.push(lead);
    }
    let mut order: Vec<usize> = (0..leads.len()).collect();
    order.sort_by_key(|lead| (leads[*lead].1, hash(seed, [u64::MAX, leads[*lead].0]), *lead));
    let mut fold_of_lead = vec![0; leads.len()];
    for (place, lead) in order.into_iter().enumerate() {
        fold_of_lead[lead] = place % fold_count;
    }
    lead_of_row.into_iter().map(|lead| fold_of_lead[lead]).collect()
}

/// By how many rounds of each fold its held-out leads are judged: the median of what was best for the other folds. By its
/// own best they would be judged by a choice that they made themselves, and look too good.
pub(super) fn judged_rounds(folds: &[FoldReport]) -> Vec<usize> {
    let of_others = |own: usize| {
        let others = folds.iter().enumerate().filter(|(fold, _)| *fold != own);
        let mut rounds: Vec<usize> = others.map(|(_, report)| report.round_count).collect();
        rounds.sort_unstable();
        rounds[(rounds.len() - 1) / 2].midpoint(rounds[rounds.len() / 2])
    };
    (0..folds.len()).map(of_others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FeatureSchema, Lead, Timestamp, Zone};

    #[test]
    fn rows_of_a_lead_stay_together_and_outcomes_are_spread() {
        let schema = FeatureSchema::from_json(
            r#"{"features": [{"name": "a", "type": "number", "source": {"from": "attribute"}}]}"#,
        )
        .unwrap();
        let at = Timestamp::parse("2026-01-01", &Zone::utc()).unwrap();
        let mut rows = Dataset::builder(&schema, Zone::utc());
        for row in 0..1000 {
            let label = if row % 10 == 0 { 1.0 } else { 0.0 };
            rows.add(&Lead::new(format!("lead {}", row / 2)), at, label).unwrap();
        }
        let dataset = rows.finish().unwrap();
        let folds = assign(&dataset, 5, 3);
        assert!(folds.chunks(2).all(|pair| pair[0] == pair[1]));
        for fold in 0..5 {
            let own: Vec<usize> = (0..1000).filter(|row| folds[*row] == fold).collect();
            assert_eq!(own.len(), 200);
            assert_eq!(own.iter().filter(|row| dataset.labels()[**row] == 1.0).count(), 20);
        }
        assert_ne!(folds, assign(&dataset, 5, 4));
    }
}
