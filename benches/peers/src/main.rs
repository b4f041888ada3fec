//! leadscore's forests against XGBoost, LightGBM and tl2cgen, each through its C API in this one process and thread.
//!
//!     taskset -c 1 peers FOLDER LIBXGBOOST.so LIB_LIGHTGBM.so [ROUNDS] [s|b] [margin|shap]
//!
//! Time is the thread's CPU time. The engines take turns, round by round; a cell is the lower quartile of the rounds.
//! A reading of single rows is 100 calls. Inputs are made ready outside the clock, in each engine's own form: XGBoost's
//! array interface texts and, for contributions, its DMatrix; tl2cgen's entries; a matrix for leadscore.

mod libraries;

use std::hint::black_box;
use std::path::PathBuf;

use leadscore::forest::Iterations;
use leadscore::{FeatureMatrix, Forest};
use libraries::{LightGbm, Tl2cgen, XgBoost, cpu_seconds};

const COLUMNS: usize = 50;
const BATCH: usize = 10_000;
const SINGLES: usize = 100;

/// One engine at one task: what a reading does, and for how many rows.
struct Engine<'a> {
    name: &'static str,
    model: &'static str,
    rows: usize,
    run: Box<dyn FnMut() + 'a>,
    readings: Vec<f64>,
}

fn engine<'a>(name: &'static str, model: &'static str, rows: usize, run: impl FnMut() + 'a) -> Engine<'a> {
    Engine { name, model, rows, run: Box::new(run), readings: Vec::new() }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, xgboost, lightgbm, rest @ ..] = &arguments[..] else {
        eprintln!("usage: peers FOLDER LIBXGBOOST.so LIB_LIGHTGBM.so [ROUNDS] [s|b] [margin|shap]");
        std::process::exit(2);
    };
    let folder = PathBuf::from(folder);
    let rounds = rest.iter().find_map(|word| word.parse().ok()).unwrap_or(9);
    let wanted = |words: [&str; 2], word: &str| {
        !rest.iter().any(|own| words.contains(&own.as_str())) || rest.iter().any(|own| own == word)
    };
    let bytes = std::fs::read(folder.join("data.f32")).expect("data.f32");
    let floats: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .take(BATCH * COLUMNS)
        .collect();
    let doubles: Vec<f64> = floats.iter().map(|x| f64::from(*x)).collect();
    for size in ["s", "b"].into_iter().filter(|size| wanted(["s", "b"], size)) {
        let path = |end: &str| folder.join(format!("{size}.{end}"));
        let load =
            |end: &str| Forest::from_bytes(&std::fs::read(path(end)).expect("a model")).expect("a forest");
        let (json, text) = (load("json"), load("txt"));
        let xgboost = XgBoost::new(xgboost, &path("json"));
        let lightgbm = LightGbm::new(lightgbm, &path("txt"), COLUMNS);
        let tl2cgen = path("so").exists().then(|| Tl2cgen::new(&path("so")));
        let batch = FeatureMatrix::new(COLUMNS, doubles.clone()).expect("a matrix");
        let singles: Vec<FeatureMatrix> = (0..SINGLES)
            .map(|row| FeatureMatrix::new(COLUMNS, batch.row(row).to_vec()).expect("a row"))
            .collect();
        if wanted(["margin", "shap"], "margin") {
            margins(
                size,
                rounds,
                &json,
                &text,
                &xgboost,
                &lightgbm,
                tl2cgen.as_ref(),
                &floats,
                &batch,
                &singles,
            );
        }
        if wanted(["margin", "shap"], "shap") {
            contributions(size, rounds, &json, &text, &xgboost, &lightgbm, &floats, &batch, &singles);
        }
    }
}

