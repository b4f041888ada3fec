//! Curves of scores against outcomes, with few enough points to be drawn.

use serde::{Serialize, Serializer};

use super::draws::Ranking;

/// The most points of a curve.
const POINTS: usize = 200;
/// The width of a step of scores.
const STEP: f64 = 5.0;
const STEPS: usize = 20;

/// A point of a curve of shares; as JSON `[x, y]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SharePoint {
    /// The share of lost leads, or of all leads.
    pub x: f64,
    /// The share of won leads.
    pub y: f64,
}

/// The leads whose scores lie in one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ScoreBin {
    /// The lowest score.
    pub from: f64,
    /// The score at which the next step begins; 100 is in the last one.
    pub to: f64,
    /// How many won leads.
    pub won: usize,
    /// How many lost leads.
    pub lost: usize,
}

impl Serialize for SharePoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.x, self.y].serialize(serializer)
    }
}

/// All curves of one pipeline.
pub(super) struct Curves {
    pub(super) histogram: Vec<ScoreBin>,
    pub(super) roc: Vec<SharePoint>,
    pub(super) gain: Vec<SharePoint>,
}

impl Curves {
    pub(super) fn new(scores: &[f64], labels: &[bool], ranking: &Ranking) -> Curves {
        let once = vec![1; scores.len()];
        let [all, all_won] = ranking.counts(labels, &once);
        let start = SharePoint { x: 0.0, y: 0.0 };
        let (mut roc, mut gain, mut seen, mut won) = (vec![start], vec![start], 0.0, 0.0);
        for [count, tie_won] in ranking.ties(labels, &once) {
            seen += count;
            won += tie_won;
            roc.push(SharePoint { x: (seen - won) / (all - all_won), y: won / all_won });
            gain.push(SharePoint { x: seen / all, y: won / all_won });
        }
        let mut histogram: Vec<ScoreBin> = (0..STEPS)
            .map(|step| ScoreBin { from: step as f64 * STEP, to: (step + 1) as f64 * STEP, won: 0, lost: 0 })
            .collect();
        for (score, label) in scores.iter().zip(labels) {
            let bin = &mut histogram[((score / STEP) as usize).min(STEPS - 1)];
            *(if *label { &mut bin.won } else { &mut bin.lost }) += 1;
        }
        Curves { histogram, roc: thinned(&roc), gain: thinned(&gain) }
    }
}

/// At most so many of the points, the first and the last among them.
fn thinned(points: &[SharePoint]) -> Vec<SharePoint> {
    let last = points.len() - 1;
    if last < POINTS {
        return points.to_vec();
    }
    (0..POINTS).map(|at| points[(at * last + (POINTS - 1) / 2) / (POINTS - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_run_from_none_to_all() {
        let scores = [100.0, 70.0, 70.0, 4.9];
        let labels = [true, true, false, false];
        let found = Curves::new(&scores, &labels, &Ranking::new(&scores, 0..4));
        let shares = |points: &[SharePoint]| points.iter().map(|own| (own.x, own.y)).collect::<Vec<_>>();
        assert_eq!(shares(&found.roc), [(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(shares(&found.gain), [(0.0, 0.0), (0.25, 0.5), (0.75, 1.0), (1.0, 1.0)]);
        let counts: Vec<(usize, usize)> = found.histogram.iter().map(|bin| (bin.won, bin.lost)).collect();
        assert_eq!((counts[19], counts[14], counts[0]), ((1, 0), (1, 1), (0, 1)));
    }

    #[test]
    fn long_curves_keep_their_ends() {
        let points: Vec<SharePoint> = (0..=1000).map(|at| SharePoint { x: f64::from(at), y: 0.0 }).collect();
        let few = thinned(&points);
        assert_eq!((few.len(), few[0].x, few[POINTS - 1].x), (POINTS, 0.0, 1000.0));
        assert!(few.windows(2).all(|pair| (4.0..=6.0).contains(&(pair[1].x - pair[0].x))));
    }
}
