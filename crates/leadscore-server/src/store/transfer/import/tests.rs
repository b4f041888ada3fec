use leadscore::Timestamp;

use super::*;
use crate::store::db::write;
use crate::store::{
    AssignmentTransfer, Attributes, Chatter, Contact, InboundMessage, NewActivity, NewLead, NewPrediction,
    NewQualification, OutcomeTransfer, PredictionKind, SuppressedTransfer,
};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(folder.path()).await.unwrap();
    (folder, store)
}

fn person(email: Option<&str>, external_id: Option<&str>) -> LeadTransfer {
    LeadTransfer {
        email: email.map(str::to_owned),
        external_id: external_id.map(str::to_owned),
        ..LeadTransfer::new()
    }
}

/// A store with all that is kept of a lead.
async fn filled() -> (tempfile::TempDir, Store) {
    let (folder, store) = store().await;
    let contact = Contact {
        email: Some("ada@a.example".into()),
        phone: Some("+49 30 1".into()),
        external_id: Some("7".into()),
    };
    let attributes = serde_json::json!({"company": "Ä-Werk \"x\"\n", "budget": 0.1, "is_customer": false});
    let attributes = attributes.as_object().unwrap();
    let lead = store.save_lead("t", &contact, attributes, at(1_001)).await.unwrap().lead;
    store
        .save_lead(
            "t",
            &Contact { email: Some("b@a.example".into()), ..Contact::default() },
            attributes,
            at(1_500),
        )
        .await
        .unwrap();
    store.save_lead("other", &contact, &Attributes::new(), at(1_500)).await.unwrap();
    let properties = serde_json::json!({"page": "/pricing", "seconds": 12}).as_object().unwrap().clone();
    let activity = |id: &str, millis, properties| NewActivity {
        id: id.into(),
        kind: "visit".into(),
        at: at(millis),
        properties,
    };
    let activities = [activity("a", 900, properties), activity("b", 2_000, Attributes::new())];
    store.append_activities("t", lead.number, &activities).await.unwrap();
    store.set_outcome("t", lead.number, Outcome::Converted, at(3_000)).await.unwrap();
    let heat = Some(("hot".to_owned(), 0.1 + 0.2));
    let scored =
        NewLead { contact: contact.clone(), attributes: Attributes::new(), heat, qualification: None };
    store.save_leads("t", &[scored], at(2_500)).await.unwrap();
    store.save_recommendation("t", lead.number, "{\"a\":1}").await.unwrap();
    let prediction = NewPrediction {
        lead: lead.number,
        configuration: 1,
        kind: PredictionKind::Conversion,
        by_model: false,
        pipeline: "hash",
        body: "{\"predictedScore\":70,\"x\":0.30000000000000004}",
        time_to_live: 1_000,
    };
    let numbers = store.save_predictions("t", &[prediction], at(2_600)).await.unwrap();
    store.validate_prediction("t", numbers[0], true, at(2_700)).await.unwrap();
    let qualification = NewQualification {
        score: 71.5,
        tier: "WARM".into(),
        body: serde_json::json!({"reasoning": "because"}),
        processing_ms: 12,
        events: Vec::new(),
        batch: None,
        routing: None,
    };
    let qualified =
        NewLead { contact: contact.clone(), qualification: Some(qualification), ..NewLead::default() };
    store.save_leads("t", &[qualified], at(2_800)).await.unwrap();
    let once =
        Contact { email: Some("once@a.example".into()), external_id: Some("8".into()), ..Contact::default() };
    let once = store.save_lead("t", &once, &Attributes::new(), at(2_850)).await.unwrap().lead;
    store.merge_leads("t", lead.number, once.number, at(2_900)).await.unwrap().unwrap();
    fill_more(&store, lead.number).await.unwrap();
    (folder, store)
}

/// What chats and CRM systems keep of a lead.
async fn fill_more(store: &Store, lead: i64) -> Result<(), StoreError> {
    write!(&store.db, transaction => {
        for statement in [
            "INSERT INTO conversations (tenant, source, user_id, lead, state, created_at, updated_at, last_inbound_at)
             VALUES ('t', 'whatsapp', '4930', $1, '{\"turn\":2}', 2000, 2001, 2002)",
            // A chat that was not answered yet remembers nothing.
            "INSERT INTO conversations (tenant, source, user_id, lead, state, created_at, updated_at, last_inbound_at)
             VALUES ('t', 'website', 'new', $1, '', 2000, 2001, 2002)",
            "INSERT INTO intents (lead, intent, origin, at) VALUES ($1, 'HOT', 'chat', 2003)",
            "INSERT INTO messages (lead, id, source, role, content, at, reply_ms, status, answers)
             VALUES ($1, 'm', 'whatsapp', 'assistant', 'Hello', 2004, 40, 'read', 'wamid.1')",
            "INSERT INTO assignments (lead, tenant, rep, at) VALUES ($1, 't', 'rep_ann', 2006)",
            "INSERT INTO crm_records (tenant, lead, crm, external_id, record, deal, synced_at)
             VALUES ('t', $1, 'hubspot', 'x', '501', '77', 2005)",
        ] {
            sqlx::query(statement).bind(lead).execute(&mut *transaction).await?;
        }
    });
    Ok(())
}

