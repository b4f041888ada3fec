//! What holds for every command: the same input gives the same bytes, nobody has to read the output, and a command that is
//! told to end leaves nothing. The manual pages tell which commands there are.

mod support;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use support::{folder, leadscore, path, root};

const AS_OF: [&str; 2] = ["--as-of", "2026-11-22"];
const LEADS: &str = "examples/leads.csv";
const PAST: &str = "examples/past_leads.csv";
const LOG: &str = "examples/activities.csv";
const MODEL: &str = "fixtures/golden/xgb-3.2.0-names-json/model.json";
const ROWS: &str = "fixtures/golden/xgb-3.2.0-names-json/input.csv";
const WILD: &str =
    "id,company,Owner,x,,x,created_at\n1,Acme,A,,,,31/12/2026\n2,B,C,1,2\n,N/A,,\"a\nb\",,,13/01/2026\n";

/// Commands that stay up or change something of a server, whose own tests run them: `serve` and `demo` answer until they
/// are told to end, a key is made by chance, and a store is written to.
const OF_THE_SERVER: [&str; 10] = [
    "serve",
    "demo",
    "keys create",
    "keys list",
    "keys revoke",
    "keys token",
    "store backup",
    "store restore",
    "store import",
    "store erase",
];

/// Words behind `leadscore`; `FILE.` and `OTHER.` stand for files that are written, `IN/` for the folder of inputs.
fn runs() -> Vec<Vec<&'static str>> {
    let lead = ["--lead", "L-000003"];
    let of_lead = |words: &[&'static str], more: &[&'static str]| -> Vec<&'static str> {
        [words, &[LEADS], &lead, more].concat()
    };
    vec![
        vec!["score", LEADS],
        vec!["score", LEADS, "-f", "csv"],
        vec!["score", LEADS, "-f", "json"],
        vec!["score", LEADS, "-f", "html"],
        vec!["score", LEADS, "-a", LOG, "-o", "FILE.html", "--columns", "all"],
        vec!["score", LEADS, "-a", LOG, "-o", "FILE.txt"],
        vec!["score", LEADS, "-a", LOG, "-o", "FILE.csv.gz", "--columns", "all"],
        vec!["score", LEADS, "-a", LOG, "-o", "FILE.json"],
        vec!["score", "IN/wild.csv", "-o", "FILE.html"],
        vec!["score", "IN/wild.csv", "-o", "FILE.csv", "--strict", "--rejects", "OTHER.csv"],
        vec!["score", "IN/nested.jsonl", "-o", "FILE.html"],
        of_lead(&["explain"], &[]),
        of_lead(&["explain"], &["-a", LOG, "-f", "json", "--svg", "OTHER.svg"]),
        vec!["evaluate", PAST, "-t", "won", "-a", LOG, "--draws", "50", "--segment", "source"],
        vec![
            "evaluate",
            PAST,
            "-t",
            "won",
            "-p",
            "lead-score",
            "-p",
            "priority",
            "-f",
            "json",
            "--report",
            "OTHER.html",
        ],
        vec!["train", PAST, "-t", "won", "--id", "lead_id", "--rounds", "5", "-o", "FILE.json"],
        vec!["train", PAST, "-t", "won", "--id", "lead_id", "--rounds", "5", "-o", "FILE.json", "--json"],
        vec!["features", LEADS, "-a", LOG, "-f", "jsonl"],
        vec!["features", LEADS, "-f", "json"],
        of_lead(&["assist", "predict"], &["--dry-run"]),
        of_lead(&["assist", "time"], &[]),
        of_lead(&["assist", "next"], &[]),
        of_lead(&["assist", "qualify"], &["-p", "qualify"]),
        of_lead(&["assist", "email"], &["-k", "fixtures/knowledge", "-s", "IN/sender.json"]),
        vec!["assist", "rank", LEADS, "-f", "json"],
        vec!["assist", "intent", "How much is it?"],
        vec!["assist", "reply", "How much is it?", "-c", "FILE.json"],
        vec!["inspect", "IN/wild.csv"],
        vec!["inspect", LEADS, "-p", "conversion", "-f", "json"],
        vec!["init", "mapping", LEADS],
        vec!["init", "mapping", LEADS, "-o", "FILE.json"],
        vec!["init", "pipeline", LEADS],
        vec!["init", "pipeline", LEADS, "-o", "FILE.json"],
        vec!["compare", "IN/old.jsonl", "IN/new.jsonl"],
        vec!["compare", "IN/old.jsonl", "IN/new.jsonl", "-f", "json"],
        vec!["predict", MODEL, ROWS],
        vec!["predict", MODEL, ROWS, "--contributions", "OTHER.csv"],
        vec!["import", MODEL],
        vec!["import", MODEL, "-o", "FILE.json"],
        vec!["export", "b2b", "-f", "xgboost"],
        vec!["export", "b2b", "-o", "FILE.json"],
        vec!["check", "examples/x_education.json"],
        vec!["check", "examples/x_education.map.json"],
        vec!["pipelines"],
        vec!["pipelines", "b2b"],
        vec!["pipelines", "b2b", "--json"],
        vec!["pipelines", "b2b", "--importance"],
        vec!["completions", "zsh"],
        vec!["man"],
        vec!["help"],
        #[cfg(feature = "serve")]
        vec!["store", "export", "-", "--data", "IN/data"],
    ]
}

