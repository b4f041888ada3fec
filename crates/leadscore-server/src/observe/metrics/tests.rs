use super::*;
use crate::observe::resources::FIRST_INTERVAL;

fn metrics() -> Metrics {
    Metrics::new("local", Path::new("."), Arc::default()).unwrap()
}

/// The value of one series, by its text up to the blank.
fn value(text: &str, series: &str) -> Option<f64> {
    let line =
        text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit_once(' ').unwrap().1.parse().ok()
}

#[test]
fn predictions_are_counted_by_tier() {
    let metrics = metrics();
    metrics.record_prediction(0.82, 4, "B", 0.002);
    metrics.record_prediction(0.80, 4, "B", 0.002);
    metrics.record_prediction(0.05, 1, "E", 0.2);
    metrics.record_prediction(0.5, 3, "gold", 0.002);
    let text = metrics.render().unwrap();
    let count = |tier: &str| {
        value(&text, &format!("model_predictions_total{{endpoint_provider=\"local\",tier=\"{tier}\"}}"))
    };
    assert_eq!(
        ["A", "B", "C", "D", "E", "other"].map(count),
        [Some(0.0), Some(2.0), Some(0.0), Some(0.0), Some(1.0), Some(1.0)]
    );
    assert_eq!(count("gold"), None);
}

#[test]
fn histograms_are_cumulative_with_the_documented_bounds() {
    let metrics = metrics();
    // On a bound counts within it.
    for raw in [0.05, 0.1, 0.45, 0.82, 1.0] {
        metrics.record_prediction(raw, 3, "C", 0.03);
    }
    metrics.record_prediction(0.5, 5, "A", 3.0);
    let text = metrics.render().unwrap();
    let bounds = |name: &str| -> Vec<(String, f64)> {
        let prefix = format!("{name}_bucket{{endpoint_provider=\"local\",le=\"");
        let buckets = text.lines().filter_map(|line| line.strip_prefix(prefix.as_str()));
        let pair = |bucket: &str| {
            let (bound, count) = bucket.split_once("\"} ").unwrap();
            (bound.to_owned(), count.parse().unwrap())
        };
        buckets.map(pair).collect()
    };
    let of = |pairs: &[(&str, f64)]| -> Vec<(String, f64)> {
        pairs.iter().map(|(bound, count)| ((*bound).to_owned(), *count)).collect()
    };
    assert_eq!(
        bounds("model_prediction_raw_scores"),
        of(&[
            ("0.1", 2.0),
            ("0.2", 2.0),
            ("0.3", 2.0),
            ("0.4", 2.0),
            ("0.5", 4.0),
            ("0.6", 4.0),
            ("0.7", 4.0),
            ("0.8", 4.0),
            ("0.9", 5.0),
            ("1", 6.0),
            ("+Inf", 6.0),
        ])
    );
    assert_eq!(
        bounds("model_prediction_buckets"),
        of(&[("1", 0.0), ("2", 0.0), ("3", 5.0), ("4", 5.0), ("5", 6.0), ("+Inf", 6.0)])
    );
    assert_eq!(
        bounds("model_prediction_latency_seconds"),
        of(&[
            ("0.001", 0.0),
            ("0.005", 0.0),
            ("0.01", 0.0),
            ("0.025", 0.0),
            ("0.05", 5.0),
            ("0.075", 5.0),
            ("0.1", 5.0),
            ("0.25", 5.0),
            ("0.5", 5.0),
            ("1", 5.0),
            ("+Inf", 6.0),
        ])
    );
    let labels = "{endpoint_provider=\"local\"}";
    assert_eq!(value(&text, &format!("model_prediction_raw_scores_count{labels}")), Some(6.0));
    let sum = value(&text, &format!("model_prediction_latency_seconds_sum{labels}")).unwrap();
    assert!((sum - 3.15).abs() < 1e-9, "{sum}");
}

#[test]
fn a_score_that_is_no_number_leaves_the_sum_alone() {
    let metrics = metrics();
    metrics.record_prediction(f64::NAN, 1, "E", 0.001);
    metrics.record_prediction(0.25, 2, "D", 0.001);
    let text = metrics.render().unwrap();
    let labels = "{endpoint_provider=\"local\"}";
    assert_eq!(value(&text, &format!("model_prediction_raw_scores_sum{labels}")), Some(0.25));
    assert_eq!(value(&text, &format!("model_prediction_buckets_count{labels}")), Some(2.0));
}

