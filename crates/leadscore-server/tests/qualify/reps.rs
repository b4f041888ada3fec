//! Leads are routed to representatives of a roster.

use serde_json::{Value, json};

use crate::support::{KEY, Running, json as call};
use crate::{database, events, hot, listen, qualify, start};

const ROSTER: &str = r#"{"reps": [
    {"id": "ana", "name": "Ana Lima", "email": "ana@example.com", "territories": ["US"], "industries": ["SaaS"], "capacity": 10},
    {"id": "bo", "name": "Bo Berg", "territories": ["US"], "industries": ["*"], "capacity": 10},
    {"id": "cy", "name": "Cy Doe", "territories": ["Germany"], "industries": ["Finance"], "capacity": 10}]}"#;

#[tokio::test]
async fn hot_leads_are_routed_in_turns_and_stay_where_they_are() {
    let folder = start(&[]).await.stop().await;
    let roster = folder.path().join("reps.json");
    std::fs::write(&roster, ROSTER).unwrap();
    let pool = database(folder.path()).await;
    listen(&pool).await;
    let roster = roster.display().to_string();
    let settings = [("API_KEY", KEY), ("LEADSCORE_QUALIFY_REPS", roster.as_str())];
    let server = Running::start_in(folder, &settings).await;
    let mut given = Vec::new();
    for at in 0..4 {
        let own = qualify(&server, &hot(&format!("p{at}@acme.example"))).await;
        assert_eq!(own["recommended_action"], "route_to_ae");
        given.push(own["assigned_rep"]["id"].as_str().unwrap().to_owned());
    }
    // Cy fits neither territory nor industry: 40 of 100 points.
    assert_eq!(given, ["ana", "bo", "ana", "bo"]);
    let again = qualify(&server, &hot("p0@acme.example")).await;
    assert_eq!(again["assigned_rep"], json!({"id": "ana", "name": "Ana Lima", "email": "ana@example.com"}));
    // Whoever is not sent to sales is routed to nobody.
    let cold = qualify(&server, &json!({"email": "cold@acme.example", "company": "Acme"})).await;
    assert_eq!(cold["assigned_rep"], Value::Null);
    let told: Vec<Value> = events(&pool)
        .await
        .into_iter()
        .filter(|(name, _)| name == "lead.routed")
        .map(|(_, data)| data)
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(told[1]["assigned_rep"], json!({"id": "bo", "name": "Bo Berg", "email": null}));
    assert_eq!(told[1]["email"], "p1@acme.example");
    // A lead that ended is no load, and one whose representative left gets another.
    let path = format!("/api/v1/leads/{}/outcome", again["id"].as_str().unwrap());
    let (status, _) = call(server.post(&path, &json!({"outcome": "lost"})).bearer_auth(KEY)).await;
    assert_eq!(status, 200);
    let folder = server.stop().await;
    let without = ROSTER.replace("\"id\": \"ana\"", "\"id\": \"dee\"");
    std::fs::write(&roster, without).unwrap();
    let server = Running::start_in(folder, &settings).await;
    let moved = qualify(&server, &hot("p0@acme.example")).await;
    assert_eq!(moved["assigned_rep"]["id"], "dee");
}
