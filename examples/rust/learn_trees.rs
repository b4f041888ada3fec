//! Learns boosted trees from a table of numbers and prints them as XGBoost's JSON.
//!
//!     cargo run --release --example learn_trees --features learn settings.json table.csv > model.json
//!
//! The table has a header, one row for each lead and the label in its last column; an empty cell is missing, a category is the number
//! of its level. The settings are one object:
//! `{"columns": {"source": ["web", "ads"], "visits": null}, "classes": 3, "rounds": 80, "learning_rate": 0.1, "max_depth": 4,
//! "monotone": {"visits": 1}}`; columns are in the order of the table, null for a number.

use std::io::Write;

use leadscore::FeatureMatrix;
use leadscore::learn::{Boosting, Column, ColumnKind, Direction, Examples, Objective};
use leadscore::parallel::Workers;
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [settings, table] = arguments.as_slice() else {
        return Err("wants settings.json and table.csv".into());
    };
    let settings: Value = serde_json::from_str(&std::fs::read_to_string(settings)?)?;
    let examples = read_table(&std::fs::read_to_string(table)?, &settings["columns"])?;
    let learned = boosting(&settings)?.fit(&examples, None, &Workers::new(), &mut |_| {})?;
    std::io::stdout().write_all(learned.forest.to_xgboost_json()?.as_bytes())?;
    Ok(())
}

/// The rows of a table, with what its columns are.
fn read_table(text: &str, kinds: &Value) -> Result<Examples, Box<dyn std::error::Error>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column_count = names.len() - 1;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for (row, line) in (1..).zip(lines) {
        let cells: Vec<f64> = line
            .split(',')
            .map(|cell| if cell.is_empty() { Ok(f64::NAN) } else { cell.parse() })
            .collect::<Result<_, _>>()
            .map_err(|error| format!("row {row}: {error}"))?;
        if cells.len() != names.len() {
            return Err(format!("row {row} has {} cells, the header {}", cells.len(), names.len()).into());
        }
        values.extend_from_slice(&cells[..column_count]);
        labels.push(cells[column_count]);
    }
    let column = |name: &&str| -> Result<Column, String> {
        let kind = match kinds.get(*name) {
            None => return Err(format!("the settings do not name the column `{name}`")),
            Some(Value::Array(levels)) => {
                let level = |level: &Value| level.as_str().map(str::to_owned).ok_or("a level is a text");
                ColumnKind::Category(levels.iter().map(level).collect::<Result<_, _>>()?)
            }
            Some(_) => ColumnKind::Number,
        };
        Ok(Column::new(*name, kind))
    };
    let columns = names[..column_count].iter().map(column).collect::<Result<_, _>>()?;
    Ok(Examples::new(columns, FeatureMatrix::new(column_count, values)?, labels)?)
}

/// The settings of the learner.
fn boosting(settings: &Value) -> Result<Boosting, Box<dyn std::error::Error>> {
    let mut own = Boosting::default();
    (own.min_child_rows, own.max_leaves) = (0.0, 1 << 12);
    let fields = settings.as_object().ok_or("settings are an object")?;
    for (name, value) in fields {
        let number = value.as_f64().ok_or_else(|| format!("{name} wants a number"));
        match name.as_str() {
            "columns" => {}
            "classes" => own.objective = Objective::Softmax { classes: number? as usize },
            "rounds" => own.rounds = number? as usize,
            "seed" => own.seed = number? as u64,
            "learning_rate" => own.learning_rate = number?,
            "max_depth" => own.max_depth = number? as usize,
            "max_bins" => own.max_bins = number? as usize,
            "min_child_weight" => own.min_child_weight = number?,
            "min_gain" => own.min_gain = number?,
            "row_share" => own.row_share = number?,
            "column_share" => own.column_share = number?,
            "monotone" => {
                let pairs = value.as_object().ok_or("monotone is an object")?;
                let direction = |value: &Value| match value.as_f64() {
                    Some(number) if number > 0.0 => Direction::Rising,
                    _ => Direction::Falling,
                };
                own.monotone = pairs.iter().map(|(name, value)| (name.clone(), direction(value))).collect();
            }
            other => return Err(format!("there is no setting `{other}`").into()),
        }
    }
    Ok(own)
}
