//! Who is within a capacity, and tiers by rank, over whole files.

use leadscore::{AsOf, Capacity, ErrorKind, Pipeline, Zone};
use leadscore_files::report::Report;
use leadscore_files::{Destination, FileJob, FileSummary, LeadInput, Note, Scoring, never_stop, score_file};
use tempfile::TempDir;

/// A point for each visit; rivals are ruled out.
fn pipeline(tiers: &str) -> Pipeline {
    let head = r#"{"format":1,"id":"visits","schema":{"features":[
{"name":"visits","type":"number","source":{"from":"attribute","name":"visits"}},
{"name":"rival","type":"flag","source":{"from":"attribute","name":"rival"}}]},
"scorer":{"kind":"scorecard","unit":"points","base":0,"range":[0,100],
"groups":[{"code":"g","rules":[{"code":"visits","points":"visits","text":"{visits} visits"},
{"code":"rival","when":"rival","disqualify":true,"text":"Is a rival"}]}]},"scale":{"kind":"points"},"tiers":"#;
    Pipeline::from_json(&format!("{head}{tiers}}}")).unwrap()
}

const BY_SCORE: &str = r#""hot-warm-cold""#;
const BY_RANK: &str = r#"{"on":"rank","bounds":[{"tier":"TODAY","top":1,"action":"Call today"},
{"tier":"WEEK","top":"50 %","action":"Call, this week"},{"tier":"LATER"}]}"#;

/// Row 3 has the score of row 1, row 5 is ruled out, row 6 has no owner, and row 7 is short.
const LEADS: &str = "lead_id,visits,rival,Owner\na,50,,ana\nb,70,,ben\nc,50,,ana\n\"d, e\",10,,ana\nf,99,yes,ben\ng,20,,\nh,1\n";

struct Done {
    folder: TempDir,
    summary: Result<FileSummary, leadscore::Error>,
    notes: Vec<Note>,
}

impl Done {
    fn text(&self) -> String {
        let out = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let mut out = out.filter(|path| path.file_stem().is_some_and(|name| name == "out"));
        std::fs::read_to_string(out.next().unwrap()).unwrap()
    }

    fn notes(&self) -> String {
        self.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

fn as_of() -> AsOf {
    AsOf::parse("2026-11-20", &Zone::utc()).unwrap()
}

fn run(pipeline: &Pipeline, leads: (&str, &str), out: &str, change: impl Fn(FileJob) -> FileJob) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join(leads.0), folder.path().join(out));
    std::fs::write(&input, leads.1).unwrap();
    let mut notes = Vec::new();
    let job = change(FileJob::new(input.to_string_lossy(), output, as_of()).reasons(1));
    let summary = job.run(pipeline, &mut notes, &never_stop);
    Done { folder, summary, notes }
}

fn with(capacity: &str) -> impl Fn(FileJob) -> FileJob {
    let capacity = Capacity::parse(capacity).unwrap();
    move |job| job.capacity(capacity.clone())
}

fn csv(capacity: &str) -> Vec<String> {
    let done = run(&pipeline(BY_SCORE), ("leads.csv", LEADS), "out.csv", with(capacity));
    done.text().lines().map(str::to_owned).collect()
}

#[test]
fn every_row_says_where_it_stands_and_keeps_its_own_tier() {
    let wanted =
        "lead_id,row,score,probability,tier,action,capacity_rank,within_capacity,capacity_tied,reasons
a,1,50,,WARM,Get in touch this week,2,true,true,50 visits (+50.0)
b,2,70,,WARM,Get in touch this week,1,true,false,70 visits (+70.0)
c,3,50,,WARM,Get in touch this week,3,false,true,50 visits (+50.0)
\"d, e\",4,10,,COLD,Nurture without sales time,5,false,false,10 visits (+10.0)
f,5,0,,COLD,Nurture without sales time,,false,false,\"Ruled out: Is a rival; 99 visits (+99.0)\"
g,6,20,,COLD,Nurture without sales time,4,false,false,20 visits (+20.0)";
    assert_eq!(csv("2"), wanted.lines().collect::<Vec<_>>());
    // Of five that have a rank 40 % are two.
    assert_eq!(csv("40 %"), csv("2"));
    // The best two as a ranking say the same.
    let done = run(&pipeline(BY_SCORE), ("leads.csv", LEADS), "out.csv", |job| with("2")(job).top(3));
    let ranked: Vec<String> = done.text().lines().skip(1).map(str::to_owned).collect();
    let all = csv("2");
    assert_eq!(ranked, [all[2].clone(), all[1].clone(), all[3].clone()]);
}

