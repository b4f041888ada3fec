//! Pipelines measured on files of leads whose outcome is known.

use std::path::{Path, PathBuf};

use leadscore::evaluate::EvaluationOptions;
use leadscore::{AsOf, Error, Mode, Pipeline, Zone};
use leadscore_files::{EvaluationJob, FileEvaluation, Note, evaluate_file, never_stop};
use serde_json::{Value, json};

/// The score is ten points for each visit and five for the source `web`.
const PIPELINE: &str = r#"{"format": 1, "id": "mine", "schema": {"features": [
    {"name": "visits", "type": "number", "source": {"from": "attribute"}},
    {"name": "source", "type": "category", "levels": ["web", "fair"], "source": {"from": "attribute"}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "range": [0, 100], "groups": [{"code": "g", "rules": [
    {"code": "visits", "points": {"product": [10, "visits"]}},
    {"code": "web", "when": {"of": "source", "is": "web"}, "points": 5}]}]},
  "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#;

const LEADS: &str = "lead_id,visits,source,country,won\n1,9,web,DE,yes\n2,7,fair,FR,no\n3,6,web,DE,Yes\n4,2,fair,DE,no\n\
                     5,1,web,FR,\n6,0,fair,FR,NO\n7,5,web,,n/a\n";

fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn as_of() -> AsOf {
    AsOf::parse("2026-11-22", &Zone::utc()).unwrap()
}

fn job(path: &Path) -> EvaluationJob {
    EvaluationJob::new(path.to_string_lossy(), "won", as_of())
        .options(EvaluationOptions::new().draws(40))
        .typed_as_of("2026-11-22")
}

fn run(job: &EvaluationJob, pipeline: &str) -> Result<(FileEvaluation, Vec<String>), Error> {
    let mut notes: Vec<Note> = Vec::new();
    let found = job.run(&[Pipeline::from_json(pipeline).unwrap()], &mut notes, &never_stop)?;
    Ok((found, notes.iter().map(ToString::to_string).collect()))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn leads_without_an_outcome_are_left_out() {
    let folder = folder();
    let (found, notes) =
        run(&job(&write(&folder, "leads.csv", LEADS)).segments(["country"]), PIPELINE).unwrap();
    let all = &found.evaluation;
    assert_eq!((all.leads, all.won, found.without_outcome, found.rejected), (5, 2, 2, 0));
    assert_eq!(
        (found.target.won.as_slice(), found.target.lost.as_slice()),
        (["yes".to_owned()].as_slice(), ["no".to_owned()].as_slice())
    );
    // Scores 95 and 65 of won leads, 70, 20 and 0 of lost ones: five of six pairs.
    let own = &all.pipelines[0];
    assert_eq!(own.measures.auc.value, 5.0 / 6.0);
    let groups: Vec<(Option<&str>, usize, usize)> =
        own.segments[0].groups.iter().map(|group| (group.value.as_deref(), group.leads, group.won)).collect();
    assert_eq!(groups, [(Some("DE"), 3, 2), (Some("FR"), 2, 0)]);
    let wanted = "note: column `won`: 2 rows say nothing of what became of the lead (empty, `n/a`) and are left out; the first \
                  is row 5";
    assert!(notes.iter().any(|note| note == wanted), "{notes:?}");
    assert!(found.notes.iter().any(|note| wanted.ends_with(note.as_str())));
    assert_eq!((found.source.as_str(), found.as_of.as_str()), ("leads.csv", "2026-11-22 UTC"));
}

#[test]
fn names_and_the_order_of_columns_and_the_format_do_not_matter() {
    let folder = folder();
    let measures = |job: EvaluationJob| -> Value {
        let (found, _) = run(&job, PIPELINE).unwrap();
        let mut json: Value = serde_json::from_str(&found.to_json()).unwrap();
        for own in ["source", "target", "notes"] {
            json.as_object_mut().unwrap().remove(own);
        }
        json
    };
    let first = measures(job(&write(&folder, "leads.csv", LEADS)));
    let renamed = "Ergebnis;Herkunft;Besuche;Nr\nyes;web;9;1\nno;fair;7;2\nYes;web;6;3\nno;fair;2;4\n;web;1;5\nNO;fair;0;6\n\
                   n/a;web;5;7\n";
    let mapping =
        r#"{"format": 1, "lead_id": "Nr", "attributes": {"visits": "Besuche", "source": "Herkunft"}}"#;
    let other = EvaluationJob::new(write(&folder, "b.csv", renamed).to_string_lossy(), "Ergebnis", as_of())
        .options(EvaluationOptions::new().draws(40))
        .typed_as_of("2026-11-22")
        .mapping(write(&folder, "map.json", mapping));
    assert_eq!(measures(other), first);
    let mut lines = String::new();
    for line in LEADS.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let visits: f64 = cells[1].parse().unwrap();
        let lead = json!({"lead_id": cells[0], "visits": visits, "source": cells[2], "won": cells[4]});
        lines += &lead.to_string();
        lines.push('\n');
    }
    assert_eq!(measures(job(&write(&folder, "leads.jsonl", &lines))), first);
    for threads in [1, 5] {
        assert_eq!(measures(job(&write(&folder, "leads.csv", LEADS)).threads(threads)), first);
    }
}

