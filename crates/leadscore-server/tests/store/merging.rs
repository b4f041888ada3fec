//! Two leads become one.

use leadscore_server::store::{
    Contact, CrmPlace, DeliveryState, EmailRecord, JobKind, JobState, LeadReference, NewAttempt, NewJob,
    NewLead, NewPrediction, NewQualification, Outcome, PredictionKind, Store,
};
use serde_json::{Value, json};

use super::{MINUTE, Place, START, T, activity, at, contact, object, save};

on_both!(
    all_of_both_is_kept,
    crm_records_are_not_mixed,
    a_number_that_is_written_in_another_way_is_no_name_left,
    names_of_merged_leads_find_the_survivor,
    the_later_outcome_counts,
    nothing_is_merged_with_nothing,
    merges_at_once_lose_nothing,
    merges_and_uploads_at_once_lose_nothing,
);

/// A lead with something of everything, and a mark by which it is told from the other one.
async fn filled(store: &Store, contact: Contact, mark: i64) -> i64 {
    let qualification = NewQualification {
        score: 50.0 + mark as f64,
        tier: "WARM".into(),
        body: json!({}),
        processing_ms: 1,
        events: Vec::new(),
        batch: None,
        routing: None,
    };
    let lead = NewLead {
        contact,
        heat: Some((if mark == 1 { "hot" } else { "cold" }.into(), 0.5)),
        qualification: Some(qualification),
        attributes: object(json!({"shared": mark, format!("own_{mark}"): mark})),
    };
    let number = store.save_leads(T, &[lead], at(mark)).await.unwrap().remove(0).lead.number;
    let activities = [activity("same", 10), activity(&format!("own {mark}"), -mark)];
    store.append_activities(T, number, &activities).await.unwrap().unwrap();
    let prediction = NewPrediction {
        lead: number,
        configuration: 1,
        kind: PredictionKind::Score,
        by_model: false,
        pipeline: "p",
        body: "{}",
        time_to_live: MINUTE,
    };
    store.save_predictions(T, &[prediction], at(mark)).await.unwrap();
    let email = EmailRecord {
        lead: Some(number),
        kind: "template",
        subject: "s",
        content: "c",
        tokens: (0, 0),
        cost_picodollars: None,
        was_cached: false,
        message_id: None,
    };
    store.save_email(T, &email, at(mark)).await.unwrap();
    let job = NewJob {
        kind: JobKind::Email,
        key: format!("key {mark}"),
        lane: T.into(),
        lead: Some(number),
        body: "{}".into(),
        priority: 0,
    };
    assert!(store.add_job(T, &job, at(mark)).await.unwrap());
    number
}

