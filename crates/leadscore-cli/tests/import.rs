//! Models that are brought along: `import`, and what scoring with them looks like.

mod support;

use std::path::Path;

use support::{folder, leadscore, path, records, root};

const BINARY: &str = "fixtures/golden/xgb-3.2.0-share-json/model.json";
const CLASSES: &str = "fixtures/golden/xgb-3.2.0-softprob-json/model.json";
const POISSON: &str = "fixtures/golden/xgb-3.2.0-poisson-ubj/model.ubj";
const LINEAR_LEAVES: &str = "fixtures/golden/lgb-4.7.0-linear/model.txt";
const EARLY: &str = "fixtures/golden/xgb-3.2.0-best-ubj/model.ubj";

#[test]
fn held_out_leads_score_as_xgboost_says() {
    for (name, ours, theirs) in [
        ("b2b", vec!["probability"], vec!["probability"]),
        ("heat", vec!["p_cold", "p_warm", "p_hot"], vec!["probability_0", "probability_1", "probability_2"]),
    ] {
        let dir = folder(&[]);
        let out = path(&dir, "out.csv");
        let leads = format!("fixtures/synthetic/{name}-leads.csv");
        let run = leadscore(&["score", &leads, "-p", name, "-f", "csv", "-o", &out, "--explain", "0"]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.err.contains("trained on made-up leads"), "{}", run.err);
        let found = records(&std::fs::read_to_string(&out).unwrap());
        let wanted = root().join(format!("fixtures/synthetic/{name}-expected.csv"));
        let wanted = records(&std::fs::read_to_string(wanted).unwrap());
        assert_eq!(found.len(), wanted.len());
        let column = |rows: &[Vec<String>], name: &str| rows[0].iter().position(|own| own == name).unwrap();
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            let (ours, theirs) = (column(&found, ours), column(&wanted, theirs));
            for (own, xgboost) in found[1..].iter().zip(&wanted[1..]) {
                assert_eq!(own[0], xgboost[0]);
                let gap: f64 = own[ours].parse::<f64>().unwrap() - xgboost[theirs].parse::<f64>().unwrap();
                // Theirs is rounded to f32.
                assert!(gap.abs() < 1e-7, "{name} {}: {gap}", own[0]);
            }
        }
        let tier = column(&found, "tier");
        let tiers: &[&str] =
            if name == "b2b" { &["A", "B", "C", "D", "E"] } else { &["cold", "warm", "hot"] };
        for wanted in tiers {
            let leads = found[1..].iter().filter(|row| row[tier] == *wanted).count();
            assert!(leads * 20 >= found.len() - 1, "{name}: {leads} leads in {wanted}");
        }
    }
}

