//! Several servers write the same rows at once.

use leadscore_server::store::{LeadReference, NewLead, NewQualification, RepFit, Routing, Store};
use serde_json::json;

use super::{PHONE, Place, T, activity, at, contact, object};

const TASKS: i64 = 8;

on_both!(
    one_address_at_once_is_one_lead,
    one_id_without_an_address_at_once_is_one_lead,
    uploads_in_opposite_order_are_both_kept,
    rows_that_keep_their_order_wait_for_each_other,
    the_quota_is_not_overdrawn_at_once,
    an_activity_that_is_sent_twice_at_once_is_one,
);

/// Runs a task for each number at once, every second one on a connection of another server.
pub(super) async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    place: &Place,
    tasks: i64,
    task: impl Fn(Store, i64) -> F,
) -> Vec<T> {
    let second = place.reopen().await.unwrap();
    let store = |number| if number % 2 == 0 { place.store.clone() } else { second.clone() };
    let started: Vec<_> = (0..tasks).map(|number| tokio::spawn(task(store(number), number))).collect();
    let mut done = Vec::new();
    for task in started {
        done.push(task.await.unwrap());
    }
    second.close().await;
    done
}

async fn one_address_at_once_is_one_lead(place: Place) {
    let is_new = at_once(&place, 16, |store, task| async move {
        let known = object(json!({format!("from_{task}"): task}));
        store.save_lead(T, &contact("a@x.org", "", ""), &known, at(task)).await.unwrap().is_new
    });
    assert_eq!(is_new.await.iter().filter(|is_new| **is_new).count(), 1);
    let leads = place.store.leads_after(T, 0, 10).await.unwrap();
    assert_eq!((leads.len(), leads[0].attributes.len()), (1, 16));
}

/// There is no conflict to wait for in an insert without an address: whoever comes second has to look again.
async fn one_id_without_an_address_at_once_is_one_lead(place: Place) {
    for round in 0..10 {
        let is_new = at_once(&place, TASKS, move |store, task| async move {
            let known = object(json!({format!("from_{task}"): task}));
            let contact = contact("", "", &format!("crm-{round}"));
            store.save_lead(T, &contact, &known, at(task)).await.unwrap().is_new
        });
        assert_eq!(is_new.await.iter().filter(|is_new| **is_new).count(), 1);
    }
    let leads = place.store.leads_after(T, 0, 100).await.unwrap();
    assert_eq!(leads.len(), 10);
    assert!(leads.iter().all(|lead| lead.attributes.len() == 8), "{leads:?}");
}

/// Keeps rows in one order or the other; asserts that what came back is in the order that was sent.
async fn upload(store: Store, task: i64, mut rows: Vec<NewLead>) {
    for row in &mut rows {
        row.attributes = object(json!({format!("from_{task}"): task}));
    }
    if task % 4 >= 2 {
        rows.reverse();
    }
    let saved = store.save_leads(T, &rows, at(task)).await.unwrap();
    for (saved, row) in saved.iter().zip(&rows) {
        assert_eq!(
            (&saved.lead.contact.email, &saved.lead.contact.external_id),
            (&row.contact.email, &row.contact.external_id)
        );
    }
    assert_eq!(saved.len(), rows.len());
}

async fn uploads_in_opposite_order_are_both_kept(place: Place) {
    let row = |at: usize| NewLead { contact: contact(&format!("l{at}@x.org"), "", ""), ..NewLead::default() };
    for round in 0..3 {
        // Rows that are new, some that are known, and all known.
        let rows: Vec<NewLead> = (0..20 * (round + 1).min(2)).map(row).collect();
        at_once(&place, TASKS, move |store, task| upload(store, task, rows.clone())).await;
    }
    let leads = place.store.leads_after(T, 0, 200).await.unwrap();
    assert_eq!(leads.len(), 40);
    assert!(leads.iter().all(|lead| lead.attributes.len() == 8), "{leads:?}");
}

/// Rows with different kinds of names may be one lead, so they are taken as they come, by one upload after the other.
async fn rows_that_keep_their_order_wait_for_each_other(place: Place) {
    let row = |at: usize| {
        let email = if at == 0 { String::new() } else { format!("l{at}@x.org") };
        NewLead { contact: contact(&email, "", &format!("crm-{at}")), ..NewLead::default() }
    };
    let rows: Vec<NewLead> = (0..30).map(row).collect();
    at_once(&place, 4, move |store, task| upload(store, task, rows.clone())).await;
    let leads = place.store.leads_after(T, 0, 200).await.unwrap();
    assert_eq!(leads.len(), 30);
    assert!(leads.iter().all(|lead| lead.attributes.len() == 4), "{leads:?}");
}

async fn the_quota_is_not_overdrawn_at_once(place: Place) {
    for round in 0..5 {
        let tenant = format!("tenant {round}");
        let taken = at_once(&place, TASKS, move |store, task| {
            let tenant = tenant.clone();
            async move { store.take_model_calls(&tenant, 30, (100, 1_000), at(task)).await.unwrap() }
        });
        let taken = taken.await;
        assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 3, "{taken:?}");
    }
}

