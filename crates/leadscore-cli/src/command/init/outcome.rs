//! Columns that may record what came of a lead: by their names and values together, and by what they tell of one another.

use leadscore_csv::ColumnKind;

use super::values::{ColumnValues, MISSING};
use super::words;

/// Words in the name of a column that records what came of the lead, whatever its levels are.
const OUTCOMES: [&str; 7] = ["converted", "won", "lost", "outcome", "churn", "churned", "purchased"];
/// Words in names of outcomes that have other meanings too: with them only a column of yes and no, or of dates, is an outcome.
const EVENTS: [&str; 9] =
    ["conversion", "close", "closed", "closing", "revenue", "bought", "signed", "subscribed", "deposit"];
/// Words of names of what is no outcome, whatever else they say.
const CHANNELS: [&str; 6] = ["newsletter", "blog", "email", "mail", "sms", "list"];
/// Words that also stand in other names, such as `Marital Status`: the levels decide.
const STATES: [&str; 4] = ["status", "stage", "result", "disposition"];
/// Whole names that data sets give to what is to be foreseen.
const TARGETS: [&str; 6] = ["y", "target", "label", "class", "response", "is customer"];
/// Words of a level that says how it ended.
const ENDS: [&str; 8] =
    ["won", "lost", "converted", "churned", "closed", "disqualified", "unqualified", "qualified"];
/// Levels on the way there.
const STEPS: [&str; 12] = [
    "open",
    "new",
    "contacted",
    "working",
    "nurturing",
    "nurture",
    "recycled",
    "junk",
    "dead",
    "customer",
    "prospecting",
    "negotiation",
];
/// A column that puts so many pairs of a yes and a no in order is hardly known beforehand.
const TELLING: f64 = 0.8;
/// Fewer rows of one kind tell nothing.
const LEAST_ROWS: usize = 20;
/// Rows that may differ where a column follows from another.
const EXCEPTIONS: f64 = 0.01;
/// A column that has one kind of value in a greater share of the rows follows from anything.
const MOST_ALIKE: f64 = 0.9;

/// For every column why it may record what came of the lead; none where nothing speaks for it.
pub(super) fn outcomes(columns: &[ColumnValues]) -> Vec<Option<String>> {
    let mut reasons: Vec<Option<String>> = columns.iter().map(own_reason).collect();
    let own: Vec<&ColumnValues> =
        columns.iter().zip(&reasons).filter(|(_, reason)| reason.is_some()).map(|(own, _)| own).collect();
    for (column, reason) in columns.iter().zip(&mut reasons) {
        if reason.is_none() {
            *reason =
                own.iter().find_map(|outcome| follows(column, outcome).or_else(|| tells(column, outcome)));
        }
    }
    reasons
}

/// What its name and its values say of one column.
fn own_reason(column: &ColumnValues) -> Option<String> {
    let words = words(&column.name);
    let has_word = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let is_yes_or_no = two_values(column).is_some();
    let is_day = column.kind == ColumnKind::Date;
    let has_levels = column.texts.len() > 1;
    let ending = level_with(column, &ENDS);
    let is_step = |text: &String| STEPS.contains(&text.to_lowercase().as_str());
    if has_word(&OUTCOMES) && (is_yes_or_no || is_day || has_levels)
        || has_word(&EVENTS) && !has_word(&CHANNELS) && (is_yes_or_no || is_day)
        || TARGETS.contains(&words.join(" ").as_str()) && is_yes_or_no
    {
        return Some("an outcome by its name and values".to_owned());
    }
    let is_flag = is_yes_or_no && column.kind != ColumnKind::Text;
    if has_word(&STATES) && (is_flag || ending.is_some() || column.texts.iter().any(is_step)) {
        return Some("an outcome, or a step on the way to it, by its name and values".to_owned());
    }
    if let Some(level) = ending.filter(|_| has_levels) {
        return Some(format!("an outcome by its values, such as `{level}`"));
    }
    let (success, failure) =
        (level_with(column, &["success", "successful"]), level_with(column, &["failure", "failed"]));
    success.zip(failure).map(|(one, other)| format!("an outcome by its values, `{one}` and `{other}`"))
}

/// The first level that has one of these words.
fn level_with<'a>(column: &'a ColumnValues, known: &[&str]) -> Option<&'a str> {
    let has = |text: &&String| words(text).iter().any(|word| known.contains(&word.as_str()));
    column.texts.iter().find(has).map(String::as_str)
}

/// Whether each row is a yes, where a column has two values: no and yes, 0 and another number, or two texts. A row
/// without a value is none.
fn two_values(column: &ColumnValues) -> Option<Vec<Option<bool>>> {
    let is_two = match column.kind {
        ColumnKind::Flag => true,
        ColumnKind::Text => column.texts.len() == 2,
        ColumnKind::Number => {
            column.numbers.iter().all(|number| number.is_nan() || *number == 0.0 || *number == 1.0)
        }
        ColumnKind::Date | ColumnKind::Id | ColumnKind::Empty => false,
    };
    let yes = |class: &u16| (*class != MISSING).then_some(*class == 2);
    is_two.then(|| column.classes.iter().map(yes).collect())
}

