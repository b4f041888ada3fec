//! `leadscore assist`: with no model, with one that answers, and with one that does not.

mod support;

use support::{leadscore, with_input};

const ABOUT: [&str; 5] = ["examples/leads.csv", "-l", "L-000003", "--as-of", "2026-11-20T12:00:00Z"];

fn assist(command: &str, more: &[&str]) -> support::Run {
    leadscore(&[&["assist", command], &ABOUT[..], more].concat())
}

#[test]
fn every_question_has_an_answer_without_a_model() {
    for (command, pipeline, says) in [
        ("predict", "conversion", "becomes a customer within 90 days (by rules, not calibrated)"),
        ("time", "conversion", "days until it signs, between"),
        ("next", "conversion", "Within 24 hours: Call the lead"),
        ("qualify", "qualify", "points for the lead's own words"),
    ] {
        let run = assist(command, &["-p", pipeline]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains(says), "{}", run.out);
        assert!(run.out.contains("Written by rules: no model was asked."), "{}", run.out);
        let json: serde_json::Value =
            serde_json::from_str(&assist(command, &["-p", pipeline, "--json"]).out).unwrap();
        assert_eq!(json["provenance"]["reason"]["why"], "no_model");
    }
    let run = assist("predict", &["-p", "heat-rules"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    assert!(run.err.contains("the pipeline `heat-rules` gives no probability"), "{}", run.err);
}

#[test]
fn a_ranking_is_of_the_best_leads() {
    let run = leadscore(&[
        "assist",
        "rank",
        "examples/leads.csv",
        "-n",
        "25",
        "--as-of",
        "2026-11-20T12:00:00Z",
        "--json",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let ranking = json["ranking"].as_array().unwrap();
    assert_eq!((ranking.len(), json["parts"].as_array().unwrap().len()), (25, 2));
    let scores: Vec<f64> = ranking.iter().map(|lead| lead["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    assert!(run.err.contains("the 25 leads with the highest score of 60 are ranked"), "{}", run.err);
    assert_eq!(leadscore(&["assist", "rank", "examples/leads.csv", "-n", "0"]).code, 2);
    let bad = b"lead_id,created_at\nL-1,2026-01-01\nL-2\nL-3,2026-01-01,x,y\n";
    let run = with_input(&["assist", "rank", "-", "--as-of", "2026-11-20"], bad);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
}

#[test]
fn a_message_is_written_from_the_knowledge_base() {
    let sender = r#"{"name": "Mara Quill", "company": "Oriole", "address": "1 Sample Street", "unsubscribe": "https://oriole.example/u"}"#;
    let folder =
        support::folder(&[("sender.json", sender.as_bytes()), ("wrong.json", b"{\"name\": \"Mara\"}")]);
    let file = |name: &str| support::path(&folder, name);
    let run = |sender: &str, more: &[&str]| {
        assist("email", &[&["-k", "fixtures/knowledge", "-s", sender], more].concat())
    };
    let written = run(&file("sender.json"), &[]);
    assert_eq!(written.code, 0, "{}", written.err);
    for part in [
        "Subject: ",
        "Hi Delia",
        "Mara Quill",
        "1 Sample Street",
        "https://oriole.example/u",
        "Written by rules",
    ] {
        assert!(written.out.contains(part), "{part}: {}", written.out);
    }
    let short = run(&file("sender.json"), &["--channel", "whatsapp"]);
    assert!(!short.out.contains("Subject: ") && short.out.len() < written.out.len(), "{}", short.out);
    for (sender, says) in [("wrong.json", "wrong.json: "), ("none.json", "none.json: ")] {
        let run = run(&file(sender), &[]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains(says), "{}", run.err);
    }
    let run = assist("email", &["-k", "no/such/folder", "-s", &file("sender.json")]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no/such/folder"), "{}", run.err);
}

#[test]
fn a_chat_goes_on_in_its_file() {
    let folder = support::folder(&[]);
    let file = support::path(&folder, "chat.json");
    let run = leadscore(&["assist", "reply", "Hi, how much is the oak desk?", "-c", &file]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("HOT so far: nothing is known of the lead"), "{}", run.out);
    let run = with_input(
        &["assist", "reply", "-", "-c", &file, "--country", "GB"],
        b"Ann Smith, my number is 020 7946 0958",
    );
    assert!(run.out.contains("Ann Smith · +442079460958"), "{}", run.out);
    let said: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(said["messages"].as_array().unwrap().len(), 4);
    std::fs::write(&file, "{\"messages\": 1}").unwrap();
    let run = leadscore(&["assist", "reply", "Hello", "-c", &file]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("chat.json: the field `contact` is missing"), "{}", run.err);

    let run = leadscore(&["assist", "intent", "Sorry, I'm not interested"]);
    assert!(run.out.starts_with("COLD\n"), "{}", run.out);
}

#[test]
fn a_dry_run_shows_the_question_and_what_it_takes() {
    let run = assist("next", &["--dry-run", "--model", "openai:gpt-4o-mini"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for part in [
        "---- system\nYou tell",
        "---- user\n<data>",
        "---- schema\n{",
        "at most $0.000",
        "500 output tokens",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    #[cfg(feature = "tokenizer")]
    assert!(run.out.contains("input tokens in the vocabulary o200k_base"), "{}", run.out);
    let run = assist("next", &["--dry-run", "--model", "openai:gpt-99"]);
    assert!(run.out.contains("the price of openai:gpt-99 is not known"), "{}", run.out);
    let run = assist("next", &["--dry-run", "--mask", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let user = json["prompt"]["user"].as_str().unwrap();
    assert!(user.contains("[NAME_1]") && !user.contains("Delia"), "{user}");
}

#[cfg(not(feature = "connect"))]
#[test]
fn without_a_network_it_says_where_there_is_one() {
    let run = assist("next", &["--model", "openai:gpt-4o-mini"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("cargo install leadscore-cli"), "{}", run.err);
}

#[cfg(feature = "connect")]
mod connected {
    use super::{ABOUT, support};
    use support::model_server::ModelServer;
    use support::{Run, with_variables};

    const GOOD: &str = r#"{"action": "Call today", "rationale": "The lead met us 3 times.", "priority": "high", "timeframe": "Today"}"#;

    fn ask(server: &ModelServer, more: &[&str]) -> Run {
        let args = [&["assist", "next"], &ABOUT[..], &["--model", "openai:gpt-4o-mini"], more].concat();
        with_variables(&args, &[("OPENAI_API_KEY", "sk-secret"), ("OPENAI_BASE_URL", &server.url)])
    }

    #[test]
    fn a_models_answer_is_shown_with_its_cost() {
        let server = ModelServer::start(vec![(200, GOOD.to_owned())]);
        let run = ask(&server, &[]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains("Today: Call today"), "{}", run.out);
        let source = "Written by gpt-4o-mini-2024-07-18, and checked against the data. 400 tokens in, 50 out, $0.00009.";
        assert!(run.out.contains(source), "{}", run.out);
        assert_eq!(server.requests().len(), 1);
        assert!(server.requests()[0].contains("Vice President of Sales"));
    }

    #[test]
    fn a_model_that_lies_or_fails_is_said_in_the_output_and_the_status() {
        for (status, text, says) in [
            (200, GOOD.replace("Call today", "Offer 40 % off"), "the model's answer is not taken: action: "),
            (200, "Sure!".to_owned(), "the model's answer is not taken: "),
            (401, "wrong key sk-secret".to_owned(), "the model failed: status 401: wrong key [key]"),
        ] {
            let server = ModelServer::start(vec![(status, text)]);
            let run = ask(&server, &[]);
            assert_eq!(run.code, 1, "{}{}", run.out, run.err);
            assert!(run.out.contains("Within 24 hours: Call the lead"), "{}", run.out);
            assert!(run.out.contains(says) && run.err.contains(says), "{}{}", run.out, run.err);
            assert!(!run.out.contains("sk-secret") && !run.err.contains("sk-secret"));
        }
    }

    #[test]
    fn a_passage_is_found_by_meaning_too() {
        let sender = r#"{"name": "Mara Quill", "company": "Oriole", "address": "1 Sample Street", "unsubscribe": "https://oriole.example/u"}"#;
        let folder = support::folder(&[("sender.json", sender.as_bytes())]);
        let sender = support::path(&folder, "sender.json");
        let email = |server: &ModelServer, more: &[&str]| {
            let args = [
                &["assist", "email"],
                &ABOUT[..],
                &["-k", "fixtures/knowledge", "-s", &sender, "--json"],
                more,
            ];
            with_variables(
                &args.concat(),
                &[("OPENAI_API_KEY", "sk-secret"), ("OPENAI_BASE_URL", &server.url)],
            )
        };
        let by_meaning = ["--embeddings", "openai:text-embedding-3-small"];
        let json = |run: &Run| serde_json::from_str::<serde_json::Value>(&run.out).unwrap();
        let server = ModelServer::start(vec![(200, "president".to_owned())]);
        let alone = email(&server, &[]);
        assert_eq!((alone.code, server.requests().len()), (0, 0), "{}", alone.err);
        let run = email(&server, &by_meaning);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(
            run.err.contains("are embedded by openai:text-embedding-3-small: 2,000 tokens, $0.00004"),
            "{}",
            run.err
        );
        let sent: Vec<serde_json::Value> =
            server.requests().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
        assert_eq!(sent.len(), 2);
        assert!(
            sent[0]["input"].as_array().unwrap().len() > 30 && sent[0]["model"] == "text-embedding-3-small"
        );
        let query = sent[1]["input"][0].as_str().unwrap();
        assert!(query.contains("Vice President of Sales") && !query.contains("Delia"), "{query}");
        assert!(json(&run)["output"]["body"].as_str().unwrap().contains("Delia"), "{}", run.out);

        // Where there are no vectors, words alone find the passage, and that is said.
        let broken = ModelServer::start(vec![(401, "wrong key sk-secret".to_owned())]);
        for (server, more, says) in [
            (&broken, &[][..], "status 401: wrong key [key]"),
            (&server, &["--max-calls", "1"], "all calls of the budget are used up"),
            (&server, &["--max-cost", "0.0000001"], "nothing was asked"),
        ] {
            let run = email(server, &[&by_meaning[..], more].concat());
            assert_eq!((run.code, &run.out), (1, &alone.out), "{}", run.err);
            let note = "embeddings: the passage is found by words alone, for ";
            assert!(run.err.contains(note) && run.err.contains(says), "{}", run.err);
            assert!(!run.err.contains("sk-secret"), "{}", run.err);
        }
        let count = server.requests().len();
        let run = email(&server, &[&by_meaning[..], &["--dry-run"]].concat());
        assert_eq!((run.code, server.requests().len()), (0, count), "{}", run.err);
        let note = "--embeddings: openai:text-embedding-3-small would first get the ";
        assert!(run.err.contains(note) && run.err.contains("rests on words alone"), "{}", run.err);
        for (model, says) in [("gemini:m", "gemini wants a key"), ("m", "is no PROVIDER:NAME")] {
            let run = email(&server, &["--embeddings", model]);
            assert!(run.code == 2 && run.err.contains(says), "{}", run.err);
        }
    }

    #[test]
    fn nothing_is_asked_beyond_the_budget_or_without_a_key() {
        let server = ModelServer::start(vec![(200, GOOD.to_owned())]);
        let run = ask(&server, &["--max-cost", "0.0000001"]);
        assert_eq!((run.code, server.requests().len()), (1, 0), "{}", run.err);
        assert!(run.out.contains("could exceed the budget"), "{}", run.out);
        let args = [&["assist", "next"], &ABOUT[..], &["--model", "openai:gpt-4o-mini"]].concat();
        for (args, says) in [
            (args.clone(), "openai wants a key in the environment variable OPENAI_API_KEY"),
            ([&args[..7], &["--model", "gpt-4o-mini"]].concat(), "is no PROVIDER:NAME"),
        ] {
            let run = with_variables(&args, &[("OPENAI_API_KEY", "")]);
            assert_eq!((run.code, run.out.as_str()), (2, ""));
            assert!(run.err.contains(says), "{}", run.err);
        }
    }
}
