//! Commands about one lead of a file say what is wrong with the whole of it, as `score` does.

mod support;

use support::{folder, leadscore, path};

#[test]
fn what_is_rejected_or_assumed_is_said_and_written() {
    let table = "lead_id,company,title\nL-1,Acme,CEO\nL-2,Beta\nL-3,-,CTO\n";
    let log = "lead_id,kind,at\nL-1,call,2026-11-20\nL-1,call,soon\n";
    let dir = folder(&[("leads.csv", table.as_bytes()), ("log.csv", log.as_bytes())]);
    let [leads, log] = ["leads.csv", "log.csv"].map(|name| path(&dir, name));
    let run = |command: &[&str], rejects: &str| {
        let more = ["--as-of", "2026-11-22", "-a", &log, "--rejects", rejects];
        let run = leadscore(&[command, &more].concat());
        (run, std::fs::read_to_string(rejects).unwrap_or_default())
    };
    let (scored, wanted) = run(&["score", &leads, "-f", "csv"], &path(&dir, "r0.csv"));
    assert_eq!(scored.code, 1, "{}", scored.err);
    assert_eq!(wanted.lines().count(), 3, "{wanted}");
    let said = |text: &str| {
        let about = |line: &&str| {
            line.starts_with("rejected: ") || line.contains("read as missing") || line.contains("log")
        };
        text.lines().filter(about).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(said(&scored.err).iter().any(|line| line.contains("read as missing")), "{}", scored.err);
    for (number, command) in [
        vec!["explain", &leads, "--lead", "L-1"],
        vec!["assist", "predict", &leads, "--lead", "L-1"],
        vec!["assist", "next", &leads, "--lead", "L-1"],
    ]
    .into_iter()
    .enumerate()
    {
        let (found, rejects) = run(&command, &path(&dir, &format!("r{}.csv", number + 1)));
        assert_eq!(found.code, 1, "{command:?}: {}", found.err);
        assert_eq!(rejects, wanted, "{command:?}");
        assert_eq!(said(&found.err), said(&scored.err), "{command:?}");
        assert!(!found.out.is_empty(), "{command:?}");
    }
    // Where the lead is not found, the file says why.
    let (found, rejects) = run(&["explain", &leads, "--lead", "L-2"], &path(&dir, "r9.csv"));
    assert_eq!((found.code, rejects), (2, wanted), "{}", found.err);
    assert!(found.err.contains("no lead with the id `L-2`"), "{}", found.err);
}
