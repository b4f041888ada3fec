//! Leads as of moments of their lives.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use leadscore::Zone;
use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;
const HORIZON: f64 = 20.0;

/// A lead with what happened, times in days since the beginning of 2026 and kinds by number.
#[derive(Debug, Clone)]
struct Past {
    came: f64,
    won: Option<f64>,
    replied: Option<f64>,
    activities: Vec<(f64, usize)>,
}

const KINDS: [&str; 4] = ["visit", "Open", "call", "meeting"];

fn past() -> impl Strategy<Value = Past> {
    let day = || 0.0..300.0_f64;
    let optional = || proptest::option::of(day());
    (day(), optional(), optional(), proptest::collection::vec((day(), 0..KINDS.len()), 1..12))
        .prop_map(|(came, won, replied, activities)| Past { came, won, replied, activities })
}

fn moment(day: f64) -> String {
    let start = Timestamp::parse("2026-01-01", &Zone::utc()).unwrap().as_millis();
    Timestamp::from_millis(start + (day * DAY as f64) as i64).unwrap().to_string()
}

/// Features by name of each moment, by lead and moment, with the label.
type Known = BTreeMap<(String, Timestamp), (BTreeMap<String, u64>, f64)>;

fn learned_from(leads: &[Past], folder: &std::path::Path) -> Option<Known> {
    let (mut table, mut log) =
        ("lead_id,came,won_at,replied_at,size\n".to_owned(), "lead_id,kind,at\n".to_owned());
    for (number, lead) in leads.iter().enumerate() {
        let date = |day: Option<f64>| day.map(moment).unwrap_or_default();
        let (came, won, replied) = (moment(lead.came), date(lead.won), date(lead.replied));
        writeln!(table, "l-{number},{came},{won},{replied},{}", number % 7).unwrap();
        for (day, kind) in &lead.activities {
            writeln!(log, "l-{number},{},{}", KINDS[*kind], moment(*day)).unwrap();
        }
    }
    std::fs::write(folder.join("leads.csv"), table).unwrap();
    std::fs::write(folder.join("log.csv"), log).unwrap();
    let job = TrainJob::new(
        folder.join("leads.csv").to_string_lossy(),
        AsOf::parse("2026-12-31", &Zone::utc()).unwrap(),
    )
    .activities(folder.join("log.csv"))
    .target("won_at")
    .start("came")
    .horizon(HORIZON);
    let mut notes: Vec<Note> = Vec::new();
    let prepared = job.prepare(&mut notes).ok()?;
    let dataset = prepared.dataset;
    let names: Vec<String> = dataset.schema().columns().map(|feature| feature.name.clone()).collect();
    let row = |row: usize| {
        let values = dataset.matrix().row(row).iter().map(|value| value.to_bits());
        let key = (dataset.ids()[row].clone().unwrap(), dataset.as_of()[row]);
        (key, (names.iter().cloned().zip(values).collect(), dataset.labels()[row]))
    };
    Some((0..dataset.labels().len()).map(row).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_row_sees_its_own_future(leads in proptest::collection::vec(past(), 40..60), cut in 60.0..250.0_f64, stretch in 1.1..3.0_f64) {
        let folder = tempfile::tempdir().unwrap();
        let Some(known) = learned_from(&leads, folder.path()) else { return Ok(()) };
        // All that is later than the cut happens at other times, and to others of the kinds.
        let later = |day: f64| if day > cut { cut + (day - cut) * stretch } else { day };
        let mut changed = leads.clone();
        for lead in &mut changed {
            lead.won = lead.won.map(later);
            lead.replied = lead.replied.map(later);
            let kinds: Vec<usize> = lead.activities.iter().filter(|(day, _)| *day > cut).map(|(_, kind)| *kind).collect();
            let mut kinds = kinds.into_iter().rev();
            for (day, kind) in lead.activities.iter_mut().filter(|(day, _)| *day > cut) {
                (*day, *kind) = (later(*day), kinds.next().unwrap());
            }
        }
        let other = learned_from(&changed, folder.path());
        prop_assert!(other.is_some());
        let other = other.unwrap();
        let start = Timestamp::parse(&moment(cut), &Zone::utc()).unwrap();
        let mut compared = 0;
        for ((lead, at), (features, label)) in known.iter().filter(|((_, at), _)| *at <= start) {
            // The same moments are asked about, and the same is known of them.
            let Some((others, other_label)) = other.get(&(lead.clone(), *at)) else {
                return Err(TestCaseError::fail(format!("{lead} has no row at {at}")));
            };
            for (name, value) in features {
                prop_assert!(others.get(name).is_none_or(|own| own == value), "{lead} {at} {name}");
            }
            // The label is of the days behind the moment, where these lie before the cut.
            let seen = at.as_millis() + (HORIZON * DAY as f64) as i64 <= start.as_millis();
            prop_assert!(!seen || label == other_label);
            compared += 1;
        }
        prop_assert!(compared > 0 || known.keys().all(|(_, at)| *at > start));
    }
}
