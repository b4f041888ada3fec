//! One JSON body of 50 keys to its score in one pass, beside what parsing it into a derived struct costs.
//!
//! After the benches the medians of interleaved rounds are printed, and their differences: on a machine that does other
//! work too, rounds in turn are compared more fairly than one bench after the other.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use leadscore::forest::Iterations;
use leadscore::pipeline::ScoreWorkspace;
use leadscore::record::{AttributeNames, JsonReader};
use leadscore::{AsOf, Context, FeatureMatrix, Forest, Mode, Pipeline, ScoreOptions, Scorer, Zone};

const AS_OF: &str = "2026-11-20T12:00:00Z";

/// The struct that a service with a fixed model would derive, and the same body value by value.
macro_rules! body {
    ($($name:ident: $type:ty = $value:literal,)+) => {
        #[derive(serde::Deserialize)]
        #[allow(dead_code, clippy::struct_excessive_bools)]
        struct Body {
            $($name: $type,)+
        }

        const FIELDS: &[(&str, &str)] = &[$((stringify!($name), stringify!($value)),)+];
    };
}

body! {
    company_revenue: f64 = 48500000,
    company_employee_count: f64 = 320,
    company_age_years: f64 = 12.5,
    company_funding_total: f64 = 15250000,
    company_growth_rate: f64 = 0.234,
    industry_tech_score: f64 = 0.81,
    geographic_tier: f64 = 1,
    company_public_status: bool = false,
    parent_company_exists: bool = true,
    subsidiary_count: f64 = 3,
    website_visits_30d: f64 = 41,
    page_views_30d: f64 = 187,
    avg_session_duration_sec: f64 = 214.6,
    bounce_rate: f64 = 0.327,
    pricing_page_visits: f64 = 4,
    demo_page_visits: f64 = 2,
    documentation_views: f64 = 17,
    email_open_rate: f64 = 0.4375,
    email_click_rate: f64 = 0.125,
    emails_received: f64 = 16,
    whitepaper_downloads: f64 = 2,
    webinar_attendance: f64 = 1,
    social_media_engagement: f64 = 6,
    customer_success_interactions: f64 = 0,
    support_ticket_count: f64 = 1,
    days_since_first_touch: f64 = 73.25,
    days_since_last_touch: f64 = 1.5,
    total_touchpoints: f64 = 28,
    multi_channel_engagement: bool = true,
    decision_maker_contacted: bool = true,
    champion_identified: bool = false,
    budget_confirmed: bool = false,
    timeline_confirmed: bool = true,
    competitor_evaluation: bool = true,
    technical_evaluation_started: bool = false,
    contract_reviewed: bool = false,
    security_questionnaire_completed: bool = false,
    roi_calculator_used: bool = true,
    custom_demo_requested: bool = true,
    integration_questions_asked: f64 = 5,
    lead_source_quality: f64 = 0.72,
    attribution_touchpoints: f64 = 4,
    paid_channel_source: bool = false,
    referral_source: bool = true,
    event_source: bool = false,
    product_tier_interest: f64 = 2,
    feature_requests_count: f64 = 3,
    use_case_alignment: f64 = 0.9,
    integration_requirements: f64 = 2,
    deployment_preference: f64 = 1,
}