async fn lines(store: &Store) -> Vec<String> {
    let (leads, _) = store.export_leads("t", 0, 100).await.unwrap();
    leads.iter().map(|lead| serde_json::to_string(lead).unwrap()).collect()
}

#[tokio::test]
async fn what_goes_out_comes_in_equal_and_only_once() {
    let (_folder, from) = filled().await;
    let out = lines(&from).await;
    assert_eq!(out.len(), 2);
    let more = [
        "because",
        "\"turn\":2",
        "HOT",
        "reply_ms\":40",
        "\"deal\":\"77\"",
        "once@a.example",
        "\"answers\":\"wamid.1\"",
        "rep_ann",
        "\"state\":null",
    ];
    for part in ["/pricing", "predictedScore", "converted", "0.30000000000000004", "heat_scores"]
        .into_iter()
        .chain(more)
    {
        assert!(out[0].contains(part), "{part}: {}", out[0]);
    }
    let read: Vec<LeadTransfer> = out.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (_folder, to) = store().await;
    let first = to.import_leads("t", &read, at(9_000)).await.unwrap();
    assert_eq!(first[0], ImportOutcome { lead: Imported::Added, activities_added: 2 });
    assert_eq!(lines(&to).await, out);
    let again = to.import_leads("t", &read, at(9_999)).await.unwrap();
    assert!(
        again.iter().all(|one| one.lead == Imported::Unchanged && one.activities_added == 0),
        "{again:?}"
    );
    assert_eq!(lines(&to).await, out);
    // Into the store it is from.
    let same = from.import_leads("t", &read, at(9_999)).await.unwrap();
    assert!(same.iter().all(|one| one.lead == Imported::Unchanged), "{same:?}");
    // A lead that was merged is found by its names there, too.
    let own = to.lead_number("t", read[0].id.as_ref().unwrap()).await.unwrap();
    for name in [read[0].merged[0].id.as_str(), "8", "Once@a.example"] {
        assert!(own.is_some() && to.lead_number("t", name).await.unwrap() == own, "{name}");
    }
    // Another tenant's leads keep their ids.
    let other = to.import_leads("u", &read, at(9_999)).await.unwrap();
    assert_eq!(other[0].lead, Imported::Added);
    assert_eq!(lines(&to).await, out);
}

#[tokio::test]
async fn a_chat_without_an_answer_and_a_representative_are_the_same_behind_a_move() {
    let (_folder, from) = filled().await;
    let (read, _) = from.export_leads("t", 0, 100).await.unwrap();
    let (_folder, to) = store().await;
    to.import_leads("t", &read, at(9_000)).await.unwrap();
    let chatter = Chatter { source: "website".to_owned(), user_id: "new".to_owned(), former_id: None };
    let held = to.hold_conversation("t", &chatter, None, ("h", 99_000), at(9_000)).await.unwrap().unwrap();
    assert_eq!(held.state, None);
    let details = Vec::new();
    let message = InboundMessage {
        id: "wamid.1".to_owned(),
        source: "whatsapp".to_owned(),
        content: "Hi".to_owned(),
        at: at(2_003),
        details,
    };
    let kept = to.keep_message("h", &message, at(9_001)).await.unwrap().unwrap();
    assert!(kept.is_answered, "it is not answered again");
    let mut other = read[0].clone();
    other.assignment = Some(AssignmentTransfer { rep: "rep_bob".to_owned(), at: at(9_000) });
    to.import_leads("t", &[other], at(9_002)).await.unwrap();
    let (now, _) = to.export_leads("t", 0, 100).await.unwrap();
    assert_eq!(now[0].assignment, Some(AssignmentTransfer { rep: "rep_ann".to_owned(), at: at(2_006) }));
    // A file of an earlier version has neither.
    let mut old = serde_json::to_value(&read[0]).unwrap();
    old.as_object_mut().unwrap().remove("assignment");
    for message in old["messages"].as_array_mut().unwrap() {
        message.as_object_mut().unwrap().remove("answers");
    }
    let old: LeadTransfer = serde_json::from_value(old).unwrap();
    assert_eq!((&old.assignment, &old.messages[0].answers), (&None, &None));
}

