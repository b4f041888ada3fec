//! What people read holds no machine words, over many leads and every pipeline that ships.

mod generated;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use generated::{AS_OF, at, lead};
use leadscore::{AsOf, ContributionKind, FeatureValue, NamedValue, Pipeline, Prediction};

const LEADS: u64 = 600;

#[test]
fn nothing_people_read_holds_machine_words() {
    for pipeline in pipelines() {
        for prediction in predictions(&pipeline) {
            for text in shown(&prediction) {
                let problem = problem(&text);
                assert!(problem.is_none(), "{}: {text:?} {}", pipeline.id(), problem.unwrap_or_default());
            }
        }
    }
}

#[test]
fn different_features_never_share_a_text() {
    for pipeline in pipelines() {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for prediction in predictions(&pipeline) {
            for part in &prediction.explanation.contributions {
                if part.kind == ContributionKind::Limit {
                    continue;
                }
                let own: BTreeSet<String> = part.features.iter().map(|own| own.name.to_string()).collect();
                let first = seen.entry(part.text.to_string()).or_insert_with(|| own.clone());
                let common = first.intersection(&own).next().is_some();
                assert!(common, "{}: {:?} for {first:?} and {own:?}", pipeline.id(), part.text);
            }
        }
    }
}

#[test]
fn texts_of_one_prediction_differ() {
    for pipeline in pipelines() {
        for prediction in predictions(&pipeline) {
            let parts = prediction.explanation.contributions.iter();
            let texts: Vec<&str> =
                parts.filter(|c| c.kind != ContributionKind::Limit).map(|c| &*c.text).collect();
            let different: BTreeSet<&str> = texts.iter().copied().collect();
            assert_eq!(texts.len(), different.len(), "{}: {texts:?}", pipeline.id());
        }
    }
}

#[test]
fn texts_on_a_count_name_the_count() {
    for pipeline in pipelines() {
        for prediction in predictions(&pipeline) {
            for part in &prediction.explanation.contributions {
                if part.kind == ContributionKind::Limit {
                    continue;
                }
                let [NamedValue { name, value: FeatureValue::Number(count), .. }] = part.features.as_slice()
                else {
                    continue;
                };
                if !name.ends_with("_count") && !name.starts_with("total_") && **name != *"page_views" {
                    continue;
                }
                let digits = part.text.replace(',', "");
                assert!(
                    digits.contains(&format!("{count}")),
                    "{}: {:?} for {count}",
                    pipeline.id(),
                    part.text
                );
            }
        }
    }
}

#[test]
fn reasons_are_the_strongest_and_limits_stand_apart() {
    for pipeline in pipelines() {
        for prediction in predictions(&pipeline) {
            let explanation = &prediction.explanation;
            assert!(explanation.reasons.len() <= 5);
            assert!(explanation.reasons.windows(2).all(|two| two[0].points.abs() >= two[1].points.abs()));
            assert!(explanation.reasons.iter().all(|reason| reason.points.abs() >= 0.05));
            let lines = &explanation.contributions;
            let limits = lines.iter().filter(|line| line.kind == ContributionKind::Limit).count();
            assert!(explanation.limits.len() <= limits);
            let weakest = explanation.reasons.last().map_or(0.05, |reason| reason.points.abs());
            // A rule with a cap behind it may be worth less than its line says.
            let capped = |at: usize| {
                lines.get(at + 1).is_some_and(|next| *next.code == format!("{}.range", lines[at].code))
            };
            let stronger = (0..lines.len())
                .filter(|&at| lines[at].kind == ContributionKind::Rule && !capped(at))
                .filter(|&at| lines[at].points.abs() > weakest)
                .count();
            assert!(stronger <= explanation.reasons.len(), "{}", pipeline.id());
        }
    }
}

