//! What a log tells of a lead, as features.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use leadscore::FeatureSchema;
use leadscore::feature::ActivityKinds;
use serde_json::{Value, json};

use super::reading::smallest_schema;
use crate::wording::counted;

/// The kinds of more activities are features of their own; the others count among all.
const MAX_KINDS: usize = 40;
/// A kind of fewer leads is none: what is learned of it would be chance.
const LEAST_LEADS: u64 = 5;

/// The kinds of activities in a log, by their keys, each with how many activities and leads have it.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    counts: BTreeMap<String, (u64, u64)>,
    /// Kinds that are outcomes and no features.
    outcomes: Vec<String>,
}

impl Kinds {
    /// None yet; some kinds are outcomes.
    pub(super) fn new(outcomes: Vec<String>) -> Kinds {
        Kinds { counts: BTreeMap::new(), outcomes }
    }

    /// Takes in the keys of the kinds of a lead's activities, each with whether it lies before the outcome; others are not learned from.
    pub(super) fn add_lead<'a>(&mut self, kinds: impl Iterator<Item = (&'a str, bool)>) {
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        for (kind, is_before) in kinds {
            *own.entry(kind).or_default() += u64::from(is_before);
        }
        for (kind, count) in own {
            let (activities, leads) = self.counts.entry(kind.to_owned()).or_default();
            *activities += count;
            *leads += u64::from(count > 0);
        }
    }

    /// The names of all, the most frequent first.
    pub(super) fn names(&self) -> Vec<&str> {
        self.by_count().into_iter().map(|(kind, _, _)| kind).collect()
    }

    /// What it is called, its label and its source, of each feature.
    pub(super) fn sources(&self) -> Vec<(String, String, Value)> {
        let feature = |name: &str, label: &str, source: Value| (name.to_owned(), label.to_owned(), source);
        let within = |days: u32| json!({"from": "count", "within_days": days});
        let mut sources = vec![
            feature("activity_count", "Activities", json!({"from": "count"})),
            feature("activities_7_days", "Activities in the last 7 days", within(7)),
            feature("activities_30_days", "Activities in the last 30 days", within(30)),
            feature("activities_90_days", "Activities in the last 90 days", within(90)),
            feature("days_since_first_activity", "Days since the first activity", age(None, "first")),
            feature("days_since_last_activity", "Days since the last activity", age(None, "last")),
            feature("activity_kinds", "Kinds of activities", json!({"from": "distinct", "what": "kind"})),
            feature("most_in_24_hours", "Most activities in 24 hours", json!({"from": "burst", "hours": 24})),
        ];
        for kind in self.learned() {
            let words = kind.replace('_', " ");
            let count = |days: Option<u32>| match days {
                None => json!({"from": "count", "types": [kind]}),
                Some(days) => json!({"from": "count", "types": [kind], "within_days": days}),
            };
            sources.push(feature(&format!("{kind}_count"), &format!("Number of {words}"), count(None)));
            let label = format!("Number of {words} in the last 30 days");
            sources.push(feature(&format!("{kind}_30_days"), &label, count(Some(30))));
            let label = format!("Days since the last {words}");
            sources.push(feature(&format!("days_since_{kind}"), &label, age(Some(kind), "last")));
        }
        sources
    }

    /// The kinds that are no features of their own, each with the reason.
    pub(super) fn left_out(&self) -> Vec<(String, String)> {
        let learned = self.learned();
        let reason = |(kind, activity_count, lead_count): (&str, u64, u64)| {
            let activities = counted(activity_count, "activity", "activities");
            let reason = if self.outcomes.iter().any(|own| own == kind) {
                "the outcome".to_owned()
            } else if activity_count == 0 {
                "none before an outcome".to_owned()
            } else if lead_count < LEAST_LEADS {
                format!("{activities} of {} alone", counted(lead_count, "lead", "leads"))
            } else {
                format!("not among the {MAX_KINDS} most frequent kinds: {activities}")
            };
            (format!("activities `{kind}`"), reason)
        };
        self.by_count().into_iter().filter(|(kind, _, _)| !learned.contains(kind)).map(reason).collect()
    }

    fn learned(&self) -> Vec<&str> {
        let is_learned = |(kind, _, lead_count): &(&str, u64, u64)| {
            *lead_count >= LEAST_LEADS && !self.outcomes.iter().any(|own| own == kind)
        };
        self.by_count().into_iter().filter(is_learned).map(|(kind, _, _)| kind).take(MAX_KINDS).collect()
    }

    fn by_count(&self) -> Vec<(&str, u64, u64)> {
        let mut all: Vec<(&str, u64, u64)> = self
            .counts
            .iter()
            .map(|(kind, (activities, leads))| (kind.as_str(), *activities, *leads))
            .collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all
    }
}

/// What kinds are compared by, which is what schemas compare them by: two spellings of one kind are one.
#[derive(Debug)]
pub(super) struct Keys(ActivityKinds<'static>);

impl Keys {
    pub(super) fn new() -> Keys {
        static SCHEMA: LazyLock<FeatureSchema> = LazyLock::new(smallest_schema);
        Keys(ActivityKinds::new(&SCHEMA))
    }

    /// The key of a kind, found once however often the kind comes up.
    pub(super) fn key(&mut self, kind: &str) -> String {
        let number = self.0.number(kind);
        self.0.kinds()[number as usize].normalised().to_owned()
    }
}

fn age(kind: Option<&str>, which: &str) -> Value {
    let mut source = json!({"from": "age", "which": which, "unit": "days"});
    if let Some(kind) = kind {
        source["types"] = json!([kind]);
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_a_kind_are_one_feature() {
        let mut keys = Keys::new();
        // Full-width letters, a ligature, another case and blanks.
        let spellings =
            [["office visit", "\u{ff2f}\u{fb03}ce Visit "], ["mail", "\u{ff4d}ail"], ["straße", "STRASSE"]];
        for [one, other] in &spellings[..2] {
            assert_eq!(keys.key(one), keys.key(other));
        }
        assert_ne!(keys.key(spellings[2][0]), keys.key(spellings[2][1]));
        let mut kinds = Kinds::new(vec![keys.key("\u{ff30}urchase")]);
        for lead in 0..12 {
            let own = [spellings[0][lead % 2], spellings[1][lead % 2], "purchase"].map(|kind| keys.key(kind));
            kinds.add_lead(own.iter().map(|key| (key.as_str(), true)));
        }
        let counts: Vec<String> =
            kinds.sources().into_iter().map(|own| own.0).filter(|name| name.ends_with("_30_days")).collect();
        assert_eq!(counts, ["activities_30_days", "mail_30_days", "office visit_30_days"]);
        assert_eq!(kinds.left_out(), [("activities `purchase`".to_owned(), "the outcome".to_owned())]);
    }
}
