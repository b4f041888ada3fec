//! What is kept of qualifications: representatives that take turns, and counts by time.

use leadscore_server::store::{
    AnalyticsSlot, JobState, LeadEvent, NewLead, NewQualification, Outcome, RepFit, Routing, SLOT_MILLIS,
    Store,
};
use serde_json::{Value, json};

use super::concurrent::at_once;
use super::{MINUTE, PHONE, Place, START, T, at, contact, object};

on_both!(
    a_lead_is_found_by_its_contact,
    representatives_take_turns_over_all_servers,
    load_and_time_count_and_a_lead_keeps_its_own,
    each_lead_counts_once_with_its_latest,
    what_is_filled_is_told_once,
);

async fn a_lead_is_found_by_its_contact(place: Place) {
    let store = &place.store;
    let saved =
        store.save_lead(T, &contact("a@x.org", PHONE, "one"), &object(json!({})), at(0)).await.unwrap().lead;
    let find = |email: &'static str, phone: &'static str, id: &'static str| async move {
        store.lead_by_contact(T, &contact(email, phone, id)).await.unwrap().map(|lead| lead.number)
    };
    assert_eq!(find("a@x.org", "", "").await, Some(saved.number));
    assert_eq!(find("", "", "one").await, Some(saved.number));
    assert_eq!(find("", PHONE, "").await, Some(saved.number));
    // A telephone number is no name where both have an address; and a lead of nobody is none.
    assert_eq!(find("b@x.org", PHONE, "").await, None);
    assert_eq!(find("", "", "").await, None);
    assert_eq!(store.lead_by_contact("other", &contact("a@x.org", "", "")).await.unwrap(), None);
    // What is no telephone number is nobody's.
    store.save_lead(T, &contact("", "n/a", "two"), &object(json!({})), at(0)).await.unwrap();
    assert_eq!(find("b@x.org", "unknown", "").await, None);
    assert_eq!(find("", "none", "").await, None);
}