/// The body in the schema's order, and in an order of its own.
fn bodies(names: &AttributeNames) -> [(&'static str, String); 2] {
    assert_eq!(names.len(), FIELDS.len(), "the struct has the attributes that the pipeline reads");
    let field = |name: &str| {
        let (_, value) = FIELDS.iter().find(|(own, _)| *own == name).expect("a field of the struct");
        format!("\"{name}\":{value}")
    };
    let in_order: Vec<String> = names.iter().map(field).collect();
    // 21 and 50 have no factor in common, so each field comes once.
    let shuffled: Vec<String> = (0..50).map(|at| in_order[at * 21 % 50].clone()).collect();
    let body = |fields: &[String]| format!("{{{}}}", fields.join(","));
    [("schema order", body(&in_order)), ("another order", body(&shuffled))]
}

fn b2b() -> (Pipeline, AsOf) {
    let as_of = AsOf::parse(AS_OF, &Zone::utc()).expect("a time");
    (Pipeline::builtin("b2b").expect("a pipeline"), as_of)
}

fn forest(pipeline: &Pipeline) -> &Forest {
    let Scorer::Forest(model) = pipeline.scorer() else { unreachable!("b2b is a forest") };
    model.forest()
}

fn json_to_score(c: &mut Criterion) {
    let (pipeline, as_of) = b2b();
    let names = pipeline.schema().attribute_names();
    let reader = JsonReader::new(Zone::utc());
    let options = ScoreOptions::new().reasons(0);
    let context = Context::from_json(&format!("{{\"as_of\":\"{AS_OF}\"}}")).expect("a context");
    let mut workspace = ScoreWorkspace::default();
    for (order, body) in bodies(names) {
        let derived = || {
            black_box(serde_json::from_str::<Body>(black_box(&body)).expect("a body"));
        };
        let record = || {
            black_box(reader.record(black_box(&body), names).expect("a record"));
        };
        let mut score = || {
            let record = reader.record(black_box(&body), names).expect("a record");
            let scored = pipeline.score_record(&record, &as_of, &options, &mut workspace).expect("a score");
            black_box((scored.row.score, scored.row.tier));
        };
        let mut group = c.benchmark_group(format!("json, {order}"));
        group.bench_function("a derived struct", |b| b.iter(derived));
        group.bench_function("a record", |b| b.iter(record));
        group.bench_function("a record and its score", |b| b.iter(&mut score));
        group.bench_function("a complete prediction as JSON", |b| {
            b.iter(|| pipeline.score_json(black_box(&body), &context).expect("a prediction"));
        });
        group.finish();

        let [struct_us, record_us, score_us] = medians([&mut { derived }, &mut { record }, &mut score]);
        println!(
            "json, {order}: struct {struct_us:.2} µs, record {record_us:.2} µs, record and score {score_us:.2} µs; \
             above the struct: {:.2} µs",
            score_us - struct_us
        );
    }
}

/// What the difference consists of besides reading the body.
fn parts(c: &mut Criterion) {
    let (pipeline, as_of) = b2b();
    let names = pipeline.schema().attribute_names();
    let [(_, body), _] = bodies(names);
    let record = JsonReader::new(Zone::utc()).record(&body, names).expect("a record");
    let options = ScoreOptions::new().reasons(0);
    let mut workspace = ScoreWorkspace::default();
    let mut group = c.benchmark_group("parts");
    group.bench_function("features and score of a record", |b| {
        b.iter(|| {
            let scored = pipeline.score_record(black_box(&record), &as_of, &options, &mut workspace);
            black_box(scored.expect("a score").row.score);
        });
    });
    let matrix = pipeline.feature_matrix([&record], &as_of, Mode::Lenient).expect("features");
    group.bench_function("score of a row", |b| {
        b.iter(|| {
            pipeline
                .score_rows(black_box(&matrix), 0, &mut workspace, |_, row| {
                    black_box(row.score);
                })
                .expect("a score");
        });
    });
    let forest_row = FeatureMatrix::new(matrix.column_count(), matrix.values().to_vec()).expect("a matrix");
    group.bench_function("margin of a row", |b| {
        b.iter(|| forest(&pipeline).margin(black_box(&forest_row), Iterations::All).expect("a margin"));
    });
    group.finish();
}

/// Microseconds per call of each, the median of rounds in turn.
fn medians<const N: usize>(mut calls: [&mut dyn FnMut(); N]) -> [f64; N] {
    const ROUNDS: usize = 401;
    const CALLS: u32 = 200;
    let mut times: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (call, times) in calls.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..CALLS {
                call();
            }
            times.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    })
}

criterion_group!(benches, json_to_score, parts);
criterion_main!(benches);
