//! A pipeline of rules on the columns of a file, to be changed by hand.

use std::collections::{BTreeMap, BTreeSet};

use leadscore_csv::{Bound, ColumnKind, ColumnSummary, Inspection};
use leadscore_files::feature_name;
use serde_json::{Map, Value, json};

use super::outcome::outcomes;
use super::values::ColumnValues;
use super::words;

/// A text column of at most so many values is a category.
const MAX_LEVELS: usize = 20;
/// A value of more characters is a text to read.
const LONG_TEXT: usize = 60;
/// What each rule gives at most.
const POINTS: f64 = 10.0;

/// A first pipeline, and what is to be said of it.
pub(super) struct FirstPipeline {
    pub(super) file: Value,
    /// Why columns were left out, with the columns.
    pub(super) left_out: Vec<String>,
    /// The columns whose levels give no points until somebody says which are good.
    pub(super) without_points: Vec<String>,
    pub(super) rule_count: usize,
}

/// The pipeline file.
pub(super) fn pipeline(
    id: &str,
    input: &str,
    inspection: &Inspection,
    values: &[ColumnValues],
) -> FirstPipeline {
    let (mut features, mut rules, mut without_points) = (Vec::new(), Vec::new(), Vec::new());
    let mut left_out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut most = 0.0;
    let mut taken = BTreeSet::new();
    for ((column, values), outcome) in inspection.columns.iter().zip(values).zip(outcomes(values)) {
        let reason = outcome.or_else(|| no_rule(column, values.texts.len(), inspection.row_count));
        if let Some(reason) = reason {
            left_out.entry(reason).or_default().push(format!("`{}`", column.name));
            continue;
        }
        let (feature, rule) = part(column, &values.levels(), &mut taken);
        features.push(feature);
        rules.push(rule);
        most += most_points(column.kind);
        if column.kind == ColumnKind::Text {
            without_points.push(format!("`{}`", column.name));
        }
    }
    let mut comment = vec![
        format!("A first pipeline for {input}: one feature and one rule for each column that can be scored."),
        "The points were not learned from anything. More is taken to be better, and so are a later date and a yes, but for what the lead \
         does not want; levels give nothing until you say which are good: change points, or make them negative."
            .to_owned(),
        "Take out the feature and rule of any column that records what came of the lead: it would tell the score what it is to \
         foresee. Those that look like one were left out, which can be wrong."
            .to_owned(),
        "`leadscore check FILE` lists mistakes; the language is described in docs/pipelines.md.".to_owned(),
    ];
    let left_out: Vec<String> =
        left_out.into_iter().map(|(reason, names)| format!("{}: {reason}", names.join(", "))).collect();
    comment.extend(left_out.iter().map(|line| format!("Left out: {line}.")));
    let rule_count = rules.len();
    let highest = most.max(1.0);
    let mut file = Map::new();
    for (name, value) in [
        ("$comment", json!(comment)),
        ("format", json!(1)),
        ("id", json!(id)),
        // Whatever is made with it says so, pages too.
        ("name", json!(format!("{id}, a first draft"))),
        ("version", json!("0.1.0")),
        ("note", json!("A first draft by `leadscore init`: the points are placeholders.")),
        ("schema", json!({"features": features})),
        (
            "scorer",
            json!({"kind": "scorecard", "unit": "points", "base": 0, "range": [0, highest],
                   "groups": [{"code": "columns", "label": "What the file says", "rules": rules}]}),
        ),
        ("scale", json!({"kind": "linear", "from": 0, "to": highest})),
        (
            "tiers",
            json!({"on": "score", "bounds": [
                {"tier": "HOT", "from": 66, "action": "Contact today"},
                {"tier": "WARM", "from": 33, "action": "Get in touch this week"},
                {"tier": "COLD", "action": "Nurture without sales time"}]}),
        ),
    ] {
        file.insert(name.to_owned(), value);
    }
    FirstPipeline { file: Value::Object(file), left_out, without_points, rule_count }
}

