//! A batch of 100 leads of the B2B API: read, scored and answered, beside what parsing the same bytes into derived
//! structs of 50 named fields costs; and the same parts for one lead.
//!
//! After the benches the medians of interleaved rounds are printed: on a machine that does other work too, rounds in turn
//! are compared more fairly than one bench after the other.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use leadscore::pipeline::ScoreWorkspace;
use leadscore_server::b2b::answer::{write_batch, write_one};
use leadscore_server::b2b::body::{read_batch, read_one};
use leadscore_server::b2b::model::B2bModel;

/// The structs that a service for this model would derive, and a body value by value.
macro_rules! features {
    ($($name:ident: $type:ty = $value:literal,)+) => {
        #[derive(serde::Deserialize)]
        #[allow(dead_code)]
        struct Features {
            $($name: $type,)+
        }

        const FIELDS: &[(&str, &str)] = &[$((stringify!($name), stringify!($value)),)+];
    };
}

#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Derived {
    lead_id: String,
    features: Features,
}

features! {
    company_revenue: f64 = 5000000.0,
    company_employee_count: i64 = 50,
    company_age_years: f64 = 5.5,
    company_funding_total: f64 = 2000000.0,
    company_growth_rate: f64 = 0.35,
    industry_tech_score: f64 = 0.8,
    geographic_tier: i64 = 1,
    company_public_status: i64 = 0,
    parent_company_exists: i64 = 1,
    subsidiary_count: i64 = 2,
    website_visits_30d: i64 = 45,
    page_views_30d: i64 = 120,
    avg_session_duration_sec: f64 = 180.5,
    bounce_rate: f64 = 0.35,
    pricing_page_visits: i64 = 5,
    demo_page_visits: i64 = 3,
    documentation_views: i64 = 10,
    email_open_rate: f64 = 0.65,
    email_click_rate: f64 = 0.25,
    emails_received: i64 = 8,
    whitepaper_downloads: i64 = 2,
    webinar_attendance: i64 = 1,
    social_media_engagement: i64 = 15,
    customer_success_interactions: i64 = 2,
    support_ticket_count: i64 = 0,
    days_since_first_touch: f64 = 30.0,
    days_since_last_touch: f64 = 2.0,
    total_touchpoints: i64 = 25,
    multi_channel_engagement: i64 = 1,
    decision_maker_contacted: i64 = 1,
    champion_identified: i64 = 1,
    budget_confirmed: i64 = 0,
    timeline_confirmed: i64 = 1,
    competitor_evaluation: i64 = 1,
    technical_evaluation_started: i64 = 1,
    contract_reviewed: i64 = 0,
    security_questionnaire_completed: i64 = 0,
    roi_calculator_used: i64 = 1,
    custom_demo_requested: i64 = 1,
    integration_questions_asked: i64 = 3,
    lead_source_quality: f64 = 0.75,
    attribution_touchpoints: i64 = 5,
    paid_channel_source: i64 = 1,
    referral_source: i64 = 0,
    event_source: i64 = 0,
    product_tier_interest: i64 = 2,
    feature_requests_count: i64 = 2,
    use_case_alignment: f64 = 0.85,
    integration_requirements: i64 = 3,
    deployment_preference: i64 = 0,
}

const LEADS: usize = 100;

/// How a body's keys are ordered, and what stands between them.
struct Layout {
    name: &'static str,
    /// Which field comes at a place of a lead.
    field_at: fn(usize, usize) -> usize,
    /// After a colon and a comma, as `json.dumps` writes.
    space: &'static str,
    unknown_key: bool,
}

const LAYOUTS: [Layout; 5] = [
    Layout { name: "schema order", field_at: |_, at| at, space: "", unknown_key: false },
    Layout { name: "schema order, spaced", field_at: |_, at| at, space: " ", unknown_key: false },
    // 21 and 50 have no factor in common, so each field comes once.
    Layout { name: "another order", field_at: |_, at| at * 21 % 50, space: "", unknown_key: false },
    Layout {
        name: "an order for each lead",
        field_at: |lead, at| (at * 21 + lead * 7) % 50 * if lead % 2 == 0 { 3 } else { 9 } % 50,
        space: "",
        unknown_key: false,
    },
    Layout { name: "with a key nobody knows", field_at: |_, at| at, space: "", unknown_key: true },
];

