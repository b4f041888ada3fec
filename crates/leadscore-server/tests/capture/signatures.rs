//! Signatures that other programs made.

use serde_json::Value;

use crate::shared::shared;
use crate::support::{KEY, Running, json};

#[tokio::test]
async fn deliveries_of_the_vectors_are_taken_and_forged_ones_are_not() {
    let Some(path) = shared("protocols/vectors.json") else { return };
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, platform, variable) in [
        ("meta_basic", "whatsapp", "WHATSAPP_APP_SECRET"),
        ("meta_escaped_unicode", "whatsapp", "WHATSAPP_APP_SECRET"),
        ("meta_instagram", "instagram", "INSTAGRAM_APP_SECRET"),
    ] {
        let vector = &vectors[name];
        let text = |key: &str| vector[key].as_str().unwrap_or_else(|| panic!("{name}: {key}")).to_owned();
        let server = Running::start(&[("API_KEY", KEY), (variable, &text("secret"))]).await;
        let post = |body: String, header: &str| {
            let request = server.client.post(format!("{}/api/v1/webhook/{platform}", server.base));
            json(request.header("x-hub-signature-256", header).body(body))
        };
        assert_eq!(post(text("body"), &text("header")).await.0, 200, "{name}");
        assert_eq!(post(text("body") + " ", &text("header")).await.0, 401, "{name}");
        if let Some(other) = vector["reserialised_utf8_header"].as_str() {
            assert_eq!(post(text("body"), other).await.0, 401, "{name}");
            // The same JSON written anew has another signature.
            let anew = serde_json::from_str::<Value>(&text("body")).unwrap().to_string();
            assert_eq!(post(anew, &text("header")).await.0, 401, "{name}");
        }
    }
}
