//! The core alone: from leads in memory to features, scores and explanations.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore::chat::{Chat, Conversation};
use leadscore::forest::Iterations;
use leadscore::intent::IntentClassifier;
use leadscore::pipeline::{RowScore, ScoreWorkspace};
use leadscore::task::{AnyTask, ConversionTask, Masked, Task};
use leadscore::{AsOf, FeatureMatrix, Forest, Lead, Mode, Pipeline, ScoreOptions, Scorer, Zone};

mod leads;

const LEADS: u64 = 1_000;

fn as_of() -> AsOf {
    AsOf::parse(leads::AS_OF, &Zone::utc()).expect("a time")
}

fn conversion() -> Pipeline {
    Pipeline::builtin("conversion").expect("a pipeline")
}

fn extract(c: &mut Criterion) {
    let (pipeline, as_of) = (conversion(), as_of());
    let mut group = c.benchmark_group("extract");
    group.throughput(Throughput::Elements(LEADS));
    for (name, activities) in [("counts only", 0), ("30 activities", 30)] {
        let leads = leads::leads(LEADS, activities);
        group.bench_function(name, |b| {
            b.iter(|| pipeline.feature_matrix(black_box(&leads), &as_of, Mode::Lenient).expect("features"));
        });
    }
    group.finish();
}

fn score(c: &mut Criterion) {
    let (pipeline, as_of, options) = (conversion(), as_of(), ScoreOptions::new());
    let mut group = c.benchmark_group("score");
    group.throughput(Throughput::Elements(LEADS));
    for (extent, activities) in [("counts only", 0), ("30 activities", 30)] {
        let leads = leads::leads(LEADS, activities);
        group.bench_function(format!("brief, {extent}"), |b| {
            b.iter(|| {
                for lead in &leads {
                    black_box(pipeline.score_brief(black_box(lead), &as_of, &options).expect("a score"));
                }
            });
        });
        group.bench_function(format!("full, {extent}"), |b| {
            b.iter(|| {
                for lead in &leads {
                    black_box(pipeline.score(black_box(lead), &as_of).expect("a score"));
                }
            });
        });
    }
    let leads = leads::leads(LEADS, 0);
    let matrix = pipeline.feature_matrix(&leads, &as_of, Mode::Lenient).expect("features");
    group.bench_function("matrix", |b| {
        b.iter(|| pipeline.score_matrix(black_box(&matrix)).expect("scores"));
    });
    let mut workspace = ScoreWorkspace::default();
    for reasons in [0, 3] {
        group.bench_function(format!("rows, {reasons} reasons"), |b| {
            b.iter(|| {
                let visit = |_, row: &RowScore<'_>| {
                    black_box(row.score);
                    row.reasons().for_each(|reason| {
                        black_box(reason.text);
                    });
                };
                pipeline.score_rows(black_box(&matrix), reasons, &mut workspace, visit).expect("scores");
            });
        });
    }
    group.finish();
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.bench_function("built-in conversion", |b| b.iter(conversion));
    let text = conversion().to_json();
    group.bench_function("from its own JSON", |b| {
        b.iter(|| Pipeline::from_json(black_box(&text)).expect("a pipeline"));
    });
    group.finish();
}

/// The trees of the built-in pipelines alone: one row, and so many that all kernels take part.
fn forest(c: &mut Criterion) {
    let mut group = c.benchmark_group("forest");
    for name in ["b2b", "heat"] {
        let pipeline = Pipeline::builtin(name).expect("a pipeline");
        let Scorer::Forest(model) = pipeline.scorer() else { continue };
        let forest = model.forest();
        for rows in [1, 1_000] {
            let matrix = rows_of(forest, rows);
            group.throughput(Throughput::Elements(rows as u64));
            group.bench_function(format!("{name}, margins of {rows}"), |b| {
                b.iter(|| forest.margin(black_box(&matrix), Iterations::All).expect("margins"));
            });
            group.bench_function(format!("{name}, contributions of {rows}"), |b| {
                b.iter(|| forest.shap(black_box(&matrix), Iterations::All).expect("contributions"));
            });
        }
    }
    group.finish();
}

