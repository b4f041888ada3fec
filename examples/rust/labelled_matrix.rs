//! Rows for a learner, each lead as of its own time, with what became of it: `cargo run --example labelled_matrix`.

use leadscore::ndarray::{ArrayView1, ArrayView2};
use leadscore::{Activity, Dataset, Error, Lead, Pipeline, Timestamp, Zone};

/// What a CRM keeps: everything that ever happened with a lead, when to look at it, and whether it was won.
const CLOSED: [(&str, &[&str], &str, bool); 4] = [
    ("L-1", &["2026-02-20", "2026-03-01", "2026-03-09"], "2026-03-02", true),
    ("L-2", &["2026-04-01"], "2026-04-20", true),
    ("L-3", &[], "2026-05-01", false),
    ("L-4", &["2026-06-30"], "2026-06-01", false),
];

fn main() -> Result<(), Error> {
    let utc = Zone::utc();
    let pipeline = Pipeline::builtin("conversion")?;
    let mut rows = Dataset::builder(pipeline.schema(), utc.clone());
    for (id, meetings, as_of, won) in CLOSED {
        let mut lead = Lead::new(id).with("company", won.then_some("Acme Ltd"));
        for meeting in meetings {
            lead = lead.activity(Activity::new("meeting", Timestamp::parse(meeting, &utc)?));
        }
        // Meetings after `as_of` do not count: the learner sees what was known then.
        rows.add(&lead, Timestamp::parse(as_of, &utc)?, if won { 1.0 } else { 0.0 })?;
    }
    let dataset = rows.finish()?;
    let (matrix, labels): (ArrayView2<f64>, _) =
        (dataset.matrix().view(), ArrayView1::from(dataset.labels()));
    println!("{} leads, {} features", matrix.nrows(), matrix.ncols());

    // A learner in one line: how much higher is the feature's mean among the leads that were won?
    let (won, lost) = (labels.sum(), labels.len() as f64 - labels.sum());
    for (feature, values) in dataset.schema().columns().zip(matrix.columns()) {
        let of_won = labels.dot(&values) / won;
        let difference = of_won - (values.sum() - of_won * won) / lost;
        if difference.abs() > 0.0 {
            println!("{difference:+8.2}  {}", feature.label);
        }
    }
    let meetings = dataset.schema().columns().position(|feature| feature.name == "meeting_count");
    let meetings = matrix.column(meetings.expect("the schema counts meetings"));
    assert_eq!(meetings.to_vec(), [2.0, 1.0, 0.0, 0.0]);
    Ok(())
}
