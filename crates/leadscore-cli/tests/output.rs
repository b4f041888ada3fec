//! Where results go: the ending decides the format, an earlier result stays where a run fails, and columns go through.

mod support;

use std::io::Read as _;

use support::{Run, folder, leadscore, path, records, with_input};

const AS_OF: [&str; 2] = ["--as-of", "2026-11-22"];
const LEADS: &[u8] =
    "Id,Full Name,Company Name,Owner,score\n7,Zoë,Acme,Kim,1\n8,Bo,\"Beta, Inc.\",,2\n".as_bytes();
const MODEL: &str = "fixtures/golden/xgb-3.2.0-names-json";

fn names(dir: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_ending_decides_the_format_everywhere() {
    let dir = folder(&[("leads.csv", LEADS)]);
    let file = |name: &str| path(&dir, name);
    let leads = file("leads.csv");
    let (model, rows) = (format!("{MODEL}/model.json"), format!("{MODEL}/input.csv"));
    let score = ["score", &leads, AS_OF[0], AS_OF[1]];
    let features = ["features", &leads, AS_OF[0], AS_OF[1]];
    let explain = ["explain", &leads, AS_OF[0], AS_OF[1], "--lead", "7"];
    let predict = ["predict", &model, &rows];
    for (command, name, start) in [
        (&score[..], "a.csv", "lead_id,row,score"),
        (&score[..], "a.jsonl", "{\"row\":1,"),
        (&score[..], "a.json", "[\n{\"row\":1,"),
        (&score[..], "a.HTML", "<!DOCTYPE html>"),
        (&score[..], "a.txt", "\n #  Lead"),
        (&features[..], "f.csv", "lead_id,row,"),
        (&features[..], "f.json", "[\n{\"features\""),
        (&explain[..], "e.json", "{\n  \"lead_id\": \"7\""),
        (&explain[..], "e.svg", "<svg "),
        (&predict[..], "p.csv", "lead_id,row,margin,pred"),
        (&predict[..], "p.jsonl", "{\"row\":1,\"margin\":"),
        (&predict[..], "p.json", "[\n{\"row\":1,\"margin\":"),
        (&["pipelines", "capture"][..], "l.json", "{"),
    ] {
        let run = leadscore(&[command, &["-o", &file(name)]].concat());
        assert_eq!((run.code, run.out.as_str()), (0, ""), "{name}: {}", run.err);
        let text = std::fs::read_to_string(file(name)).unwrap();
        assert!(text.starts_with(start), "{name}: {}", &text[..60]);
        // Packed it is the same, also by capital letters.
        let packed = leadscore(&[command, &["-o", &file(&format!("{name}.GZ"))]].concat());
        assert_eq!(packed.code, 0, "{}", packed.err);
        let bytes = std::fs::read(file(&format!("{name}.GZ"))).unwrap();
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text, "{name}");
    }
}