/// Rows whose values a fixed generator spreads over 0 to 100, every eighth of them missing.
fn rows_of(forest: &Forest, rows: usize) -> FeatureMatrix {
    let columns = forest.feature_names().len();
    let mut state = 7_u64;
    let mut value = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if state >> 61 == 0 { f64::NAN } else { (state >> 40) as f64 / f64::from(1 << 24) * 100.0 }
    };
    FeatureMatrix::new(columns, (0..rows * columns).map(|_| value()).collect()).expect("a matrix")
}

/// The intent of one message, and one turn of a conversation.
fn chat(c: &mut Criterion) {
    let classifier = IntentClassifier::builtin();
    let message = "Hi, I'm Ann from Acme. How much is the oak desk, and do you deliver to Leeds?";
    let mut group = c.benchmark_group("chat");
    group.throughput(Throughput::Elements(1));
    for (name, message) in [("short", "not interested"), ("two sentences", message)] {
        group.bench_function(format!("intent, {name}"), |b| {
            b.iter(|| classifier.classify(black_box(message)));
        });
    }
    let rules = classifier.without_model();
    group.bench_function("intent, two sentences, word lists alone", |b| {
        b.iter(|| rules.classify(black_box(message)));
    });
    let (chat, conversation) = (Chat::new(), Conversation::new());
    group.bench_function("turn", |b| b.iter(|| chat.advance(&conversation, black_box(message))));
    group.finish();
}

/// One question to a language model: its prompt, and the check of an answer.
fn task(c: &mut Criterion) {
    let pipeline = conversion();
    let record = r#"{"id": "l-1", "company": "Acme Ltd", "title": "VP Sales", "name": "Ann Lee", "email": "ann@acme.example",
        "message": "Call 030 5550100: we replace our CRM this quarter, budget is approved. Ann", "email_sent_count": 10}"#;
    let request = format!(r#"{{"task": "conversion", "lead": {record}, "as_of": "{}"}}"#, leads::AS_OF);
    let reply = r#"{"probability": 0.3, "explanation": "The VP Sales decides. The budget is approved and the CRM is replaced this quarter.",
        "risk_factors": [{"factor": "Seniority", "impact": "high", "trend": "stable", "text": "A VP decides."}],
        "recommendations": [{"priority": "high", "action": "Call the VP Sales", "rationale": "The budget is approved.",
            "expected_impact": "A date for a demo", "timeframe": "This week"}]}"#;
    let lead = Lead::from_json(record, &Zone::utc()).expect("a lead");
    let prediction = pipeline.score(&lead, &as_of()).expect("a prediction");
    let open = || ConversionTask::new(&lead, &prediction).expect("a task").with_contact_details();
    let (task, masked) = (open(), Masked::new(open()));
    assert!(task.accept(reply).is_ok() && masked.accept(reply).is_ok());
    let mut group = c.benchmark_group("task");
    group.throughput(Throughput::Elements(1));
    group.bench_function("from a request in JSON", |b| {
        b.iter(|| AnyTask::from_json(black_box(&request), Some(&pipeline)).expect("a task"));
    });
    group.bench_function("made from lead and prediction", |b| b.iter(open));
    group.bench_function("prompt", |b| b.iter(|| black_box(&task).prompt()));
    group.bench_function("prompt, masked", |b| b.iter(|| Masked::new(black_box(task.clone())).prompt()));
    group.bench_function("accept", |b| b.iter(|| task.accept(black_box(reply)).expect("an output")));
    group
        .bench_function("accept, masked", |b| b.iter(|| masked.accept(black_box(reply)).expect("an output")));
    let refused = reply.replace("A VP decides", "Marcus Miller decides");
    group.bench_function("refuse", |b| b.iter(|| task.accept(black_box(&refused)).expect_err("a rejection")));
    group.finish();
}

criterion_group!(benches, extract, score, load, forest, chat, task);
criterion_main!(benches);
