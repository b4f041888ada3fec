//! Features that look like the answer: known only once it is known what becomes of a lead.
//!
//! Values alone are looked at, never names.

use crate::evaluate::Outcomes;
use crate::feature::{Dataset, Feature, FeatureType};
use crate::math::random::hash;

/// Features that look like the answer, for one reason.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Leak {
    /// The features, by name.
    pub features: Vec<String>,
    /// What makes them look so.
    pub sign: LeakSign,
    /// How well the best of them alone puts won leads before lost ones, on leads that it was not looked up on.
    pub auc: f64,
}

/// What makes features look like the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum LeakSign {
    /// One feature tells won from lost leads nearly by itself.
    Telling,
    /// It is hardly ever known of leads of one outcome.
    KnownByOutcome {
        /// The share of won leads among those where it is known.
        known: f64,
        /// The share of won leads among those where it is not.
        unknown: f64,
    },
    /// Where it is known, a level stands for lost leads nearly alone, and whether it is known depends on the outcome.
    Verdict {
        /// The share of won leads among those where it is known.
        known: f64,
        /// The share of won leads among those where it is not.
        unknown: f64,
    },
    /// They are known of the same part of the leads, as if written together by something else, and tell of the outcome.
    WrittenTogether {
        /// The share of leads of which they are known.
        known: f64,
    },
    /// The date lies at or after all other dates of nearly every lead.
    LastDate,
}

/// A feature that orders pairs of a won and a lost lead so well is hardly known beforehand.
const TELLING: f64 = 0.78;
/// With fewer leads nothing is said.
const LEAST_LEADS: usize = 200;
/// Of that part of the leads a feature must be known, and unknown, for its absence to say something.
const LEAST_SHARE: f64 = 0.1;
/// Of features that are known together, one has to tell so much.
const TELLING_TOGETHER: f64 = 0.6;
/// How many parts numbers are cut into.
const PARTS: usize = 30;
/// In how many folds a feature is looked up.
const FOLDS: u64 = 5;
/// A level of fewer leads says nothing.
const LEAST_OF_A_LEVEL: usize = 50;
/// Of all dates of a lead, one that lies last in so many leads.
const NEARLY_ALL: f64 = 0.99;

/// One feature of all leads.
struct Values<'a> {
    feature: &'a Feature,
    /// The class of each lead; 0 where it is not known.
    classes: Vec<u32>,
    class_count: usize,
    auc: f64,
    known_share: f64,
}

/// The features of past leads that look like the answer, the most telling first.
///
/// Five signs are looked for; [`LeakSign`] says which. What is found may be right all the same: whoever knows where a
/// feature comes from decides.
pub fn find_leaks(dataset: &Dataset) -> Vec<Leak> {
    let labels = dataset.labels();
    let count = labels.len();
    let is_won = |row: &usize| labels[*row] == 1.0;
    let won = (0..count).filter(is_won).count();
    if count < LEAST_LEADS || won.min(count - won) < LEAST_OF_A_LEVEL / 2 {
        return Vec::new();
    }
    let features: Vec<Values<'_>> = dataset
        .schema()
        .columns()
        .enumerate()
        .map(|(column, feature)| Values::new(feature, column, dataset))
        .collect();
    let mut leaks: Vec<Leak> = features.iter().filter_map(|own| own.own_leak(labels)).collect();
    let is_found =
        |leaks: &[Leak], own: &Values<'_>| leaks.iter().any(|leak| leak.features.contains(&own.feature.name));
    // Together with what is found already nothing more is said.
    let mut looked_at = vec![false; features.len()];
    for (at, own) in features.iter().enumerate() {
        let has_share = own.known_share >= LEAST_SHARE && own.known_share <= 1.0 - LEAST_SHARE;
        if looked_at[at] || !has_share {
            continue;
        }
        let same: Vec<usize> =
            (at..features.len()).filter(|other| own.is_known_with(&features[*other])).collect();
        for other in &same {
            looked_at[*other] = true;
        }
        let auc = same.iter().map(|other| features[*other].auc).fold(0.0, f64::max);
        let new: Vec<String> = same
            .iter()
            .filter(|other| !is_found(&leaks, &features[**other]))
            .map(|other| features[*other].feature.name.clone())
            .collect();
        if same.len() > 2 && auc >= TELLING_TOGETHER && !new.is_empty() {
            leaks.push(Leak {
                features: new,
                sign: LeakSign::WrittenTogether { known: own.known_share },
                auc,
            });
        }
    }
    leaks.extend(
        last_date(dataset, &features).filter(|leak| !leaks.iter().any(|own| own.features == leak.features)),
    );
    leaks.sort_by(|a, b| b.auc.total_cmp(&a.auc));
    leaks
}

