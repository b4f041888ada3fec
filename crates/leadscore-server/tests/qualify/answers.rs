//! What is answered, beginning with the document's own request.

use std::fs;

use serde_json::{Value, json};

use crate::shared::shared;
use crate::support::{KEY, Running, json as call};
use crate::{database, events, hot, listen, post, qualify, start};

const DOCUMENT: &str = "seeds/003_9d4cf1568efa13a5.txt";
/// What is answered beside the document.
const ADDED: [&str; 6] = [
    "enrichment_sources",
    "enrichment_problems",
    "enrichment_confidence",
    "model_adjustment",
    "provenance",
    "assigned_rep",
];

/// The blocks of JSON in a section of the document.
pub(crate) fn blocks(heading: &str) -> Option<Vec<Value>> {
    let document = fs::read_to_string(shared(DOCUMENT)?).unwrap();
    let (_, section) = document.split_once(&format!("### {heading}\n")).unwrap();
    let section = section.split("\n### ").next().unwrap();
    let blocks = section.split("```json\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    Some(blocks.map(|block| serde_json::from_str(block).unwrap()).collect())
}

#[tokio::test]
async fn the_request_of_the_document_is_answered_in_its_shape() {
    let Some(blocks) = blocks("POST /api/qualify") else { return };
    let server = start(&[]).await;
    let own = qualify(&server, &blocks[0]).await;
    let (keys, sample) = (own.as_object().unwrap(), blocks[1].as_object().unwrap());
    for (name, wanted) in sample {
        let value = keys.get(name).unwrap_or_else(|| panic!("{name} is missing: {own}"));
        assert_eq!(std::mem::discriminant(value), std::mem::discriminant(wanted), "{name}: {value}");
    }
    for name in keys.keys() {
        assert!(sample.contains_key(name) || ADDED.contains(&name.as_str()), "{name} is not documented");
    }
    for part in ["enrichment", "scoring_breakdown"] {
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&own[part]), names(&blocks[1][part]));
    }
    assert!(own["score"].is_u64() && own["processing_time_ms"].is_u64(), "{own}");
    // Nothing is known but what the message states; the rest is null and not made up.
    assert_eq!(
        own["enrichment"],
        json!({"company_size": "50+", "industry": null, "estimated_revenue": null, "linkedin_url": null, "location": null})
    );
    assert_eq!(
        own["enrichment_sources"],
        json!([{"field": "company_size", "value": "50+", "number": 50.0, "at_least": true, "source": "message",
            "quote": "50-person sales team"}])
    );
    // 25 for 50 employees; 25 for an interest and 15 for a team; 12 for the size.
    assert_eq!(
        own["scoring_breakdown"],
        json!({"company_fit": 0.25, "intent_signal": 0.4, "budget_indicator": 0.12, "urgency": 0.0})
    );
    // 8.75 + 12 + 2.4
    assert_eq!((&own["score"], &own["tier"]), (&json!(23), &json!("COLD")));
    assert_eq!(own["recommended_action"], "add_to_marketing");
    assert_eq!(own["provenance"]["author"], "rules");
    assert_eq!(own["provenance"]["reason"], "no_model");
    // The id is the same in all APIs.
    let path = format!("/api/v1/leads/{}", own["id"].as_str().unwrap());
    let (status, lead) = call(server.get(&path).bearer_auth(KEY)).await;
    assert_eq!((status, &lead["email"]), (200, &blocks[0]["email"]));
    assert_eq!(lead["attributes"]["metadata.utm_source"], blocks[0]["metadata"]["utm_source"]);
    assert_eq!(lead["attributes"]["source"], "website_form");
}

#[tokio::test]
async fn the_score_is_the_weighted_sum_of_its_factors() {
    let server = start(&[]).await;
    let own = qualify(&server, &hot("ann@acme.example")).await;
    let factor = |name: &str| own["scoring_breakdown"][name].as_f64().unwrap();
    let sum = 35.0 * factor("company_fit")
        + 30.0 * factor("intent_signal")
        + 20.0 * factor("budget_indicator")
        + 15.0 * factor("urgency");
    assert_eq!(own["score"].as_f64().unwrap(), (sum + 1e-9).floor(), "{own}");
    assert_eq!((&own["score"], &own["tier"]), (&json!(90), &json!("HOT")), "{own}");
    assert_eq!(own["recommended_action"], "route_to_ae");
    assert!(own["reasoning"].as_str().unwrap().len() > 10, "{own}");
}

