//! What the command does with files: nothing is written over what is read, and no half result looks whole.

mod support;

use support::{folder, leadscore, path};

const LEADS: &[u8] = b"lead_id,company,title,created_at\na,Acme,CEO,2026-11-01\nb,Beta,CTO,2026-11-02\n";
const AS_OF: &str = "2026-11-20";

#[test]
fn nothing_that_is_read_is_written_over() {
    let log = b"lead_id,kind,at\na,meeting,2026-11-10\n";
    let pipeline = leadscore(&["pipelines", "priority", "--json"]).out;
    let map = br#"{"format": 1, "attributes": {"company": "company"}}"#;
    let dir =
        folder(&[("leads.csv", LEADS), ("log.csv", log), ("p.json", pipeline.as_bytes()), ("map.json", map)]);
    std::fs::hard_link(dir.path().join("leads.csv"), dir.path().join("twin.csv")).unwrap();
    let file = |name: &str| path(&dir, name);
    let leads = file("leads.csv");
    for (command, more) in [
        ("score", vec!["-o", &leads]),
        ("score", vec!["-o", &file("twin.csv")]),
        ("score", vec!["--rejects", &leads]),
        ("score", vec!["-a", &file("log.csv"), "-o", &file("log.csv")]),
        ("score", vec!["-p", &file("p.json"), "-o", &file("p.json")]),
        ("score", vec!["-m", &file("map.json"), "-o", &file("map.json")]),
        ("score", vec!["-o", &file("new.csv"), "--rejects", &file("new.csv")]),
        ("features", vec!["-o", &leads]),
        ("features", vec!["--rejects", &leads]),
        ("explain", vec!["--lead", "a", "--svg", &leads]),
    ] {
        let run = leadscore(&[&[command, leads.as_str(), "--as-of", AS_OF], more.as_slice()].concat());
        assert_eq!(run.code, 2, "{command} {more:?}: {}", run.err);
        assert!(run.err.contains("overwritten") || run.err.contains("the same file"), "{}", run.err);
    }
    assert_eq!(std::fs::read(&leads).unwrap(), LEADS);
    assert_eq!(std::fs::read(file("log.csv")).unwrap(), log);
    assert_eq!(std::fs::read(file("map.json")).unwrap(), map);
}

#[test]
fn an_output_takes_its_place_only_when_it_is_whole() {
    let dir = folder(&[("header.csv", b"lead_id,company\n"), ("leads.csv", LEADS), ("out.csv", b"earlier")]);
    let out = path(&dir, "out.csv");
    let failed =
        leadscore(&["score", &path(&dir, "header.csv"), "-f", "jsonl", "-o", &path(&dir, "none.jsonl")]);
    assert_eq!(failed.code, 2);
    let good = leadscore(&["score", &path(&dir, "leads.csv"), "-f", "csv", "--as-of", AS_OF, "-o", &out]);
    assert_eq!(good.code, 0, "{}", good.err);
    assert!(std::fs::read_to_string(&out).unwrap().starts_with("lead_id,row,score"));
    let left: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".partial"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let nowhere = leadscore(&["score", &path(&dir, "leads.csv"), "-o", &path(&dir, "no/such/out.csv")]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.contains("cannot write"), "{}", nowhere.err);
}

#[test]
fn a_narrow_terminal_is_not_overrun() {
    for width in [60, 80, 120] {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_leadscore"))
            .args(["score", "examples/leads.csv", "--as-of", AS_OF, "--explain", "6"])
            .env("COLUMNS", width.to_string())
            .current_dir(support::root())
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let body: Vec<&str> = text.lines().take_while(|line| !line.starts_with("  HOT")).collect();
        assert!(body.len() > 40);
        for line in body {
            let wide = line.chars().map(|c| if c > '\u{2fff}' { 2 } else { 1 }).sum::<usize>();
            assert!(wide <= width, "{width}: {line}");
        }
    }
}