#[allow(clippy::too_many_arguments)] // all of them are what is compared
fn margins(
    size: &str,
    rounds: usize,
    json: &Forest,
    text: &Forest,
    xgboost: &XgBoost,
    lightgbm: &LightGbm,
    tl2cgen: Option<&Tl2cgen>,
    floats: &[f32],
    batch: &FeatureMatrix,
    singles: &[FeatureMatrix],
) {
    let all =
        |forest: &Forest, matrix: &FeatureMatrix| forest.margin(matrix, Iterations::All).expect("margins");
    let whole = xgboost.array(floats, COLUMNS);
    let rows: Vec<_> =
        floats.chunks_exact(COLUMNS).take(SINGLES).map(|row| xgboost.array(row, COLUMNS)).collect();
    let own = all(json, batch);
    let same = own.iter().zip(xgboost.margins(&whole)).filter(|(own, other)| **own as f32 == **other).count();
    let mut out = vec![0.0; BATCH];
    lightgbm.margins(batch.values(), BATCH, &mut out);
    let same_text = all(text, batch).iter().zip(&out).filter(|(own, other)| own == other).count();
    println!("\n{size}: of {BATCH} margins {same} have XGBoost's bits, {same_text} LightGBM's");

    let mut entries = Tl2cgen::entries(floats);
    let mut few = entries[..SINGLES * COLUMNS].to_vec();
    let mut one = vec![
        engine("leadscore", "XGBoost", SINGLES, || singles.iter().for_each(|row| drop(all(json, row)))),
        engine("XGBoost", "XGBoost", SINGLES, || {
            rows.iter().for_each(|row| {
                black_box(xgboost.margins(row));
            })
        }),
        engine("leadscore", "LightGBM", SINGLES, || singles.iter().for_each(|row| drop(all(text, row)))),
        engine("LightGBM", "LightGBM", SINGLES, || {
            singles.iter().for_each(|row| lightgbm.margin(row.values()))
        }),
    ];
    let mut many = vec![
        engine("leadscore", "XGBoost", BATCH, || drop(all(json, batch))),
        engine("XGBoost", "XGBoost", BATCH, || {
            black_box(xgboost.margins(&whole));
        }),
        engine("leadscore", "LightGBM", BATCH, || drop(all(text, batch))),
        engine("LightGBM", "LightGBM", BATCH, || lightgbm.margins(batch.values(), BATCH, &mut out)),
    ];
    if let Some(tl2cgen) = tl2cgen {
        one.insert(2, engine("tl2cgen", "XGBoost", SINGLES, || tl2cgen.margins(&mut few, COLUMNS)));
        many.insert(2, engine("tl2cgen", "XGBoost", BATCH, || tl2cgen.margins(&mut entries, COLUMNS)));
    }
    measure(&format!("{size}, margins, one row"), rounds, one);
    measure(&format!("{size}, margins, 10,000 rows"), rounds, many);
}

#[allow(clippy::too_many_arguments)] // all of them are what is compared
fn contributions(
    size: &str,
    rounds: usize,
    json: &Forest,
    text: &Forest,
    xgboost: &XgBoost,
    lightgbm: &LightGbm,
    floats: &[f32],
    batch: &FeatureMatrix,
    singles: &[FeatureMatrix],
) {
    let all = |forest: &Forest, matrix: &FeatureMatrix| {
        forest.shap(matrix, Iterations::All).expect("contributions")
    };
    // The slow ones see fewer rows at once; what a row costs them hardly depends on it.
    let some = if size == "s" { 1_000 } else { 100 };
    let (whole, few) = (xgboost.matrix(floats, COLUMNS), &batch.values()[..some * COLUMNS]);
    let rows: Vec<_> =
        floats.chunks_exact(COLUMNS).take(SINGLES).map(|row| xgboost.matrix(row, COLUMNS)).collect();
    let own = all(json, batch);
    let far =
        own.iter().zip(xgboost.contributions(&whole)).map(|(own, other)| (own - f64::from(*other)).abs());
    println!("\n{size}: contributions differ from XGBoost's by {:.1e} at most", far.fold(0.0, f64::max));
    let mut out = vec![0.0; some * (COLUMNS + 1)];

    let one = vec![
        engine("leadscore", "XGBoost", SINGLES, || singles.iter().for_each(|row| drop(all(json, row)))),
        engine("XGBoost", "XGBoost", SINGLES, || {
            rows.iter().for_each(|row| {
                black_box(xgboost.contributions(row));
            })
        }),
        engine("leadscore", "LightGBM", SINGLES, || singles.iter().for_each(|row| drop(all(text, row)))),
        engine("LightGBM", "LightGBM", SINGLES, || {
            singles.iter().for_each(|row| lightgbm.contributions_of_one(row.values()));
        }),
    ];
    measure(&format!("{size}, contributions, one row"), rounds, one);
    let many = vec![
        engine("leadscore", "XGBoost", BATCH, || drop(all(json, batch))),
        engine("XGBoost", "XGBoost", BATCH, || {
            black_box(xgboost.contributions(&whole));
        }),
        engine("leadscore", "LightGBM", BATCH, || drop(all(text, batch))),
        engine("LightGBM", "LightGBM", some, || lightgbm.contributions(few, some, &mut out)),
    ];
    measure(&format!("{size}, contributions, 10,000 rows"), rounds, many);
}

fn measure(title: &str, rounds: usize, mut engines: Vec<Engine>) {
    for round in 0..=rounds {
        for engine in &mut engines {
            let start = cpu_seconds();
            (engine.run)();
            let reading = (cpu_seconds() - start) / engine.rows as f64 * 1e6;
            // The first round only warms up.
            if round > 0 {
                engine.readings.push(reading);
            }
        }
    }
    println!("\n{title}\n\n| engine | model by | µs a row | median | ratio |\n|---|---|---:|---:|---:|");
    let mut base = 0.0;
    for engine in &mut engines {
        engine.readings.sort_by(f64::total_cmp);
        let at = |share: usize| engine.readings[(engine.readings.len() - 1) * share / 4];
        if engine.name == "leadscore" {
            base = at(1);
        }
        println!(
            "| {} | {} | {:.3} | {:.3} | {:.1} × |",
            engine.name,
            engine.model,
            at(1),
            at(2),
            at(1) / base
        );
    }
}