#[test]
fn each_owner_has_places_and_those_without_one_are_a_group() {
    let rows = csv("1/owner");
    let within: Vec<&str> =
        rows[1..].iter().filter(|row| row.contains(",true,")).map(|row| &row[..1]).collect();
    // `a` is in with a tie, `c` is not and tied.
    assert_eq!(within, ["a", "b", "c", "g"]);
    assert!(rows[1].contains(",1,true,true,") && rows[3].contains(",2,false,true,"));
    assert!(rows[0].ends_with(",reasons,owner") && rows[2].ends_with(",ben"));
    let done = run(&pipeline(BY_SCORE), ("leads.csv", LEADS), "out.csv", with("1/owner"));
    let notes = done.notes();
    for sentence in [
        "within the capacity 1/owner: 3 of 5 leads; ana 1 of 3, ben 1 of 1, without owner 1 of 1",
        "1 lead has no value of `owner` and is a group of its own in the capacity",
        "1 lead was ruled out and takes no place in the capacity",
        "2 leads of ana have the score 50.0 at which the capacity ends: row 1 is in, row 3 is not; of equal scores the \
         earlier row is in",
    ] {
        assert!(notes.contains(sentence), "{sentence}\n{notes}");
    }
    let groups = done.summary.unwrap().capacity.unwrap().groups;
    let tie = groups[0].tie.as_ref().unwrap();
    assert_eq!((tie.score, &tie.rows_within[..], &tie.rows_beyond[..]), (50.0, &[1][..], &[3][..]));
}

#[test]
fn json_has_the_capacity_beside_the_prediction() {
    for name in ["out.json", "out.jsonl"] {
        let done = run(&pipeline(BY_SCORE), ("leads.csv", LEADS), name, with("1/owner"));
        let text = done.text();
        let rows: Vec<serde_json::Value> = match name {
            "out.json" => serde_json::from_str(&text).unwrap(),
            _ => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        };
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[2]["capacity"], serde_json::json!({"rank": 2, "within": false, "tied": true}));
        assert_eq!(rows[4]["capacity"], serde_json::json!({"rank": null, "within": false, "tied": false}));
        assert_eq!((&rows[2]["columns"]["owner"], &rows[2]["tier"]), (&"ana".into(), &"WARM".into()));
        // Only the capacity is added to what there is without one.
        let plain = run(&pipeline(BY_SCORE), ("leads.csv", LEADS), name, |job| job.carry(["owner"]));
        let cut = without_capacity(&text);
        assert_eq!(cut, plain.text());
    }
}

/// The text without what a capacity adds.
fn without_capacity(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split(",\"capacity\":{").enumerate() {
        out += if at == 0 { part } else { part.split_once('}').unwrap().1 };
    }
    out
}