/// Whether the outcome decides if a column has a value, is 0, or which of its levels it has: it was written with it.
fn follows(column: &ColumnValues, outcome: &ColumnValues) -> Option<String> {
    let width = |own: &ColumnValues| own.classes.iter().max().map_or(1, |most| usize::from(*most) + 1);
    let (classes, outcomes) = (width(column), width(outcome));
    let mut counts = vec![0_usize; classes * outcomes];
    let mut rows = 0;
    let is_unknown = |text: &str| leadscore_csv::is_unknown(text) || text.eq_ignore_ascii_case("not set");
    let unknown: Vec<u16> =
        (1..).zip(&outcome.texts).filter(|(_, text)| is_unknown(text)).map(|own| own.0).collect();
    for (class, outcome) in column.classes.iter().zip(&outcome.classes) {
        // What has no outcome yet says nothing of it.
        if *outcome != MISSING && !unknown.contains(outcome) {
            counts[usize::from(*outcome) * classes + usize::from(*class)] += 1;
            rows += 1;
        }
    }
    let largest = |counts: &[usize]| counts.iter().copied().max().unwrap_or(0);
    let of_class = |class| (0..outcomes).map(|outcome| counts[outcome * classes + class]).sum();
    let totals: Vec<usize> = (0..classes).map(of_class).collect();
    let followed: usize = counts.chunks(classes).map(largest).sum();
    let follows = rows >= LEAST_ROWS
        && (rows - followed) as f64 <= EXCEPTIONS * rows as f64
        && largest(&totals) as f64 <= MOST_ALIKE * rows as f64;
    follows.then(|| {
        let what = match column.kind {
            ColumnKind::Number => "missing, 0 or another number",
            ColumnKind::Flag | ColumnKind::Text => "its value is",
            ColumnKind::Date | ColumnKind::Id | ColumnKind::Empty => "filled or not",
        };
        format!("{what} as `{}` has it, so it was written with it", outcome.name)
    })
}

/// How well a column alone tells a yes from a no, where it does that better than what is known beforehand.
fn tells(column: &ColumnValues, outcome: &ColumnValues) -> Option<String> {
    let yes = two_values(outcome)?;
    let value = |row: usize| match column.kind {
        ColumnKind::Number => {
            Some(if column.numbers[row].is_nan() { f64::NEG_INFINITY } else { column.numbers[row] })
        }
        ColumnKind::Flag => Some(f64::from(column.classes[row])),
        _ => None,
    };
    let shares = level_shares(column, &yes);
    let rows = (0..yes.len()).filter_map(|row| {
        let value =
            if column.texts.len() > 1 { shares[usize::from(column.classes[row])] } else { value(row)? };
        Some((value, yes[row]?))
    });
    let area = area(rows.collect())?;
    let area = area.max(1.0 - area);
    (area >= TELLING).then(|| {
        format!(
            "tells `{}` nearly by itself: of 100 pairs of a yes and a no it puts {:.0} in order; put it in only if it is known \
             before the outcome",
            outcome.name,
            (area * 100.0).floor()
        )
    })
}

/// The share of yes among the rows of each level.
fn level_shares(column: &ColumnValues, yes: &[Option<bool>]) -> Vec<f64> {
    let mut counts = vec![(0.0, 0.0); column.texts.len() + 1];
    for (class, yes) in
        column.classes.iter().zip(yes).filter(|(class, _)| usize::from(**class) <= column.texts.len())
    {
        if let Some(yes) = yes {
            let (all, positive) = &mut counts[usize::from(*class)];
            *all += 1.0;
            *positive += f64::from(u8::from(*yes));
        }
    }
    counts.into_iter().map(|(all, positive): (f64, f64)| positive / all.max(1.0)).collect()
}

/// The share of pairs of a yes and a no in which the yes has the greater value, equal ones counted half.
fn area(mut rows: Vec<(f64, bool)>) -> Option<f64> {
    let positives = rows.iter().filter(|(_, yes)| *yes).count();
    let negatives = rows.len() - positives;
    if positives < LEAST_ROWS || negatives < LEAST_ROWS {
        return None;
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs) = (0.0, 0.0);
    for same in rows.chunk_by(|a, b| a.0 == b.0) {
        let yes = same.iter().filter(|(_, yes)| *yes).count() as f64;
        let no = same.len() as f64 - yes;
        pairs += yes * (below + no / 2.0);
        below += no;
    }
    Some(pairs / (positives as f64 * negatives as f64))
}
