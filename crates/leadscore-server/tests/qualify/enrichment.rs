//! What the file of companies and the address that is asked add, and what they never do.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{qualify, start};

const NOTHING: [&str; 5] = ["company_size", "industry", "estimated_revenue", "linkedin_url", "location"];

fn bare(email: &str) -> Value {
    json!({"email": email, "company": "Acme"})
}

fn assert_unknown(own: &Value) {
    for name in NOTHING {
        assert_eq!(own["enrichment"][name], Value::Null, "{own}");
    }
    assert_eq!(own["enrichment_sources"], json!([]));
}

fn assert_acme(own: &Value, source: &str) {
    assert_eq!(
        own["enrichment"],
        json!({"company_size": "51-200", "industry": "Technology", "estimated_revenue": "$10M-$50M",
            "linkedin_url": "https://linkedin.com/company/acme", "location": "Boston, MA"})
    );
    // Industry 30, 120 employees 25, 10 million dollars or more 20, country 10.
    assert_eq!(own["scoring_breakdown"]["company_fit"], 0.85, "{own}");
    for fact in own["enrichment_sources"].as_array().unwrap() {
        assert_eq!(fact["source"], source, "{fact}");
    }
}

#[tokio::test]
async fn a_csv_file_by_domain_and_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("companies.csv");
    std::fs::write(
        &file,
        "domain,email,company_size,employees,industry,estimated_revenue,linkedin_url,location,country\n\
         acme.example,,51-200,120,Technology,$10M-$50M,https://linkedin.com/company/acme,\"Boston, MA\",US\n\
         gmail.com,,10000+,,Technology,,,,\n\
         ,cy@gmail.com,7,,Construction,,,,\n",
    )
    .unwrap();
    let server = start(&[("LEADSCORE_QUALIFY_COMPANIES", file.to_str().unwrap())]).await;
    assert_acme(&qualify(&server, &bare("Ann@ACME.example")).await, "companies_file");
    // An address of free mail is nobody's company, whatever the file says.
    assert_unknown(&qualify(&server, &bare("bob@gmail.com")).await);
    assert_unknown(&qualify(&server, &bare("bob@mail.acme.example")).await);
    let own = qualify(&server, &bare("cy@gmail.com")).await;
    assert_eq!(
        (&own["enrichment"]["company_size"], &own["enrichment"]["industry"]),
        (&json!("7"), &json!("Construction"))
    );
    // What the lead states counts more than the file, and a team less than the whole company.
    let mut said = bare("dee@acme.example");
    said["message"] = json!("We are a healthcare company. Our 20-person sales team wants a demo.");
    let own = qualify(&server, &said).await;
    assert_eq!(
        (&own["enrichment"]["industry"], &own["enrichment"]["company_size"]),
        (&json!("Healthcare"), &json!("51-200"))
    );
    let sources: Vec<&Value> =
        own["enrichment_sources"].as_array().unwrap().iter().map(|fact| &fact["source"]).collect();
    assert_eq!(sources[..2], [&json!("companies_file"), &json!("message")]);
}

#[tokio::test]
async fn a_sqlite_file_is_only_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("companies.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE companies (Domain TEXT, company_size TEXT, employees INTEGER, industry TEXT, estimated_revenue TEXT,
             linkedin_url TEXT, location TEXT, country TEXT, founded REAL);
         INSERT INTO companies VALUES ('acme.example', '51-200', 120, 'Technology', '$10M-$50M',
             'https://linkedin.com/company/acme', 'Boston, MA', 'US', 1999.5);
         INSERT INTO companies (Domain, industry) VALUES ('twice.example', 'SaaS'), ('twice.example', 'Finance')",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let before = std::fs::read(&file).unwrap();
    let server = start(&[("LEADSCORE_QUALIFY_COMPANIES", file.to_str().unwrap())]).await;
    assert_acme(&qualify(&server, &bare("ann@acme.example")).await, "companies_file");
    assert_unknown(&qualify(&server, &bare("ann@other.example")).await);
    // Two rows are no answer, and that is said.
    let own = qualify(&server, &bare("ann@twice.example")).await;
    assert_unknown(&own);
    assert_eq!(
        own["enrichment_problems"],
        json!([{"source": "companies_file", "message": "has more than one row for `twice.example`"}])
    );
    server.stop().await;
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

/// Settings by which a stub on this machine may be asked.
fn local(url: &str) -> Vec<(&str, &str)> {
    vec![
        ("LEADSCORE_QUALIFY_COMPANIES_URL", url),
        ("LEADSCORE_QUALIFY_COMPANIES_TOKEN", "token-1"),
        ("LEADSCORE_WEBHOOK_ALLOWLIST", "127.0.0.1"),
        ("LEADSCORE_ALLOW_INSECURE_WEBHOOKS", "true"),
    ]
}