#[test]
fn a_marker_for_missing_values_is_kept_in_the_pipeline() {
    let folder = "fixtures/golden/xgb-3.2.0-missing-json";
    let model = format!("{folder}/model.json");
    let (run, text) = imported(&[&model, "--id", "mine", "--missing", "-999.1"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["scorer"]["missing"], -999.1);
    let (_, plain) = imported(&[&model, "--id", "mine"]);
    assert!(!plain.contains("\"missing\""));
    // Scored with the pipeline, the library's own rows have the library's own probabilities.
    let dir = support::folder(&[("mine.json", text.as_bytes())]);
    let (pipeline, out) = (path(&dir, "mine.json"), path(&dir, "out.csv"));
    let rows = format!("{folder}/input.csv");
    let run = leadscore(&["score", &rows, "-p", &pipeline, "-f", "csv", "-o", &out, "--explain", "0"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let found = records(&std::fs::read_to_string(&out).unwrap());
    let wanted = records(&std::fs::read_to_string(root().join(format!("{folder}/expected.csv"))).unwrap());
    let column = |rows: &[Vec<String>], name: &str| rows[0].iter().position(|own| own == name).unwrap();
    let (ours, theirs) = (column(&found, "probability"), column(&wanted, "pred"));
    assert_eq!(found.len(), wanted.len());
    for (row, (own, xgboost)) in found[1..].iter().zip(&wanted[1..]).enumerate() {
        let gap: f64 = own[ours].parse::<f64>().unwrap() - xgboost[theirs].parse::<f64>().unwrap();
        assert!(gap.abs() < 1e-7, "row {row}: {gap}");
    }
}

fn imported(args: &[&str]) -> (support::Run, String) {
    let dir = folder(&[]);
    let out = path(&dir, "pipeline.json");
    let mut all = vec!["import"];
    all.extend(args);
    all.extend(["-o", &out]);
    let run = leadscore(&all);
    let text = std::fs::read_to_string(Path::new(&out)).unwrap_or_default();
    (run, text)
}

#[test]
fn what_the_file_does_not_tell_is_asked_for_by_name() {
    for (args, code, says) in [
        (vec![BINARY], 0, "note: wrote model: "),
        (vec![CLASSES], 0, "the classes are class_0, class_1, class_2 with weights evenly from 0 to 1"),
        (vec![CLASSES, "--classes", "cold,warm,hot", "--weights", "0,0.3,1"], 0, "6 features"),
        (vec![CLASSES, "--classes", "cold,hot"], 2, "the model has 3 classes"),
        (vec![POISSON], 2, "name a scale"),
        (vec![POISSON, "--scale", "linear:-2:3"], 0, "count:poisson"),
        (vec![POISSON, "--scale", "logistic"], 2, "does not give log-odds"),
        (vec![POISSON, "--scale", "logistic:1:-0.5"], 0, "count:poisson"),
        (vec![POISSON, "--scale", "upwards"], 2, "neither logistic"),
        (vec![LINEAR_LEAVES, "--scale", "points"], 2, "--no-reasons"),
        (vec![LINEAR_LEAVES, "--scale", "points", "--no-reasons"], 0, "regression"),
        (
            vec![EARLY],
            0,
            "rounds are used, for the file names the last of them as the best; --iterations all",
        ),
        (vec![BINARY, "--schema", "b2b"], 2, "which the schema does not have"),
        (vec![BINARY, "--tiers", "nope"], 2, "unknown tier scheme"),
        (vec!["README.md"], 2, "no XGBoost model"),
        (vec!["not-there.json"], 2, "No such file"),
    ] {
        let (run, text) = imported(&args);
        assert_eq!(run.code, code, "{args:?}: {}", run.err);
        assert!(run.err.contains(says), "{args:?}: {}", run.err);
        assert_eq!(text.is_empty(), code != 0, "{args:?}");
    }
}

#[test]
fn fewer_rounds_make_a_smaller_pipeline() {
    let (run, all) = imported(&[EARLY, "--iterations", "all"]);
    assert!(!run.err.contains("rounds are used"), "{}", run.err);
    let (run, best) = imported(&[EARLY, "--iterations", "best"]);
    assert!(best.len() < all.len() && !best.contains("best_iteration"), "{}", run.err);
    // The default is that of the libraries' scikit-learn classes.
    assert_eq!(imported(&[EARLY]).1, best);
}

#[test]
fn a_model_without_reasons_explains_nothing_and_says_so() {
    let dir =
        folder(&[("leads.csv", b"lead_id,visits,time_on_site,pages,recency,country,source\n1,3,,,,,\n")]);
    let (pipeline, leads) = (path(&dir, "p.json"), path(&dir, "leads.csv"));
    let run = leadscore(&["import", LINEAR_LEAVES, "--scale", "points", "--no-reasons", "-o", &pipeline]);
    assert_eq!(run.code, 0, "{}", run.err);
    let run = leadscore(&["explain", &leads, "-p", &pipeline, "--lead", "1"]);
    assert!(run.out.contains("This pipeline gives no reasons."), "{}{}", run.out, run.err);
    let svg = path(&dir, "x.svg");
    let run = leadscore(&["explain", &leads, "-p", &pipeline, "--lead", "1", "--svg", &svg]);
    assert_eq!((run.code, run.err.contains("nothing to draw")), (2, true), "{}", run.err);
    let html = path(&dir, "x.html");
    let run = leadscore(&["score", &leads, "-p", &pipeline, "-f", "html", "-o", &html]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!std::fs::read_to_string(&html).unwrap().contains("How the score adds up"));
    let run = leadscore(&["pipelines", &pipeline]);
    assert!(run.out.contains("without reasons"), "{}", run.out);
}

#[test]
fn importance_is_shown_and_measured_over_leads() {
    let run = leadscore(&["pipelines", "b2b", "--importance"]);
    assert!(
        run.out.contains("by the mean gain of the splits") && run.out.lines().count() == 51,
        "{}",
        run.out
    );
    let leads = "fixtures/synthetic/b2b-leads.csv";
    let run = leadscore(&["pipelines", "b2b", "--importance", "--leads", leads, "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&run.out).unwrap();
    let share = |group: Option<&str>| -> f64 {
        let own = all.iter().filter(|one| group.is_none_or(|group| one["group"] == group));
        own.map(|one| one["importance"].as_f64().unwrap()).sum()
    };
    assert!((share(None) - 1.0).abs() < 1e-12);
    assert!(share(Some("behavior")) > share(Some("engagement")), "{}", run.out);
    let run = leadscore(&["pipelines", "conversion", "--importance"]);
    assert!(run.out.contains("largest points a rule can give or take"), "{}", run.out);
    let run = leadscore(&["pipelines", "conversion", "--importance", "--by", "gain"]);
    assert_eq!((run.code, run.err.contains("neither gain nor cover")), (2, true), "{}", run.err);
    let run = leadscore(&["pipelines", "b2b", "--importance", "--by", "leads"]);
    assert_eq!((run.code, run.err.contains("--leads")), (2, true), "{}", run.err);
}

#[test]
fn the_trees_of_a_pipeline_become_files_of_other_libraries() {
    let dir = folder(&[]);
    let (json, text) = (path(&dir, "model.json"), path(&dir, "model.txt"));
    for out in [&json, &text] {
        let run = leadscore(&["export", "b2b", "-o", out]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.err.contains("trees of b2b; calibration, tiers"), "{}", run.err);
    }
    let piped = leadscore(&["export", "b2b", "--format", "xgboost"]);
    assert_eq!(piped.out, std::fs::read_to_string(&json).unwrap());
    // They are read again, and give the same margins.
    let pipeline = leadscore::Pipeline::builtin("b2b").unwrap();
    let leadscore::Scorer::Forest(own) = pipeline.scorer() else { panic!("b2b has trees") };
    let names = own.forest().feature_names();
    let values: Vec<f64> = (0..20 * names.len()).map(|cell| (cell * 7 % 31) as f64 - 3.0).collect();
    let matrix = leadscore::FeatureMatrix::new(names.len(), values).unwrap();
    let margins =
        |forest: &leadscore::Forest| forest.margin(&matrix, leadscore::forest::Iterations::All).unwrap();
    for (file, most) in [(&json, 0.0), (&text, 2e-6)] {
        let read = leadscore::Forest::from_bytes(&std::fs::read(file).unwrap()).unwrap();
        for (own, other) in margins(own.forest()).iter().zip(margins(&read)) {
            assert!((own - other).abs() <= most, "{file}: {own} {other}");
        }
    }
    for (args, said) in [
        (&["export", "conversion", "-o", &json][..], "its margins come from rules, not from trees"),
        (&["export", "b2b", "-o", &json, "-f", "lightgbm"], "--format says the other one"),
        (&["export", "b2b"], "--format xgboost or lightgbm"),
        (&["export", "b2b", "-o", "model.json.gz", "-f", "xgboost"], "is not packed"),
    ] {
        let run = leadscore(args);
        assert!(run.code == 2 && run.err.contains(said), "{args:?}: {}", run.err);
    }
}
