//! Measures of leads that are drawn anew, of several pipelines at once: a draw is how often each lead is in it, and one walk
//! down each ranking gives all measures of it.

use super::Interval;
use super::resample::percentile;
use crate::Error;
use crate::math::random::sequence;
use crate::parallel::Workers;

/// So many draws are a block of work.
const BLOCK: usize = 8;

/// The leads of one list from the highest score down, by their positions.
#[derive(Debug)]
pub(super) struct Ranking {
    leads: Vec<u32>,
    /// Where leads of one score end.
    ends: Vec<u32>,
}

/// What a ranking is worth: the measures of [`Outcomes`](super::Outcomes), to the bit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RankMeasures {
    pub(super) auc: f64,
    pub(super) average_precision: f64,
    pub(super) ks: f64,
    /// How many won leads are among so many of the best.
    pub(super) won_among: Vec<f64>,
}

impl Ranking {
    /// Ranks some of the leads that have these scores.
    pub(super) fn new(scores: &[f64], leads: impl IntoIterator<Item = usize>) -> Ranking {
        let mut leads: Vec<u32> = leads.into_iter().map(|lead| lead as u32).collect();
        let score = |lead: u32| scores[lead as usize];
        leads.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        let mut ends = Vec::new();
        for tie in leads.chunk_by(|a, b| score(*a) == score(*b)) {
            ends.push(ends.last().copied().unwrap_or(0) + tie.len() as u32);
        }
        Ranking { leads, ends }
    }

    /// Leads of one score, from the highest down, as their number and how many of them were won.
    pub(super) fn ties<'a>(
        &'a self,
        labels: &'a [bool],
        weights: &'a [u32],
    ) -> impl Iterator<Item = [f64; 2]> + 'a {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let (mut count, mut won) = (0, 0);
            for lead in &self.leads[start..*end as usize] {
                let weight = weights[*lead as usize];
                count += weight;
                won += if labels[*lead as usize] { weight } else { 0 };
            }
            start = *end as usize;
            [f64::from(count), f64::from(won)]
        })
    }

    /// How many leads, and how many of them won.
    pub(super) fn counts(&self, labels: &[bool], weights: &[u32]) -> [f64; 2] {
        let add = |[all, won]: [f64; 2], tie: [f64; 2]| [all + tie[0], won + tie[1]];
        self.ties(labels, weights).fold([0.0, 0.0], add)
    }

    /// The measures of so many of each lead; none where all of them have one outcome. `wanted` rises.
    pub(super) fn measures(
        &self,
        labels: &[bool],
        weights: &[u32],
        wanted: &[usize],
    ) -> Option<RankMeasures> {
        let [all, all_won] = self.counts(labels, weights);
        let all_lost = all - all_won;
        if all_won == 0.0 || all_lost == 0.0 {
            return None;
        }
        let (mut seen, mut won, mut lost) = (0.0, 0.0, 0.0);
        let (mut area, mut steps, mut ks) = (0.0, 0.0, 0.0_f64);
        let mut won_among = Vec::with_capacity(wanted.len());
        for [count, tie_won] in self.ties(labels, weights) {
            if count == 0.0 {
                continue;
            }
            while let Some(next) = wanted.get(won_among.len()).map(|wanted| *wanted as f64)
                && next <= seen + count
            {
                // Of ties at the end as large a part counts as fits.
                won_among.push(won + tie_won * ((next - seen) / count));
            }
            let tie_lost = count - tie_won;
            area += tie_lost * (won + 0.5 * tie_won);
            seen += count;
            won += tie_won;
            lost += tie_lost;
            steps += tie_won * won / seen;
            ks = ks.max((won / all_won - lost / all_lost).abs());
        }
        won_among.resize(wanted.len(), won);
        Some(RankMeasures {
            auc: area / (all_won * all_lost),
            average_precision: steps / all_won,
            ks,
            won_among,
        })
    }
}