/// The inputs of [`runs`].
fn inputs() -> tempfile::TempDir {
    let sender = r#"{"name": "Mara Quill", "company": "Oriole", "address": "1 Sample Street", "unsubscribe": "https://oriole.example/u"}"#;
    let nested =
        "{\"id\": 1, \"b\": {}, \"a\": [], \"company\": \"A\", \"c\": [], \"z\": {}, \"y\": []}\n".repeat(5);
    let dir = folder(&[
        ("wild.csv", WILD.as_bytes()),
        ("nested.jsonl", nested.as_bytes()),
        ("sender.json", sender.as_bytes()),
    ]);
    for (name, as_of) in [("old.jsonl", "2026-11-20"), ("new.jsonl", "2026-12-01")] {
        assert_eq!(leadscore(&["score", LEADS, "--as-of", as_of, "-o", &path(&dir, name)]).code, 0);
    }
    #[cfg(feature = "serve")]
    {
        let run = leadscore(&["store", "import", LEADS, "--data", &path(&dir, "data")]);
        assert_eq!(run.code, 0, "{}", run.err);
    }
    dir
}

/// The arguments with the names of files, and the as-of time where the command takes one.
fn arguments(words: &[&str], inputs: &tempfile::TempDir, outputs: &tempfile::TempDir) -> Vec<String> {
    let named = |word: &&str| match (word.strip_prefix("IN/"), word.split_once('.')) {
        (Some(name), _) => path(inputs, name),
        (None, Some(("FILE" | "OTHER", _))) => path(outputs, word),
        _ => (*word).to_owned(),
    };
    let takes_time = matches!(words[0], "score" | "explain" | "features" | "evaluate" | "train")
        || words[0] == "assist" && !matches!(words[1], "intent" | "reply");
    let time = AS_OF.map(str::to_owned);
    words.iter().map(named).chain(time.into_iter().filter(|_| takes_time)).collect()
}

