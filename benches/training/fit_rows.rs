//! Boosted trees from a folder of rows, for the benchmark of `train.py` and the tests against other libraries.
//!
//!     fit_rows FOLDER
//!
//! The folder has `settings.json`, `rows.bin` and `labels.bin` (f64, little-endian, row after row), perhaps `weights.bin`,
//! `upper_bounds.bin` (of times, which are the labels) and `test_rows.bin`. What is asked for is written there: `model.json` (XGBoost), `model.txt` (LightGBM), `margins.bin`
//! of the rows, `test_margins.bin`. Prints the seconds of learning and the peak memory in MiB after loading and learning.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use leadscore::FeatureMatrix;
use leadscore::forest::Iterations;
use leadscore::learn::{Boosting, Column, ColumnKind, Examples, Noise, Objective};
use leadscore::parallel::Workers;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    let settings: Value = serde_json::from_slice(&fs::read(folder.join("settings.json"))?)?;
    let columns = columns(&settings["columns"])?;
    let count = columns.len();
    let matrix = FeatureMatrix::new(count, numbers(&folder.join("rows.bin"))?)?;
    let mut examples = Examples::new(columns, matrix, numbers(&folder.join("labels.bin"))?)?;
    if folder.join("weights.bin").exists() {
        examples = examples.with_weights(numbers(&folder.join("weights.bin"))?)?;
    }
    let is_time = folder.join("upper_bounds.bin").exists();
    if is_time {
        examples = examples.with_upper_bounds(numbers(&folder.join("upper_bounds.bin"))?)?;
    }
    let number = |name: &str, or: f64| settings[name].as_f64().unwrap_or(or);
    let mut boosting = Boosting::default();
    boosting.objective = match (settings["noise"].as_str(), settings["classes"].as_u64()) {
        (Some(name), _) => Objective::FailureTime { noise: noise(name)?, scale: number("scale", 1.0) },
        (None, Some(classes)) => Objective::Softmax { classes: classes as usize },
        (None, None) => Objective::Logistic,
    };
    boosting.rounds = number("rounds", 100.0) as usize;
    boosting.learning_rate = number("learning_rate", 0.1);
    boosting.max_leaves = number("max_leaves", 64.0) as usize;
    boosting.max_depth = number("max_depth", 6.0) as usize;
    boosting.row_share = number("row_share", 1.0);
    boosting.column_share = number("column_share", 1.0);
    boosting.min_child_rows = number("min_child_rows", 0.0);
    let workers = Workers::new().threads(number("threads", 1.0) as usize);
    let (loaded, worked) = (peak()?, processor_seconds());
    let start = Instant::now();
    let forest = match settings["trainer"].as_str() {
        #[cfg(feature = "trainer-gbdt")]
        Some("gbdt") => {
            let mut gbdt = leadscore::learn::Gbdt::default();
            (gbdt.rounds, gbdt.max_depth, gbdt.shrinkage) =
                (boosting.rounds, boosting.max_depth, boosting.learning_rate);
            gbdt.fit(&examples, None, &workers, &mut |_| {})?.forest
        }
        Some(other) => return Err(format!("no trainer `{other}`").into()),
        None => boosting.fit(&examples, None, &workers, &mut |_| {})?.forest,
    };
    let (seconds, worked) = (start.elapsed().as_secs_f64(), processor_seconds() - worked);
    println!(
        "{}",
        json!({"seconds": seconds, "processor_seconds": worked, "loaded_mib": loaded, "peak_mib": peak()?})
    );
    if settings["export"].as_bool() == Some(true) {
        fs::write(folder.join("model.json"), forest.to_xgboost_json()?)?;
        // LightGBM has no objective for times.
        if !is_time {
            fs::write(folder.join("model.txt"), forest.to_lightgbm_text()?)?;
        }
        write_numbers(&folder.join("margins.bin"), &forest.margin(examples.matrix(), Iterations::All)?)?;
    }
    let test = folder.join("test_rows.bin");
    if test.exists() {
        let rows = FeatureMatrix::new(count, numbers(&test)?)?;
        write_numbers(&folder.join("test_margins.bin"), &forest.margin(&rows, Iterations::All)?)?;
    }
    Ok(())
}

/// Columns as `{"name": …}`, with `levels` where they are categories and `flag` where they are flags.
fn columns(described: &Value) -> Result<Vec<Column>, Box<dyn Error>> {
    let column = |own: &Value| -> Result<Column, Box<dyn Error>> {
        let kind = match &own["levels"] {
            Value::Null if own["flag"].as_bool() == Some(true) => ColumnKind::Flag,
            Value::Null => ColumnKind::Number,
            levels => ColumnKind::Category(serde_json::from_value(levels.clone())?),
        };
        Ok(Column::new(own["name"].as_str().ok_or("a column has a name")?, kind))
    };
    described.as_array().ok_or("`columns` is a list")?.iter().map(column).collect()
}

fn noise(name: &str) -> Result<Noise, Box<dyn Error>> {
    let mut all = [Noise::Normal, Noise::Logistic, Noise::Extreme].into_iter();
    Ok(all.find(|noise| noise.name() == name).ok_or_else(|| format!("no noise `{name}`"))?)
}

fn numbers(path: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    // Read in parts, so that loading takes no more memory than the numbers themselves.
    let mut file = fs::File::open(path)?;
    let mut numbers = Vec::with_capacity(file.metadata()?.len() as usize / 8);
    let mut part = vec![0; 1 << 16];
    loop {
        let mut held = 0;
        while held < part.len() {
            match std::io::Read::read(&mut file, &mut part[held..])? {
                0 => break,
                read => held += read,
            }
        }
        if held == 0 {
            return Ok(numbers);
        }
        numbers.extend(part[..held].as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)));
    }
}

fn write_numbers(path: &Path, numbers: &[f64]) -> std::io::Result<()> {
    fs::write(path, numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

/// The time that all threads of this process have worked, where the system tells it.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name: user and system time are the 12th and 13th word, in hundredths of a second.
    let words: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks: f64 = words.iter().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// The peak of this process's memory so far in MiB, where the system tells it.
fn peak() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.map_or(Ok(f64::NAN), |line| line.trim().trim_end_matches("kB").trim().parse::<f64>())?;
    Ok(kib / 1024.0)
}
