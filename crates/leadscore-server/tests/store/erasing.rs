//! What goes when a lead is erased.

use leadscore_server::store::{BatchPriority, JobKind, NewBatch, NewBatchLead, NewJob, Store};
use serde_json::json;

use super::{Place, T, at, contact, save};

on_both!(nothing_of_an_erased_lead_is_left_in_jobs_and_batches, retention_leaves_nothing_in_jobs_and_batches);

/// A lead that chats, with messages that wait, and batches that name it; gives its number.
async fn named_everywhere(place: &Place) -> i64 {
    let store = &place.store;
    let number =
        save(store, contact("a.da@gmail.com", "+4930901820", ""), json!({})).await.unwrap().lead.number;
    place
        .run_all(format!(
            "INSERT INTO conversations (tenant, source, user_id, lead, state, created_at, updated_at, last_inbound_at)
                 VALUES ('{T}', 'whatsapp', 'whatsapp:4930901820', {number}, '', 1, 1, 1)"
        ))
        .await;
    for (key, lane, body) in [
        ("one", "whatsapp:4930901820", "{}"),
        ("two", "whatsapp:other", r#"{"person":{"id":"4930901820"},"text":"my words"}"#),
        ("three", "whatsapp:49309018", r#"{"person":{"id":"49309018"}}"#),
    ] {
        let job = NewJob {
            kind: JobKind::Message,
            key: key.into(),
            lane: lane.into(),
            lead: None,
            body: body.into(),
            priority: 0,
        };
        assert!(store.add_job(T, &job, at(0)).await.unwrap());
    }
    let number_of_batch = batch(store, T).await;
    batch(store, "other").await;
    store.fail_batch_leads(number_of_batch, &[(1, "no company".into())]).await.unwrap();
    number
}

/// A batch that names the lead twice, and somebody else; gives its number.
async fn batch(store: &Store, tenant: &str) -> i64 {
    let leads = ["Ada+news@GoogleMail.com ", "ada@gmail.com", "bob@x.org"]
        .map(|email| NewBatchLead { body: json!({"email": email}).to_string(), email: Some(email.into()) });
    let new = NewBatch {
        actor: "a",
        priority: BatchPriority::Normal,
        leads: &leads,
        webhook: None,
        most_at_once: 9,
    };
    let (id, _) = store.add_batch(tenant, &new, at(0)).await.unwrap().unwrap();
    store.batch(tenant, &id).await.unwrap().unwrap().number
}

async fn is_gone_everywhere(place: &Place) {
    for (question, wanted) in [
        ("SELECT COUNT(*) FROM leads", 0),
        ("SELECT COUNT(*) FROM jobs WHERE kind = 'message'", 1),
        ("SELECT COUNT(*) FROM jobs WHERE key = 'three'", 1),
        (
            "SELECT COUNT(*) FROM batch_leads WHERE place < 2 AND email IS NULL AND body = '' AND state = 'failed'",
            2,
        ),
        (
            "SELECT COUNT(*) FROM batch_leads WHERE email IS NULL AND place = 0 AND error = 'the lead was erased'",
            1,
        ),
        ("SELECT COUNT(*) FROM batch_leads WHERE email IS NULL AND place = 1 AND error = 'no company'", 1),
        // That of another tenant, and somebody else, still wait.
        ("SELECT COUNT(*) FROM batch_leads WHERE email IS NOT NULL AND body <> '' AND state = 'waiting'", 4),
    ] {
        assert_eq!(place.count(question.into()).await, wanted, "{question}");
    }
}

async fn nothing_of_an_erased_lead_is_left_in_jobs_and_batches(place: Place) {
    let number = named_everywhere(&place).await;
    assert!(place.store.delete_lead(T, number).await.unwrap());
    is_gone_everywhere(&place).await;
}

async fn retention_leaves_nothing_in_jobs_and_batches(place: Place) {
    named_everywhere(&place).await;
    let erased = place.store.erase_unchanged_since(at(5), at(9)).await.unwrap();
    assert_eq!(erased.get(T), Some(&1));
    is_gone_everywhere(&place).await;
}
