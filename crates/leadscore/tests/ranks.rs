//! Tiers by rank in a list: one answer, whichever way the list comes.

use leadscore::pipeline::ScoreWorkspace;
use leadscore::{
    AsOf, Context, ErrorKind, FeatureMatrix, Lead, Mode, Pipeline, Prediction, ScoreOptions, Warning, Zone,
};

/// A point for each visit; rivals are ruled out. One lead today, half of the list this week.
fn pipeline(tail: &str) -> Result<Pipeline, leadscore::Error> {
    let text = r#"{"format":1,"id":"ranks","schema":{"features":[
{"name":"visits","type":"number","source":{"from":"attribute","name":"visits"}},
{"name":"rival","type":"flag","source":{"from":"attribute","name":"rival"}}]},
"scorer":{"kind":"scorecard","unit":"points","base":0,"range":[0,100],
"groups":[{"code":"g","rules":[{"code":"visits","points":"visits","text":"{visits} visits"},
{"code":"rival","when":"rival","disqualify":true,"text":"Is a rival"}]}]},"scale":{"kind":"points"},
"tiers":{"on":"rank","bounds":[{"tier":"TODAY","top":1,"action":"Call today"},
{"tier":"WEEK","top":"50 %","action":"Call this week"},{"tier":"LATER"}]}"#;
    Pipeline::from_json(&format!("{text}{tail}}}"))
}

fn as_of() -> AsOf {
    AsOf::parse("2026-11-22", &Zone::utc()).unwrap()
}

fn leads() -> Vec<Lead> {
    let visits = [20.0, 90.0, 20.0, 10.0, 99.0].into_iter().enumerate();
    let mut leads: Vec<Lead> =
        visits.map(|(at, visits)| Lead::new(format!("l-{at}")).with("visits", visits)).collect();
    leads[4] = leads[4].clone().with("rival", true);
    leads
}

/// Of the four that are ranked one is called today, two of four are the half, and the rival takes no place.
const WANTED: [&str; 5] = ["WEEK", "TODAY", "LATER", "LATER", "LATER"];

#[test]
fn every_way_to_score_a_list_gives_the_same_tiers() {
    let (own, as_of, options) = (pipeline("").unwrap(), as_of(), ScoreOptions::new());
    let names = |all: Vec<Result<Prediction, _>>| -> Vec<String> {
        all.into_iter()
            .map(|one: Result<_, leadscore::Error>| one.unwrap().tier.unwrap().to_string())
            .collect()
    };
    assert_eq!(names(own.score_many(leads(), &as_of, &options)), WANTED);
    assert_eq!(names(own.score_each(leads(), &as_of, &options)), WANTED);
    let brief = own.score_many_brief(leads(), &as_of, &options);
    let brief: Vec<_> = brief.into_iter().map(|one| one.unwrap().tier.unwrap().to_string()).collect();
    assert_eq!(brief, WANTED);
    let name = |at: &i32| own.tiers().tiers()[*at as usize].name();
    for reasons in [0, 1] {
        let columns = own.score_columns(leads(), &as_of, &ScoreOptions::new().reasons(reasons)).unwrap();
        assert_eq!(columns.tier.iter().map(name).collect::<Vec<_>>(), WANTED);
    }
    let matrix = own.feature_matrix(leads(), &as_of, Mode::Lenient).unwrap();
    assert_eq!(own.score_matrix(&matrix).unwrap().tier.iter().map(name).collect::<Vec<_>>(), WANTED);
    let mut rows = Vec::new();
    own.score_rows(&matrix, 1, &mut ScoreWorkspace::default(), |_, row| {
        rows.push(row.tier.unwrap().name().to_owned());
    })
    .unwrap();
    assert_eq!(rows, WANTED);
    let records = r#"[{"visits":20},{"visits":90},{"visits":20},{"visits":10},{"visits":99,"rival":true}]"#;
    for context in [r#"{"as_of":"2026-11-22"}"#, r#"{"as_of":"2026-11-22","detail":"brief"}"#] {
        let context = Context::from_json(context).unwrap();
        let text = own.score_many_json(records, 0, &context).unwrap();
        let found: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(found.iter().map(|one| one["tier"].as_str().unwrap()).collect::<Vec<_>>(), WANTED);
        let error = own.score_many_json(records, 1024, &context).unwrap_err();
        assert_eq!(
            (error.kind(), error.path().to_string().as_str()),
            (ErrorKind::InvalidContext, "first_index")
        );
    }
}

