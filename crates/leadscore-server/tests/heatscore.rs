//! The heat scores' routes, as the document has them.

mod support;

use serde_json::{Value, json};
use support::{KEY, Running, json};

fn chen() -> Value {
    json!({"name": "Michael Chen", "email": "michael@startup.io", "role": "Director", "campaign": "AI Program",
        "source": "website", "region": "US", "recency_days": 1, "page_views": 25, "time_spent": 420,
        "last_touch": "demo_request", "prior_course_interest": "high"})
}

#[tokio::test]
async fn the_document_s_requests_are_answered_in_its_shape() {
    let server = Running::start(&[]).await;
    let (status, health) = json(server.get("/health")).await;
    assert_eq!((status, &health["status"]), (200, &json!("healthy")));

    let (status, score) = json(server.post("/api/v1/score-lead", &chen())).await;
    assert_eq!(status, 200, "{score}");
    let probabilities = &score["probabilities"];
    let sum: f64 = ["cold", "warm", "hot"].iter().map(|class| probabilities[class].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{score}");
    assert_eq!(score["confidence"], probabilities[score["heat_score"].as_str().unwrap()]);
    assert!(score["features_used"].as_array().is_some_and(|used| !used.is_empty()), "{score}");

    let minimal = json!({"name": "John", "email": "john@test.com", "role": "Developer", "page_views": 15});
    let (status, own) = json(server.post("/api/v1/score-lead", &minimal)).await;
    assert_eq!(status, 200, "{own}");
    let (status, advice) = json(server.post("/api/v1/recommendation", &chen())).await;
    assert_eq!((status, &advice["lead_id"]), (200, &score["lead_id"]), "{advice}");
    assert!(advice["next_steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{advice}");
    let (status, email) = json(server.post("/api/v1/get-personalized-email", &minimal)).await;
    assert_eq!((status, &email["type"]), (200, &json!("template")), "{email}");
    assert_eq!(email["token_usage"], json!({"input_tokens": 0, "output_tokens": 0, "total_cost": 0.0}));
    assert_eq!(email["personalization_data"]["campaign"], Value::Null);
    let test = json!({"to_email": "john@company.com", "lead_data": {"name": "John Doe", "role": "Developer", "campaign": "AI Program"}});
    let (status, sent) = json(server.post("/api/v1/send-test-email", &test)).await;
    assert_eq!((status, &sent["sandbox"]), (200, &json!(true)), "{sent}");

    let (status, page) = json(server.get("/api/v1/leads?page=1&limit=20")).await;
    assert_eq!((status, &page["pagination"]["total_leads"]), (200, &json!(2)), "{page}");
    assert_eq!(page["leads"][0]["recommendation"], Value::Null);
    assert_eq!(page["leads"][1]["lead_data"]["role"], "Director");
    let (status, metrics) = json(server.get("/api/v1/metrics")).await;
    assert_eq!(status, 200);
    assert_eq!(metrics["system_metrics"]["total_requests"], 6, "{metrics}");
    assert_eq!(metrics["model_metrics"]["total_predictions"], 4);
    assert_eq!(metrics["model_metrics"]["accuracy"], Value::Null);
    assert_eq!(metrics["rag_metrics"]["total_emails_generated"], 1);
    let (status, importance) = json(server.get("/api/v1/feature-importance")).await;
    assert_eq!(status, 200, "{importance}");
    let shares = importance["feature_importance"].as_array().unwrap();
    let sum: f64 = shares.iter().map(|own| own["importance"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9);
}

#[tokio::test]
async fn what_is_wrong_with_a_lead_is_told() {
    let server = Running::start(&[]).await;
    let body =
        json!({"name": " ", "email": "invalid-email", "page_views": -1, "prior_course_interest": "huge"});
    let (status, fault) = json(server.post("/api/v1/score-lead", &body)).await;
    assert_eq!((status, &fault["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{fault}");
    let details = fault["error"]["details"].as_array().unwrap();
    let mut fields: Vec<&str> = details.iter().map(|own| own["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["email", "name", "page_views", "prior_course_interest"], "{fault}");
    let email = details.iter().find(|own| own["field"] == "email").unwrap();
    assert_eq!(
        email,
        &json!({"field": "email", "message": "Invalid email format", "value": "invalid-email"})
    );

    for (path, status) in [
        ("/api/v1/leads?page=0", 400),
        ("/api/v1/leads?limit=101", 400),
        ("/api/v1/leads?heat_score=tepid", 400),
        ("/api/v1/leads?page=99", 200),
        ("/api/v1/nothing", 404),
        ("/api/v1/score-lead", 405),
    ] {
        assert_eq!(json(server.get(path)).await.0, status, "{path}");
    }
    let plain = server.client.post(format!("{}/api/v1/score-lead", server.base)).body("x");
    assert_eq!(json(plain).await.0, 415);
}

#[tokio::test]
async fn a_table_is_kept_and_scored() {
    let server = Running::start(&[]).await;
    let upload = |bytes: &str| {
        let boundary = "leadscore-test";
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{bytes}\r\n--{boundary}--\r\n"
        );
        server
            .client
            .post(format!("{}/api/v1/upload-leads", server.base))
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(body)
    };
    let table = "Name,Email,Role,page_views,recency_days\nAnn,ann@acme.example,CEO,30,2\nBob,no-address,Clerk,1,80\n\
                 Cid,cid@acme.example\n";
    let (status, uploaded) = json(upload(table)).await;
    assert_eq!(status, 200, "{uploaded}");
    assert_eq!(
        (&uploaded["total_leads"], &uploaded["processed"], &uploaded["failed"]),
        (&json!(3), &json!(2), &json!(1)),
        "{uploaded}"
    );
    assert_eq!(
        (&uploaded["results"][1]["row"], &uploaded["results"][1]["line"]),
        (&json!(2), &json!(3)),
        "{uploaded}"
    );
    let (status, empty) = json(upload("name,email\n")).await;
    assert_eq!((status, &empty["total_leads"]), (200, &json!(0)), "{empty}");
    assert_eq!(json(upload("%PDF-1.7 ...")).await.0, 415);
    let (_, page) = json(server.get("/api/v1/leads")).await;
    assert_eq!(page["pagination"]["total_leads"], 2);
    // The hour's fifth upload is the last one.
    assert_eq!(json(upload(table)).await.0, 200);
    assert_eq!(json(upload(table)).await.0, 200);
    let refused = upload(table).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-ratelimit-remaining"], "0");
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn with_a_key_nothing_is_open_and_other_pages_never_get_in() {
    let open = Running::start(&[]).await;
    let from_page = open.get("/api/v1/leads").header("origin", "https://evil.example");
    assert_eq!(json(from_page).await.0, 403);
    assert_eq!(json(open.get("/api/v1/leads").header("x-forwarded-for", "1.2.3.4")).await.0, 403);

    let server = Running::start(&[("API_KEY", KEY)]).await;
    let (status, fault) = json(server.get("/api/v1/leads")).await;
    assert_eq!((status, &fault["error"]["code"]), (401, &json!("UNAUTHORIZED")));
    let (status, wrong) = json(server.get("/api/v1/leads").header("x-api-key", "wrong")).await;
    // A wrong key is told in the same words as a missing one.
    assert_eq!((status, &wrong["error"]["message"]), (401, &fault["error"]["message"]));
    for name in ["x-api-key", "authorization"] {
        let value = if name == "authorization" { format!("Bearer {KEY}") } else { KEY.to_owned() };
        assert_eq!(json(server.get("/api/v1/leads").header(name, value)).await.0, 200, "{name}");
    }
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_answered_once() {
    let server = Running::start(&[]).await;
    let send = |body: Value| json(server.post("/api/v1/score-lead", &body).header("idempotency-key", "k-1"));
    let (_, first) = send(chen()).await;
    let (_, second) = send(chen()).await;
    assert_eq!(first, second);
    let (_, metrics) = json(server.get("/api/v1/metrics")).await;
    assert_eq!(metrics["model_metrics"]["total_predictions"], 1);
    let mut other = chen();
    other["page_views"] = json!(3);
    let (status, fault) = send(other).await;
    assert_eq!((status, &fault["error"]["code"]), (409, &json!("CONFLICT")));
}
