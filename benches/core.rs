//! The core alone: from leads in memory to features, scores and explanations.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore::pipeline::{RowScore, ScoreWorkspace};
use leadscore::{Context, Detail, Pipeline, Timestamp, Zone};

mod leads;

const LEADS: u64 = 1_000;

fn context(detail: Detail) -> Context {
    let as_of = Timestamp::parse(leads::AS_OF, &Zone::utc()).expect("a moment");
    Context { detail, ..Context::new(as_of) }
}

fn conversion() -> Pipeline {
    Pipeline::builtin("conversion").expect("a pipeline")
}

fn extract(c: &mut Criterion) {
    let (pipeline, context) = (conversion(), context(Detail::Brief));
    let mut group = c.benchmark_group("extract");
    group.throughput(Throughput::Elements(LEADS));
    for (name, activities) in [("counts only", 0), ("30 activities", 30)] {
        let leads = leads::leads(LEADS, activities);
        group.bench_function(name, |b| {
            b.iter(|| pipeline.feature_matrix(black_box(&leads), &context).expect("features"));
        });
    }
    group.finish();
}

fn score(c: &mut Criterion) {
    let pipeline = conversion();
    let mut group = c.benchmark_group("score");
    group.throughput(Throughput::Elements(LEADS));
    for (extent, activities) in [("counts only", 0), ("30 activities", 30)] {
        let leads = leads::leads(LEADS, activities);
        for (name, detail) in [("brief", Detail::Brief), ("full", Detail::Full)] {
            let context = context(detail);
            group.bench_function(format!("{name}, {extent}"), |b| {
                b.iter(|| {
                    for lead in &leads {
                        black_box(pipeline.score(black_box(lead), &context).expect("a score"));
                    }
                });
            });
        }
    }
    let leads = leads::leads(LEADS, 0);
    let matrix = pipeline.feature_matrix(&leads, &context(Detail::Brief)).expect("features");
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

criterion_group!(benches, extract, score, load);
criterion_main!(benches);