impl<'a> Values<'a> {
    fn new(feature: &'a Feature, column: usize, dataset: &Dataset) -> Values<'a> {
        let matrix = dataset.matrix();
        let values: Vec<f64> = (0..matrix.row_count()).map(|row| matrix.row(row)[column]).collect();
        let class: Box<dyn Fn(f64) -> u32> = if feature.kind == FeatureType::Category {
            Box::new(|value| value as u32 + 1)
        } else {
            let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            sorted.sort_by(f64::total_cmp);
            let mut cuts: Vec<f64> =
                (1..PARTS).filter_map(|part| sorted.get(part * sorted.len() / PARTS).copied()).collect();
            cuts.dedup();
            // The lowest value is a part of its own where it is frequent, such as 0 of many amounts.
            if let Some(first) = cuts.first().copied().filter(|first| sorted.first() == Some(first)) {
                cuts[0] = first.next_up();
                cuts.dedup();
            }
            Box::new(move |value| cuts.partition_point(|cut| *cut <= value) as u32 + 1)
        };
        let classes: Vec<u32> =
            values.iter().map(|value| if value.is_nan() { 0 } else { class(*value) }).collect();
        let class_count = classes.iter().max().map_or(1, |most| *most as usize + 1);
        let known = classes.iter().filter(|class| **class > 0).count();
        let known_share = known as f64 / classes.len() as f64;
        let mut own = Values { feature, classes, class_count, auc: 0.5, known_share };
        own.auc = own.held_out_auc(dataset.labels());
        own
    }

    /// How well the share of won leads of its class, looked up among other leads, puts leads in order.
    fn held_out_auc(&self, labels: &[f64]) -> f64 {
        let fold = |row: usize| (hash(0, [u64::MAX - 2, row as u64]) % FOLDS) as usize;
        let base = labels.iter().sum::<f64>() / labels.len() as f64;
        let mut sums = vec![[0.0; 2]; self.class_count * FOLDS as usize];
        for (row, class) in self.classes.iter().enumerate() {
            for other in (0..FOLDS as usize).filter(|other| *other != fold(row)) {
                let sum = &mut sums[other * self.class_count + *class as usize];
                sum[0] += labels[row];
                sum[1] += 1.0;
            }
        }
        // Drawn to the share of all leads as by five of them.
        let share = |row: usize| {
            let [won, all] = sums[fold(row) * self.class_count + self.classes[row] as usize];
            (won + 5.0 * base) / (all + 5.0)
        };
        let shares = (0..labels.len()).map(share).collect();
        Outcomes::new(shares, labels.to_vec()).map_or(0.5, |outcomes| outcomes.auc())
    }

    /// The counts of won and of all leads in each class.
    fn counts(&self, labels: &[f64]) -> Vec<[usize; 2]> {
        let mut counts = vec![[0; 2]; self.class_count];
        for (class, label) in self.classes.iter().zip(labels) {
            counts[*class as usize][0] += usize::from(*label == 1.0);
            counts[*class as usize][1] += 1;
        }
        counts
    }

    fn own_leak(&self, labels: &[f64]) -> Option<Leak> {
        let leak = |sign| Some(Leak { features: vec![self.feature.name.clone()], sign, auc: self.auc });
        if self.auc >= TELLING {
            return leak(LeakSign::Telling);
        }
        if self.known_share < LEAST_SHARE || self.known_share > 1.0 - LEAST_SHARE {
            return None;
        }
        let counts = self.counts(labels);
        let sum = |counts: &[[usize; 2]], at: usize| counts.iter().map(|own| own[at]).sum::<usize>() as f64;
        let known = sum(&counts[1..], 0) / sum(&counts[1..], 1);
        let unknown = counts[0][0] as f64 / counts[0][1] as f64;
        let (low, high) = (known.min(unknown), known.max(unknown));
        // One outcome alone on one side of it, while both occur on the other.
        let hardly = |share: f64| !(0.005..=0.995).contains(&share);
        if (hardly(low) || hardly(high)) && high - low > 0.05 {
            return leak(LeakSign::KnownByOutcome { known, unknown });
        }
        let is_verdict =
            |own: &[usize; 2]| own[1] >= LEAST_OF_A_LEVEL && (own[0] as f64) < 0.125 * known * own[1] as f64;
        let has_verdict = self.feature.kind == FeatureType::Category && counts[1..].iter().any(is_verdict);
        (has_verdict && high >= 1.5 * low).then(|| leak(LeakSign::Verdict { known, unknown }))?
    }

    fn is_known_with(&self, other: &Values<'_>) -> bool {
        self.classes.iter().zip(&other.classes).all(|(own, other)| (*own == 0) == (*other == 0))
    }
}

/// The date that lies at or after all others of nearly every lead.
fn last_date(dataset: &Dataset, features: &[Values<'_>]) -> Option<Leak> {
    let dates: Vec<usize> = (0..features.len()).filter(|at| features[*at].feature.is_age()).collect();
    if dates.len() < 2 {
        return None;
    }
    let matrix = dataset.matrix();
    let last = dates.iter().find(|own| {
        let (mut last, mut all, mut later) = (0_usize, 0_usize, 0_usize);
        for row in 0..matrix.row_count() {
            let age = matrix.row(row)[**own];
            let others = dates.iter().filter(|other| other != own).map(|other| matrix.row(row)[*other]);
            let newest = others.fold(f64::INFINITY, f64::min);
            if !age.is_nan() && newest.is_finite() {
                all += 1;
                last += usize::from(age <= newest);
                later += usize::from(age < newest);
            }
        }
        all >= LEAST_LEADS && last as f64 >= NEARLY_ALL * all as f64 && later as f64 >= 0.5 * all as f64
    })?;
    let own = &features[*last];
    Some(Leak { features: vec![own.feature.name.clone()], sign: LeakSign::LastDate, auc: own.auc })
}

impl Leak {
    /// Why they look like the answer, in a sentence that names neither file nor columns.
    pub fn reason(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        match self.sign {
            LeakSign::Telling => format!(
                "tells won from lost nearly by itself: of 100 pairs of a won and a lost lead it puts {:.0} in order",
                (100.0 * self.auc).floor()
            ),
            LeakSign::KnownByOutcome { known, unknown } => format!(
                "is known by the outcome: {} of leads with it were won, {} of those without",
                percent(known),
                percent(unknown)
            ),
            LeakSign::Verdict { known, unknown } => format!(
                "reads like a verdict: one of its values stands for lost leads nearly alone, and {} of leads with a value were won, {} \
                 of those without",
                percent(known),
                percent(unknown)
            ),
            LeakSign::WrittenTogether { known } => format!(
                "are known of the same {} of the leads, as if something else had written them together, and tell of the outcome",
                percent(known)
            ),
            LeakSign::LastDate => "is the last date of nearly every lead".to_owned(),
        }
    }
}
