//! How well predictions put won leads before lost ones.

use super::Outcomes;

/// Leads of one prediction: how many, and how many of them won; where leads have weights, how much they weigh.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tie {
    count: f64,
    won: f64,
}

impl Outcomes {
    /// The area under the ROC curve: how likely a won lead has a higher prediction than a lost one, ties counting half.
    pub fn auc(&self) -> f64 {
        let (mut won_above, mut area) = (0.0, 0.0);
        let (mut won, mut lost) = (0.0, 0.0);
        for tie in self.ties() {
            let tie_lost = tie.count - tie.won;
            area += tie_lost * (won_above + 0.5 * tie.won);
            won_above += tie.won;
            won += tie.won;
            lost += tie_lost;
        }
        area / (won * lost)
    }

    /// Average precision, the area under the curve of precision by recall in steps: leads of one prediction are one step.
    pub fn average_precision(&self) -> f64 {
        let (mut seen, mut won, mut area) = (0.0, 0.0, 0.0);
        for tie in self.ties() {
            seen += tie.count;
            won += tie.won;
            area += tie.won * won / seen;
        }
        area / won
    }

    /// The largest difference of the shares of won and of lost leads above some prediction (Kolmogorov–Smirnov).
    pub fn ks(&self) -> f64 {
        let ties = self.ties();
        let sum = |part: fn(&Tie) -> f64| ties.iter().map(part).sum::<f64>();
        let (all_won, all_lost) = (sum(|tie| tie.won), sum(|tie| tie.count - tie.won));
        let (mut won, mut lost, mut largest) = (0.0, 0.0, 0.0_f64);
        for tie in &ties {
            won += tie.won;
            lost += tie.count - tie.won;
            largest = largest.max((won / all_won - lost / all_lost).abs());
        }
        largest
    }

    /// The share of won leads among the best `share` of all, over that of all leads. The number of leads is rounded up, their
    /// weight is not; of ties at the end as large a part counts as fits.
    pub fn lift(&self, share: f64) -> f64 {
        let wanted = self.wanted(share);
        self.won_among(wanted) / wanted / self.base_rate()
    }

    /// The share of all won leads that are among the best `share` of all leads, counted as in [`Outcomes::lift`].
    pub fn capture(&self, share: f64) -> f64 {
        self.won_among(self.wanted(share)) / self.won_weight()
    }

    /// The highest prediction at or above which this share of all won leads is.
    pub(crate) fn bound_of_capture(&self, share: f64) -> f64 {
        let wanted = share * self.won_weight();
        let mut won = 0.0;
        let reached = self.ties_with_predictions().find(|(_, tie)| {
            won += tie.won;
            won >= wanted
        });
        reached.map_or(0.0, |(prediction, _)| prediction)
    }

    /// The lowest prediction at or above which at least this share of leads was won, if there is one.
    pub(crate) fn bound_of_precision(&self, share: f64) -> Option<f64> {
        let (mut seen, mut won) = (0.0, 0.0);
        let holds = self.ties_with_predictions().filter(|(_, tie)| {
            seen += tie.count;
            won += tie.won;
            won >= share * seen
        });
        holds.last().map(|(prediction, _)| prediction)
    }

    /// How many leads have such a prediction, and how many of them were won.
    pub(crate) fn count_where(&self, is_own: impl Fn(f64) -> bool) -> (usize, usize) {
        let own = self.predictions.iter().zip(&self.labels).filter(|(prediction, _)| is_own(**prediction));
        own.fold((0, 0), |(count, won), (_, label)| (count + 1, won + usize::from(*label == 1.0)))
    }

    fn wanted(&self, share: f64) -> f64 {
        match self.weights {
            None => (self.count() as f64 * share).ceil().clamp(1.0, self.count() as f64),
            Some(_) => self.total_weight() * share.clamp(f64::MIN_POSITIVE, 1.0),
        }
    }

    fn won_weight(&self) -> f64 {
        self.labels.iter().enumerate().map(|(row, label)| self.weight(row) * label).sum()
    }

    fn won_among(&self, wanted: f64) -> f64 {
        let (mut seen, mut won) = (0.0, 0.0);
        for tie in self.ties() {
            let part = ((wanted - seen) / tie.count).min(1.0);
            if part <= 0.0 {
                break;
            }
            seen += tie.count;
            won += tie.won * part;
        }
        won
    }

