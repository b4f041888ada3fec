//! The core alone: from leads in memory to features, scores and explanations.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore::{AsOf, Mode, Pipeline, ScoreOptions, Zone};

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
