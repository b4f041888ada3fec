//! Cells that mean more than they say: sizes of companies, amounts of money, old dates, names that are none.

use leadscore::{AsOf, Pipeline, Zone};
use leadscore_files::{FileFormat, FileJob, LeadInput, Note, never_stop};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// The notes of a job on `leads.csv`, and what it wrote.
fn run(pipeline: &Pipeline, folder: &TempDir, format: FileFormat) -> (String, String) {
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let path = |name: &str| folder.path().join(name);
    let job = FileJob::new(path("leads.csv").to_string_lossy(), path("out"), as_of);
    let mut notes: Vec<Note> = Vec::new();
    job.format(format).allow_worthless().run(pipeline, &mut notes, &never_stop).unwrap();
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    (notes.join("\n"), std::fs::read_to_string(path("out")).unwrap())
}

fn scores(rows: &str) -> Vec<f64> {
    let rows = rows.lines().skip(1);
    rows.map(|row| row.split(',').nth(2).unwrap().parse().unwrap()).collect()
}

#[test]
fn sizes_of_companies() {
    let cells =
        ["2448", "1001-5000", "\"10,001+\"", "51 to 200", "5000+ employees", "2-10", "250.0", "huge", ""];
    let sizes = [
        "a large company",
        "a large company",
        "a large company",
        "a small business",
        "a large company",
        "a start-up",
        "a mid-sized company",
        "",
        // Nothing is stated: by the name.
        "a start-up",
    ];
    for header in ["company_size", "employees", "Number of Employees", "# Employees", "Headcount"] {
        let rows = (1..)
            .zip(cells)
            .map(|(id, cell)| format!("{id},Acme,{id}@acme.example,{cell}\n"))
            .collect::<Vec<_>>()
            .concat();
        let folder = folder(&[("leads.csv", &format!("lead_id,company,email,{header}\n{rows}"))]);
        let pipeline = Pipeline::builtin("conversion").unwrap();
        let (notes, rows) = run(&pipeline, &folder, FileFormat::Jsonl);
        for (row, size) in rows.lines().zip(sizes) {
            let is_said = |wanted: &str| row.contains(&format!("Likely {wanted}"));
            assert!(
                if size.is_empty() { !row.contains("Likely") } else { is_said(size) },
                "{header} {size}: {row}"
            );
        }
        assert!(notes.contains("`huge` is not a known level"), "{header}: {notes}");
    }
}

#[test]
fn amounts_of_money() {
    let pipeline = Pipeline::builtin("qualify").unwrap();
    let table = |header: &str, cells: &[&str]| {
        let rows =
            (1..).zip(cells).map(|(id, cell)| format!("{id},Saas,{cell}\n")).collect::<Vec<_>>().concat();
        format!("lead_id,industry,{header}\n{rows}")
    };
    let read = |header: &str, cells: &[&str]| {
        let folder = folder(&[("leads.csv", &table(header, cells))]);
        let (notes, rows) = run(&pipeline, &folder, FileFormat::Csv);
        // The page is of the same scores.
        let (_, page) = run(&pipeline, &folder, FileFormat::Html);
        (notes, scores(&rows), page)
    };
    let (_, plain, _) = read("revenue_usd", &["12500000", "800000", "400000", "1200000000"]);
    assert!(plain[0] > plain[1] && plain[1] > plain[2] && plain[0] == plain[3], "{plain:?}");
    let (_, suffixed, _) = read("Annual Revenue", &["12.5M", "$800k", "400k", "$1.2B"]);
    assert_eq!(suffixed, plain);
    for header in ["Annual Revenue (M)", "revenue_musd", "Revenue in millions"] {
        let (notes, scaled, page) = read(header, &["12.5", "0.8", "0.4", "1200"]);
        assert_eq!(scaled, plain, "{header}: {notes}");
        let said = format!(
            "column `{header}` is in millions, as its name says: its numbers are multiplied by 1,000,000"
        );
        assert!(notes.contains(&said), "{notes}");
        assert!(page.contains("is in millions") && page.contains("$12,500,000 revenue"), "{page}");
    }
    let (notes, ..) = read("Revenue", &["12.5", "0.8", "0.4", "1200"]);
    assert!(
        notes.contains("column `Revenue`: 4 of 4 amounts of revenue_usd are below 10,000 US dollars"),
        "{notes}"
    );
    let (notes, ..) = read("Revenue (EUR)", &["12500000", "800000", "400000", "1200000000"]);
    assert!(notes.contains("column `Revenue (EUR)` is in EUR, but revenue_usd is in US dollars"), "{notes}");
    let (notes, ..) = read("Revenue", &["€12500000", "€800000", "€400000", "€1200000000"]);
    assert!(notes.contains("column `Revenue` is in EUR"), "{notes}");
}

