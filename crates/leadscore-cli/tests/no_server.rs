//! The command in a build without the server says where to get one with it.
#![cfg(not(feature = "serve"))]

mod support;

use support::leadscore;

#[test]
fn the_whole_command_is_named() {
    for args in [&["serve"][..], &["demo"], &["keys", "list"], &["store", "export", "-"]] {
        let run = leadscore(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}");
        let mut lines = run.err.lines();
        assert!(lines.any(|line| line == "cargo install --path crates/leadscore-cli"), "{}", run.err);
    }
}