#[cfg(feature = "parallel")]
#[test]
fn threads_change_no_rank() {
    use leadscore::parallel::Workers;
    let (own, as_of, options, workers) =
        (pipeline("").unwrap(), as_of(), ScoreOptions::new(), Workers::new().threads(3));
    let many: Vec<Lead> = (0..3000)
        .map(|at| {
            Lead::new(at.to_string()).with("visits", f64::from(at * 7919 % 100)).with("rival", at % 50 == 0)
        })
        .collect();
    let one = own.score_many(&many, &as_of, &options);
    assert_eq!(own.score_many_parallel(&many, &as_of, &options, &workers).unwrap(), one);
    let count = |name: &str| one.iter().flatten().filter(|own| own.tier.as_deref() == Some(name)).count();
    assert_eq!((count("TODAY"), count("WEEK"), count("LATER")), (1, 1469, 1530));
    let tiers = own.score_columns(&many, &as_of, &options).unwrap().tier;
    assert_eq!(own.score_columns_parallel(&many, &as_of, &options, &workers).unwrap().tier, tiers);
    let matrix = own.feature_matrix(&many, &as_of, Mode::Lenient).unwrap();
    assert_eq!(own.score_matrix_parallel(&matrix, &workers).unwrap().tier, tiers);
    assert_eq!(own.score_matrix(&matrix).unwrap().tier, tiers);
    let records = serde_json::to_string(&many).unwrap();
    let context = Context::from_json(r#"{"as_of":"2026-11-22"}"#).unwrap();
    assert_eq!(
        own.score_many_json_parallel(&records, 0, &context, &workers).unwrap(),
        own.score_many_json(&records, 0, &context).unwrap()
    );
}

#[test]
fn a_lead_that_is_scored_alone_has_no_tier_and_that_is_said() {
    let own = pipeline("").unwrap();
    let alone = own.score(&leads()[1], &as_of()).unwrap();
    assert_eq!((&alone.tier, &alone.action), (&None, &None));
    assert_eq!(alone.warnings, [Warning::NoRank]);
    assert!(alone.warnings[0].to_string().contains("score the whole list"));
    assert_eq!(alone.explanation.summary, "90.0 of 100. For: 90 visits.");
    let back: Prediction = serde_json::from_str(&serde_json::to_string(&alone).unwrap()).unwrap();
    assert_eq!(back.warnings, alone.warnings);
    // In a list of one it is the first.
    let list = own.score_many([&leads()[1]], &as_of(), &ScoreOptions::new());
    assert_eq!(list[0].as_ref().unwrap().tier.as_deref(), Some("TODAY"));
    assert!(list[0].as_ref().unwrap().warnings.is_empty());
}

#[test]
fn equal_scores_on_both_sides_of_a_cut_are_said() {
    let all = pipeline("").unwrap().score_many(leads(), &as_of(), &ScoreOptions::new());
    let warned: Vec<bool> =
        all.iter().map(|one| one.as_ref().unwrap().warnings == [Warning::EqualScores]).collect();
    assert_eq!(warned, [true, false, true, false, false]);
}

#[test]
fn a_refused_lead_takes_no_place() {
    let own = pipeline("").unwrap();
    let records = r#"[{"visits":[1]},{"visits":20},{"visits":90}]"#;
    let context = Context::from_json(r#"{"as_of":"2026-11-22"}"#).unwrap();
    let found: Vec<serde_json::Value> =
        serde_json::from_str(&own.score_many_json(records, 0, &context).unwrap()).unwrap();
    assert_eq!(found[0]["error"]["path"], "leads[0].visits");
    assert_eq!((found[1]["tier"].as_str(), found[2]["tier"].as_str()), (Some("LATER"), Some("TODAY")));
}

#[test]
fn a_scheme_is_written_as_it_is_read() {
    let own = pipeline("").unwrap();
    assert!(own.has_ranks());
    assert!(own.describe_json().contains(r#""ranks":true"#));
    let again = Pipeline::from_json(&own.to_json()).unwrap();
    assert_eq!(again.tiers(), own.tiers());
    let empty = FeatureMatrix::new(2, Vec::new()).unwrap();
    assert!(own.score_matrix(&empty).unwrap().is_empty());
}

#[test]
fn nothing_is_computed_of_a_tier_that_is_not_known_yet() {
    let advice = r#","recommendations":{"limit":1,"actions":[{"code":"c","when":{"of":"$tiers_below","over":0},
"priority":"low","text":"t","rationale":"r","expected_impact":"e","timeframe":"f"}]}"#;
    let error = pipeline(advice).unwrap_err();
    assert_eq!(error.path().to_string(), "recommendations.actions[0].when.of");
    assert!(error.message().contains("known only when the whole list is scored"), "{error}");
}