fn body(layout: &Layout) -> Vec<u8> {
    let space = layout.space;
    let lead = |lead: usize| {
        let fields = (0..FIELDS.len()).map(|at| {
            let (name, value) = FIELDS[(layout.field_at)(lead, at)];
            // Values differ from lead to lead, so that no branch is learned by heart.
            let value = match value.parse::<u64>() {
                Ok(count) if count > 2 => (count + lead as u64 * 13 % 97).to_string(),
                _ if value == "5000000.0" => format!("{}.5", 5_000_000 + lead * 7919),
                _ if value.starts_with("0.") => format!("{value}{:02}", lead * 37 % 100),
                _ => value.to_owned(),
            };
            format!("\"{name}\":{space}{value}")
        });
        let mut fields: Vec<String> = fields.collect();
        if layout.unknown_key {
            fields.push(format!("\"crm_owner\":{space}\"ann\""));
        }
        let fields = fields.join(&format!(",{space}"));
        format!("{{\"lead_id\":{space}\"LEAD-{lead:05}\",{space}\"features\":{space}{{{fields}}}}}")
    };
    let leads: Vec<String> = (0..LEADS).map(lead).collect();
    format!("[{}]", leads.join(&format!(",{space}"))).into_bytes()
}

fn batches(c: &mut Criterion) {
    let model = B2bModel::builtin().expect("a model");
    for layout in &LAYOUTS {
        let body = body(layout);
        let mut workspace = ScoreWorkspace::default();
        let derived = || {
            black_box(serde_json::from_slice::<Vec<Derived>>(black_box(&body)).expect("a body"));
        };
        let read = || {
            black_box(read_batch(black_box(&body), &model).expect("a batch"));
        };
        let mut answer = || {
            let batch = read_batch(black_box(&body), &model).expect("a batch");
            let scores = model.score_rows(batch.values, &mut workspace).expect("scores");
            let mut out = Vec::new();
            write_batch(&mut out, &model, &batch.lead_ids, &scores, None);
            black_box(out);
        };
        let mut group = c.benchmark_group(format!("b2b, {LEADS} leads, {}", layout.name));
        group.bench_function("derived structs", |b| b.iter(derived));
        group.bench_function("read", |b| b.iter(read));
        group.bench_function("read, score and answer", |b| b.iter(&mut answer));
        group.finish();

        let [derived_us, read_us, answer_us] = medians([&mut { derived }, &mut { read }, &mut answer]);
        println!(
            "b2b, {LEADS} leads, {}: derived structs {derived_us:.1} µs, read {read_us:.1} µs, \
             read, score and answer {answer_us:.1} µs",
            layout.name
        );
    }
}

/// What the parts of a request for one lead take, without HTTP.
fn one_lead(_: &mut Criterion) {
    let model = B2bModel::builtin().expect("a model");
    let batch = body(&LAYOUTS[0]);
    let leads: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&batch).expect("a body");
    let body = leads[0].get().as_bytes();
    let row = read_one(body, &model).expect("a lead").row;
    let (mut workspace, mut out) = (ScoreWorkspace::default(), Vec::new());
    let scored = model.score_row(row.clone(), &mut workspace).expect("a score");
    let mut derived = || {
        black_box(serde_json::from_slice::<Derived>(black_box(body)).expect("a body"));
    };
    let mut read = || {
        black_box(read_one(black_box(body), &model).expect("a lead"));
    };
    let mut score = || {
        black_box(model.score_row(black_box(row.clone()), &mut workspace).expect("a score"));
    };
    let mut write = || {
        out.clear();
        write_one(&mut out, &model, "LEAD-00000", black_box(scored), None);
        black_box(&out);
    };
    let [derived, read, score, write] = medians([&mut derived, &mut read, &mut score, &mut write]);
    println!(
        "b2b, one lead: derived struct {derived:.2} µs, read {read:.2} µs, score {score:.2} µs, answer {write:.2} µs"
    );
}

/// Microseconds per call of each, the median of rounds in turn.
fn medians<const N: usize>(mut calls: [&mut dyn FnMut(); N]) -> [f64; N] {
    const ROUNDS: usize = 201;
    const CALLS: u32 = 10;
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

criterion_group!(benches, batches, one_lead);
criterion_main!(benches);
