//! Requests a minute, by the plan of the key.

use leadscore_server::auth::Plan;
use leadscore_server::store::Store;
use serde_json::json;

use crate::support::Running;
use crate::{key, start};

#[tokio::test]
async fn each_plan_has_its_limit_for_each_route() {
    let folder = start(&[]).await.stop().await;
    let store = Store::open_folder(folder.path()).await.unwrap();
    let mut keys = Vec::new();
    for plan in Plan::ALL {
        keys.push(key(&store, plan).await);
    }
    store.close().await;
    let server = Running::start_in(folder, &[]).await;
    let header = |response: &reqwest::Response, name: &str| -> u64 {
        let value = response.headers().get(name).unwrap_or_else(|| panic!("{name} is missing"));
        value.to_str().unwrap().parse().unwrap()
    };
    for (key, limit) in keys.iter().zip([10, 60, 300]) {
        // A request that is wrong counts as well, and shows what is left.
        let response = server.post("/api/qualify", &json!({})).bearer_auth(key).send().await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(header(&response, "x-ratelimit-limit"), limit);
        assert_eq!(header(&response, "x-ratelimit-remaining"), limit - 1);
        let response = server.get("/api/analytics").bearer_auth(key).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "x-ratelimit-remaining")),
            (200, limit - 1)
        );
    }
    let body = json!({"email": "a@acme.example", "company": "Acme"});
    for left in (0..9).rev() {
        let response = server.post("/api/qualify", &body).bearer_auth(&keys[0]).send().await.unwrap();
        assert_eq!((response.status().as_u16(), header(&response, "x-ratelimit-remaining")), (200, left));
    }
    let response = server.post("/api/qualify", &body).bearer_auth(&keys[0]).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(header(&response, "x-ratelimit-remaining"), 0);
    assert!((1..=60).contains(&header(&response, "retry-after")));
    assert!(header(&response, "x-ratelimit-reset") > 1_700_000_000);
    let own: serde_json::Value = response.json().await.unwrap();
    assert_eq!(own["error"]["code"], "RATE_LIMITED");
    // Another key and another route have their own.
    let response = server.post("/api/qualify", &body).bearer_auth(&keys[1]).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let response = server.get("/api/analytics").bearer_auth(&keys[0]).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "x-ratelimit-remaining")), (200, 8));
}