#[tokio::test]
async fn tiers_and_actions_by_what_is_said_and_known() {
    let server = start(&[]).await;
    let bare = json!({"email": "bare@acme.example", "company": "Acme"});
    let own = qualify(&server, &bare).await;
    // Below 20 the document has no tier of its own.
    assert_eq!(
        (&own["score"], &own["tier"], &own["recommended_action"]),
        (&json!(0), &json!("COLD"), &json!("archive"))
    );
    assert_eq!(own["enrichment"]["industry"], Value::Null);
    // So much readiness of somebody who is not known is for a person to look at.
    let mut unknown = hot("unknown@acme.example");
    unknown["name"] = Value::Null;
    unknown["metadata"] = json!({"employees": "200", "country": "US"});
    let own = qualify(&server, &unknown).await;
    assert_eq!(
        (&own["tier"], &own["recommended_action"]),
        (&json!("WARM"), &json!("manual_review")),
        "{own}"
    );
    assert_eq!(own["enrichment_confidence"], 0.27);
    let mut large = hot("large@acme.example");
    large["metadata"]["revenue_usd"] = json!(150_000_000);
    let own = qualify(&server, &large).await;
    assert_eq!(own["recommended_action"], "route_to_enterprise_ae");
    assert_eq!(own["enrichment"]["estimated_revenue"], "$150M");
}

#[tokio::test]
async fn what_the_store_knows_counts_too() {
    let server = start(&[]).await;
    let known = json!({"email": "Kim@acme.example", "attributes": {"industry": "SaaS", "employees": 250, "country": "Germany",
        "title": "CEO", "source": "trade fair", "model_adjustment": 10}});
    let (status, lead) = call(server.post("/api/v1/leads", &known).bearer_auth(KEY)).await;
    assert_eq!(status, 201);
    let own =
        qualify(&server, &json!({"email": "kim@ACME.example", "company": "Acme", "source": "csv"})).await;
    assert_eq!(own["id"], lead["lead_id"]);
    // 30 + 25 + 15 + 10; an adjustment is a model's alone.
    assert_eq!(own["scoring_breakdown"]["company_fit"], 0.8);
    assert_eq!(own["model_adjustment"], 0.0);
    // 0.35 · 80 + 0.2 · 25
    assert_eq!(own["score"], 33, "{own}");
    assert_eq!(
        (&own["enrichment"]["company_size"], &own["enrichment"]["industry"]),
        (&json!("250"), &json!("SaaS"))
    );
    assert!(
        own["enrichment_sources"].as_array().unwrap().iter().all(|fact| fact["source"] == "lead"),
        "{own}"
    );
    let path = format!("/api/v1/leads/{}", own["id"].as_str().unwrap());
    let (_, lead) = call(server.get(&path).bearer_auth(KEY)).await;
    assert_eq!(lead["attributes"]["source"], "trade fair");
}

#[tokio::test]
async fn webhooks_are_told_once_of_what_is_new() {
    let folder = start(&[]).await.stop().await;
    let pool = database(folder.path()).await;
    listen(&pool).await;
    let server = Running::start_in(folder, &[("API_KEY", KEY)]).await;
    let first = qualify(&server, &hot("ann@acme.example")).await;
    // The same again without its words: what was stated is still known, and nothing is new.
    let again = qualify(&server, &json!({"email": "ann@acme.example", "company": "Acme"})).await;
    assert_eq!(again["enrichment"], first["enrichment"]);
    assert_eq!((&again["id"], &again["score"]), (&first["id"], &first["score"]));
    // The facts were those of the other company.
    let moved = qualify(&server, &json!({"email": "ann@acme.example", "company": "Other"})).await;
    assert_eq!(moved["enrichment"]["industry"], Value::Null);
    let told = events(&pool).await;
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["lead.qualified", "lead.enriched", "lead.scored", "lead.scored"]);
    assert_eq!(
        (&told[0].1["id"], &told[0].1["score"], &told[0].1["tier"]),
        (&first["id"], &json!(90), &json!("HOT"))
    );
    assert_eq!(told[1].1["enrichment"], first["enrichment"]);
    assert_eq!(
        told[1].1["filled"],
        json!([{"field": "company_size", "value": "50+", "source": "message"},
            {"field": "industry", "value": "SaaS", "source": "metadata"},
            {"field": "estimated_revenue", "value": "$5M", "source": "metadata"}])
    );
    // A request that is sent again under its key is one qualification.
    let send = || post(&server, &hot("key@acme.example")).header("idempotency-key", "k");
    let (one, two) = (call(send()).await, call(send()).await);
    assert_eq!(one, two);
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM qualifications JOIN leads ON leads.number = lead WHERE email = 'key@acme.example'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(count, 1);
}
