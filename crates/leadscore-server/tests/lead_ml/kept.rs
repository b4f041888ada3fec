//! Predictions are kept, given again, and validated.

use std::time::Duration;

use leadscore::Timestamp;
use leadscore_server::store::{NewPrediction, PredictionKind, Store};
use serde_json::{Value, json};

use crate::samples::{ADDED, assert_shape, conversion_sample};
use crate::setup::{DAY, Leads, add_lead, get, leads, now, post};
use crate::support::Running;

#[tokio::test]
async fn bulk_predictions_count_and_are_reused() {
    let Leads { folder, john, mary, silent } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let (status, own) = post(&server, "acme", "/1/ml/bulk-predict", Value::Null).await;
    assert_eq!(status, 200, "{own}");
    let counts = (&own["processed"], &own["successful"], &own["failed"]);
    assert_eq!(counts, (&json!(3), &json!(3), &json!(0)));
    let of = |lead: i64| {
        let all = own["predictions"].as_array().unwrap();
        all.iter().find(|own| own["leadId"] == lead).unwrap().clone()
    };
    for lead in [john, mary, silent] {
        assert_eq!(of(lead)["error"], Value::Null);
        assert_shape("", &of(lead)["result"], &conversion_sample(), ADDED);
    }
    assert_eq!(own["predictions"][0]["leadId"], john);
    // The single route gives the same prediction, until it is told not to.
    let predict = format!("/leads/{mary}/ml/predict");
    let (_, single) = post(&server, "acme", &predict, json!({"ruleBasedOnly": true})).await;
    assert_eq!(single["prediction"], of(mary)["result"]);
    let (_, short) = post(&server, "acme", &predict, json!({"includeExplanation": false})).await;
    assert_eq!(short["prediction"]["predictionId"], single["prediction"]["predictionId"]);
    assert!(short["prediction"].get("explanation").is_none(), "{short}");
    let (_, anew) = post(&server, "acme", &predict, json!({"forceRefresh": true})).await;
    assert_ne!(anew["prediction"]["predictionId"], single["prediction"]["predictionId"]);
    let (_, latest) = get(&server, "acme", &format!("/leads/{mary}/ml/prediction")).await;
    assert_eq!(latest["id"], anew["prediction"]["predictionId"]);

    let (_, few) = post(&server, "acme", "/1/ml/bulk-predict", json!({"limit": 1})).await;
    assert_eq!((&few["processed"], &few["predictions"][0]["leadId"]), (&json!(1), &json!(john)));
    let (_, good) = post(&server, "acme", "/1/ml/bulk-predict", json!({"minScore": 50})).await;
    assert_eq!((&good["processed"], &good["predictions"][0]["leadId"]), (&json!(1), &json!(john)));
}

#[tokio::test]
async fn an_expired_prediction_is_told_and_not_reused() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[("LEADSCORE_PREDICTION_TTL", "1s")]).await;
    let predict = format!("/leads/{john}/ml/predict");
    let (_, first) = post(&server, "acme", &predict, json!({})).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let (status, kept) = get(&server, "acme", &format!("/leads/{john}/ml/prediction")).await;
    assert_eq!((status, &kept["isExpired"]), (200, &json!(true)), "{kept}");
    assert_eq!(kept["id"], first["prediction"]["predictionId"]);
    let (_, second) = post(&server, "acme", &predict, json!({})).await;
    assert_ne!(second["prediction"]["predictionId"], first["prediction"]["predictionId"]);
}