#[test]
fn a_reason_tells_what_a_capped_rule_was_worth() {
    let pipeline = Pipeline::from_json(
        r#"{"format":1,"id":"p","schema":{"features":[{"name":"visits","type":"number","source":{"from":"attribute"}}]},
        "scorer":{"kind":"scorecard","unit":"points","base":5,"groups":[{"code":"g","rules":[{"code":"r","points":{"product":[10,"visits"]},"range":[0,30],"text":"{visits:visit|visits}"}]}]},
        "scale":{"kind":"points"},"tiers":"lead-score"}"#,
    )
    .unwrap();
    let prediction =
        pipeline.score(&leadscore::Lead::new("l").with("visits", 50.0), &AsOf::new(at(AS_OF))).unwrap();
    let explanation = &prediction.explanation;
    let lines: Vec<(&str, f64)> = explanation.contributions.iter().map(|c| (&*c.code, c.points)).collect();
    assert_eq!(lines, [("r", 500.0), ("r.range", -470.0)]);
    assert_eq!((explanation.reasons[0].points, &*explanation.reasons[0].text), (30.0, "50 visits"));
    assert!(explanation.limits.is_empty());
    assert_eq!(prediction.score, 35.0);
}

#[test]
fn a_reason_worth_nothing_is_neither_for_nor_against() {
    let pipeline = Pipeline::from_json(
        r#"{"format":1,"id":"p","schema":{"features":[{"name":"known","type":"flag","source":{"from":"attribute"}}]},
        "scorer":{"kind":"scorecard","unit":"log_odds","base":5,"groups":[{"code":"g","rules":[{"code":"r","when":"known","points":1,"text":"It is known"}]}]},
        "scale":{"kind":"logistic","calibration":{"kind":"knots","knots":[[-1,0.1],[1,0.9]]}},"tiers":"conversion"}"#,
    )
    .unwrap();
    let lead = leadscore::Lead::new("l").with("known", true);
    let prediction = pipeline.score(&lead, &AsOf::new(at(AS_OF))).unwrap();
    assert_eq!(prediction.explanation.summary, "HOT, 90.0 of 100.");
}

#[test]
fn the_check_finds_machine_words() {
    for bad in [
        "",
        "  ",
        "has_title known",
        "{visits}",
        "NaN visits",
        "score inf",
        "-inf",
        "in log-odds",
        "−∞ of 100",
    ] {
        assert!(problem(bad).is_some(), "{bad}");
    }
    for good in ["Took a brochure or asked for information", "3 e-mails opened", "C-level"] {
        assert!(problem(good).is_none(), "{good}");
    }
}

fn pipelines() -> Vec<Pipeline> {
    let mut all: Vec<Pipeline> =
        Pipeline::builtin_names().map(|name| Pipeline::builtin(name).unwrap()).collect();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for name in ["extraalearn.json", "x_education.json"] {
        let text = fs::read_to_string(examples.join(name)).unwrap();
        all.push(Pipeline::from_json(&text).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    all
}

fn predictions(pipeline: &Pipeline) -> Vec<Prediction> {
    let as_of = AsOf::new(at(AS_OF));
    (0..LEADS).map(|seed| pipeline.score(&lead(seed), &as_of).unwrap()).collect()
}

/// Every text of a prediction that a person may see.
fn shown(prediction: &Prediction) -> Vec<String> {
    let explanation = &prediction.explanation;
    let mut texts: Vec<String> = explanation.contributions.iter().map(|c| c.text.to_string()).collect();
    texts.extend(explanation.reasons.iter().chain(&explanation.limits).map(|reason| reason.text.to_string()));
    texts.push(explanation.summary.clone());
    texts.extend(prediction.breakdown.iter().map(|group| group.label.clone()));
    texts.extend(prediction.missing.iter().map(|missing| missing.label.clone()));
    for risk in &prediction.risks {
        texts.extend([risk.factor.clone(), risk.text.clone()]);
    }
    for advice in &prediction.recommendations {
        let advice = advice.clone();
        texts.extend([advice.action, advice.rationale, advice.expected_impact, advice.timeframe]);
    }
    texts.extend(prediction.action.iter().map(ToString::to_string));
    texts
}

fn problem(text: &str) -> Option<&'static str> {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    if text.trim().is_empty() {
        return Some("is blank");
    }
    if text.contains(['{', '}', '∞']) {
        return Some("holds a sign of the template language");
    }
    if text.contains("log-odds") || text.contains("log odds") {
        return Some("speaks of log-odds");
    }
    words.find_map(|word| match word {
        "NaN" | "inf" => Some("holds a number that is none"),
        word if word.trim_matches('_').contains('_') => Some("holds a machine's name"),
        _ => None,
    })
}
