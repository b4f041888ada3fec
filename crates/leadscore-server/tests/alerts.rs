//! The alert rules of `deploy/alerts.yml` speak of metrics, labels and values that the server exports.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use leadscore_server::observe::metrics::{
    LlmOutcome, Metrics, PredictionFailure, StoreFailure, StoreOperation,
};
use regex::Regex;
use serde_yaml_ng::Value;

/// Labels that Prometheus itself adds to every series it scrapes.
const TARGET_LABELS: [&str; 2] = ["job", "instance"];
/// Words of the query language that stand where a metric could.
const WORDS: [&str; 5] = ["and", "or", "unless", "offset", "bool"];

type Labels = BTreeMap<String, String>;

/// A selector of an expression: `name{label=~"value"}`.
#[derive(Debug, PartialEq, Eq)]
struct Selector {
    metric: String,
    /// Label, operator, value.
    matchers: Vec<(String, String, String)>,
}

#[test]
fn every_expression_selects_what_the_server_exports() {
    let exported = exported();
    for rule in rules() {
        let (selectors, grouped) = parsed(&rule.expression);
        assert!(!selectors.is_empty(), "{}: no metric in {}", rule.name, rule.expression);
        let mut labels = BTreeSet::from(TARGET_LABELS.map(str::to_owned));
        for selector in &selectors {
            labels
                .extend(check(selector, &exported).unwrap_or_else(|error| panic!("{}: {error}", rule.name)));
        }
        for label in grouped {
            assert!(labels.contains(&label), "{}: groups by {label}, which no metric of it has", rule.name);
        }
    }
}

#[test]
fn every_rule_says_how_bad_it_is_what_it_is_and_what_to_do() {
    let rules = rules();
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names.len(), rules.len(), "two alerts of one name");
    for rule in &rules {
        assert!(matches!(rule.severity.as_str(), "warning" | "critical"), "{}", rule.name);
        assert!(rule.summary.contains("{{ $labels."), "{}: names no instance or model", rule.name);
        assert!(rule.action.len() > 40 && rule.action.ends_with('.'), "{}: {}", rule.name, rule.action);
    }
}

#[test]
fn every_alert_has_a_case_that_makes_it_fire() {
    let tests = yaml("alerts-test.yml");
    let mut fired = BTreeSet::new();
    for case in tests["tests"].as_sequence().unwrap() {
        for check in case["alert_rule_test"].as_sequence().unwrap() {
            if !check["exp_alerts"].as_sequence().unwrap().is_empty() {
                fired.insert(check["alertname"].as_str().unwrap().to_owned());
            }
        }
    }
    let names: BTreeSet<String> = rules().into_iter().map(|rule| rule.name).collect();
    assert_eq!(fired, names);
}