#[tokio::test]
async fn pages_hold_each_lead_once() {
    let (_folder, store) = filled().await;
    let (mut after, mut count) = (0, 0);
    while let (leads, Some(last)) = store.export_leads("t", after, 1).await.unwrap() {
        assert!(last > after && leads.len() == 1);
        (after, count) = (last, count + 1);
    }
    assert_eq!(count, 2);
}

#[tokio::test]
async fn a_lead_is_found_again_and_somebody_else_is_not_taken_for_it() {
    let (_folder, store) = store().await;
    let import =
        async |lead: LeadTransfer| store.import_leads("t", &[lead], at(5_000)).await.unwrap().remove(0).lead;
    let with = |lead: LeadTransfer, name: &str| {
        let mut lead = lead;
        lead.attributes.insert(name.to_owned(), 1.into());
        lead
    };
    assert_eq!(import(person(Some("a@a.example"), Some("1"))).await, Imported::Added);
    assert_eq!(import(person(Some("b@a.example"), Some("2"))).await, Imported::Added);
    assert_eq!(import(with(person(Some("a@a.example"), None), "x")).await, Imported::Changed);
    assert_eq!(import(with(person(None, Some("1")), "x")).await, Imported::Unchanged);
    let two = import(person(Some("a@a.example"), Some("2"))).await;
    assert!(matches!(&two, Imported::Refused(reason) if reason.contains("two different")), "{two:?}");
    let else_one = import(person(Some("new@a.example"), Some("2"))).await;
    assert!(
        matches!(&else_one, Imported::Refused(reason) if reason.contains("another e-mail")),
        "{else_one:?}"
    );
    let phone = |email| LeadTransfer { phone: Some("+49 30 901820".to_owned()), ..person(email, None) };
    assert_eq!(import(phone(None)).await, Imported::Added);
    assert_eq!(import(phone(Some("c@a.example"))).await, Imported::Changed);
    assert_eq!(import(phone(Some("d@a.example"))).await, Imported::Added);
    assert_eq!(store.leads_after("t", 0, 9).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_later_outcome_wins_and_times_stay() {
    let (_folder, store) = store().await;
    let ended = |outcome: &str, millis| LeadTransfer {
        outcome: Some(OutcomeTransfer { outcome: outcome.to_owned(), at: at(millis) }),
        ..person(Some("a@a.example"), None)
    };
    store.import_leads("t", &[ended("lost", 100)], at(5_000)).await.unwrap();
    store.import_leads("t", &[ended("converted", 90)], at(6_000)).await.unwrap();
    let lead = store.leads_after("t", 0, 1).await.unwrap().remove(0);
    assert_eq!((lead.outcome, lead.updated_at), (Some((Outcome::Lost, 100)), 5_000));
    store.import_leads("t", &[ended("converted", 200)], at(7_000)).await.unwrap();
    let lead = store.leads_after("t", 0, 1).await.unwrap().remove(0);
    assert_eq!((lead.outcome, lead.updated_at), (Some((Outcome::Converted, 200)), 7_000));
    assert_eq!((lead.created_at, lead.first_contact_at), (5_000, 5_000));
}

#[tokio::test]
async fn who_wants_no_e_mails_gets_none_from_another_store_either() {
    let (_folder, from) = store().await;
    for email in ["a@a.example", "J.Smith@gmail.com", "c@a.example"] {
        from.suppress("t", email, "complaint", at(1_000)).await.unwrap();
    }
    let first = from.export_suppressed("t", "", 2).await.unwrap();
    let rest = from.export_suppressed("t", &first[1].address, 2).await.unwrap();
    assert_eq!((first.len(), rest.len()), (2, 1));
    let lines = serde_json::to_string(&[first, rest].concat()).unwrap();
    assert!(!lines.contains("a.example") && !lines.contains("gmail"), "{lines}");
    let read: Vec<SuppressedTransfer> = serde_json::from_str(&lines).unwrap();
    assert!(read.iter().all(SuppressedTransfer::is_hash));
    let (_folder, to) = store().await;
    assert_eq!(to.import_suppressed("u", &read).await.unwrap(), 3);
    assert_eq!(to.import_suppressed("u", &read).await.unwrap(), 0);
    assert!(to.is_suppressed("u", "jsmith+x@gmail.com").await.unwrap());
    assert!(!to.is_suppressed("u", "b@a.example").await.unwrap());
}
