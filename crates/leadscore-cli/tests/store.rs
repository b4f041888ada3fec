//! Leads of the server's store: backed up, moved and erased by command.
#![cfg(feature = "serve")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use support::server::{Server, run};
use support::{Run, folder, path, root};
use tempfile::TempDir;

/// Runs `leadscore store`; its data is in the folder `data` of the temporary one.
fn store(folder: &TempDir, args: &[&str]) -> Run {
    run(folder.path(), &[&["store"], args, &["--data", "data"]].concat(), &[])
}

fn fine(folder: &TempDir, args: &[&str]) -> String {
    let done = store(folder, args);
    assert_eq!(done.code, 0, "{args:?}: {}{}", done.out, done.err);
    done.err
}

fn exported(folder: &TempDir) -> Vec<Value> {
    let done = store(folder, &["export", "-"]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_backup_is_made_while_leads_come_and_put_back_when_nobody_serves() {
    let folder = folder(&[]);
    let mut server = Server::start(folder.path(), &["--data", "data"], &[]);
    let has_backup = AtomicBool::new(false);
    let count = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut count = 0;
            // Less than the route's hundred per minute.
            while count < 60 && !(has_backup.load(Ordering::Relaxed) && count > 20) {
                let lead = json!({"name": "Ada", "email": format!("ada{count}@a.example")});
                let (status, body) = server.call("POST", "/api/v1/score-lead", None, Some(&lead));
                assert_eq!(status, 200, "{body}");
                count += 1;
            }
            count
        });
        while server.call("GET", "/api/v1/leads?limit=1", None, None).1["leads"]
            .as_array()
            .is_none_or(Vec::is_empty)
        {}
        fine(&folder, &["backup", "copy.db"]);
        has_backup.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    let twice = store(&folder, &["backup", "copy.db"]);
    assert!(twice.code == 2 && twice.err.contains("--force"), "{}", twice.err);
    let running = store(&folder, &["restore", "copy.db", "--force"]);
    assert!(running.code == 2 && running.err.contains("a server or another command"), "{}", running.err);
    #[cfg(unix)]
    {
        server.signal("TERM");
        assert_eq!(server.wait(), Some(0));
    }
    drop(server);
    assert_eq!(exported(&folder).len(), count);
    let there = store(&folder, &["restore", "copy.db"]);
    assert!(there.code == 2 && there.err.contains("--force"), "{}", there.err);
    fine(&folder, &["restore", "copy.db", "--force"]);
    let restored = exported(&folder);
    assert!((1..=count).contains(&restored.len()), "{}", restored.len());
    let server = Server::start(folder.path(), &["--data", "data"], &[]);
    let (_, body) = server.call("GET", "/api/v1/leads?limit=100", None, None);
    // The copy may be of the moment between a lead and its score; the list is of those with one.
    let scored = restored.iter().filter(|lead| lead["heat"].is_object()).count();
    assert_eq!(body["leads"].as_array().unwrap().len(), scored);
    drop(server);
    std::fs::write(folder.path().join("text.db"), "no database").unwrap();
    let refused = store(&folder, &["restore", "text.db", "--force"]);
    assert!(refused.code == 2 && refused.err.contains("text.db"), "{}", refused.err);
    assert_eq!(exported(&folder).len(), restored.len());
}

#[test]
fn the_tool_of_postgres_is_named() {
    let folder = folder(&[]);
    for args in [&["backup", "x.db"], &["restore", "x.db"]] {
        let done = run(
            folder.path(),
            &[&["store"], &args[..], &["--database-url", "postgres://127.0.0.1:1/x"]].concat(),
            &[],
        );
        assert!(done.code == 2 && done.err.contains("pg_dump"), "{}", done.err);
    }
}

