//! The demonstration of the server goes to its end, and nothing of it is left.
#![cfg(feature = "serve")]

mod support;

use std::time::{Duration, Instant};

use support::leadscore;

#[test]
fn the_demonstration_goes_to_its_end() {
    let began = Instant::now();
    let run = leadscore(&["demo", "--exit"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let calls = run.out.lines().filter(|line| line.starts_with("   GET ") || line.starts_with("   POST "));
    assert!(calls.count() >= 20, "{}", run.out);
    for told in ["lead.qualified", "batch.completed", "→ WhatsApp: ", "signature checked", "synthetic leads"]
    {
        assert!(run.out.contains(told), "{told}: {}", run.out);
    }
    let email = run.out.lines().find_map(|line| line.trim().strip_prefix("→ e-mail: "));
    let email = email.unwrap_or_else(|| panic!("{}", run.out));
    assert!(!std::path::Path::new(email).exists(), "{email}");
}

#[test]
fn it_stays_on_this_machine() {
    let run = leadscore(&["demo", "--exit", "--listen", "0.0.0.0:0"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("--listen"), "{}", run.err);
}
