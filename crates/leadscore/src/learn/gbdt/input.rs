//! What the crate gbdt is given in the place of our columns.

use ::gbdt::decision_tree::{Data, DataVec};

use crate::learn::Examples;
use crate::learn::bins::{BinnedRows, Binning, Bins};

/// So many rows of the mean outcome are added to each level, so that a rare one does not stand at an end of the order.
const LEVEL_PRIOR: f64 = 10.0;

/// One number for each row.
pub(super) enum Input {
    /// The bin of the value, or this one where it is missing.
    Value { column: usize, instead: u8 },
    /// 1 where the value is missing, 0 where it is known.
    IsMissing { column: usize },
    /// The place of each bin of a category, and of the one for missing, by the mean outcome.
    Place { column: usize, place_of_bin: Vec<u8> },
}

/// The numbers of each row.
pub(super) struct Inputs {
    inputs: Vec<Input>,
    missing_bins: Vec<usize>,
}

impl Inputs {
    pub(super) fn new(examples: &Examples, bins: &Bins, cells: &BinnedRows) -> Inputs {
        let missing_bins: Vec<usize> = bins.columns.iter().map(Binning::value_bins).collect();
        let mut inputs = Vec::new();
        for (column, (binning, missing)) in bins.columns.iter().zip(&missing_bins).enumerate() {
            // By bin the weight, and that of the won leads.
            let mut sums = vec![[0.0; 2]; missing + 1];
            for row in 0..examples.row_count() {
                let weight = examples.weight(row);
                let own = &mut sums[usize::from(cells.cell(row, column))];
                own[0] += weight;
                own[1] += weight * examples.labels()[row];
            }
            match binning {
                Binning::Levels { .. } => {
                    inputs.push(Input::Place { column, place_of_bin: places(&sums) });
                }
                Binning::Cuts(_) => {
                    inputs.push(Input::Value { column, instead: median(&sums[..*missing]) });
                    if sums[*missing][0] > 0.0 {
                        inputs.push(Input::IsMissing { column });
                    }
                }
            }
        }
        Inputs { inputs, missing_bins }
    }

    pub(super) fn count(&self) -> usize {
        self.inputs.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<&Input> {
        self.inputs.get(number)
    }

    /// All rows, with labels −1 and 1 and weights whose mean is 1.
    pub(super) fn rows(&self, examples: &Examples, cells: &BinnedRows) -> DataVec {
        let count = examples.row_count();
        let total: f64 = (0..count).map(|row| examples.weight(row)).sum();
        let weighed = (0..count).filter(|row| examples.weight(*row) > 0.0).count();
        let row = |row: usize| {
            let numbers = self.inputs.iter().map(|input| self.number(input, cells, row)).collect();
            let weight = examples.weight(row) * weighed as f64 / total;
            let label = if examples.labels()[row] == 1.0 { 1.0 } else { -1.0 };
            Data::new_training_data(numbers, weight as f32, label, None)
        };
        (0..count).map(row).collect()
    }

    fn number(&self, input: &Input, cells: &BinnedRows, row: usize) -> f32 {
        let is_missing = |column: usize| usize::from(cells.cell(row, column)) == self.missing_bins[column];
        match input {
            Input::Value { column, instead } => {
                f32::from(if is_missing(*column) { *instead } else { cells.cell(row, *column) })
            }
            Input::IsMissing { column } => f32::from(u8::from(is_missing(*column))),
            Input::Place { column, place_of_bin } => {
                f32::from(place_of_bin[usize::from(cells.cell(row, *column))])
            }
        }
    }
}

/// The bin in which half of the weight is reached.
fn median(sums: &[[f64; 2]]) -> u8 {
    let half = sums.iter().map(|own| own[0]).sum::<f64>() / 2.0;
    let mut held = 0.0;
    let reached = sums.iter().position(|own| {
        held += own[0];
        held >= half
    });
    reached.unwrap_or(0) as u8
}

/// The place of each bin in the order of their shares of won leads.
fn places(sums: &[[f64; 2]]) -> Vec<u8> {
    let total = sums.iter().fold([0.0; 2], |all, own| [all[0] + own[0], all[1] + own[1]]);
    let share =
        |bin: &usize| (sums[*bin][1] + LEVEL_PRIOR * total[1] / total[0]) / (sums[*bin][0] + LEVEL_PRIOR);
    let mut order: Vec<usize> = (0..sums.len()).collect();
    order.sort_by(|a, b| share(a).total_cmp(&share(b)).then(a.cmp(b)));
    let mut places = vec![0; sums.len()];
    for (place, bin) in order.into_iter().enumerate() {
        places[bin] = place as u8;
    }
    places
}
