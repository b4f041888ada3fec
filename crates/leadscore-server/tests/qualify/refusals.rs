//! What is refused, in the words of the document.

use leadscore_server::{Layers, Server};
use serde_json::{Value, json};

use crate::support::{KEY, json as call, token};
use crate::{post, start};

#[tokio::test]
async fn fields_that_cannot_be_used_are_named() {
    let server = start(&[]).await;
    let long = "x".repeat(10_001);
    let table = [
        (json!({}), "email is required", "email", json!(["email", "company"])),
        (json!({"company": "Acme"}), "email is required", "email", json!(["email"])),
        (json!({"email": "a@acme.example"}), "company is required", "company", json!(["company"])),
        // What is missing comes first, whatever else is wrong.
        (json!({"source": "fax"}), "email is required", "email", json!(["email", "company", "source"])),
        (
            json!({"email": "a@acme.example", "company": "Acme", "source": "fax"}),
            "source: must be one of",
            "source",
            json!(["source"]),
        ),
        (
            json!({"email": "nobody", "company": "Acme"}),
            "email: Invalid email format",
            "email",
            json!(["email"]),
        ),
        (
            json!({"email": "a@acme.example", "company": " "}),
            "company: must not be blank",
            "company",
            json!(["company"]),
        ),
        (json!({"email": null, "company": "Acme"}), "email: must be", "email", json!(["email"])),
        (
            json!({"email": "a@acme.example", "company": "Acme", "message": long}),
            "message: must have at most 10000 characters",
            "message",
            json!(["message"]),
        ),
        (
            json!({"email": "a@acme.example", "company": "Acme", "metadata": [1]}),
            "metadata: must be",
            "metadata",
            json!(["metadata"]),
        ),
        // PostgreSQL does not keep it, and no name has it.
        (
            json!({"email": "a@acme.example", "company": "A\0"}),
            "company: must not have the character U+0000",
            "company",
            json!(["company"]),
        ),
        (
            json!({"email": "a@acme.example", "company": "A", "metadata": {"a": ["b", "\0"]}}),
            "metadata.a[1]: must not have the character U+0000",
            "metadata.a[1]",
            json!(["metadata.a[1]"]),
        ),
        (json!([]), "must be object", "body", json!(["body"])),
    ];
    for (body, message, field, fields) in table {
        let (status, own) = call(post(&server, &body)).await;
        assert_eq!((status, &own["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{body}: {own}");
        assert!(own["error"]["message"].as_str().unwrap().starts_with(message), "{body}: {own}");
        assert_eq!(own["error"]["details"], json!({"field": field, "fields": fields}), "{body}");
    }
    let many: serde_json::Map<String, Value> = (0..51).map(|at| (at.to_string(), json!(1))).collect();
    let (status, own) =
        call(post(&server, &json!({"email": "a@acme.example", "company": "A", "metadata": many}))).await;
    assert_eq!((status, &own["error"]["details"]["field"]), (400, &json!("metadata")), "{own}");
    for text in ["{", "", "{\"email\": 1, \"email\": 2}", "\u{1}"] {
        let request = server.post("/api/qualify", &json!(0)).bearer_auth(KEY).body(text.to_owned());
        let (status, own) = call(request).await;
        assert_eq!((status, &own["error"]["details"]["field"]), (400, &json!("body")), "{text}: {own}");
    }
    let (status, own) =
        call(server.client.post(format!("{}/api/qualify", server.base)).bearer_auth(KEY).body("{}")).await;
    assert_eq!((status, &own["error"]["code"]), (415, &json!("UNSUPPORTED_MEDIA_TYPE")), "{own}");
}

#[tokio::test]
async fn only_a_key_as_bearer_opens_it() {
    let server = start(&[]).await;
    let body = json!({"email": "a@acme.example", "company": "Acme"});
    for request in [
        server.post("/api/qualify", &body),
        server.post("/api/qualify", &body).header("x-api-key", KEY),
        server.post("/api/qualify", &body).bearer_auth("wrong"),
        server.post("/api/qualify", &body).bearer_auth(token("default", None)),
        server.get("/api/analytics"),
    ] {
        let (status, own) = call(request).await;
        assert_eq!((status, &own["error"]["code"]), (401, &json!("UNAUTHORIZED")), "{own}");
    }
}

#[tokio::test]
async fn parameters_of_analytics_that_do_not_exist() {
    let server = start(&[]).await;
    for (query, field) in [
        ("period=1d", "period"),
        ("period=", "period"),
        ("period=7d&period=30d", "period"),
        ("group_by=year", "group_by"),
        ("zone=Mars/Olympus", "zone"),
        ("zone=../../etc/passwd", "zone"),
    ] {
        let (status, own) = call(server.get(&format!("/api/analytics?{query}")).bearer_auth(KEY)).await;
        assert_eq!((status, &own["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{query}: {own}");
        assert_eq!(own["error"]["details"]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn a_server_does_not_start_with_sources_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let twice = file("twice.csv", "domain,industry\na.example,SaaS\nA.example,Finance\n");
    let reps = file("reps.json", r#"{"reps": [{"id": "a", "name": "A", "capacity": 0}]}"#);
    let table = [
        ("LEADSCORE_QUALIFY_COMPANIES", "/nowhere.csv", "qualify.companies: /nowhere.csv: No such file"),
        ("LEADSCORE_QUALIFY_COMPANIES", twice.as_str(), "line 3: `a.example` stands in line 2 already"),
        ("LEADSCORE_QUALIFY_REPS", reps.as_str(), "reps[0].capacity: wants 1 or more"),
        (
            "LEADSCORE_QUALIFY_COMPANIES_URL",
            "https://data.example.com/",
            "wants {domain} in its path or query",
        ),
        (
            "LEADSCORE_QUALIFY_COMPANIES_URL",
            "https://{domain}/x",
            "wants {domain} once, in its path or query",
        ),
        ("LEADSCORE_QUALIFY_COMPANIES_URL", "http://data.example.com/{domain}", "wants https"),
        ("LEADSCORE_QUALIFY_COMPANIES_URL", "https://10.0.0.1/{domain}", "not public"),
        ("LEADSCORE_QUALIFY_COMPANIES_TOKEN", "secret", "is not set"),
    ];
    for (name, value, wanted) in table {
        let settings = [
            ("LEADSCORE_LISTEN", "127.0.0.1:0"),
            ("LEADSCORE_DATA", folder.path().to_str().unwrap()),
            (name, value),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Layers::new().environment(settings).unwrap().build().unwrap();
        let error = Server::start(config).await.err().unwrap_or_else(|| panic!("{name}={value} starts"));
        assert!(error.to_string().contains(wanted), "{error}");
    }
}
