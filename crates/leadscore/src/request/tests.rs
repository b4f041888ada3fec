use super::*;
use crate::task::{NotAsked, Outcome, conclude};

const LEAD: &str = r#"{"id":"l-1","company":"Acme Ltd","title":"VP Sales","name":"Ann Lee","email":"ann@acme.example",
    "message":"Call 030 5550100, we replace our CRM this quarter","activities":[{"kind":"meeting","at":"2026-11-20"}]}"#;

const EMAIL: &str = r#""knowledge":[{"name":"a.md","text":"Oriole finds duplicates in lists of contacts."}],
    "sender":{"name":"Mara Quill","company":"Oriole","address":"1 Sample Street","unsubscribe":"https://oriole.example/u"}"#;

fn pipeline(name: &str) -> Pipeline {
    Pipeline::builtin(name).unwrap()
}

fn request(fields: &str) -> String {
    format!(r#"{{{fields},"as_of":"2026-11-22"}}"#)
}

fn refused(request: &str, pipeline: Option<&Pipeline>) -> (&'static str, String) {
    let error = AnyTask::from_json(request, pipeline).unwrap_err();
    (error.code(), error.to_string())
}

#[test]
fn every_kind_can_be_asked_for() {
    let (conversion, qualify) = (pipeline("conversion"), pipeline("qualify"));
    for kind in KINDS {
        let (text, pipeline) = match kind {
            "chat_intent" | "chat_reply" => (format!(r#"{{"task":"{kind}","message":"How much?"}}"#), None),
            "ranking" => {
                (request(&format!(r#""task":"{kind}","leads":[{LEAD},{{"id":2}}]"#)), Some(&conversion))
            }
            "email" => (request(&format!(r#""task":"{kind}","lead":{LEAD},{EMAIL}"#)), Some(&conversion)),
            "qualification" => (request(&format!(r#""task":"{kind}","lead":{LEAD}"#)), Some(&qualify)),
            _ => (request(&format!(r#""task":"{kind}","lead":{LEAD}"#)), Some(&conversion)),
        };
        let task = AnyTask::from_json(&text, pipeline).unwrap();
        let version = if kind == "email" { 2 } else { 1 };
        assert_eq!((Task::name(&task), Task::version(&task)), (kind, version));
        let alone = conclude(&task, Outcome::NotAsked(NotAsked::NoModel));
        assert!(alone.output.json().len() > 20, "{kind}");
        assert!(!task.prompt().user.contains("5550100"), "{kind}");

        let masked = text.replacen('{', r#"{"mask":true,"#, 1);
        if kind == "email" {
            let (code, message) = refused(&masked, pipeline);
            assert!(code == "invalid_task" && message.contains("nothing to mask"), "{message}");
            assert!(!task.prompt().user.contains("Ann"));
            continue;
        }
        let task = AnyTask::from_json(&masked, pipeline).unwrap();
        let user = task.prompt().user;
        for detail in ["5550100", "Ann", "ann@"] {
            assert!(!user.contains(detail), "{kind}: {user}");
        }
        assert!(kind.starts_with("chat") || user.contains("Call [PHONE_1], we replace"), "{kind}: {user}");
        assert_eq!(conclude(&task, Outcome::NotAsked(NotAsked::NoModel)).output.json(), alone.output.json());
    }
}

#[test]
fn the_task_is_that_of_the_pipeline_and_the_lead() {
    let pipeline = pipeline("conversion");
    let text = request(&format!(r#""task":"conversion","lead":{LEAD},"band":0.01"#));
    let task = AnyTask::from_json(&text, Some(&pipeline)).unwrap();
    let context = Context::from_json(r#"{"as_of":"2026-11-22"}"#).unwrap();
    let scored = pipeline.score_json(LEAD, &context).unwrap();
    let probability =
        |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["probability"].as_f64();
    assert_eq!(probability(task.fallback().json()), probability(&scored));
    assert!(task.prompt().system.contains("at most 0.01 away"));
}

#[test]
fn what_a_request_lacks_or_has_too_much_is_named() {
    let pipeline = pipeline("conversion");
    for (text, code, message) in [
        ("", "invalid_json", "EOF"),
        ("{\"task\":", "invalid_json", "EOF"),
        ("[]", "invalid_task", "a request as an object"),
        (r#"{"task":"conversion","task":"ranking"}"#, "invalid_task", "the key `task` appears twice"),
        ("{}", "invalid_task", "the field `task` is missing"),
        (r#"{"task":7}"#, "invalid_task", "task: wants a text, found a number"),
        (r#"{"task":"horoscope"}"#, "invalid_task", "task: unknown task `horoscope`; there are conversion"),
        (r#"{"task":"conversion","lead":{}}"#, "invalid_context", "the field `as_of` is missing"),
        (r#"{"task":"conversion","as_of":"2026-11-22"}"#, "invalid_task", "the field `lead` is missing"),
        (r#"{"task":"conversion","lead":[],"as_of":"2026-11-22"}"#, "invalid_lead", "lead"),
        (r#"{"task":"conversion","lead":{},"as_of":"soon"}"#, "invalid_context", "as_of"),
        (r#"{"task":"conversion","lead":{},"as_of":["2026-11-22"]}"#, "invalid_context", "as_of"),
        (r#"{"task":"conversion","lead":{"x":[1]},"as_of":"2026-11-22"}"#, "invalid_lead", "lead.x"),
        (r#"{"task":"conversion","leed":{},"as_of":"2026-11-22"}"#, "invalid_task", "unknown field `leed`"),
        (r#"{"task":"conversion","lead":{},"band":2,"as_of":"2026-11-22"}"#, "invalid_task", "band: 2"),
        (
            r#"{"task":"next_action","lead":{},"band":0.2,"as_of":"2026-11-22"}"#,
            "invalid_task",
            "unknown field `band`",
        ),
        (
            r#"{"task":"next_action","lead":{},"mask":1,"as_of":"2026-11-22"}"#,
            "invalid_task",
            "mask: wants true",
        ),
        (r#"{"task":"qualification","lead":{},"as_of":"2026-11-22"}"#, "invalid_task", "model_adjustment"),
        (r#"{"task":"ranking","leads":[],"as_of":"2026-11-22"}"#, "invalid_task", "leads: 0 leads"),
        (
            r#"{"task":"ranking","leads":[{"id":1},{}],"as_of":"2026-11-22"}"#,
            "invalid_task",
            "leads[1]: a ranking",
        ),
        (
            r#"{"task":"ranking","leads":[{"id":1},{"id":1}],"as_of":"2026-11-22"}"#,
            "invalid_task",
            "leads[1]",
        ),
        (r#"{"task":"ranking","leads":[{"id":1},7],"as_of":"2026-11-22"}"#, "invalid_lead", "leads[1]"),
        (r#"{"task":"chat_intent"}"#, "invalid_task", "the field `message` is missing"),
        (r#"{"task":"chat_intent","message":"a","lead":{}}"#, "invalid_task", "unknown field `lead`"),
        (r#"{"task":"chat_reply","message":"a","country":"XX"}"#, "unknown_name", ""),
        (r#"{"task":"chat_reply","message":"a","facts":["a",1]}"#, "invalid_task", "facts[1]: wants a text"),
        (
            r#"{"task":"chat_reply","message":"a","conversation":{"messages":1}}"#,
            "invalid_context",
            "conversation",
        ),
    ] {
        let (found, text_of) = refused(text, Some(&pipeline));
        assert_eq!(found, code, "{text}: {text_of}");
        assert!(text_of.contains(message), "{text}: {text_of}");
    }
    let many = vec!["{\"id\":\"a\"}"; 21].join(",");
    let text = request(&format!(r#""task":"ranking","leads":[{many}]"#));
    assert!(refused(&text, Some(&pipeline)).1.contains("21 leads; one question wants 1 to 20"));
    let text = request(&format!(r#""task":"conversion","lead":{LEAD}"#));
    assert!(refused(&text, None).1.contains("wants a pipeline"));
}

#[test]
fn strict_mode_names_every_issue() {
    let text = r#"{"task":"next_action","lead":{},"as_of":"2026-11-22","mode":"strict"}"#;
    let error = AnyTask::from_json(text, Some(&pipeline("b2b"))).unwrap_err();
    assert_eq!(error.code(), "missing_feature");
    assert!(error.issues().len() > 20 && error.path().to_string().starts_with("lead.attributes."), "{error}");
}

#[test]
fn a_chat_goes_on_from_what_came_out() {
    let first = r#"{"task":"chat_reply","message":"Hi, how much is the oak desk?","country":"GB"}"#;
    let output = AnyTask::from_json(first, None).unwrap().fallback();
    let output: serde_json::Value = serde_json::from_str(output.json()).unwrap();
    let next = serde_json::json!({"task": "chat_reply", "message": "Ann Smith, my number is 020 7946 0958", "country": "GB",
        "conversation": output["conversation"]});
    let output = AnyTask::from_json(&next.to_string(), None).unwrap().fallback();
    let output: serde_json::Value = serde_json::from_str(output.json()).unwrap();
    assert_eq!(output["captured"], serde_json::json!({"name": "Ann Smith", "phone": "+442079460958"}));
    assert_eq!(output["conversation"]["messages"].as_array().unwrap().len(), 4);
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}", field in "[a-z_]{1,12}", value in r#"(\{\}|\[\]|null|true|-?[0-9]{1,20}|"\\PC{0,10}"|1e999)"#) {
        let pipeline = pipeline("conversion");
        for request in [
            text.clone(),
            format!(r#"{{"task":"chat_reply","message":"Hi","{field}":{value}}}"#),
            format!(r#"{{"task":"conversion","as_of":"2026-11-22","lead":{{"{field}":{value}}}}}"#),
            format!(r#"{{"task":"conversion","as_of":{value},"lead":{{}}}}"#),
        ] {
            if let Ok(task) = AnyTask::from_json(&request, Some(&pipeline)) {
                let _ = (task.prompt_json(), task.conclude_json(&text), task.conclude_json(&value), task.accept(&text));
            }
        }
    }
}

#[test]
fn many_leads_are_ranked_in_parts() {
    let conversion = pipeline("conversion");
    // The higher the number, the better the lead; written as no writer of ours would.
    let lead =
        |at: usize| format!(r#"{{ "id":{at}, "title":"{}","opens":{at} }}"#, ["", "Manager", "CEO"][at % 3]);
    for (count, sizes) in [(1, vec![1]), (20, vec![20]), (21, vec![20, 1]), (45, vec![20, 20, 5])] {
        let leads: Vec<String> = (0..count).map(lead).collect();
        let all =
            request(&format!(r#""mask":true,"leads":[{}],"task":"ranking","reasons":2"#, leads.join(",")));
        let parts: Vec<String> = serde_json::from_str(&conversion.ranking_parts_json(&all).unwrap()).unwrap();
        let mut rankings = Vec::new();
        for part in &parts {
            let task = AnyTask::from_json(part, Some(&conversion)).unwrap();
            assert!(part.contains(r#""mask":true"#) && part.contains(r#""reasons":2"#), "{part}");
            rankings.push(conclude(&task, Outcome::NotAsked(NotAsked::NoModel)).output.json().to_owned());
        }
        let lists: Vec<Vec<serde_json::Value>> =
            rankings.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        let merged = RankingTask::merge_json(&format!("[{}]", rankings.join(","))).unwrap();
        let merged: Vec<serde_json::Value> = serde_json::from_str(&merged).unwrap();
        // By the rules, that is the order of the scores, and those of the core's own parts.
        let score = |own: &serde_json::Value| own["score"].as_f64().unwrap();
        assert!(merged.is_sorted_by(|a, b| score(a) >= score(b)));
        assert_eq!(
            merged.iter().map(|own| own["rank"].as_u64().unwrap()).sum::<u64>() as usize,
            count * (count + 1) / 2
        );
    }
}

#[test]
fn what_is_no_ranking_is_refused_before_the_first_question() {
    let conversion = pipeline("conversion");
    let lead = |id: usize| format!(r#"{{"id":{id}}}"#);
    let many: Vec<String> = (0..30).map(lead).collect();
    let with = |last: &str| request(&format!(r#""task":"ranking","leads":[{},{last}]"#, many.join(",")));
    for (request, code, message) in [
        (with(&lead(3)), "invalid_task", "leads[30]: a ranking names leads by their ids"),
        (with("{}"), "invalid_task", "leads[30]: a ranking names leads by their ids"),
        (with("7"), "invalid_lead", "leads[30]"),
        (request(r#""task":"ranking","leads":[]"#), "invalid_task", "leads: 0 leads"),
        (request(r#""task":"ranking""#), "invalid_task", "the field `leads` is missing"),
        (request(r#""task":"ranking","leads":[{"id":1}],"mask":1"#), "invalid_task", "mask"),
        (request(r#""task":"ranking","leads":[{"id":1}],"band":1"#), "invalid_task", "unknown field `band`"),
        (request(r#""task":"email","leads":[{"id":1}]"#), "invalid_task", "task: wants `ranking`"),
        ("{".to_owned(), "invalid_json", ""),
    ] {
        let error = conversion.ranking_parts_json(&request).unwrap_err();
        assert!(error.code() == code && error.to_string().contains(message), "{request}: {error}");
    }
    for (rankings, code) in
        [("", "invalid_json"), ("7", "invalid_task"), ("[7]", "invalid_task"), ("[[{}]]", "invalid_task")]
    {
        assert_eq!(RankingTask::merge_json(rankings).unwrap_err().code(), code, "{rankings}");
    }
    assert_eq!(RankingTask::merge_json("[]").unwrap(), "[]");
}