    /// From the highest prediction down.
    fn ties(&self) -> Vec<Tie> {
        self.ties_with_predictions().map(|(_, tie)| tie).collect()
    }

    fn ties_with_predictions(&self) -> impl Iterator<Item = (f64, Tie)> {
        let mut rows: Vec<(f64, f64, f64)> = (0..self.count())
            .map(|row| (self.predictions[row], self.labels[row], self.weight(row)))
            // What weighs nothing is no step of any curve.
            .filter(|(.., weight)| *weight > 0.0)
            .collect();
        // Sums of weights depend on their order.
        match self.weights {
            None => rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0)),
            Some(_) => rows.sort_by(|a, b| b.0.total_cmp(&a.0)),
        }
        let ties: Vec<(f64, Tie)> = rows
            .chunk_by(|a, b| a.0 == b.0)
            .map(|tie| {
                let won = tie.iter().map(|(_, label, weight)| label * weight).sum();
                (tie[0].0, Tie { count: tie.iter().map(|(.., weight)| weight).sum(), won })
            })
            .collect();
        ties.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(pairs: &[(f64, f64)]) -> Outcomes {
        let (predictions, labels) = pairs.iter().copied().unzip();
        Outcomes::new(predictions, labels).unwrap()
    }

    #[test]
    fn ties_count_half() {
        // Pairs of won and lost: (5, 3), (5, 1), (3, 3) tied, (3, 1): three and a half of four.
        let own = outcomes(&[(5.0, 1.0), (3.0, 1.0), (3.0, 0.0), (1.0, 0.0)]);
        assert_eq!(own.auc(), 3.5 / 4.0);
        // First step: precision 1 for one won of two; second: two of three for the other.
        assert!((own.average_precision() - f64::midpoint(1.0, 2.0 / 3.0)).abs() < 1e-12);
        assert_eq!(own.ks(), 0.5);
        // The best half is the first lead and half of the tie.
        assert_eq!((own.lift(0.5), own.capture(0.5)), (1.5, 0.75));
        assert_eq!((own.lift(1.0), own.capture(1.0)), (1.0, 1.0));
    }

    #[test]
    fn a_weight_counts_as_often_as_the_lead_stands_there() {
        let pairs = [(5.0, 1.0), (3.0, 1.0), (3.0, 0.0), (2.0, 1.0), (1.0, 0.0)];
        let weights = [1.0, 3.0, 2.0, 0.0, 4.0];
        let (predictions, labels) = pairs.iter().copied().unzip();
        let own = Outcomes::new(predictions, labels).unwrap().with_weights(weights.to_vec()).unwrap();
        let often = |(pair, weight): (&(f64, f64), &f64)| vec![*pair; *weight as usize];
        let repeated = outcomes(&pairs.iter().zip(&weights).flat_map(often).collect::<Vec<_>>());
        let measures = |of: &Outcomes| {
            [
                of.auc(),
                of.average_precision(),
                of.ks(),
                of.lift(0.5),
                of.capture(0.5),
                of.bound_of_capture(0.5),
            ]
        };
        assert_eq!(measures(&own), measures(&repeated));
        assert_eq!((own.base_rate(), own.total_weight()), (0.4, 10.0));
        assert_eq!(own.bound_of_precision(0.5), repeated.bound_of_precision(0.5));
        let probable = |of: &Outcomes| Outcomes {
            predictions: of.predictions.iter().map(|own| own / 6.0).collect(),
            ..of.clone()
        };
        let (own, repeated) = (probable(&own), probable(&repeated));
        assert!((own.log_loss() - repeated.log_loss()).abs() < 1e-12);
        assert!((own.brier() - repeated.brier()).abs() < 1e-12);
        let refused = |weights: &[f64]| {
            let error = outcomes(&pairs).with_weights(weights.to_vec()).unwrap_err();
            error.path().to_string()
        };
        assert_eq!(refused(&[1.0]), "weights");
        assert_eq!(refused(&[1.0, -1.0, 1.0, 1.0, 1.0]), "weights[1]");
        assert_eq!(refused(&[0.0, 0.0, 1.0, 0.0, 1.0]), "weights");
    }

    #[test]
    fn predictions_that_say_nothing_have_half_the_area() {
        let own = outcomes(&[(0.2, 1.0), (0.2, 0.0), (0.2, 0.0)]);
        assert_eq!((own.auc(), own.ks()), (0.5, 0.0));
        assert!((own.lift(0.1) - 1.0).abs() < 1e-12);
    }
}