async fn what_is_filled_is_told_once(place: Place) {
    place
        .run(
            "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, active, created_at, failure_count)
             VALUES ('wh_1', 'tenant', 'key', 'https://example.com', ',lead.enriched,', '', '', 1, 0, 0)",
        )
        .await;
    let enriched = |company: &str, values: &[&str]| {
        let facts: Vec<Value> = values
            .iter()
            .map(|value| json!({"field": "industry", "value": value, "source": "message"}))
            .collect();
        let mut lead = qualified("a@x.org", "HOT", 90.0, None);
        lead.attributes = object(json!({"company": company}));
        let own = lead.qualification.as_mut().unwrap();
        own.body = json!({"enrichment_sources": facts});
        own.events = vec![LeadEvent { name: "lead.enriched", details: vec![("filled", facts.into())] }];
        lead
    };
    // All of them saw a lead of which nothing was known.
    at_once(&place, 8, move |store, _| async move {
        store.save_leads(T, &[enriched("Acme", &["SaaS"])], at(1)).await.unwrap();
    })
    .await;
    let store = &place.store;
    let told = async || {
        let jobs = store.jobs(T, Some(JobState::Waiting), None, 99).await.unwrap();
        let mut told = Vec::new();
        for own in jobs.iter().rev() {
            let delivery: Value = serde_json::from_str(&own.job.body).unwrap();
            let event: Value = serde_json::from_str(delivery["body"].as_str().unwrap()).unwrap();
            let filled = event["data"]["filled"].as_array().unwrap();
            told.push(
                filled.iter().map(|fact| fact["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
            );
        }
        told
    };
    assert_eq!(told().await, [["SaaS"]]);
    // One more is told alone; with another company all are.
    store.save_leads(T, &[enriched(" ACME", &["SaaS", "Finance"])], at(2)).await.unwrap();
    assert_eq!(told().await, [["SaaS"], ["Finance"]]);
    store.save_leads(T, &[enriched("Bolt", &["SaaS", "Finance"])], at(3)).await.unwrap();
    assert_eq!(told().await[2], ["SaaS", "Finance"]);
}

fn qualified(email: &str, tier: &str, score: f64, routing: Option<Routing>) -> NewLead {
    let qualification = NewQualification {
        score,
        tier: tier.to_owned(),
        body: json!({}),
        processing_ms: 10,
        events: Vec::new(),
        batch: None,
        routing,
    };
    NewLead { contact: contact(email, "", ""), qualification: Some(qualification), ..NewLead::default() }
}

/// Representatives with points for their fit and a capacity.
fn routing(reps: &[(&str, f64, u32)]) -> Routing {
    let rep = |(id, fit, capacity): &(&str, f64, u32)| RepFit {
        id: (*id).to_owned(),
        fit: *fit,
        capacity: *capacity,
        name: id.to_uppercase(),
        email: None,
    };
    Routing { reps: reps.iter().map(rep).collect() }
}

async fn assign(store: &Store, email: &str, reps: &[(&str, f64, u32)], after: i64) -> (i64, String) {
    let lead = qualified(email, "HOT", 90.0, Some(routing(reps)));
    let saved = store.save_leads(T, &[lead], at(after)).await.unwrap().remove(0);
    (saved.lead.number, saved.rep.unwrap())
}

async fn representatives_take_turns_over_all_servers(place: Place) {
    let second = place.reopen().await.unwrap();
    let reps = [("a", 60.0, 100), ("b", 60.0, 100), ("c", 60.0, 100)];
    let mut tasks = Vec::new();
    for number in 0..12_i64 {
        let store = if number % 2 == 0 { place.store.clone() } else { second.clone() };
        // One time for all, so that only the store can tell whose turn it is.
        tasks
            .push(tokio::spawn(async move { assign(&store, &format!("p{number}@x.org"), &reps, 0).await.1 }));
    }
    let mut given = Vec::new();
    for task in tasks {
        given.push(task.await.unwrap());
    }
    second.close().await;
    for id in ["a", "b", "c"] {
        let count = given.iter().filter(|own| *own == id).count();
        assert_eq!(count, 4, "{given:?}");
    }
}

async fn load_and_time_count_and_a_lead_keeps_its_own(place: Place) {
    let store = &place.store;
    let reps = [("a", 60.0, 1), ("b", 45.0, 10)];
    // 100 against 85 points, which is near enough; a is the first of the roster.
    let (first, rep) = assign(store, "p1@x.org", &reps, 0).await;
    assert_eq!(rep, "a");
    // a has its full load and just got one: 60 points against 85.
    assert_eq!(assign(store, "p2@x.org", &reps, MINUTE).await.1, "b");
    // Its own lead stays with it, whoever's turn it is; and its event is not told again.
    assert_eq!(assign(store, "p1@x.org", &reps, 2 * MINUTE).await, (first, "a".to_owned()));
    // b now has 45 + 18 + little, a still 60 and little: both are near, and a waited longer.
    assert_eq!(assign(store, "p3@x.org", &reps, 3 * MINUTE).await.1, "a");
    // The load of leads that ended is none. After a day: a has 60 + 0 or 20 + 20 points, b 45 + 18 + 20.
    store.set_outcome(T, first, Outcome::Lost, at(4 * MINUTE)).await.unwrap();
    let (third, rep) = assign(store, "p4@x.org", &reps, 25 * 60 * MINUTE).await;
    assert_eq!(rep, "b", "b waited longer, and 83 of 80 points are near");
    // Without its representative in the roster a lead gets another one.
    assert_eq!(assign(store, "p4@x.org", &[("z", 0.0, 1)], 26 * 60 * MINUTE).await, (third, "z".to_owned()));
    // A lead that goes takes its place in the load with it.
    assert!(store.delete_lead(T, first).await.unwrap());
}

async fn each_lead_counts_once_with_its_latest(place: Place) {
    let store = &place.store;
    let slot = START / SLOT_MILLIS;
    let next = (slot + 1) * SLOT_MILLIS - START;
    for (email, tier, score, after) in [
        ("a@x.org", "COLD", 10.0, 0),
        ("a@x.org", "HOT", 90.0, next),
        // Of two in one millisecond the later one counts.
        ("b@x.org", "WARM", 50.0, next),
        ("b@x.org", "HOT", 80.0, next),
        ("c@x.org", "WARM", 55.5, next - 1),
        ("d@x.org", "COLD", 1.0, 10 * next),
    ] {
        let saved = store.save_leads(T, &[qualified(email, tier, score, None)], at(after)).await.unwrap();
        if email == "b@x.org" {
            store.set_outcome(T, saved[0].lead.number, Outcome::Converted, at(after)).await.unwrap();
        }
    }
    store.save_leads("other", &[qualified("a@x.org", "HOT", 100.0, None)], at(0)).await.unwrap();
    let slots = |start: i64, end: i64| async move {
        let mut all = Vec::new();
        store.qualification_slots(T, (START + start, START + end), |slot| all.push(slot)).await.unwrap();
        all
    };
    let row = |slot, tier: &str, leads, score, converted| AnalyticsSlot {
        slot,
        tier: tier.to_owned(),
        leads,
        score,
        processing_ms: 10 * leads,
        converted,
    };
    assert_eq!(slots(0, next + 1).await, [row(slot, "WARM", 1, 55.5, 0), row(slot + 1, "HOT", 2, 170.0, 1)]);
    // Before its end, a period has what was the latest then.
    assert_eq!(
        slots(0, next).await.iter().map(|own| (own.tier.clone(), own.score)).collect::<Vec<_>>(),
        [("COLD".to_owned(), 10.0), ("WARM".to_owned(), 55.5)]
    );
    assert_eq!(slots(2 * next, 3 * next).await, []);
}