/// Why a column has no rule, whatever it means; none where it can have one.
fn no_rule(column: &ColumnSummary, level_count: usize, row_count: u64) -> Option<String> {
    let count =
        format!("{}{}", column.distinct_count, if column.distinct_at_least { " or more" } else { "" });
    let value_count = row_count - column.missing_count;
    let is_different_everywhere = column.distinct_at_least || column.distinct_count == value_count;
    match (column.kind, column.distinct_count) {
        (ColumnKind::Empty, _) | (_, 0) => Some("empty".to_owned()),
        (_, 1) => Some(format!("constant, `{}` wherever there is a value", column.examples.concat())),
        (ColumnKind::Id, _) => Some("an id or a code, by how it is written".to_owned()),
        (ColumnKind::Number, _) if is_different_everywhere && names_rows(column) => {
            Some("an id: another whole number in every row".to_owned())
        }
        (ColumnKind::Text, _) if column.examples.iter().any(|text| text.chars().count() > LONG_TEXT) => {
            Some(format!("free text, {count} different values"))
        }
        (ColumnKind::Text, distinct) if 2 * distinct > row_count => {
            Some(format!("names, ids or free text: {count} different values in {row_count} rows"))
        }
        (ColumnKind::Text, distinct) if distinct as usize > MAX_LEVELS => Some(format!(
            "too many levels for a first draft: {count}, where at most {MAX_LEVELS} become a category"
        )),
        (ColumnKind::Text, _) if level_count < 2 => {
            Some(format!("constant but for the case of letters, `{}`", column.examples.join("`, `")))
        }
        _ => None,
    }
}

/// Whether the numbers of a column tell its rows apart and measure nothing: whole, and named so.
fn names_rows(column: &ColumnSummary) -> bool {
    const WORDS: [&str; 7] = ["id", "number", "no", "nr", "key", "index", "row"];
    let is_whole = |text: &String| text.trim().bytes().all(|byte| byte.is_ascii_digit());
    words(&column.name).iter().any(|word| WORDS.contains(&word.as_str()))
        && column.examples.iter().all(is_whole)
}

/// What the rule of a column gives at most; a level gives nothing until somebody says what it is worth.
fn most_points(kind: ColumnKind) -> f64 {
    match kind {
        ColumnKind::Number | ColumnKind::Date => POINTS,
        ColumnKind::Flag => POINTS / 2.0,
        ColumnKind::Text | ColumnKind::Id | ColumnKind::Empty => 0.0,
    }
}

/// The feature and the rule of a column that has more than one value.
fn part(column: &ColumnSummary, levels: &[String], taken: &mut BTreeSet<String>) -> (Value, Value) {
    let name = feature_name(&column.name, taken);
    let source = json!({"from": "attribute", "name": column.name});
    let label = column.name.replace('_', " ");
    let feature =
        |kind: &str, source: Value| json!({"name": name, "label": label, "type": kind, "source": source});
    let rule = |points: Value, text: Value| json!({"code": name, "points": points, "text": text});
    match column.kind {
        ColumnKind::Number => {
            let (low, high) = match (&column.min, &column.max) {
                (Some(Bound::Number(low)), Some(Bound::Number(high))) if low < high => (*low, *high),
                _ => (0.0, 1.0),
            };
            let share = json!({"ratio": [{"sum": [name, -low]}, high - low]});
            let points = json!({"max": [0, {"min": [POINTS, {"product": [POINTS, share]}]}]});
            (feature("number", source), rule(points, json!(format!("{}: {{{name}}}", plain(&label)))))
        }
        ColumnKind::Flag => {
            let points = if is_refusal(&column.name) { json!(0) } else { json!(POINTS / 2.0) };
            let text = format!("{}: yes", plain(&label));
            (feature("flag", source), json!({"code": name, "when": name, "points": points, "text": text}))
        }
        ColumnKind::Date => {
            let age = json!({"from": "age", "of": column.name, "unit": "days"});
            let points = json!({"product": [POINTS, {"half_life": [name, 30]}]});
            let text = json!(format!("{} {{{name}:day|days}} ago", plain(&label)));
            (feature("number", age), rule(points, text))
        }
        ColumnKind::Text | ColumnKind::Id | ColumnKind::Empty => {
            let mut own = feature("category", source);
            own["levels"] = json!(levels);
            let map: Map<String, Value> = levels.iter().map(|level| (level.clone(), json!(0))).collect();
            let points = json!({"of": name, "map": map, "else": 0});
            (own, rule(points, json!(format!("{}: {{{name}}}", plain(&label)))))
        }
    }
}

/// Whether a column says what the lead does not want, by its name: `Do Not Email`, `Opted Out`.
fn is_refusal(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.windows(wanted.len()).any(|own| own == wanted);
    has(&["do", "not"])
        || ["opt", "opted"].iter().any(|word| has(&[word, "out"]))
        || [
            "dnc",
            "donotemail",
            "donotcall",
            "optout",
            "unsubscribed",
            "unsubscribe",
            "bounced",
            "declined",
            "spam",
        ]
        .iter()
        .any(|word| has(&[word]))
}

/// A label inside a template, where braces have a meaning.
fn plain(label: &str) -> String {
    label.replace(['{', '}'], " ")
}