/// The series that make alerts fire must be ones that the server writes.
#[test]
fn the_cases_feed_series_that_the_server_exports() {
    let exported = exported();
    let tests = yaml("alerts-test.yml");
    let mut count = 0;
    for case in tests["tests"].as_sequence().unwrap() {
        for input in case["input_series"].as_sequence().unwrap() {
            let (selectors, _) = parsed(input["series"].as_str().unwrap());
            assert_eq!(selectors.len(), 1);
            check(&selectors[0], &exported).unwrap();
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn the_check_itself_finds_what_is_not_exported() {
    let exported = exported();
    let wrong = [
        "model_prediction_confidence",
        "model_predictions_total{tier=\"hot\"}",
        "model_predictions_total{colour=\"red\"}",
        "http_requests_total{status=~\"6..\"}",
        "model_prediction_raw_scores_bucket{le=\"0.65\"}",
    ];
    for expression in wrong {
        let (selectors, _) = parsed(expression);
        assert!(check(&selectors[0], &exported).is_err(), "{expression}");
    }
    let (selectors, grouped) = parsed(
        "histogram_quantile(0.95, sum by (le, job) (rate(a_bucket{b=~\"5..\",c!=\"d\"}[5m]))) > 3 * e offset 1h and f",
    );
    let names: Vec<&str> = selectors.iter().map(|selector| selector.metric.as_str()).collect();
    assert_eq!(names, ["a_bucket", "e", "f"]);
    assert_eq!(selectors[0].matchers.len(), 2);
    assert_eq!(grouped, ["le", "job"]);
}

#[test]
fn the_documentation_has_every_metric_and_every_alert() {
    let text = std::fs::read_to_string(deploy().join("../docs/monitoring.md")).unwrap();
    let rendered = rendered();
    let types = rendered.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names: BTreeSet<String> = types.map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert!(names.len() > 25, "{names:?}");
    let rows: String = text.lines().filter(|line| line.starts_with("| `")).collect();
    let word = Regex::new(r"`((?:http|model|system|process|leadscore)_[a-z_]+|Leadscore[A-Za-z]+)`").unwrap();
    let documented: BTreeSet<String> = word.captures_iter(&rows).map(|found| found[1].to_owned()).collect();
    let alerts = rules().into_iter().map(|rule| rule.name);
    assert_eq!(documented, names.into_iter().chain(alerts).collect());
}

#[test]
fn promtool_accepts_the_rules_and_every_alert_fires() {
    let Some(promtool) = promtool() else { return };
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts-test.yml"]] {
        let output = Command::new(&promtool).args(arguments).current_dir(deploy()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn promtool_accepts_what_the_server_writes() {
    let Some(promtool) = promtool() else { return };
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(rendered().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{text}");
}

#[derive(Debug)]
struct Rule {
    name: String,
    expression: String,
    severity: String,
    summary: String,
    action: String,
}

fn rules() -> Vec<Rule> {
    let file = yaml("alerts.yml");
    let groups = file["groups"].as_sequence().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_sequence().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rule = |rule: &Value| Rule {
        name: text(&rule["alert"]),
        expression: text(&rule["expr"]),
        severity: text(&rule["labels"]["severity"]),
        summary: text(&rule["annotations"]["summary"]),
        action: text(&rule["annotations"]["action"]),
    };
    let rules: Vec<Rule> = rules.map(rule).collect();
    assert!(rules.len() >= 15);
    rules
}

/// The labels that the selected series have, or what is not exported.
fn check(selector: &Selector, exported: &BTreeMap<String, Vec<Labels>>) -> Result<BTreeSet<String>, String> {
    let series = exported.get(&selector.metric).ok_or(format!("{} is not exported", selector.metric))?;
    for (label, _, _) in &selector.matchers {
        let known = TARGET_LABELS.contains(&label.as_str()) || series[0].contains_key(label);
        if !known {
            return Err(format!("{} has no label {label}", selector.metric));
        }
    }
    let matches = |labels: &&Labels| selector.matchers.iter().all(|matcher| matched(matcher, labels));
    let found = series.iter().find(matches).ok_or(format!("no series can match {selector:?}"))?;
    Ok(found.keys().cloned().collect())
}

fn matched((label, operator, value): &(String, String, String), labels: &Labels) -> bool {
    let Some(actual) = labels.get(label) else { return true };
    let pattern = || Regex::new(&format!("^(?:{value})$")).unwrap();
    match operator.as_str() {
        "=" => actual == value,
        "!=" => actual != value,
        "=~" => pattern().is_match(actual),
        "!~" => !pattern().is_match(actual),
        other => panic!("{other} is no operator"),
    }
}

/// The selectors of an expression, and the labels that it groups by.
fn parsed(expression: &str) -> (Vec<Selector>, Vec<String>) {
    let grouping = Regex::new(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)").unwrap();
    let names = |list: &str| list.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
    let grouped = grouping.captures_iter(expression).flat_map(|captures| names(&captures[1])).collect();
    let rest = grouping.replace_all(expression, "");
    // Numbers and durations are taken whole, so that `1h` holds no metric called `h`.
    let token = Regex::new(r"([0-9][0-9a-zA-Z_.]*)|([a-zA-Z_:][a-zA-Z0-9_:]*) *(\(|\{[^}]*\})?").unwrap();
    let matcher = Regex::new(r#"([a-zA-Z_]+) *(=~|!~|!=|=) *"([^"]*)""#).unwrap();
    let mut selectors = Vec::new();
    for captures in token.captures_iter(&rest) {
        let Some(name) = captures.get(2).map(|name| name.as_str()) else { continue };
        let after = captures.get(3).map_or("", |after| after.as_str());
        // What stands before a bracket is a function or an aggregation.
        let aggregation = matches!(name, "sum" | "max" | "min" | "avg" | "count");
        if after == "(" || aggregation || WORDS.contains(&name) {
            continue;
        }
        let matchers = matcher.captures_iter(after);
        let matchers = matchers.map(|m| (m[1].to_owned(), m[2].to_owned(), m[3].to_owned())).collect();
        selectors.push(Selector { metric: name.to_owned(), matchers });
    }
    (selectors, grouped)
}

/// The labels of every series that the server can write, by name; and `up`, which Prometheus makes.
fn exported() -> BTreeMap<String, Vec<Labels>> {
    let label = Regex::new(r#"([a-zA-Z_]+)="((?:[^"\\]|\\.)*)""#).unwrap();
    let mut series = BTreeMap::from([("up".to_owned(), vec![Labels::new()])]);
    for line in rendered().lines().filter(|line| !line.starts_with('#')) {
        let (name, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = name.split_once('{').unwrap_or((name, ""));
        let labels = label.captures_iter(labels).map(|pair| (pair[1].to_owned(), pair[2].to_owned()));
        series.entry(name.to_owned()).or_default().push(labels.collect());
    }
    series
}

/// What a server writes that has seen every kind of event.
fn rendered() -> String {
    let data = tempfile::tempdir().unwrap();
    let metrics = Metrics::new("local", data.path(), Arc::default()).unwrap();
    for (method, status) in [("GET", 200), ("POST", 200), ("POST", 404), ("POST", 500)] {
        metrics.route(method, "/api/v1/score").record(status, 0.01, Some(100), Some(100));
    }
    metrics.record_prediction(0.82, 4, "B", 0.001);
    metrics.record_prediction_error(PredictionFailure::Internal);
    metrics.record_batch(10);
    metrics.store_queries()(StoreOperation::Read, 0.001);
    metrics.record_store_error(StoreFailure::Busy);
    metrics.record_rate_limited("b2b");
    metrics.set_webhook_queue(Some(3));
    metrics.declare_jobs("email");
    metrics.set_jobs("email", "waiting", 1);
    metrics.llm("openai", "small").record(LlmOutcome::Answered, 1.0, 10, 10, Some(0.001));
    // The share of the processors is known after a tenth of a second.
    std::thread::sleep(Duration::from_millis(150));
    metrics.render().unwrap()
}

fn yaml(name: &str) -> Value {
    let text = std::fs::read_to_string(deploy().join(name)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap()
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

/// Prometheus's own checker (Debian: package `prometheus`), or nothing where it is not installed. Absence is written to
/// the log that `make test` counts; with `LEADSCORE_REQUIRE_PROMTOOL=1` it fails the test.
fn promtool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join("promtool")).find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var_os("LEADSCORE_REQUIRE_PROMTOOL").is_some_and(|value| value == "1");
        assert!(!required, "promtool is not on PATH, and LEADSCORE_REQUIRE_PROMTOOL=1");
        eprintln!("skipped: promtool is not there");
        if let Some(log) = std::env::var_os("LEADSCORE_SKIP_LOG") {
            let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
            let line = format!("{} wants promtool\n", std::thread::current().name().unwrap_or("a test"));
            // In one piece: other tests write here too.
            log.write_all(line.as_bytes()).unwrap();
        }
    }
    found
}