async fn an_activity_that_is_sent_twice_at_once_is_one(place: Place) {
    let lead =
        place.store.save_lead(T, &contact("a@x.org", "", ""), &object(json!({})), at(0)).await.unwrap();
    let number = lead.lead.number;
    let accepted = at_once(&place, TASKS, move |store, task| async move {
        let mut sent: Vec<_> = (0..20).map(|id| activity(&id.to_string(), id)).collect();
        if task % 4 >= 2 {
            sent.reverse();
        }
        store.append_activities(T, number, &sent).await.unwrap().unwrap().accepted
    });
    assert_eq!(accepted.await.iter().sum::<u64>(), 20);
    assert_eq!(place.store.activities(number).await.unwrap().len(), 20);
    let now = place.store.lead(T, &LeadReference::Number(number)).await.unwrap().unwrap();
    assert_eq!(now.last_activity_at, Some(at(19).as_millis()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_to_merge_holds_nothing_else() {
    let Some(place) = Place::postgres().await else { return };
    let store = place.store.clone();
    let routed = |email: &str, phone: &str| {
        let rep = RepFit { id: "a".into(), fit: 60.0, capacity: 9, name: "A".into(), email: None };
        let qualification = NewQualification {
            score: 90.0,
            tier: "HOT".into(),
            body: json!({}),
            processing_ms: 1,
            events: Vec::new(),
            batch: None,
            routing: Some(Routing { reps: vec![rep] }),
        };
        let contact = contact(email, phone, "");
        NewLead { contact, qualification: Some(qualification), ..NewLead::default() }
    };
    store.save_lead(T, &contact("", PHONE, ""), &object(json!({})), at(0)).await.unwrap();
    // Both locks and the first row are there: this is a lead of its own.
    store.save_leads(T, &[routed("a@x.org", "")], at(0)).await.unwrap();
    let pool = sqlx::PgPool::connect(&place.url()).await.unwrap();
    let mut other = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO locks (name, at) VALUES ($1, 0)")
        .bind(format!("leads/{T}"))
        .execute(&mut *other)
        .await
        .unwrap();
    let saving = tokio::spawn(async move {
        store.save_leads(T, &[routed("a@x.org", ""), routed("b@x.org", PHONE)], at(1)).await
    });
    let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while sqlx::query_as::<_, (i64,)>(waits).fetch_one(&pool).await.unwrap().0 == 0 {
        assert!(!saving.is_finished(), "the lock of merges was not waited for");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // What is held cannot be taken without waiting, which is an error here.
    let free = [
        "SELECT at FROM locks WHERE name LIKE 'reps/%' FOR UPDATE NOWAIT",
        "SELECT number FROM leads FOR UPDATE NOWAIT",
    ];
    for (statement, rows) in free.into_iter().zip([1, 2]) {
        let found: Vec<(i64,)> = sqlx::query_as(statement).fetch_all(&mut *other).await.unwrap();
        assert_eq!(found.len(), rows, "{statement}");
    }
    other.commit().await.unwrap();
    let saved = saving.await.unwrap().unwrap();
    assert_eq!(saved[1].lead.contact, contact("b@x.org", PHONE, ""));
    assert_eq!(
        place.store.leads_after(T, 0, 9).await.unwrap().len(),
        2,
        "the lead of the telephone number is b"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_a_deadlock_is_tried_again() {
    let Some(place) = Place::postgres().await else { return };
    let rows =
        ["a@x.org", "b@x.org"].map(|email| NewLead { contact: contact(email, "", ""), ..NewLead::default() });
    place.store.save_leads(T, &rows, at(0)).await.unwrap();
    let pool = sqlx::PgPool::connect(&place.url()).await.unwrap();
    let mut other = pool.begin().await.unwrap();
    // The server that looks for deadlocks first loses; that is not this transaction.
    sqlx::query("SET LOCAL deadlock_timeout = '60s'").execute(&mut *other).await.unwrap();
    let touch = "UPDATE leads SET updated_at = updated_at WHERE email = $1";
    sqlx::query(touch).bind("b@x.org").execute(&mut *other).await.unwrap();
    let store = place.store.clone();
    let saving = tokio::spawn(async move { store.save_leads(T, &rows, at(1)).await });
    // It has taken the first row once somebody else has to wait for it.
    let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    loop {
        let (count,): (i64,) = sqlx::query_as(waits).fetch_one(&pool).await.unwrap();
        if count > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    sqlx::query(touch).bind("a@x.org").execute(&mut *other).await.unwrap();
    assert!(!saving.is_finished());
    other.commit().await.unwrap();
    assert_eq!(saving.await.unwrap().unwrap().len(), 2);
    let count = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'";
    let deadlocks = async || sqlx::query_as::<_, (i64,)>(count).fetch_one(&pool).await.unwrap().0;
    let began = std::time::Instant::now();
    while deadlocks().await == 0 {
        assert!(began.elapsed().as_secs() < 20, "there was no deadlock, so nothing was shown");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