#[tokio::test]
async fn accuracy_is_what_was_validated() {
    let Leads { folder, john, mary, silent } = leads().await;
    // One of yesterday, that periods tell apart.
    let store = Store::open_folder(folder.path()).await.unwrap();
    let old = NewPrediction {
        lead: john,
        configuration: 1,
        kind: PredictionKind::Priority,
        by_model: false,
        pipeline: "old",
        body: "{}",
        time_to_live: 1,
    };
    let began = now();
    let yesterday = Timestamp::from_millis(began - DAY).unwrap();
    store.save_predictions("acme", &[old], yesterday).await.unwrap();
    store.close().await;
    let server = Running::start_in(folder, &[]).await;
    let (mut total, mut said): (usize, Vec<(&str, bool)>) = (1, Vec::new());
    for (at, lead) in [john, mary, silent].into_iter().enumerate() {
        for (path, kind) in
            [("predict", "CONVERSION"), ("predict-time", "TIME_TO_CLOSE"), ("predict-score", "SCORE")]
        {
            let (_, own) = post(&server, "acme", &format!("/leads/{lead}/ml/{path}"), json!({})).await;
            total += 1;
            if kind == "SCORE" {
                continue;
            }
            let was_accurate = at != 1 && kind == "CONVERSION";
            let validate = format!("/predictions/{}/validate", own["prediction"]["predictionId"]);
            // The first word is replaced.
            for word in [!was_accurate, was_accurate] {
                let (status, own) = post(&server, "acme", &validate, json!({"wasAccurate": word})).await;
                assert_eq!((status, own), (200, json!({"success": true})));
            }
            said.push((kind, was_accurate));
        }
    }
    let accurate = said.iter().filter(|(_, was)| *was).count();
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    let mut by_type = json!({});
    for kind in ["CONVERSION", "TIME_TO_CLOSE"] {
        let own: Vec<bool> = said.iter().filter(|(own, _)| *own == kind).map(|(_, was)| *was).collect();
        let good = own.iter().filter(|was| **was).count();
        by_type[kind] = json!({"total": own.len(), "accurate": good, "accuracy": share(good, own.len())});
    }
    let wanted = json!({"totalPredictions": total, "validatedCount": said.len(), "accurateCount": accurate,
        "accuracy": share(accurate, said.len()), "byType": by_type});
    let (status, own) = get(&server, "acme", "/1/ml/accuracy").await;
    assert_eq!((status, own), (200, wanted));

    let day = |millis: i64| Timestamp::from_millis(millis).unwrap().to_string()[..10].to_owned();
    let (today, before) = (day(began), day(began - DAY));
    let count = async |query: String| {
        get(&server, "acme", &format!("/1/ml/accuracy?{query}")).await.1["totalPredictions"].clone()
    };
    assert_eq!(count(format!("endDate={before}")).await, 1);
    assert_eq!(count(format!("startDate={today}&endDate=2100-01-01")).await, total - 1);
    assert_eq!(count(format!("startDate={before}T00:00:00Z")).await, total);
    assert_eq!(count("startDate=2100-01-01".to_owned()).await, 0);
}

#[tokio::test]
async fn the_best_are_found_among_many_leads_of_several_tenants() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    for at in 0..270 {
        let tenant = if at % 90 == 89 { "other" } else { "acme" };
        add_lead(&store, tenant, &format!("p{at}@acme.example"), json!({"name": "Nobody"}), &[]).await;
    }
    let known = json!({"company": "Acme", "title": "CEO"});
    let done = [("email_click", 3), ("meeting", 2)];
    let best = add_lead(&store, "acme", "best@acme.example", known.clone(), &done).await;
    // The same lead of another tenant does not come in between.
    add_lead(&store, "other", "best@acme.example", known, &done).await;
    store.close().await;
    let server = Running::start_in(folder, &[]).await;
    let (status, own) = get(&server, "acme", "/1/ml/top-leads?n=100").await;
    assert_eq!((status, &own["leads"][0]["leadId"]), (200, &json!(best)));
    let mut ids: Vec<i64> =
        own["leads"].as_array().unwrap().iter().map(|own| own["leadId"].as_i64().unwrap()).collect();
    // The others are alike, so that the older ones come first.
    assert!(ids[1..].is_sorted() && ids.len() == 100);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100);
    let (_, bulk) = post(&server, "acme", "/1/ml/bulk-predict", json!({"limit": 1})).await;
    assert_eq!(bulk["predictions"][0]["leadId"], best);
    assert_eq!(get(&server, "other", "/1/ml/top-leads?n=100").await.1["leads"].as_array().unwrap().len(), 4);
}