#[test]
fn a_pipeline_that_reads_the_target_is_worth_nothing() {
    let folder = folder();
    let told = PIPELINE.replace(
        r#"{"name": "visits", "type": "number", "source": {"from": "attribute"}}"#,
        r#"{"name": "visits", "type": "number", "source": {"from": "attribute", "name": "won"}}"#,
    );
    let leads = "lead_id,Won,source\n1,1,web\n2,0,web\n3,1,fair\n";
    for (name, text) in [
        ("leads.csv", leads.to_owned()),
        (
            "leads.jsonl",
            "{\"id\": 1, \"won\": 1, \"source\": \"web\"}\n{\"id\": 2, \"won\": 0, \"source\": \"web\"}\n"
                .to_owned(),
        ),
    ] {
        let path = write(&folder, name, &text);
        let page = folder.path().join("page.html");
        let error = run(&job(&path).report(&page), &told).unwrap_err();
        assert_eq!(error.code(), "worthless_result");
        assert!(
            error.message().contains("`mine` reads won from the column `won`, which is the target"),
            "{error}"
        );
        assert!(!page.exists());
        let (found, _) = run(&job(&path).report(&page).allow_worthless(), &told).unwrap();
        assert_eq!(found.worthless.len(), 1);
        assert!(std::fs::read_to_string(&page).unwrap().contains("These measures are worthless"));
        std::fs::remove_file(&page).unwrap();
    }
}

#[test]
fn what_cannot_be_measured_is_an_error_that_names_the_option() {
    let folder = folder();
    let path = write(&folder, "leads.csv", LEADS);
    let refused = |job: EvaluationJob| {
        let error = run(&job, PIPELINE).unwrap_err();
        (error.code().to_owned(), error.path().to_string(), error.message().to_owned())
    };
    let of = |target: &str| EvaluationJob::new(path.to_string_lossy(), target, as_of());
    let (code, place, message) = refused(of("converted"));
    assert_eq!((code.as_str(), place.as_str()), ("invalid_context", "target"));
    assert_eq!(
        message,
        "the file has no column `converted`; its columns: lead_id, visits, source, country, won"
    );
    assert_eq!(refused(job(&path).segments(["town"])).1, "segment");
    let (_, place, message) = refused(of("country"));
    assert_eq!(place, "positive");
    assert!(
        message.starts_with("column `country`: which of its values means won is not known: `DE` (3 rows"),
        "{message}"
    );
    assert_eq!(refused(of(" ")).1, "target");
    let (code, _, message) = refused(job(&write(&folder, "empty.csv", "visits,won\n")));
    assert_eq!(code, "unreadable_table", "{message}");
    let one = write(&folder, "one.csv", "visits,won\n1,yes\n2,yes\n");
    assert_eq!(refused(job(&one)).1, "target");
    let error = job(&path).run(&[], &mut Vec::new(), &never_stop).unwrap_err();
    assert_eq!(error.path().to_string(), "pipelines");
    let two = ["conversion", "lead-score"].map(|name| Pipeline::builtin(name).unwrap());
    let error = EvaluationJob::new("-", "won", as_of()).run(&two, &mut Vec::new(), &never_stop).unwrap_err();
    assert_eq!(error.path().to_string(), "input");
    let error = job(&path).report(&path).run(&two, &mut Vec::new(), &never_stop).unwrap_err();
    assert_eq!(error.code(), "invalid_context");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), LEADS);
}