#[tokio::test]
async fn an_address_is_asked_once_for_each_company() {
    let stub = MockServer::start().await;
    let acme = json!({"company_size": "51-200", "employees": 120, "industry": "Technology", "estimated_revenue": "$10M-$50M",
        "linkedin_url": "https://linkedin.com/company/acme", "location": "Boston, MA", "country": "US", "more": {"x": [1]}});
    Mock::given(method("GET"))
        .and(path("/v1/acme.example"))
        .and(header("authorization", "Bearer token-1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(acme))
        .expect(1)
        .mount(&stub)
        .await;
    Mock::given(path("/v1/unknown.example"))
        .respond_with(ResponseTemplate::new(404))
        .expect(1)
        .mount(&stub)
        .await;
    let url = format!("{}/v1/{{domain}}", stub.uri());
    let server = start(&local(&url)).await;
    for email in ["ann@acme.example", "bob@acme.example"] {
        let own = qualify(&server, &bare(email)).await;
        assert_acme(&own, "companies_url");
        assert_eq!(own["enrichment_problems"], json!([]));
    }
    for email in ["ann@unknown.example", "bob@unknown.example"] {
        let own = qualify(&server, &bare(email)).await;
        assert_unknown(&own);
        assert_eq!(own["enrichment_problems"], json!([]));
    }
    // Nobody is asked about free mail.
    assert_unknown(&qualify(&server, &bare("ann@gmail.com")).await);
    stub.verify().await;
}

#[tokio::test]
async fn an_address_that_fails_is_silent_and_that_is_said() {
    let stub = MockServer::start().await;
    let answers = [
        ("error.example", ResponseTemplate::new(500), "answered 500"),
        (
            "text.example",
            ResponseTemplate::new(200).set_body_string("hello"),
            "answered no JSON that can be used",
        ),
        ("list.example", ResponseTemplate::new(200).set_body_json(json!([])), "answered no JSON object"),
        (
            "long.example",
            ResponseTemplate::new(200).set_body_string("x".repeat(70_000)),
            "answered more than 65536 bytes",
        ),
    ];
    for (domain, answer, _) in &answers {
        Mock::given(path(format!("/{domain}"))).respond_with(answer.clone()).mount(&stub).await;
    }
    // Nothing may lead elsewhere.
    let moved = ResponseTemplate::new(302).insert_header("location", "/acme.example");
    Mock::given(path("/moved.example")).respond_with(moved).mount(&stub).await;
    let url = format!("{}/{{domain}}", stub.uri());
    let server = start(&local(&url)).await;
    for (domain, _, message) in &answers {
        let own = qualify(&server, &bare(&format!("a@{domain}"))).await;
        assert_unknown(&own);
        assert_eq!(
            own["enrichment_problems"],
            json!([{"source": "companies_url", "message": message}]),
            "{domain}"
        );
    }
    let own = qualify(&server, &bare("a@moved.example")).await;
    assert_eq!(own["enrichment_problems"][0]["message"], "answered 302");
    // After five failures in a row nobody waits for it.
    let own = qualify(&server, &bare("a@sixth.example")).await;
    assert_eq!(
        own["enrichment_problems"][0]["message"],
        "failed several times, and is not asked for a while"
    );
    assert!(stub.received_requests().await.unwrap().iter().all(|own| own.url.path() != "/sixth.example"));
}

#[tokio::test]
async fn a_slow_address_is_waited_for_five_seconds() {
    let stub = MockServer::start().await;
    let slow = ResponseTemplate::new(200)
        .set_body_json(json!({"industry": "SaaS"}))
        .set_delay(Duration::from_secs(30));
    Mock::given(method("GET")).respond_with(slow).mount(&stub).await;
    let url = format!("{}/{{domain}}", stub.uri());
    let server = start(&local(&url)).await;
    let began = Instant::now();
    let own = qualify(&server, &bare("a@acme.example")).await;
    let took = began.elapsed();
    assert!((4.5..7.0).contains(&took.as_secs_f64()), "{took:?}");
    assert_eq!(own["enrichment_problems"], json!([{"source": "companies_url", "message": "took too long"}]));
    assert!(own["processing_time_ms"].as_i64().unwrap() >= 4_500, "{own}");
    // The failure is remembered for a while.
    let began = Instant::now();
    qualify(&server, &bare("b@acme.example")).await;
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn an_address_in_a_network_of_ones_own_is_not_reached() {
    let stub = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"industry": "SaaS"})))
        .mount(&stub)
        .await;
    // `localhost` is a name, so it is found out only when it is resolved: its address is not on the list.
    let url = format!("{}/{{domain}}", stub.uri().replace("127.0.0.1", "localhost"));
    let mut settings = local(&url);
    settings.retain(|(name, _)| *name != "LEADSCORE_WEBHOOK_ALLOWLIST");
    settings.push(("LEADSCORE_WEBHOOK_ALLOWLIST", "10.9.8.7"));
    let server = start(&settings).await;
    let own = qualify(&server, &bare("a@acme.example")).await;
    assert_unknown(&own);
    assert_eq!(own["enrichment_problems"][0]["message"], "could not be reached");
    assert!(stub.received_requests().await.unwrap().is_empty());
}
