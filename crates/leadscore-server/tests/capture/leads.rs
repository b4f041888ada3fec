//! Leads of forms, and the numbers.

use serde_json::{Value, json};

use crate::support::{KEY, Running, json};
use crate::{lead, say, summary};

async fn post(server: &Running, body: &Value) -> (u16, Value) {
    json(server.post("/api/v1/lead/", body).header("x-api-key", KEY)).await
}

#[tokio::test]
async fn a_lead_that_is_known_is_completed_and_keeps_its_source() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let (status, first) = post(&server, &json!({"phone": "+49 171 2345678", "source": "whatsapp"})).await;
    assert_eq!(
        (status, &first["intent"], &first["phone"]),
        (200, &json!("COLD"), &json!("+491712345678")),
        "{first}"
    );
    let more = json!({"name": "Ann", "email": "Ann@Example.com", "phone": "+491712345678", "source": "website", "intent": "warm"});
    let (status, second) = post(&server, &more).await;
    assert_eq!((status, &second["id"]), (200, &first["id"]));
    assert_eq!(
        ["name", "email", "source", "intent"].map(|name| second[name].as_str().unwrap()),
        ["Ann", "ann@example.com", "whatsapp", "WARM"]
    );
    // Without a word of it the intent stays.
    let (_, third) = post(&server, &json!({"email": "ann@example.com", "source": "website"})).await;
    assert_eq!((&third["intent"], &third["created_at"]), (&json!("WARM"), &first["created_at"]));
    // Both ways to write the path, and all ids of the lead.
    let core = json(
        server.get(&format!("/api/v1/leads/{}", first["id"].as_str().unwrap())).header("x-api-key", KEY),
    )
    .await
    .1;
    for name in [first["id"].as_str().unwrap().to_owned(), core["number"].to_string()] {
        assert_eq!(lead(&server, &name).await["id"], first["id"]);
        assert_eq!(lead(&server, &format!("{name}/")).await["id"], first["id"]);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_lead_is_told() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    for (body, told) in [
        (json!({"email": "ann@example.com"}), "source"),
        (json!({"source": "website"}), "email"),
        (json!({"source": "website", "name": "Ann", "email": null, "phone": " "}), "email"),
        (json!({"source": "fax", "email": "ann@example.com"}), "source"),
        (json!({"source": "website", "email": "no address"}), "email"),
        (json!({"source": "website", "email": "ann@example.com", "intent": "NEUTRAL"}), "intent"),
        (json!({"source": "website", "email": "ann@example.com", "intent": "BOILING"}), "intent"),
        (json!([]), ""),
    ] {
        let (status, fault) = post(&server, &body).await;
        assert_eq!(status, 400, "{body}: {fault}");
        assert!(fault["detail"].as_str().is_some_and(|text| text.starts_with(told)), "{body}: {fault}");
    }
    let nobody = json(server.get("/api/v1/lead/nobody").header("x-api-key", KEY)).await;
    assert_eq!(nobody, (404, json!({"detail": "Lead not found"})));
    let wrong = json(server.get("/api/v1/lead/nobody").header("x-api-key", "wrong")).await;
    assert_eq!((wrong.0, wrong.1["detail"].is_string()), (401, true));
}

#[tokio::test]
async fn the_numbers_are_those_of_what_happened() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    assert_eq!(
        summary(&server).await,
        json!({"total_conversations": 0, "leads_captured": 0, "hot_leads": 0, "warm_leads": 0, "cold_leads": 0,
            "avg_response_time": null, "conversion_rate": 0.0})
    );
    for (number, intent) in ["HOT", "WARM", "WARM", "COLD", "COLD", "COLD"].into_iter().enumerate() {
        let body =
            json!({"email": format!("lead{number}@example.com"), "source": "website", "intent": intent});
        assert_eq!(post(&server, &body).await.0, 200);
    }
    // One who said nothing of themselves is a conversation and no lead; another API's lead is none of these.
    say(&server, "nobody", "Hello").await;
    say(&server, "named", "My name is Ann").await;
    let other = json!({"name": "Other", "email": "other@example.com", "source": "website"});
    assert_eq!(json(server.post("/api/v1/score-lead", &other).header("x-api-key", KEY)).await.0, 200);
    let outcome = json!({"outcome": "converted"});
    let (_, bought) = post(&server, &json!({"email": "lead0@example.com", "source": "website"})).await;
    let path = format!("/api/v1/leads/{}/outcome", bought["id"].as_str().unwrap());
    assert_eq!(json(server.post(&path, &outcome).header("x-api-key", KEY)).await.0, 200);
    let found = summary(&server).await;
    let counts = ["total_conversations", "leads_captured", "hot_leads", "warm_leads", "cold_leads"];
    assert_eq!(counts.map(|name| found[name].as_i64().unwrap()), [2, 7, 1, 2, 4], "{found}");
    assert_eq!(found["conversion_rate"], 14.3, "{found}");
    assert!(
        found["avg_response_time"].as_f64().is_some_and(|seconds| (0.0..10.0).contains(&seconds)),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_counts_by_itself_comes_to_the_same_numbers() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/third-party/recount_chats.py");
    let mut python = tokio::process::Command::new("python3");
    let python = python.arg(script).env("LEADSCORE_URL", &server.base).env("LEADSCORE_KEY", KEY);
    let output = python.output().await.expect("Python is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
