//! A pipeline of rules on the columns of a file, to be changed by hand.

use std::collections::{BTreeMap, BTreeSet};

use leadscore_csv::{Bound, ColumnKind, ColumnSummary, CsvOptions, CsvReader, Inspection, ReadRow, Row};
use leadscore_files::InputFile;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// A text column of at most so many values is a category.
const MAX_LEVELS: usize = 20;
/// What each rule gives at most.
const POINTS: f64 = 10.0;

/// The values of every text column of few of them.
pub(super) fn levels(input: &str, inspection: &Inspection) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let few = |column: &&ColumnSummary| {
        let count = column.distinct_count as usize;
        // As many values as rows are names, not levels.
        column.kind == ColumnKind::Text
            && !column.distinct_at_least
            && (2..=MAX_LEVELS).contains(&count)
            && 2 * column.distinct_count <= inspection.row_count
    };
    let wanted: Vec<&str> =
        inspection.columns.iter().filter(few).map(|column| column.name.as_str()).collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let file = InputFile::open(input)?;
    let mut reader =
        CsvReader::open(file.bytes, CsvOptions::new()).map_err(|error| Failure::about(input, error))?;
    let columns: Vec<(usize, String)> = reader
        .columns()
        .iter()
        .enumerate()
        .filter(|(_, column)| wanted.contains(&column.name.as_str()))
        .map(|(at, column)| (at, column.name.clone()))
        .collect();
    let mut row = Row::default();
    loop {
        match reader.next_row(&mut row).map_err(|error| Failure::about(input, error))? {
            ReadRow::End => break,
            ReadRow::Rejected(_) => {}
            ReadRow::Row => {
                for (at, name) in &columns {
                    if let Some(text) = row.view().text(*at) {
                        found.entry(name.clone()).or_default().insert(text.trim().to_owned());
                    }
                }
            }
        }
    }
    Ok(found.into_iter().map(|(name, levels)| (name, different(levels))).collect())
}

/// Levels that differ in case alone are one to the pipeline.
fn different(levels: BTreeSet<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    levels.into_iter().filter(|level| !level.is_empty() && seen.insert(level.to_lowercase())).collect()
}