#[expect(clippy::too_many_lines, reason = "each kind of row, one after the other")]
async fn all_of_both_is_kept(place: Place) {
    let store = &place.store;
    let into = filled(store, contact("a@x.org", "", ""), 1).await;
    let from = filled(store, contact("", "+4930901820", "crm-1"), 2).await;
    let rows = format!(
        "INSERT INTO messages (lead, id, source, role, content, at) VALUES ({into}, 'm', 'website', 'user', 'one', 1),
             ({from}, 'm', 'website', 'user', 'two', 2), ({from}, 'n', 'website', 'user', 'three', 3);
         INSERT INTO conversations (tenant, source, user_id, lead, state, created_at, updated_at, last_inbound_at)
             VALUES ('{T}', 'whatsapp', '4930901820', {from}, '{{}}', 1, 1, 1);
         INSERT INTO intents (lead, intent, origin, at) VALUES ({into}, 'HOT', 'chat', 1), ({from}, 'COLD', 'form', 2);
         INSERT INTO crm_records (tenant, lead, crm, external_id, record, deal, synced_at)
             VALUES ('{T}', {into}, 'hubspot', 'i', '1', NULL, 1), ('{T}', {from}, 'hubspot', 'f', '2', 'deal', 1),
             ('{T}', {from}, 'salesforce', 'f', '3', NULL, 1);
         INSERT INTO batches (id, tenant, actor, priority, total, state, created_at)
             VALUES ('b', '{T}', 'k', 'normal', 1, 'completed', 1);
         INSERT INTO batch_leads (batch, place, state, body, lead) SELECT number, 0, 'done', '', {from} FROM batches;
         INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, active, created_at, failure_count)
             VALUES ('wh_1', '{T}', 'key', 'https://example.com', ',lead.scored,', '', '', 1, 0, 0);
         INSERT INTO webhook_deliveries (webhook, event, name, lead, state, attempts, reply, duration_ms, attempted_at)
             SELECT number, 'evt_1', 'lead.scored', {from}, 'delivered', 1, '', 1, 1 FROM webhooks;"
    );
    place.run_all(rows).await;
    let merged = store.merge_leads(T, into, from, at(100)).await.unwrap().unwrap();
    assert_eq!(merged.number, into);
    assert_eq!(merged.contact, contact("a@x.org", "+4930901820", "crm-1"));
    assert_eq!(Value::Object(merged.attributes.clone()), json!({"shared": 1, "own_1": 1, "own_2": 2}));
    assert_eq!((merged.first_contact_at, merged.last_activity_at), (START - 2, Some(START + 10)));
    // The latest word of the heat model is that on the other lead.
    assert_eq!((merged.created_at, merged.updated_at), (START + 1, START + 100));
    assert_eq!(merged.heat.as_ref().map(|(class, _)| class.as_str()), Some("cold"));
    assert_eq!(store.lead(T, &LeadReference::Number(into)).await.unwrap(), Some(merged));
    let kept = store.activities(into).await.unwrap();
    let ids: Vec<&str> = kept.iter().filter_map(|own| own.id.as_deref()).collect();
    assert_eq!(ids, ["own 2", "own 1", "same"]);
    assert_eq!(store.qualification(into).await.unwrap().unwrap().score, 52.0);
    let heat = store.heat_statistics(T).await.unwrap();
    assert_eq!(heat.by_class, [("cold".to_owned(), 1), ("hot".to_owned(), 1)]);
    assert_eq!(store.prediction_counts(T, 1, START, START + 9).await.unwrap()[0].total, 2);
    let jobs = store.jobs(T, Some(JobState::Waiting), None, 9).await.unwrap();
    assert_eq!(jobs.iter().map(|entry| entry.job.lead).collect::<Vec<_>>(), [Some(into), Some(into)]);
    for (question, wanted) in [
        (format!("SELECT COUNT(*) FROM messages WHERE lead = {into}"), 2),
        (format!("SELECT COUNT(*) FROM messages WHERE lead = {into} AND content = 'one'"), 1),
        (format!("SELECT COUNT(*) FROM conversations WHERE lead = {into}"), 1),
        (format!("SELECT COUNT(*) FROM intents WHERE lead = {into}"), 2),
        (format!("SELECT COUNT(*) FROM emails WHERE lead = {into}"), 2),
        (format!("SELECT COUNT(*) FROM batch_leads WHERE lead = {into}"), 1),
        (format!("SELECT COUNT(*) FROM crm_records WHERE lead = {into}"), 2),
        (
            format!(
                "SELECT COUNT(*) FROM crm_records WHERE lead = {into} AND record = '2' AND external_id = 'f' AND deal = 'deal'"
            ),
            1,
        ),
        (format!("SELECT COUNT(*) FROM leads WHERE number = {from} OR id LIKE 'merged/%'"), 0),
    ] {
        assert_eq!(place.count(question.clone()).await, wanted, "{question}");
    }
    // What names the old number still gets to the lead.
    assert!(store.append_activities(T, from, &[activity("late", 20)]).await.unwrap().is_some());
    assert!(store.set_outcome(T, from, Outcome::Converted, at(30)).await.unwrap());
    assert!(
        store
            .update_lead(T, from, &Contact::default(), &object(json!({"late": 1})), at(40))
            .await
            .unwrap()
            .is_some()
    );
    let late = NewJob {
        kind: JobKind::Email,
        key: "late".into(),
        lane: T.into(),
        lead: Some(from),
        body: "{}".into(),
        priority: 0,
    };
    assert!(store.add_job(T, &late, at(50)).await.unwrap());
    // A delivery that was under way meanwhile names the old number.
    let webhook = store.webhook(T, "wh_1").await.unwrap().unwrap();
    let attempt = NewAttempt {
        event: "evt_2",
        name: "lead.scored",
        lead: Some(from),
        attempt: 1,
        state: DeliveryState::Delivered,
        status: Some(200),
        reply: "",
        error: None,
        duration_ms: 1,
        next_at: None,
        is_last: false,
    };
    store.save_attempt(T, &webhook, &attempt, 1, at(60)).await.unwrap();
    let deliveries = format!("SELECT COUNT(*) FROM webhook_deliveries WHERE lead = {into}");
    assert_eq!(place.count(deliveries).await, 2);
    let lead = store.lead(T, &LeadReference::Number(into)).await.unwrap().unwrap();
    assert_eq!(
        (lead.last_activity_at, lead.outcome),
        (Some(START + 20), Some((Outcome::Converted, START + 30)))
    );
    assert_eq!(
        (lead.attributes.get("late"), store.surviving_lead(T, from).await.unwrap()),
        (Some(&json!(1)), Some(into))
    );
    assert!(store.delete_lead(T, from).await.unwrap());
    assert_eq!(place.count("SELECT COUNT(*) FROM merged_leads".into()).await, 0);
}