#[test]
fn pipelines_are_compared_on_the_leads_that_all_can_score() {
    let folder = folder();
    let strict = PIPELINE.replace(r#""id": "mine""#, r#""id": "strict""#).replace(
        r#"{"name": "visits", "type": "number","#,
        r#"{"name": "visits", "type": "number", "range": [0, 8],"#,
    );
    let (path, rejects) = (write(&folder, "leads.csv", LEADS), folder.path().join("rejects.csv"));
    let pipelines = [PIPELINE, &strict].map(|text| Pipeline::from_json(text).unwrap());
    let mut notes: Vec<Note> = Vec::new();
    let job = job(&path).mode(Mode::Strict).rejects(&rejects);
    let found = job.run(&pipelines, &mut notes, &never_stop).unwrap();
    // The first lead has nine visits, which the second pipeline refuses.
    assert_eq!((found.evaluation.leads, found.evaluation.won), (4, 1));
    let aucs: Vec<f64> = found.evaluation.pipelines.iter().map(|own| own.measures.auc.value).collect();
    assert_eq!(aucs, [2.0 / 3.0, 2.0 / 3.0]);
    let difference = found.evaluation.pipelines[1].difference.as_ref().unwrap();
    assert_eq!((difference.auc.value, difference.auc.interval.unwrap().low), (0.0, 0.0));
    let said = "1 lead that not every pipeline can score are left out of all measures";
    assert!(found.notes.iter().any(|note| note == said), "{:?}", found.notes);
    // What is the same for both is said once.
    let texts: Vec<String> = notes.iter().map(ToString::to_string).collect();
    assert!(texts.iter().all(|text| texts.iter().filter(|own| *own == text).count() == 1), "{texts:?}");
}

#[test]
fn other_languages_give_options_and_take_json() {
    let folder = folder();
    let path = write(&folder, "leads.csv", LEADS);
    let page = folder.path().join("page.html");
    let pipeline = Pipeline::from_json(PIPELINE).unwrap();
    let options = json!({
        "input": path, "target": "won", "as_of": "2026-11-22", "top": ["2", "20 %"], "draws": 20, "seed": 3,
        "segments": ["country"], "report": page, "others": [Pipeline::builtin("conversion").unwrap().to_json()],
        "allow_worthless": true,
    });
    let found: Value =
        serde_json::from_str(&evaluate_file(&pipeline, &options.to_string(), &never_stop).unwrap()).unwrap();
    assert_eq!(
        (&found["leads"], &found["pipelines"][1]["pipeline"]["id"]),
        (&json!(5), &json!("conversion"))
    );
    assert_eq!([0, 1].map(|at| &found["pipelines"][0]["top"][at]["top"]), ["20 %", "2"]);
    assert_eq!(found["target"], json!({"column": "won", "won": ["yes"], "lost": ["no"]}));
    assert!(page.exists());
    for (options, path) in [
        (json!({"input": "a"}), "options"),
        (json!({"input": "a", "target": "b", "as_of": "2026-11-22", "others": ["{}"]}), "others[0]"),
        (json!({"input": "a", "target": "b", "as_of": "2026-11-22", "top": ["0"]}), "top"),
    ] {
        let error = evaluate_file(&pipeline, &options.to_string(), &never_stop).unwrap_err();
        assert!(error.path().to_string().starts_with(path), "{error}");
    }
}

#[test]
fn a_page_is_the_same_for_the_same_input_and_holds_nothing_foreign() {
    let folder = folder();
    let leads = LEADS.replace("fair", "<b>&\"fair").replace("DE", "</td><script>alert(1)</script>");
    let path = write(&folder, "leads.csv", &leads);
    let page = |name: &str, threads: usize| {
        let page = folder.path().join(name);
        run(&job(&path).segments(["country", "source"]).threads(threads).report(&page), PIPELINE).unwrap();
        std::fs::read_to_string(page).unwrap()
    };
    let first = page("a.html", 1);
    assert_eq!(page("b.html", 4), first);
    assert!(!first.contains("<script") && !first.contains("<b>&\"fair") && first.contains("&lt;script&gt;"));
    assert!(!first.contains("http://") && !first.contains("https://") && !first.contains("NaN"));
    for title in ["Gain", "ROC", "Scores", "What the tiers are worth", "What moves the score", "Model card"] {
        assert!(first.contains(&format!(">{title}<")), "{title}");
    }
}