#[test]
fn old_exports_name_their_newest_date() {
    let folder = folder(&[(
        "leads.csv",
        "lead_id,page_views,recency,updated_at,created_at\n1,1,1,2011-01-02,2010-01-02\n2,1,1,2011-03-04,2010-01-02\n",
    )]);
    let pipeline = Pipeline::builtin("capture").unwrap();
    let (notes, page) = run(&pipeline, &folder, FileFormat::Html);
    let said = "every lead has the same score, 0.0: the input tells this pipeline nothing; see `leadscore inspect` and --map; \
                the newest date in it is 2011-03-04, 5,742 days before the as-of time: --as-of scores as of another time";
    assert!(notes.contains(said), "{notes}");
    assert!(page.contains("the newest date in it is 2011-03-04"), "{page}");
}

#[test]
fn levels_are_no_names() {
    let leads = |header: &str, cells: [&str; 6]| {
        let rows = (1..).zip(cells).map(|(id, cell)| format!("{id},{cell}\n")).collect::<Vec<_>>().concat();
        let folder = folder(&[("leads.csv", &format!("lead_id,{header}\n{rows}"))]);
        let input = LeadInput::new(folder.path().join("leads.csv").to_string_lossy());
        let reader = input.open(&Pipeline::builtin("capture").unwrap(), &mut Vec::<Note>::new()).unwrap();
        reader.columns().iter().any(|own| own.attribute == "name")
    };
    let levels = ["cellular", "telephone", "cellular", "cellular", "telephone", "cellular"];
    assert!(!leads("contact", levels));
    assert!(leads("contact", ["Ann", "Bo", "Cy", "Di", "Ed", "Flo"]));
    // What is called a name is one.
    assert!(leads("name", levels));
}

#[test]
fn a_log_tells_what_no_column_states() {
    let folder = folder(&[
        ("leads.csv", "lead_id,company\n1,Acme\n"),
        ("log.csv", "lead_id,kind,at\n1,meeting,2026-11-20\n"),
    ]);
    let open = |with_log: bool| {
        let mut input = LeadInput::new(folder.path().join("leads.csv").to_string_lossy());
        if with_log {
            input = input.activities(folder.path().join("log.csv"));
        }
        let mut notes: Vec<Note> = Vec::new();
        input.open(&Pipeline::builtin("conversion").unwrap(), &mut notes).unwrap();
        let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
        notes.join("\n")
    };
    assert!(open(false).contains("meeting_count"));
    let notes = open(true);
    assert!(!notes.contains("meeting_count") && !notes.contains("last_activity_at"), "{notes}");
    assert!(notes.contains("no column for title") && notes.contains("created_at"), "{notes}");
}

#[test]
fn words_for_missing_are_said_everywhere() {
    let folder = folder(&[(
        "leads.csv",
        "lead_id,company,title,email\n1,Acme,-,a@acme.example\n2,-,CEO,b@bolt.example\n3,Core,-,c@core.example\n",
    )]);
    let (notes, page) = run(&Pipeline::builtin("conversion").unwrap(), &folder, FileFormat::Html);
    let said = "2 cells with `-` read as missing; first at line 2";
    assert!(notes.contains(said) && page.contains(said), "{notes}\n{page}");
}

#[test]
fn what_a_pipeline_says_of_itself_is_said() {
    let folder = folder(&[("leads.csv", "lead_id,visits\n1,5\n2,6\n")]);
    let pipeline = Pipeline::from_json(
        r#"{"format": 1, "id": "draft", "note": "The points are placeholders.", "schema": {"features": [
            {"name": "visits", "type": "number", "source": {"from": "attribute"}}]},
          "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "groups": [{"code": "g", "rules": [
            {"code": "visits", "points": "visits", "text": "{visits} visits"}]}]},
          "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#,
    )
    .unwrap();
    let said = "he pipeline `draft` says of itself: The points are placeholders.";
    let (notes, page) = run(&pipeline, &folder, FileFormat::Html);
    assert!(notes.contains(said) && page.contains(said), "{notes}\n{page}");
    // A model that is a stand-in is one on the page too.
    let (notes, page) = run(&Pipeline::builtin("heat").unwrap(), &folder, FileFormat::Html);
    assert!(
        notes.contains("a stand-in for one of your own") && page.contains("a stand-in for one of your own")
    );
    assert!(!notes.contains("says of itself"), "{notes}");
}