/// A synchronisation of one lead is under way, and another one waits, while it is merged into a lead that has a deal.
async fn crm_records_are_not_mixed(place: Place) {
    let store = &place.store;
    let into = save(store, contact("a@x.org", "", ""), json!({})).await.unwrap().lead.number;
    let from = save(store, contact("b@x.org", "", ""), json!({})).await.unwrap().lead.number;
    for (key, lead) in [("one", into), ("two", from), ("three", from)] {
        let job = NewJob {
            kind: JobKind::CrmSync,
            key: key.into(),
            lane: format!("hubspot/{T}/{lead}"),
            lead: Some(lead),
            body: "{}".into(),
            priority: 0,
        };
        assert!(store.add_job(T, &job, at(0)).await.unwrap());
    }
    let begun = store.claim_jobs(JobKind::CrmSync, "w", (9, 1), at(0), START + 9_000).await.unwrap();
    assert_eq!(begun.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    let place_of = |external_id: &str, record: &str, deal: Option<&str>| CrmPlace {
        external_id: external_id.into(),
        record: record.into(),
        deal: deal.map(str::to_owned),
    };
    let first = place_of("i", "1", Some("deal 1"));
    assert!(store.save_crm_place(&begun[0], "hubspot", &first, (None, "{}"), at(1)).await.unwrap());
    store.merge_leads(T, into, from, at(2)).await.unwrap().unwrap();
    let second = place_of("f", "2", Some("deal 2"));
    assert!(store.save_crm_place(&begun[1], "hubspot", &second, (None, "{}"), at(3)).await.unwrap());
    assert_eq!(store.crm_place(into, "hubspot").await.unwrap().as_ref(), Some(&first));
    // The same record is written anew, and keeps its deal where none is named.
    let again = place_of("i", "3", None);
    assert!(store.save_crm_place(&begun[0], "hubspot", &again, (None, "{}"), at(4)).await.unwrap());
    assert_eq!(store.crm_place(into, "hubspot").await.unwrap(), Some(place_of("i", "3", Some("deal 1"))));
    // All of one lane, so the third one waits for both.
    let lanes = format!("SELECT COUNT(*) FROM jobs WHERE lane = 'hubspot/{T}/{into}'");
    assert_eq!(place.count(lanes).await, 3);
    assert!(store.claim_jobs(JobKind::CrmSync, "w", (9, 1), at(5), START + 9_000).await.unwrap().is_empty());
}

async fn a_number_that_is_written_in_another_way_is_no_name_left(place: Place) {
    let store = &place.store;
    for (into, from, is_left) in [
        ("+4930901820", "+49 (0)30 901820", false),
        ("+4930901820", "+4930901821", true),
        ("call me", "n/a", true),
    ] {
        let email = |name: &str| format!("{name}{from}@x.org").replace([' ', '(', ')', '/'], "");
        let first = save(store, contact(&email("a"), into, ""), json!({})).await.unwrap().lead.number;
        let second = save(store, contact(&email("b"), from, ""), json!({})).await.unwrap().lead.number;
        store.merge_leads(T, first, second, at(1)).await.unwrap().unwrap();
        let left = format!("SELECT COUNT(*) FROM merged_leads WHERE number = {second} AND phone = '{from}'");
        assert_eq!(place.count(left).await, i64::from(is_left), "{from}");
    }
}

async fn names_of_merged_leads_find_the_survivor(place: Place) {
    let store = &place.store;
    let mut leads = Vec::new();
    for name in ["a", "b", "c"] {
        let saved =
            save(store, contact(&format!("{name}@x.org"), "", &format!("crm-{name}")), json!({})).await;
        leads.push(saved.unwrap().lead);
    }
    store.merge_leads(T, leads[1].number, leads[0].number, at(1)).await.unwrap().unwrap();
    // By a name that is one of a lead which was merged before.
    store.merge_leads(T, leads[2].number, leads[0].number, at(2)).await.unwrap().unwrap();
    let survivor = leads[2].number;
    for lead in &leads {
        let id = lead.contact.external_id.clone().unwrap();
        for name in [lead.id.clone(), lead.number.to_string(), id.clone()] {
            let found = store.lead(T, &LeadReference::Any(name.clone())).await.unwrap();
            assert_eq!(found.map(|lead| lead.number), Some(survivor), "{name}");
            assert_eq!(store.lead_number("other", &name).await.unwrap(), None);
        }
        let email = lead.contact.email.clone().unwrap();
        assert_eq!(store.lead_number(T, &email).await.unwrap(), Some(survivor), "{email}");
        for contact in [contact(&email, "", ""), contact("", "", &id)] {
            let saved = save(store, contact, json!({})).await.unwrap();
            assert_eq!((saved.is_new, saved.lead.number), (false, survivor), "{email}");
        }
    }
    let merged = store.lead(T, &LeadReference::Number(survivor)).await.unwrap().unwrap();
    assert_eq!(merged.contact, contact("c@x.org", "", "crm-c"));
}

async fn the_later_outcome_counts(place: Place) {
    let store = &place.store;
    for (into_at, from_at, wanted) in
        [(10, 20, (Outcome::Lost, START + 20)), (20, 10, (Outcome::Converted, START + 20))]
    {
        let mut numbers = Vec::new();
        for (outcome, after) in [(Outcome::Converted, into_at), (Outcome::Lost, from_at)] {
            let number = save(store, contact("", "", &format!("{into_at} {after}")), json!({}))
                .await
                .unwrap()
                .lead
                .number;
            store.set_outcome(T, number, outcome, at(after)).await.unwrap();
            numbers.push(number);
        }
        let merged = store.merge_leads(T, numbers[0], numbers[1], at(30)).await.unwrap().unwrap();
        assert_eq!(merged.outcome, Some(wanted));
        let note = store.audit(T, 1).await.unwrap().remove(0).subject;
        assert!(note.contains("converted at") && note.contains("lost at"), "{note}");
    }
}

async fn nothing_is_merged_with_nothing(place: Place) {
    let store = &place.store;
    let lead = save(store, contact("a@x.org", "", ""), json!({})).await.unwrap().lead;
    assert_eq!(store.merge_leads(T, lead.number, lead.number + 9, at(1)).await.unwrap(), None);
    assert_eq!(store.merge_leads(T, lead.number + 9, lead.number, at(1)).await.unwrap(), None);
    let other = save(store, contact("b@x.org", "", ""), json!({})).await.unwrap().lead;
    assert_eq!(store.merge_leads("other", lead.number, other.number, at(1)).await.unwrap(), None);
    assert_eq!(store.merge_leads(T, lead.number, lead.number, at(1)).await.unwrap(), Some(lead));
    assert!(store.audit(T, 9).await.unwrap().is_empty());
}

/// Every task adds to one lead while all merge all into one, in both directions.
async fn merges_at_once_lose_nothing(place: Place) {
    let second = place.reopen().await.unwrap();
    let mut numbers = Vec::new();
    for name in 0..6 {
        numbers.push(
            save(&place.store, contact(&format!("l{name}@x.org"), "", ""), json!({}))
                .await
                .unwrap()
                .lead
                .number,
        );
    }
    let mut tasks = Vec::new();
    for task in 0..6_usize {
        let store = if task % 2 == 0 { place.store.clone() } else { second.clone() };
        let numbers = numbers.clone();
        tasks.push(tokio::spawn(async move {
            let own = numbers[task];
            for round in 0..5 {
                let id = format!("{task}/{round}");
                store.append_activities(T, own, &[activity(&id, round)]).await.unwrap().expect("a lead");
                let prediction = NewPrediction {
                    lead: own,
                    configuration: 1,
                    kind: PredictionKind::Score,
                    by_model: false,
                    pipeline: "p",
                    body: "{}",
                    time_to_live: MINUTE,
                };
                store.save_predictions(T, &[prediction], at(0)).await.unwrap();
                let other = numbers[(task + 1 + round as usize) % numbers.len()];
                let (into, from) = if task % 2 == 0 { (own, other) } else { (other, own) };
                store.merge_leads(T, into, from, at(round)).await.unwrap().expect("two leads");
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let leads = place.store.leads_after(T, 0, 10).await.unwrap();
    assert_eq!(leads.len(), 1);
    assert_eq!(place.store.activities(leads[0].number).await.unwrap().len(), 30);
    assert_eq!(place.store.prediction_counts(T, 1, START, START + 1).await.unwrap()[0].total, 30);
    for number in numbers {
        assert_eq!(place.store.surviving_lead(T, number).await.unwrap(), Some(leads[0].number));
    }
    place.no_deadlock().await;
    second.close().await;
}

/// Saves by address with a number merge the lead that has only the number, while it is written to.
async fn merges_and_uploads_at_once_lose_nothing(place: Place) {
    let second = place.reopen().await.unwrap();
    for round in 0..10 {
        let phone = format!("+49309018{round:03}");
        let alone = save(&place.store, contact("", &phone, ""), json!({})).await.unwrap().lead.number;
        save(&place.store, contact(&format!("r{round}@x.org"), "", ""), json!({})).await.unwrap();
        let mut tasks = Vec::new();
        for task in 0..6_i64 {
            let store = if task % 2 == 0 { place.store.clone() } else { second.clone() };
            let phone = phone.clone();
            tasks.push(tokio::spawn(async move {
                if task < 3 {
                    let known = object(json!({format!("from_{task}"): task}));
                    store
                        .save_lead(T, &contact(&format!("r{round}@x.org"), &phone, ""), &known, at(task))
                        .await
                        .unwrap();
                } else {
                    store
                        .append_activities(T, alone, &[activity(&task.to_string(), task)])
                        .await
                        .unwrap()
                        .expect("a lead");
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let lead = place.store.lead(T, &LeadReference::Number(alone)).await.unwrap().unwrap();
        assert_eq!(lead.attributes.len(), 3, "{lead:?}");
        assert_eq!(place.store.activities(lead.number).await.unwrap().len(), 3);
    }
    assert_eq!(place.store.leads_after(T, 0, 100).await.unwrap().len(), 10);
    second.close().await;
}