/// The pipeline file.
pub(super) fn pipeline(
    id: &str,
    input: &str,
    inspection: &Inspection,
    levels: &BTreeMap<String, Vec<String>>,
) -> Value {
    let (mut features, mut rules, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let mut most = 0.0;
    let mut taken = BTreeSet::new();
    for column in &inspection.columns {
        match part(column, levels.get(&column.name), &mut taken) {
            Some((feature, rule)) => {
                features.push(feature);
                rules.push(rule);
                most += most_points(column.kind);
            }
            None => left_out.push(column.name.as_str()),
        }
    }
    let mut comment = vec![
        format!("A first pipeline for {input}: one feature and one rule for each column that can be scored."),
        "The points were not learned from anything. More is taken to be better, and so are a later date and a yes, but for what the lead \
         does not want; levels give nothing until you say which are good: change points, or make them negative."
            .to_owned(),
        "Take out the feature and rule of a column that records what came of the lead, such as a status: it would tell the \
         score what it is to foresee."
            .to_owned(),
        "`leadscore check FILE` lists mistakes; the language is described in docs/pipelines.md.".to_owned(),
    ];
    if !left_out.is_empty() {
        comment.push(format!("Left out, as ids, names or empty: {}.", left_out.join(", ")));
    }
    let highest = most.max(1.0);
    let mut file = Map::new();
    for (name, value) in [
        ("$comment", json!(comment)),
        ("format", json!(1)),
        ("id", json!(id)),
        ("name", json!(id)),
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
    Value::Object(file)
}

/// What the rule of a column gives at most; a level gives nothing until somebody says what it is worth.
fn most_points(kind: ColumnKind) -> f64 {
    match kind {
        ColumnKind::Number | ColumnKind::Date => POINTS,
        ColumnKind::Flag => POINTS / 2.0,
        ColumnKind::Text | ColumnKind::Id | ColumnKind::Empty => 0.0,
    }
}

/// The feature and the rule of a column, if it can be scored.
fn part(
    column: &ColumnSummary,
    levels: Option<&Vec<String>>,
    taken: &mut BTreeSet<String>,
) -> Option<(Value, Value)> {
    let name = code(&column.name, taken);
    let source = json!({"from": "attribute", "name": column.name});
    let label = column.name.replace('_', " ");
    let feature =
        |kind: &str, source: Value| json!({"name": name, "label": label, "type": kind, "source": source});
    let rule = |points: Value, text: Value| json!({"code": name, "points": points, "text": text});
    match column.kind {
        ColumnKind::Number => {
            let (Some(Bound::Number(low)), Some(Bound::Number(high))) = (&column.min, &column.max) else {
                return None;
            };
            if low >= high {
                return None;
            }
            let share = json!({"ratio": [{"sum": [name, -low]}, high - low]});
            let points = json!({"max": [0, {"min": [POINTS, {"product": [POINTS, share]}]}]});
            Some((feature("number", source), rule(points, json!(format!("{}: {{{name}}}", plain(&label))))))
        }
        ColumnKind::Flag => {
            let points = if is_refusal(&column.name) { json!(0) } else { json!(POINTS / 2.0) };
            let text = format!("{}: yes", plain(&label));
            Some((
                feature("flag", source),
                json!({"code": name, "when": name, "points": points, "text": text}),
            ))
        }
        ColumnKind::Date => {
            let age = json!({"from": "age", "of": column.name, "unit": "days"});
            let points = json!({"product": [POINTS, {"half_life": [name, 30]}]});
            let text = json!(format!("{} {{{name}:day|days}} ago", plain(&label)));
            Some((feature("number", age), rule(points, text)))
        }
        ColumnKind::Text => {
            let levels = levels.filter(|levels| levels.len() > 1)?;
            let mut own = feature("category", source);
            own["levels"] = json!(levels);
            let map: Map<String, Value> = levels.iter().map(|level| (level.clone(), json!(0))).collect();
            let points = json!({"of": name, "map": map, "else": 0});
            Some((own, rule(points, json!(format!("{}: {{{name}}}", plain(&label))))))
        }
        ColumnKind::Id | ColumnKind::Empty => None,
    }
}

/// A column's name as a feature's: lower case, words with underscores between them, no name twice.
fn code(column: &str, taken: &mut BTreeSet<String>) -> String {
    let words = words(column);
    let plain = if words.is_empty() { "column".to_owned() } else { words.join("_") };
    let name = (1..=taken.len() + 1)
        .map(|number| if number == 1 { plain.clone() } else { format!("{plain}_{number}") })
        .find(|name| !taken.contains(name));
    let name = name.unwrap_or(plain);
    taken.insert(name.clone());
    name
}

/// Words in the name of a column that records what came of the lead.
const OUTCOMES: [&str; 16] = [
    "converted",
    "conversion",
    "won",
    "lost",
    "status",
    "stage",
    "outcome",
    "result",
    "churn",
    "churned",
    "closed",
    "close",
    "purchased",
    "subscribed",
    "revenue",
    "target",
];

/// The columns that a pipeline scores and that may record what came of the lead, by their names.
pub(super) fn outcomes<'a>(inspection: &'a Inspection, pipeline: &Value) -> Vec<&'a str> {
    let read = pipeline["schema"]["features"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_read =
        |name: &str| read.iter().any(|own| own["source"]["name"] == name || own["source"]["of"] == name);
    let names = inspection.columns.iter().map(|column| column.name.as_str());
    names
        .filter(|name| is_read(name) && words(name).iter().any(|word| OUTCOMES.contains(&word.as_str())))
        .collect()
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

/// The words of a name in lower case.
fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// A label inside a template, where braces have a meaning.
fn plain(label: &str) -> String {
    label.replace(['{', '}'], " ")
}