#[test]
fn leads_and_activities_of_csv_files_come_in_once() {
    let folder = folder(&[]);
    let (leads, log) = (root().join("examples/leads.csv"), root().join("examples/activities.csv"));
    let import = ["import", leads.to_str().unwrap(), "-a", log.to_str().unwrap()];
    let said = fine(&folder, &import);
    let rows = support::records(&std::fs::read_to_string(&leads).unwrap());
    let events = support::records(&std::fs::read_to_string(&log).unwrap());
    let (row_count, event_count) = (rows.len() - 1, events.len() - 1);
    let thousands = |count: usize| leadscore_files::wording::count(count as u64);
    let summary = format!(
        "leads: {row_count} added, 0 changed, 0 unchanged, 0 rejected; {} activities",
        thousands(event_count)
    );
    assert!(said.contains(&summary), "{summary}\n{said}");
    let out = exported(&folder);
    let column = |name: &str| rows[0].iter().position(|own| own == name).unwrap();
    for (row, lead) in rows[1..].iter().zip(&out) {
        assert_eq!(lead["external_id"], row[column("lead_id")].as_str());
        assert_eq!(lead["email"].as_str().unwrap_or(""), row[column("email")].to_lowercase());
        assert_eq!(lead["phone"].as_str().unwrap_or(""), row[column("phone")].trim());
        assert_eq!(lead["attributes"]["company"].as_str().unwrap_or(""), row[column("company")].trim());
        let own = events[1..].iter().filter(|event| event[0] == row[column("lead_id")]);
        let own: Vec<(&str, &str, &str)> = own.map(|event| (&*event[3], &*event[1], &*event[2])).collect();
        let kept = lead["activities"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut kept: Vec<(&str, &str, &str)> = kept
            .iter()
            .map(|event| {
                (
                    event["id"].as_str().unwrap(),
                    event["kind"].as_str().unwrap(),
                    event["at"].as_str().unwrap(),
                )
            })
            .collect();
        let mut own = own;
        own.sort_unstable();
        kept.sort_unstable();
        assert_eq!(kept, own);
    }
    let page = events[1..].iter().filter(|event| !event[4].is_empty()).count();
    let kept = out.iter().flat_map(|lead| lead["activities"].as_array().into_iter().flatten());
    assert_eq!(kept.filter(|event| event["properties"]["page"].is_string()).count(), page);
    let again = fine(&folder, &import);
    assert!(
        again.contains(&format!("0 added, 0 changed, {row_count} unchanged, 0 rejected; 0 activities")),
        "{again}"
    );
    assert_eq!(exported(&folder), out);
}

#[test]
fn an_export_is_imported_equal() {
    let from = folder(&[]);
    let leads = root().join("examples/leads.csv");
    fine(&from, &["import", leads.to_str().unwrap()]);
    let server = Server::start(from.path(), &["--data", "data"], &[]);
    let lead = json!({"name": "Ada", "email": "ada@a.example", "page_views": 3});
    assert_eq!(server.call("POST", "/api/v1/score-lead", None, Some(&lead)).0, 200);
    drop(server);
    fine(&from, &["export", "leads.jsonl"]);
    let refused = store(&from, &["export", "leads.jsonl"]);
    assert!(refused.code == 2 && refused.err.contains("--force"), "{}", refused.err);
    let file = path(&from, "leads.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("heat_scores"), "the scored lead is in it");
    let to = folder(&[]);
    fine(&to, &["import", &file]);
    fine(&to, &["export", "again.jsonl"]);
    assert_eq!(std::fs::read_to_string(path(&to, "again.jsonl")).unwrap(), text);
}

#[test]
fn rows_that_cannot_be_kept_are_named_by_line() {
    let folder = folder(&[
        (
            "leads.jsonl",
            b"{\"_id\":{\"$oid\":\"507f1f77bcf86cd799439011\"},\"email\":\"A@a.example\",\"score\":{\"$numberInt\":\"7\"}}\n\n\
              {\"company\":\"Acme\"}\n{broken\n{\"_id\":\"2\",\"email\":\"n/a\"}\n{\"_id\":3,\"phone\":\"+49 30 1\",\"tags\":[1]}\n",
        ),
        ("leads.csv", b"Nr,Firm,E-Mail,phone\n1,Acme,b@a.example,0301\n2,Beta,b@a.example,\n1,Gamma,c@a.example,\n,Delta,,\n"),
    ]);
    let done = store(&folder, &["import", "leads.jsonl", "--rejects", "no.csv"]);
    assert_eq!(done.code, 1, "{}", done.err);
    for line in
        ["line 3: nothing tells who it is", "line 4: no JSON", "line 5: `n/a` is no e-mail address", "tags"]
    {
        assert!(done.err.contains(line), "{line}: {}", done.err);
    }
    assert!(done.err.contains("2 added, 0 changed, 0 unchanged, 3 rejected"), "{}", done.err);
    assert_eq!(support::records(&std::fs::read_to_string(path(&folder, "no.csv")).unwrap()).len(), 4);
    let out = exported(&folder);
    assert_eq!(
        (&out[0]["external_id"], &out[0]["email"]),
        (&json!("507f1f77bcf86cd799439011"), &json!("a@a.example"))
    );
    assert_eq!((&out[0]["attributes"]["score"], &out[1]["external_id"]), (&json!(7), &json!("3")));
    let args = ["import", "leads.csv", "--map", "Nr=lead_id", "--map", "Firm=company", "--tenant", "csv"];
    let done = store(&folder, &args);
    assert_eq!(done.code, 1, "{}", done.err);
    for line in ["line 4: the id is that of a lead with another e-mail", "line 5: nothing tells who"] {
        assert!(done.err.contains(line), "{line}: {}", done.err);
    }
    assert!(done.err.contains("1 added, 1 changed, 0 unchanged, 2 rejected"), "{}", done.err);
    let out = run(folder.path(), &["store", "export", "-", "--data", "data", "--tenant", "csv"], &[]).out;
    assert!(out.contains("\"phone\":\"0301\"") && out.contains("\"company\":\"Beta\""), "{out}");
    for args in [&["import", "none.csv"][..], &["import", "-"], &["import", "leads.csv", "--map", "=x"]] {
        assert_eq!(store(&folder, args).code, 2, "{args:?}");
    }
}

#[test]
fn a_lead_is_erased_by_any_of_its_names() {
    let folder = folder(&[("leads.jsonl", b"{\"_id\":\"crm-1\",\"email\":\"a@a.example\"}\n{\"_id\":\"crm-2\",\"email\":\"b@a.example\"}\n{\"_id\":\"crm-3\",\"email\":\"c@a.example\"}\n")]);
    let nothing = store(&folder, &["erase", "x"]);
    assert!(nothing.code == 2 && nothing.err.contains("no store is in this folder"), "{}", nothing.err);
    fine(&folder, &["import", "leads.jsonl"]);
    let id = exported(&folder)[2]["id"].as_str().unwrap().to_owned();
    for name in ["A@a.example", "crm-2", &id] {
        let said = fine(&folder, &["erase", name]);
        assert!(!said.contains("example"), "{said}");
    }
    assert!(exported(&folder).is_empty());
    let gone = store(&folder, &["erase", "crm-2"]);
    assert!(gone.code == 2 && !gone.err.contains("crm-2"), "{}", gone.err);
    let bytes = std::fs::read(folder.path().join("data/leadscore.db")).unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
    assert!(has(b"lead.erase") && !has(b"b@a.example") && !has(b"crm-2"), "it is still in the file");
}

#[test]
fn a_labelled_export_has_nothing_of_the_future() {
    let folder = folder(&[]);
    let lead = |id: &str, updated: &str, outcome: Value| {
        json!({"leadscore_lead": 1, "id": id, "email": format!("{id}@a.example"), "attributes": {"company": "Acme"},
            "first_contact_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z", "updated_at": updated,
            "outcome": outcome, "activities": [
                {"id": "before", "kind": "visit", "at": "2026-02-01T00:00:00Z"},
                {"id": "after", "kind": "order", "at": "2026-03-01T00:00:00Z"}]})
    };
    let won = json!({"outcome": "converted", "at": "2026-03-01T00:00:00Z"});
    let mut open = lead("open", "2026-01-02T00:00:00Z", Value::Null);
    open.as_object_mut().unwrap().remove("outcome");
    let all = [
        lead("won", "2026-01-02T00:00:00Z", won.clone()),
        lead("changed", "2026-04-01T00:00:00Z", won),
        open,
    ];
    let lines = all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
    std::fs::write(folder.path().join("in.jsonl"), lines).unwrap();
    fine(&folder, &["import", "in.jsonl"]);
    let labelled = |args: &[&str]| {
        let done = store(&folder, &[&["export", "-", "--labelled"], args].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        let rows: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (rows, done.err)
    };
    let (rows, told) = labelled(&[]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(
        (&rows[0]["id"], &rows[0]["outcome"], &rows[0]["as_of"]),
        (&json!("won"), &json!("converted"), &json!("2026-02-28T23:59:59.999Z"))
    );
    assert_eq!(rows[0]["activities"].as_array().unwrap().len(), 1);
    assert!(told.contains("1 without an outcome") && told.contains("1 changed after"), "{told}");
    let (rows, told) = labelled(&["--days-before", "30"]);
    assert_eq!((rows.len(), &rows[0]["activities"]), (1, &json!([])), "{told}");
    let (rows, told) = labelled(&["--days-before", "90"]);
    assert!(rows.is_empty() && told.contains("2 not heard of"), "{told}");
    let (rows, _) = labelled(&["--changed-later"]);
    assert_eq!((rows.len(), &rows[1]["changed_later"]), (2, &json!(true)));
    // It is no export that a store can be made of.
    std::fs::write(folder.path().join("out.jsonl"), format!("{}\n", rows[0])).unwrap();
    let refused = store(&folder, &["import", "out.jsonl"]);
    assert!(refused.code != 0 && refused.err.contains("--labelled"), "{}", refused.err);
    assert_ne!(store(&folder, &["export", "-", "--days-before", "7"]).code, 0);
}

#[test]
fn a_pipeline_is_learned_from_leads_with_an_outcome_as_they_were_before_it() {
    let folder = folder(&[]);
    let lead = |number: usize| {
        let (is_won, size) =
            (number.is_multiple_of(3), number % 7 * 10 + if number.is_multiple_of(3) { 25 } else { 0 });
        let outcome = if is_won { "converted" } else { "lost" };
        let visits = if is_won { 5 } else { number % 4 };
        let activity = |id: usize| json!({"id": format!("v{id}"), "kind": "visit", "at": format!("2026-02-{:02}T09:00:00Z", id + 1)});
        let mut activities: Vec<Value> = (0..visits).map(activity).collect();
        activities.push(json!({"id": "later", "kind": "order", "at": "2026-03-01T00:00:00Z"}));
        json!({"leadscore_lead": 1, "id": format!("l-{number}"), "email": format!("{number}@a.example"),
            "attributes": {"size": size, "outcome": "of another tool", "notes": {"a": number}},
            "first_contact_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-02T00:00:00Z", "outcome": {"outcome": outcome, "at": "2026-03-01T00:00:00Z"},
            "activities": activities})
        .to_string()
    };
    std::fs::write(folder.path().join("in.jsonl"), (0..150).map(lead).collect::<Vec<_>>().join("\n"))
        .unwrap();
    fine(&folder, &["import", "in.jsonl"]);
    let train = |more: &[&str]| {
        let args =
            ["train", "--from-store", "data", "-o", "own.json", "--rounds", "20", "--as-of", "2026-11-22"];
        run(folder.path(), &[&args[..], more].concat(), &[])
    };
    let done = train(&[]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("learned from 150 leads, of which 50 (33.3 %) were won"), "{}", done.out);
    assert!(done.err.contains("150 leads of the store with an outcome, as before it"), "{}", done.err);
    for said in ["store_outcome: the target", "outcome: the same in every row", "notes: "] {
        assert!(done.out.contains(said), "{said}\n{}", done.out);
    }
    let pipeline = std::fs::read_to_string(folder.path().join("own.json")).unwrap();
    assert!(pipeline.contains("visit_count") && pipeline.contains("\"size\"") && !pipeline.contains("order"));
    let none = train(&["--days-before", "90"]);
    assert!(none.code == 2 && none.err.contains("150 not heard of before that moment"), "{}", none.err);
    let other = train(&["--tenant", "nobody"]);
    assert!(other.code == 2 && other.err.contains("tenant `nobody`"), "{}", other.err);
    let both = run(folder.path(), &["train", "in.csv", "--from-store", "data", "-o", "own.json"], &[]);
    assert!(both.code == 2 && both.err.contains("cannot be used with"), "{}", both.err);
    // What was learned before is still there, and no personal data stays in the folder of temporary files.
    assert_eq!(std::fs::read_to_string(folder.path().join("own.json")).unwrap(), pipeline);
}

#[test]
fn who_wants_no_e_mails_is_taken_along() {
    let (from, to) = (folder(&[]), folder(&[]));
    let line = json!({"leadscore_suppressed": 1, "address": "ab".repeat(32), "reason": "unsubscribed",
        "at": "2026-01-01T00:00:00Z"});
    std::fs::write(from.path().join("in.jsonl"), format!("{line}\n")).unwrap();
    let told = fine(&from, &["import", "in.jsonl"]);
    assert!(told.contains("1 address without e-mails added"), "{told}");
    fine(&from, &["export", "leads.jsonl"]);
    std::fs::copy(from.path().join("leads.jsonl"), to.path().join("leads.jsonl")).unwrap();
    fine(&to, &["import", "leads.jsonl"]);
    assert_eq!(exported(&to), std::slice::from_ref(&line));
    for (wrong, reason) in [(json!("a@a.example"), "hash"), (json!(7), "string")] {
        let mut line = line.clone();
        line["address"] = wrong;
        std::fs::write(to.path().join("wrong.jsonl"), format!("{line}\n")).unwrap();
        let refused = store(&to, &["import", "wrong.jsonl"]);
        assert!(refused.code != 0 && refused.err.contains(reason), "{}", refused.err);
    }
}

#[test]
fn a_file_without_leads_is_an_error_and_one_that_changes_nothing_is_not() {
    let folder = folder(&[("head.csv", b"lead_id,email\n"), ("blank.jsonl", b"\n"), ("list.json", b"[]")]);
    for file in ["head.csv", "blank.jsonl", "list.json"] {
        let done = store(&folder, &["import", file]);
        assert!(
            done.code == 2 && done.err.contains("no leads are in it"),
            "{file}: {} {}",
            done.code,
            done.err
        );
        assert!(done.err.contains("0 added, 0 changed, 0 unchanged, 0 rejected"), "{file}: {}", done.err);
    }
    std::fs::write(folder.path().join("one.csv"), "lead_id,email\n1,a@a.example\n").unwrap();
    for told in ["1 added, 0 changed, 0 unchanged", "0 added, 0 changed, 1 unchanged"] {
        let said = fine(&folder, &["import", "one.csv"]);
        assert!(said.contains(told), "{told}: {said}");
    }
}