#[test]
fn tiers_by_rank_are_those_of_the_whole_file() {
    let own = pipeline(BY_RANK);
    let done = run(&own, ("leads.csv", LEADS), "out.csv", |job| job);
    let text = done.text();
    let tiers: Vec<&str> = text.lines().skip(1).map(|row| row.rsplit(",,").next().unwrap()).collect();
    assert_eq!(tiers[1], "TODAY,Call today,70 visits (+70.0)");
    assert_eq!(tiers[0], "WEEK,\"Call, this week\",50 visits (+50.0)");
    assert_eq!(tiers[2], "WEEK,\"Call, this week\",50 visits (+50.0)");
    assert!(text.contains("\nf,5,0,,LATER,,"), "{text}");
    let counts: Vec<u64> = done.summary.unwrap().tiers.iter().map(|tier| tier.lead_count).collect();
    assert_eq!(counts, [1, 2, 3]);
    let lines = run(&own, ("leads.csv", LEADS), "out.jsonl", |job| job.carry(["Owner"])).text();
    for (line, row) in lines.lines().zip(text.lines().skip(1)) {
        let prediction: leadscore::Prediction = serde_json::from_str(line).unwrap();
        assert!(row.contains(&format!(",{},", prediction.tier.as_deref().unwrap())), "{row}");
        assert!(prediction.warnings.is_empty(), "{line}");
    }
    let top = run(&own, ("leads.csv", LEADS), "out.csv", |job| job.top(2)).text();
    assert!(top.contains("\nb,2,70,,TODAY,") && top.contains("\na,1,50,,WEEK,"), "{top}");
    let page = run(&own, ("leads.csv", LEADS), "out.html", |job| job).text();
    assert!(page.contains("Call today") && page.contains("<b>3</b>"), "{page}");
    // Both at once contradict each other nowhere: one is the tier, the other whether there is time.
    let both = run(&own, ("leads.csv", LEADS), "out.csv", with("2")).text();
    assert!(both.contains("\nb,2,70,,TODAY,Call today,1,true,false,"), "{both}");
    let tied = LEADS.replace("b,70", "b,50");
    let notes = run(&own, ("leads.csv", &tied), "out.csv", |job| job).notes();
    assert!(notes.contains("3 leads have the same score as leads in another tier"), "{notes}");
}

#[test]
fn a_page_and_a_report_list_who_is_in() {
    let own = pipeline(BY_SCORE);
    let page = run(&own, ("leads.csv", LEADS), "out.html", with("1/owner")).text();
    assert!(page.contains("Within the capacity 1/owner: 3 of 5 leads."), "{page}");
    assert_eq!(page.matches("<li class=\"lead").count(), 3);
    assert!(page.contains("in, rank 1, of leads with the same score at its end"), "{page}");
    let listed = |capacity: &str, top: Option<usize>| {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("leads.csv");
        std::fs::write(&input, LEADS).unwrap();
        let capacity = Capacity::parse(capacity).unwrap();
        let mut notes: Vec<Note> = Vec::new();
        let leads = LeadInput::new(input.to_string_lossy()).capacity(&capacity);
        let leads = leads.open(&own, &mut notes).unwrap();
        let mut rows = Vec::new();
        let receive = |report: &Report| {
            rows = report.leads.iter().map(|lead| (lead.row, lead.standing.unwrap().within)).collect();
            Ok(())
        };
        let mut scoring = Scoring::new(as_of()).capacity(capacity);
        if let Some(top) = top {
            scoring = scoring.top(top);
        }
        let destination = Destination::Report(Box::new(receive));
        scoring.run(&own, leads, destination, &mut notes, &never_stop).unwrap();
        rows
    };
    assert_eq!(listed("2", None), [(2, true), (1, true)]);
    assert_eq!(listed("1/owner", None), [(2, true), (1, true), (6, true)]);
    assert_eq!(listed("50 %", None), [(2, true), (1, true), (3, true)]);
    assert_eq!(listed("99", None).len(), 5);
    assert_eq!(listed("1", Some(3)), [(2, true), (1, false), (3, false)]);
}

#[test]
fn json_records_and_files_without_the_column() {
    let own = pipeline(BY_SCORE);
    let records = "{\"id\":\"a\",\"visits\":5,\"owner\":\"ana\"}\n{\"id\":\"b\",\"visits\":7,\"owner\":\"ana\"}\n{\"id\":\"c\",\"visits\":1}\n";
    let done = run(&own, ("leads.jsonl", records), "out.csv", with("1/owner"));
    let rows: Vec<String> = done.text().lines().map(str::to_owned).collect();
    assert!(rows[1].contains(",2,false,false,") && rows[2].contains(",1,true,false,"), "{rows:?}");
    assert!(rows[3].contains(",1,true,false,") && rows[0].ends_with(",owner"), "{rows:?}");
    let refused = |leads: (&str, &str), capacity: &str| {
        let done = run(&own, leads, "out.csv", with(capacity));
        let error = done.summary.as_ref().unwrap_err();
        assert_eq!(
            (error.kind(), error.path().to_string().as_str()),
            (ErrorKind::InvalidContext, "capacity")
        );
        assert_eq!(std::fs::read_dir(done.folder.path()).unwrap().count(), 1, "only the input is there");
        error.message().to_owned()
    };
    assert!(refused(("leads.csv", LEADS), "1/salary").contains("its columns: lead_id, visits, rival, Owner"));
    assert!(refused(("leads.csv", LEADS), "1/all").contains("no column `all`"));
    assert!(refused(("leads.jsonl", records), "1/territory").contains("no lead has a value of `territory`"));
    let empty = LEADS.replace("ana", "").replace("ben", " ");
    assert!(refused(("leads.csv", &empty), "1/owner").contains("no lead has a value of `owner`"));
}