#[test]
fn requests_are_counted_by_route_template_and_status() {
    let metrics = metrics();
    let route = metrics.route("GET", "/api/v1/leads/{lead}");
    let again = metrics.route("GET", "/api/v1/leads/{lead}");
    route.record(200, 0.004, Some(0), Some(700));
    again.record(200, 0.6, None, Some(2_000_000));
    route.record(404, 0.004, None, None);
    route.record(418, 0.004, None, None);
    route.record(503, 9.0, None, None);
    let text = metrics.render().unwrap();
    let labels = "method=\"GET\"";
    // Labels are written in the order of their names.
    let requests = |status: u16| {
        let series = format!(
            "http_requests_total{{endpoint=\"/api/v1/leads/{{lead}}\",{labels},status=\"{status}\"}}"
        );
        value(&text, &series)
    };
    assert_eq!([200, 404, 418, 503, 500].map(requests), [Some(2.0), Some(1.0), Some(1.0), Some(1.0), None]);
    let errors = |kind: &str| {
        let series = format!(
            "http_errors_total{{endpoint=\"/api/v1/leads/{{lead}}\",error_type=\"{kind}\",{labels}}}"
        );
        value(&text, &series)
    };
    assert_eq!((errors("client_error"), errors("server_error")), (Some(2.0), Some(1.0)));
    let series = |name: &str| format!("{name}{{endpoint=\"/api/v1/leads/{{lead}}\",{labels}}}");
    assert_eq!(value(&text, &series("http_request_duration_seconds_count")), Some(5.0));
    assert_eq!(value(&text, &series("http_request_size_bytes_count")), Some(1.0));
    assert_eq!(value(&text, &series("http_response_size_bytes_sum")), Some(2_000_700.0));
    let below = |bound: &str| {
        let name = "http_request_duration_seconds_bucket";
        value(&text, &format!("{name}{{endpoint=\"/api/v1/leads/{{lead}}\",{labels},le=\"{bound}\"}}"))
    };
    assert_eq!(
        ["0.005", "0.5", "0.75", "5", "+Inf"].map(below),
        [Some(3.0), Some(3.0), Some(4.0), Some(4.0), Some(5.0)]
    );
}

#[test]
fn a_request_is_active_until_it_is_over_and_counts_if_the_client_goes() {
    let metrics = metrics();
    let route = metrics.route("POST", "/api/v1/score");
    let finished = route.begin();
    let dropped = route.begin();
    assert_eq!(value(&metrics.render().unwrap(), "http_requests_active"), Some(2.0));
    finished.finish(200, Some(10), Some(20));
    drop(dropped);
    let text = metrics.render().unwrap();
    assert_eq!(value(&text, "http_requests_active"), Some(0.0));
    let requests = |status: u16| {
        value(
            &text,
            &format!("http_requests_total{{endpoint=\"/api/v1/score\",method=\"POST\",status=\"{status}\"}}"),
        )
    };
    assert_eq!((requests(200), requests(499)), (Some(1.0), Some(1.0)));
}

#[test]
fn words_from_outside_make_no_series_without_end() {
    let metrics = metrics();
    for word in ["BREW", "PROPFIND", "get"] {
        metrics.route(word, UNMATCHED).record(405, 0.001, None, None);
        metrics.record_rate_limited(word);
    }
    metrics.record_rate_limited("qualify");
    let text = metrics.render().unwrap();
    let requests = "http_requests_total{endpoint=\"unmatched\",method=\"OTHER\",status=\"405\"}";
    assert_eq!(value(&text, requests), Some(3.0));
    let limited =
        |family: &str| value(&text, &format!("leadscore_rate_limited_requests_total{{family=\"{family}\"}}"));
    assert_eq!(["qualify", "other", "b2b"].map(limited), [Some(1.0), Some(3.0), Some(0.0)]);
    assert!(!text.contains("PROPFIND"));
}

#[test]
fn failures_of_predictions_and_of_the_store_have_their_reason() {
    let metrics = metrics();
    metrics.record_prediction_error(PredictionFailure::NotLoaded);
    metrics.record_prediction_error(PredictionFailure::InvalidInput);
    metrics.record_prediction_error(PredictionFailure::InvalidInput);
    metrics.record_store_error(StoreFailure::Constraint);
    metrics.store_queries()(StoreOperation::Write, 0.002);
    metrics.record_batch(30);
    let text = metrics.render().unwrap();
    let predictions = PredictionFailure::ALL.map(|failure| {
        let labels = format!("{{endpoint_provider=\"local\",error_type=\"{}\"}}", failure.label());
        value(&text, &format!("model_prediction_errors_total{labels}"))
    });
    assert_eq!(predictions, [Some(2.0), Some(1.0), Some(0.0), Some(0.0)]);
    let store = ["busy", "connection", "constraint", "other"]
        .map(|kind| value(&text, &format!("leadscore_store_errors_total{{error_type=\"{kind}\"}}")));
    assert_eq!(store, [Some(0.0), Some(0.0), Some(1.0), Some(0.0)]);
    let queries = ["read", "write"].map(|operation| {
        value(&text, &format!("leadscore_store_query_seconds_count{{operation=\"{operation}\"}}"))
    });
    assert_eq!(queries, [Some(0.0), Some(1.0)]);
    let batches =
        ["25", "50", "+Inf"].map(|bound| value(&text, &format!("model_batch_size_bucket{{le=\"{bound}\"}}")));
    assert_eq!(batches, [Some(0.0), Some(1.0), Some(1.0)]);
}