fn names(dir: &tempfile::TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(dir.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_command_is_among_the_runs() {
    let dir = folder(&[]);
    assert_eq!(leadscore(&["man", "-o", &path(&dir, "man1")]).code, 0);
    let pages: Vec<String> = std::fs::read_dir(dir.path().join("man1"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .map(|page| page.trim_start_matches("leadscore-").trim_end_matches(".1").replace('-', " "))
        .collect();
    let is_leaf = |page: &&String| {
        *page != "leadscore" && !pages.iter().any(|own| own.starts_with(&format!("{page} ")))
    };
    let commands: BTreeSet<&str> = pages.iter().filter(is_leaf).map(String::as_str).collect();
    let runs: BTreeSet<String> = runs()
        .iter()
        .map(|words| {
            let has_two = matches!(words[0], "assist" | "init" | "store");
            words[..if has_two { 2 } else { 1 }].join(" ")
        })
        .collect();
    let missing: Vec<&&str> = commands
        .iter()
        .filter(|name| !runs.contains(**name) && !OF_THE_SERVER.contains(*name) && !name.starts_with("help"))
        .collect();
    assert!(missing.is_empty(), "no run of {missing:?}");
    assert!(commands.len() > 20, "{commands:?}");
}

#[test]
fn two_runs_give_the_same_bytes() {
    let inputs = inputs();
    for words in runs() {
        let mut runs = (0..2).map(|turn| {
            let dir = folder(&[]);
            let mut given = arguments(&words, &inputs, &dir);
            if matches!(words[0], "score" | "evaluate" | "train") {
                given.extend(["--threads".to_owned(), (turn * 2 + 1).to_string()]);
            }
            let run = leadscore(&given.iter().map(String::as_str).collect::<Vec<_>>());
            assert!(run.code <= 1, "{words:?}: {}", run.err);
            let err = run.err.replace(dir.path().to_str().unwrap(), "");
            let files = names(&dir).into_iter().map(|name| std::fs::read(dir.path().join(name)).unwrap());
            (run.code, run.out, err, files.collect::<Vec<_>>())
        });
        let first = runs.next().unwrap();
        assert!(runs.all(|run| run == first), "{words:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    let inputs = inputs();
    for words in runs() {
        // Both ends of what nobody reads: standard output, and standard error.
        for script in
            [r#""$0" "$@" | true; exit ${PIPESTATUS[0]}"#, r#""$0" "$@" 2>&1 | true; exit ${PIPESTATUS[0]}"#]
        {
            let outputs = folder(&[]);
            let run = Command::new("bash")
                .args(["-c", script, env!("CARGO_BIN_EXE_leadscore")])
                .args(arguments(&words, &inputs, &outputs))
                .current_dir(root())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&run.stderr);
            // Of rejected rows the status tells also where nobody reads of them.
            assert!(matches!(run.status.code(), Some(0 | 1)), "{words:?}: {said}");
            assert!(!said.contains("error") && !said.contains("panicked"), "{words:?}: {said}");
        }
    }
}

/// Ends a command at ten moments; it leaves what was there, and nothing else.
#[cfg(unix)]
fn ended_at_ten_moments(words: &[&str], inputs: &tempfile::TempDir, step: u64) -> usize {
    use std::os::unix::process::ExitStatusExt;
    let files = |dir: &tempfile::TempDir| {
        let bytes = |name: String| (std::fs::read(dir.path().join(&name)).unwrap(), name);
        names(dir).into_iter().map(bytes).collect::<Vec<_>>()
    };
    let whole = folder(&[]);
    let given = arguments(words, inputs, &whole);
    leadscore(&given.iter().map(String::as_str).collect::<Vec<_>>());
    let whole = files(&whole);
    let mut ended_early = 0;
    for moment in 0..10 {
        let dir = folder(&[]);
        let (signal, name) = if moment % 2 == 0 { (2, "INT") } else { (15, "TERM") };
        let mut child = Command::new(env!("CARGO_BIN_EXE_leadscore"))
            .args(arguments(words, inputs, &dir))
            .current_dir(root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(step * (moment + 1)));
        Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        if status.signal() == Some(signal) {
            ended_early += 1;
            // Of several files some may have been written before: whole, as without the signal.
            assert!(files(&dir).iter().all(|file| whole.contains(file)), "{words:?}: {:?}", names(&dir));
        } else {
            // It was quicker than the signal.
            assert!(matches!(status.code(), Some(0 | 1)), "{words:?}: {status:?}");
        }
    }
    ended_early
}

#[cfg(unix)]
#[test]
fn a_command_that_is_told_to_end_leaves_nothing() {
    let inputs = inputs();
    for words in runs() {
        if words.iter().any(|word| word.starts_with("FILE.") || word.starts_with("OTHER.")) {
            ended_at_ten_moments(&words, &inputs, 1);
        }
    }
    // Larger inputs, so that most runs are in the middle of writing.
    let mut leads = String::from("id,company,title\n");
    for row in 0..60_000 {
        leads += &format!("{row},Acme,CEO\n");
    }
    std::fs::write(inputs.path().join("large.csv"), leads).unwrap();
    let kept = path(&inputs, "kept.csv");
    for command in ["score", "features"] {
        let mut ended_early = 0;
        for more in [vec![], vec!["--rejects", "OTHER.csv"]] {
            let words =
                [&[command, "IN/large.csv", "-q", "-f", "csv", "-o", "FILE.csv"], more.as_slice()].concat();
            ended_early += ended_at_ten_moments(&words, &inputs, 40);
        }
        assert!(ended_early >= 3, "only {ended_early} runs of {command} were ended early");
    }
    // What was there before stays.
    std::fs::write(&kept, "earlier").unwrap();
    let before = names(&inputs);
    let words = ["score", "IN/large.csv", "-q", "-f", "csv", "-o", "IN/kept.csv"];
    for _ in 0..3 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_leadscore"))
            .args(arguments(&words, &inputs, &inputs))
            .current_dir(root())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(60));
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        if !child.wait().unwrap().success() {
            assert_eq!(
                (std::fs::read(&kept).unwrap(), names(&inputs)),
                (b"earlier".to_vec(), before.clone())
            );
        }
    }
}