#[test]
fn threads_and_batches_change_nothing() {
    let own = pipeline(BY_RANK);
    let mut leads = String::from("lead_id,visits,rival,owner\n");
    for number in 0..3000 {
        leads += &format!("{number},{},,{}\n", number * 7919 % 97, ["ana", "ben", ""][number % 3]);
    }
    let text = |threads: usize, out: &str| {
        let change = |job: FileJob| with("10 %/owner")(job).threads(threads);
        run(&own, ("leads.csv", &leads), out, change).text()
    };
    let csv = text(1, "out.csv");
    assert_eq!(text(3, "out.csv"), csv);
    assert_eq!(csv.matches(",true,true,").count() + csv.matches(",true,false,").count(), 300);
    assert_eq!(text(4, "out.jsonl").matches("\"within\":true").count(), 300);
}

#[test]
fn other_languages_get_the_same_in_their_summary() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("leads.csv"), LEADS).unwrap();
    let options = |capacity: &str| {
        serde_json::json!({"input": folder.path().join("leads.csv"), "output": folder.path().join("o.csv"),
            "as_of": "2026-11-20", "capacity": capacity})
        .to_string()
    };
    let own = pipeline(BY_SCORE);
    let summary: serde_json::Value =
        serde_json::from_str(&score_file(&own, &options("1/owner"), &never_stop).unwrap()).unwrap();
    let ana = serde_json::json!({"group": "ana", "leads": 3, "within": 1,
        "tie": {"score": 50.0, "rows_within": [1], "rows_beyond": [3]}});
    assert_eq!((&summary["capacity"]["groups"][0], &summary["capacity"]["ruled_out"]), (&ana, &1.into()));
    assert_eq!(score_file(&own, &options("0"), &never_stop).unwrap_err().path().to_string(), "capacity");
}

#[test]
fn a_function_is_given_rows_with_their_ranks() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("leads.csv");
    std::fs::write(&input, LEADS).unwrap();
    let given = |tiers: &str, change: &dyn Fn(Scoring) -> Scoring| -> Vec<(String, serde_json::Value)> {
        let (pipeline, mut lines) = (pipeline(tiers), Vec::new());
        let leads = LeadInput::new(input.to_string_lossy()).open(&pipeline, &mut Vec::new()).unwrap();
        let receive = Destination::Rows(Box::new(|rows| {
            lines.extend_from_slice(rows);
            Ok(())
        }));
        change(Scoring::new(as_of())).run(&pipeline, leads, receive, &mut Vec::new(), &never_stop).unwrap();
        let read = |line: &str| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            (row["lead_id"].as_str().unwrap().to_owned(), row)
        };
        String::from_utf8(lines).unwrap().lines().map(read).collect()
    };
    let tiers: Vec<String> =
        given(BY_RANK, &|scoring| scoring).iter().map(|(id, row)| format!("{id} {}", row["tier"])).collect();
    let wanted = ["a \"WEEK\"", "b \"TODAY\"", "c \"WEEK\"", "d, e \"LATER\"", "f \"LATER\"", "g \"LATER\""];
    assert_eq!(tiers, wanted);
    let capacity = Capacity::parse("2").unwrap();
    let within = |rows: Vec<(String, serde_json::Value)>| -> Vec<String> {
        let is_in = |(_, row): &(String, serde_json::Value)| row["capacity"]["within"] == true;
        rows.into_iter().filter(is_in).map(|(id, _)| id).collect()
    };
    assert_eq!(within(given(BY_SCORE, &|scoring| scoring.capacity(capacity.clone()))), ["a", "b"]);
    assert_eq!(within(given(BY_SCORE, &|scoring| scoring.capacity(capacity.clone()).top(3))), ["b", "a"]);
}