#[test]
fn a_contradiction_is_said_and_writes_nothing() {
    let dir = folder(&[("leads.csv", LEADS), ("kept.csv", b"earlier")]);
    let file = |name: &str| path(&dir, name);
    let leads = file("leads.csv");
    for (args, why) in [
        (
            vec!["score", &leads, "-f", "table", "-o", &file("kept.csv")],
            "table is asked for, but the ending .csv",
        ),
        (
            vec!["score", &leads, "-f", "json", "-o", &file("new.csv.gz")],
            "json is asked for, but the ending .csv",
        ),
        (vec!["score", &leads, "-o", &file("new.xlsx")], "files with the ending .xlsx are not written"),
        (vec!["score", &leads, "-o", &file("new")], "has no ending that says the format"),
        (vec!["score", &leads, "--rejects", &file("new.json")], "stands for json, which is not written"),
        (vec!["features", &leads, "--jsonl", "-o", &file("new.csv")], "jsonl is asked for"),
        (vec!["features", &leads, "-o", &file("new.html")], "stands for html, which is not written"),
        (vec!["explain", &leads, "--lead", "7", "--svg", &file("new.html")], "endings: .svg"),
        (vec!["predict", "m.json", &leads, "-o", &file("new.txt")], "not written; endings: .csv"),
        (vec!["import", &format!("{MODEL}/model.json"), "-o", &file("new.csv")], "endings: .json"),
        (vec!["import", &format!("{MODEL}/model.json"), "-o", &file("new.json.gz")], "not packed"),
        (vec!["score", &leads, "--excel"], "--excel goes with CSV"),
    ] {
        let Run { code, out, err } = leadscore(&args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: {err}");
    }
    assert_eq!(names(&dir), ["kept.csv", "leads.csv"]);
    assert_eq!(std::fs::read(file("kept.csv")).unwrap(), b"earlier");
}

#[test]
fn a_failing_run_keeps_the_earlier_result() {
    let rows = "time_on_site,visits,country,source,pages,recency\n";
    let bad = format!("{rows}1,2,Austria,134,1,x\n");
    let files: [(&str, &[u8]); 6] = [
        ("header.csv", b"id,company\n"),
        ("ragged.csv", b"id,company\n1\n2,b,c,d\n"),
        ("rows.csv", rows.as_bytes()),
        ("bad.csv", bad.as_bytes()),
        ("kept.csv", b"earlier"),
        ("kept.html", b"earlier"),
    ];
    let dir = folder(&files);
    let file = |name: &str| path(&dir, name);
    let model = format!("{MODEL}/model.json");
    for args in [
        vec!["score", &file("header.csv"), "-o", &file("kept.csv")],
        vec!["score", &file("header.csv"), "-o", &file("kept.html")],
        vec!["score", &file("header.csv"), "-n", "3", "-o", &file("kept.csv")],
        vec!["score", &file("ragged.csv"), "-o", &file("kept.csv")],
        vec!["features", &file("header.csv"), "-o", &file("kept.csv")],
        vec!["features", &file("ragged.csv"), "-o", &file("kept.csv")],
        vec!["predict", &model, &file("rows.csv"), "-o", &file("kept.csv")],
        vec![
            "predict",
            &model,
            &file("bad.csv"),
            "-o",
            &file("kept.csv"),
            "--contributions",
            &file("shap.csv"),
        ],
        vec!["compare", &file("header.csv"), &file("rows.csv"), "-f", "json", "-o", &file("kept.json")],
    ] {
        let run = leadscore(&args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.err);
    }
    let mut expected: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    assert_eq!(names(&dir), expected);
    for name in ["kept.csv", "kept.html"] {
        assert_eq!(std::fs::read(file(name)).unwrap(), b"earlier", "{name}");
    }
}

#[test]
fn a_partial_file_is_nobody_elses() {
    // Such as the name that was used before, and one that another run could have.
    let dir = folder(&[("leads.csv", LEADS), ("out.csv.partial", b"mine")]);
    let run =
        leadscore(&["score", &path(&dir, "leads.csv"), AS_OF[0], AS_OF[1], "-o", &path(&dir, "out.csv")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(std::fs::read(dir.path().join("out.csv.partial")).unwrap(), b"mine");
    assert_eq!(names(&dir), ["leads.csv", "out.csv", "out.csv.partial"]);
}

#[test]
fn one_file_by_two_names_is_refused() {
    let dir = folder(&[("leads.csv", LEADS)]);
    let (plain, dotted) = (path(&dir, "new.csv"), path(&dir, "./new.csv"));
    let run = leadscore(&["score", &path(&dir, "leads.csv"), "-o", &plain, "--rejects", &dotted]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("name the same file"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn a_link_and_the_readers_of_a_file_stay() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder(&[("leads.csv", LEADS), ("real.csv", b"earlier")]);
    let real = dir.path().join("real.csv");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(&real, dir.path().join("link.csv")).unwrap();
    let run =
        leadscore(&["score", &path(&dir, "leads.csv"), AS_OF[0], AS_OF[1], "-o", &path(&dir, "link.csv")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(dir.path().join("link.csv").symlink_metadata().unwrap().is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().starts_with("lead_id,"));
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn columns_of_the_input_go_through() {
    let dir = folder(&[("leads.csv", LEADS)]);
    let leads = path(&dir, "leads.csv");
    let score = |more: &[&str]| {
        let run = leadscore(&[&["score", &leads, "-q", AS_OF[0], AS_OF[1]], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    // In the order asked for, by name, by attribute and by loose spelling; a name of the output's own is another there.
    for ranked in [&["-f", "csv"][..], &["-f", "csv", "-n", "5"]] {
        let rows = records(&score(&[ranked, &["--columns", "owner,name,company,score"]].concat()));
        assert_eq!(rows[0][7..], ["owner", "name", "company", "input_score"]);
        let mut rows: Vec<_> = rows[1..].iter().map(|row| (row[1].as_str(), row[7..].to_vec())).collect();
        rows.sort();
        assert_eq!(
            rows[0],
            ("1", vec!["Kim".to_owned(), "Zoë".to_owned(), "Acme".to_owned(), "1".to_owned()])
        );
        assert_eq!(rows[1].1, ["", "Bo", "Beta, Inc.", "2"]);
    }
    let all = records(&score(&["-f", "csv", "--columns", "all"]));
    assert_eq!(all[0][7..], ["Id", "Full Name", "Company Name", "Owner", "input_score"]);
    let json: serde_json::Value =
        serde_json::from_str(score(&["-f", "jsonl", "--columns", "Owner"]).lines().next().unwrap()).unwrap();
    assert_eq!(json["columns"], serde_json::json!({ "Owner": "Kim" }));
    let page = score(&["-f", "html"]);
    assert!(page.contains("Kim") && page.contains("Row:"));
    let unknown = leadscore(&["score", &leads, "--columns", "salary"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("--columns: the file has no column `salary`; its columns: Id, Full Name"),
        "{}",
        unknown.err
    );
    // Records of JSON have no header: their fields are named, numbers stay numbers.
    let lines =
        b"{\"id\": \"a\", \"company\": \"Acme\", \"deal\": 12.5}\n{\"id\": \"b\", \"company\": \"Beta\"}\n";
    let run = with_input(&["score", "-", "-f", "csv", "--columns", "deal,region", AS_OF[0], AS_OF[1]], lines);
    assert_eq!(run.code, 0, "{}", run.err);
    let rows = records(&run.out);
    assert_eq!(
        (&rows[1][7..], &rows[2][7..]),
        (&["12.5".to_owned(), String::new()][..], &[String::new(), String::new()][..])
    );
    assert!(run.err.contains("no record has a field to carry through called region"), "{}", run.err);
}

#[test]
fn predictions_say_whose_they_are() {
    let rows = "Lead ID,owner,time_on_site,visits,country,source,pages,recency\n\
                L-1,Kim,48.8,3,Austria,134,0.65,8.3\nshort\nL-2,,386.5,1,United Kingdom,130,1.2,5.1\n";
    let dir = folder(&[("rows.csv", rows.as_bytes())]);
    let (model, shap) = (format!("{MODEL}/model.json"), path(&dir, "shap.csv"));
    let input = path(&dir, "rows.csv");
    let rejects = path(&dir, "rejects.csv");
    let mut args = vec!["predict", &model, &input, "--columns", "owner", "--contributions", &shap];
    args.extend(["--rejects", &rejects]);
    let run = leadscore(&args);
    assert_eq!(run.code, 1, "{}", run.err);
    assert_eq!(records(&std::fs::read_to_string(&rejects).unwrap())[1][0], "3");
    let out = records(&run.out);
    assert_eq!(out[0], ["lead_id", "row", "margin", "pred", "owner"]);
    let who = |row: &Vec<String>| (row[0].clone(), row[1].clone());
    let wanted = [("L-1".to_owned(), "1".to_owned()), ("L-2".to_owned(), "3".to_owned())];
    assert_eq!(out[1..].iter().map(who).collect::<Vec<_>>(), wanted);
    assert_eq!((out[1][4].as_str(), out[2][4].as_str()), ("Kim", ""));
    let shap = records(&std::fs::read_to_string(&shap).unwrap());
    assert_eq!(shap[1..].iter().map(who).collect::<Vec<_>>(), wanted);
}

#[test]
fn excel_gets_a_mark_and_a_minus_it_knows() {
    let dir =
        folder(&[("leads.csv", b"id,title,last_activity_at\n1,Intern,2025-01-01\n2,Student,2025-01-02\n")]);
    let leads = path(&dir, "leads.csv");
    for more in [&[][..], &["-n", "2"]] {
        let args = [&["score", &leads, AS_OF[0], AS_OF[1], "-f", "csv"], more].concat();
        let plain = leadscore(&args).out;
        let excel = leadscore(&[&args[..], &["--excel"]].concat()).out;
        assert!(plain.contains('\u{2212}') && !plain.starts_with('\u{feff}'), "{plain}");
        assert_eq!(excel, format!("\u{feff}{}", plain.replace('\u{2212}', "-")));
    }
}

#[test]
fn the_as_of_time_is_shown_as_typed() {
    let dir = folder(&[("leads.csv", LEADS)]);
    let leads = path(&dir, "leads.csv");
    for (typed, zone, shown) in [
        ("2026-11-22", "UTC", "as of 2026-11-22 UTC"),
        ("2026-11-22", "Europe/Berlin", "as of 2026-11-22 Europe/Berlin"),
        ("2026-11-22T09:30:00Z", "UTC", "as of 2026-11-22T09:30:00Z"),
        ("2026-11-22T09:30:00-03:00", "Asia/Tokyo", "as of 2026-11-22T09:30:00-03:00 (Asia/Tokyo)"),
    ] {
        for format in ["table", "html"] {
            let run = leadscore(&["score", &leads, "--as-of", typed, "--zone", zone, "-f", format]);
            assert!(run.out.contains(shown), "{format}: {shown}: {}", run.out);
        }
    }
}

#[test]
fn quiet_says_nothing_but_errors() {
    let dir = folder(&[("leads.csv", b"id,company\n1,Acme\n2\n"), ("header.csv", b"id,company\n")]);
    let leads = path(&dir, "leads.csv");
    for place in [&["-q", "score", &leads][..], &["score", &leads, "--quiet"], &["features", &leads, "-q"]] {
        let run = leadscore(&[place, &AS_OF].concat());
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{place:?}");
    }
    let failed = leadscore(&["score", &path(&dir, "header.csv"), "-q"]);
    assert_eq!(failed.code, 2);
    assert!(failed.err.starts_with("error: ") && failed.err.lines().count() == 1, "{}", failed.err);
}

#[test]
fn every_command_has_a_manual_page_and_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = leadscore(&["completions", shell]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains("leadscore") && run.out.contains("predict"), "{shell}");
    }
    let dir = folder(&[]);
    assert_eq!(leadscore(&["man", "-o", &path(&dir, "man1")]).code, 0);
    let pages = std::fs::read_dir(dir.path().join("man1")).unwrap().count();
    assert!(pages > 25, "{pages} pages");
    let page = leadscore(&["man", "store", "export"]).out;
    assert_eq!(page, std::fs::read_to_string(dir.path().join("man1/leadscore-store-export.1")).unwrap());
    assert!(leadscore(&["man", "score"]).out.contains("\\-\\-columns"));
    assert_eq!(leadscore(&["man", "dance"]).code, 2);
}