/// The values of some measures over many draws.
#[derive(Debug)]
pub(super) struct Draws {
    /// One list of values for each draw; NaN where a draw has no measure.
    values: Vec<Vec<f64>>,
}

impl Draws {
    /// Draws `lead_count` leads with replacement so many times, and takes what `measure` gives for how often each lead is
    /// drawn. A draw is the same for any number of threads.
    pub(super) fn take(
        lead_count: usize,
        (draw_count, seed): (usize, u64),
        workers: &Workers<'_>,
        measure: impl Fn(&[u32]) -> Vec<f64> + Sync,
    ) -> Result<Draws, Error> {
        let blocks = workers.run_blocks(draw_count, BLOCK, |draws| {
            let mut weights = vec![0_u32; lead_count];
            let values = draws.map(|draw| {
                weights.fill(0);
                let mut next = sequence(seed, draw as u64);
                for _ in 0..lead_count {
                    weights[(next() * lead_count as f64) as usize] += 1;
                }
                measure(&weights)
            });
            Ok(values.collect::<Vec<_>>())
        })?;
        Ok(Draws { values: blocks.concat() })
    }

    /// Where 95 of 100 values of a number that is made of the measures of a draw lie; none where no draw has it.
    pub(super) fn interval(&self, value: impl Fn(&[f64]) -> f64) -> Option<Interval> {
        let mut values: Vec<f64> =
            self.values.iter().map(|draw| value(draw)).filter(|own| !own.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (percentile(&values, 0.025)?, percentile(&values, 0.975)?);
        Some(Interval { low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcomes;
    use super::*;

    /// Scores with ties, and who was won.
    fn leads() -> (Vec<f64>, Vec<bool>) {
        let mut next = sequence(3, 0);
        let labels: Vec<bool> = (0..400).map(|row| row % 3 == 0).collect();
        let score = |label: &bool| ((next() + if *label { 0.4 } else { 0.0 }) * 20.0).floor();
        (labels.iter().map(score).collect(), labels)
    }

    fn outcomes(scores: &[f64], labels: &[bool]) -> Outcomes {
        let labels = labels.iter().map(|label| if *label { 1.0 } else { 0.0 }).collect();
        Outcomes::new(scores.to_vec(), labels).unwrap()
    }

    #[test]
    fn a_walk_gives_the_bits_of_the_measures() {
        let (scores, labels) = leads();
        let ranking = Ranking::new(&scores, 0..scores.len());
        let found = ranking.measures(&labels, &[1; 400], &[1, 40, 80, 400]).unwrap();
        let own = outcomes(&scores, &labels);
        assert_eq!(
            (found.auc, found.average_precision, found.ks),
            (own.auc(), own.average_precision(), own.ks())
        );
        for (among, share) in found.won_among.iter().zip([0.0025, 0.1, 0.2, 1.0]) {
            assert!((among / 134.0 - own.capture(share)).abs() < 1e-12, "{share}");
        }
        assert_eq!(Ranking::new(&scores, [0, 3]).measures(&labels, &[1; 400], &[]), None);
    }

    #[test]
    fn draws_are_those_of_single_measures_for_any_number_of_threads() {
        let (scores, labels) = leads();
        let ranking = Ranking::new(&scores, 0..scores.len());
        let of = |threads: usize| {
            let workers = Workers::new().threads(threads);
            let measure = |weights: &[u32]| vec![ranking.measures(&labels, weights, &[]).unwrap().auc];
            Draws::take(400, (100, 9), &workers, measure).unwrap()
        };
        let (one, four) = (of(1), of(4));
        assert_eq!(one.values, four.values);
        let wanted = outcomes(&scores, &labels).interval(Outcomes::auc, 100, 9);
        assert_eq!(one.interval(|draw| draw[0]), Some(wanted));
        assert_eq!(one.interval(|_| f64::NAN), None);
    }
}