#[test]
fn calls_of_language_models_have_tokens_and_cost() {
    let metrics = metrics();
    let model = metrics.llm("openai", "gpt \"x\"\n");
    model.record(LlmOutcome::Answered, 1.5, 900, 100, Some(0.001_25));
    model.record(LlmOutcome::Rejected, 1.5, 10, 1, Some(0.000_75));
    model.clone().record(LlmOutcome::TimedOut, 30.0, 0, 0, None);
    model.record(LlmOutcome::Failed, 0.1, 0, 0, Some(f64::NAN));
    let text = metrics.render().unwrap();
    let labels = "model=\"gpt \\\"x\\\"\\n\"";
    let calls = LlmOutcome::ALL.map(|outcome| {
        let outcome = outcome.label();
        value(
            &text,
            &format!("leadscore_llm_calls_total{{{labels},outcome=\"{outcome}\",provider=\"openai\"}}"),
        )
    });
    assert_eq!(calls, [Some(1.0); 4]);
    let tokens = |direction: &str| {
        let series =
            format!("leadscore_llm_tokens_total{{direction=\"{direction}\",{labels},provider=\"openai\"}}");
        value(&text, &series)
    };
    assert_eq!((tokens("input"), tokens("output")), (Some(910.0), Some(101.0)));
    let series = |name: &str| format!("{name}{{{labels},provider=\"openai\"}}");
    let cost = value(&text, &series("leadscore_llm_cost_usd_total")).unwrap();
    assert!((cost - 0.002).abs() < 1e-12, "{cost}");
    assert_eq!(value(&text, &series("leadscore_llm_unpriced_calls_total")), Some(2.0));
    assert_eq!(value(&text, &series("leadscore_llm_call_seconds_count")), Some(4.0));
}

#[test]
fn two_servers_in_one_process_do_not_share_counts() {
    let (one, two) = (metrics(), metrics());
    one.record_prediction(0.9, 5, "A", 0.001);
    let series = "model_predictions_total{endpoint_provider=\"local\",tier=\"A\"}";
    assert_eq!(value(&one.render().unwrap(), series), Some(1.0));
    assert_eq!(value(&two.render().unwrap(), series), Some(0.0));
}

#[cfg(target_os = "linux")]
#[test]
fn system_and_process_are_read_when_written() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = Metrics::new("local", folder.path(), Arc::default()).unwrap();
    std::thread::sleep(FIRST_INTERVAL + FIRST_INTERVAL / 2);
    let text = metrics.render().unwrap();
    for name in ["system_cpu_usage_percent", "system_memory_usage_percent", "system_disk_usage_percent"] {
        let percent = value(&text, name).unwrap();
        assert!((0.0..=100.0).contains(&percent), "{name} {percent}");
    }
    let total = value(&text, "system_memory_total_bytes").unwrap();
    let available = value(&text, "system_memory_available_bytes").unwrap();
    let resident = value(&text, "process_resident_memory_bytes").unwrap();
    assert!(available < total && resident < total && resident > 100_000.0, "{resident} {available} {total}");
    assert!(value(&text, "process_threads").unwrap() >= 1.0);
    assert!(value(&text, "process_open_fds").unwrap() >= 3.0);
    assert!(value(&text, "process_start_time_seconds").unwrap() > 1.7e9);
    assert!(value(&text, "system_disk_free_bytes").unwrap() > 0.0);
    assert!(text.contains("# TYPE process_cpu_seconds_total counter\n"));
    let before = value(&text, "process_cpu_seconds_total").unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let mut after = before;
    while after <= before && std::time::Instant::now() < end {
        after = value(&metrics.render().unwrap(), "process_cpu_seconds_total").unwrap();
    }
    assert!(after > before, "processor time stands still at {after}");
}

#[test]
fn what_the_system_does_not_tell_is_left_out() {
    let metrics = Metrics::new("local", Path::new("/no/such/folder"), Arc::default()).unwrap();
    let text = metrics.render().unwrap();
    assert!(!text.contains("system_disk"));
    assert!(text.contains("# HELP model_batch_size Leads of one batch request.\n"));
    assert!(text.contains("# TYPE model_batch_size histogram\n"));
}

/// Counting must stay cheap where hundreds of requests a second pass.
#[test]
fn counting_allocates_nothing_after_the_first_request() {
    let metrics = metrics();
    let route = metrics.route("POST", "/api/v1/score");
    let model = metrics.llm("openai", "small");
    let count_query = metrics.store_queries();
    let one = || {
        let request = route.begin();
        metrics.record_prediction(0.82, 4, "B", 0.000_2);
        metrics.record_prediction_error(PredictionFailure::InvalidInput);
        metrics.record_batch(3);
        count_query(StoreOperation::Read, 0.001);
        metrics.record_store_error(StoreFailure::Busy);
        metrics.record_rate_limited("b2b");
        model.record(LlmOutcome::Answered, 1.0, 10, 10, Some(0.1));
        request.finish(200, Some(100), Some(200));
    };
    one();
    let counted = allocation_counter::measure(one);
    assert_eq!(counted.count_total, 0);
    // A status that is not kept is looked up by its text, which also shows that allocations are seen.
    let counted = allocation_counter::measure(|| route.record(418, 0.001, None, None));
    assert!(counted.count_total > 0);
}
