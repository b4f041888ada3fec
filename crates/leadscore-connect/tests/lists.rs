//! Deliveries without the lists that belong into them are answered with 200 like all others, and are counted.

#![cfg(all(feature = "whatsapp", feature = "instagram"))]

use leadscore_connect::{instagram, whatsapp};
use serde_json::json;

#[test]
fn a_delivery_without_its_lists_says_so() {
    for (rest, path) in [
        (json!({}), "entry"),
        (json!({"entry": {"id": "1"}}), "entry"),
        (json!({"entry": null}), "entry"),
        (json!({"entry": [{"id": "1"}]}), "entry[0]"),
        (json!({"entry": [{"id": "1", "changes": {}, "messaging": "x"}]}), "entry[0]"),
        (json!({"entry": [7]}), "entry[0]"),
    ] {
        let body = |object: &str| {
            let mut body = rest.clone();
            body["object"] = json!(object);
            body.to_string()
        };
        let whatsapp = whatsapp::Delivery::read(body("whatsapp_business_account").as_bytes()).unwrap();
        let instagram = instagram::Delivery::read(body("instagram").as_bytes()).unwrap();
        assert!(whatsapp.events.is_empty() && instagram.events.is_empty());
        assert_eq!((whatsapp.unread.len(), instagram.unread.len()), (1, 1), "{rest}");
        assert!(whatsapp.unread[0].path.starts_with(path) && instagram.unread[0].path == path, "{rest}");
    }
    let empty = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    assert!(whatsapp::Delivery::read(empty).unwrap().unread.is_empty(), "an empty list is one");
}
