//! Conversations and their leads, while others write to both.

use leadscore_server::store::{
    Beginning, Chatter, InboundMessage, JobKind, LearnedDetail, NewIntent, NewJob, NewReply, NewTurn, Store,
    StoredLead,
};
use serde_json::json;

use super::concurrent::at_once;
use super::{Place, T, at, contact, save};

const ROUNDS: i64 = 20;

on_both!(
    one_way_to_write_an_address_is_no_other_address,
    chats_and_merges_at_once_do_not_wait_for_each_other,
    a_lead_that_becomes_hot_in_several_chats_at_once_is_told_of_once,
);

async fn hold(store: &Store, user_id: &str, phone: &str, holder: &str) -> bool {
    let chatter = Chatter { source: "whatsapp".into(), user_id: user_id.into(), former_id: None };
    let beginning = Beginning { phone: Some(phone.into()), at: at(0).as_millis() };
    let until = (holder, at(1_000).as_millis());
    store.hold_conversation(T, &chatter, Some(&beginning), until, at(1)).await.unwrap().is_some()
}

fn message(id: &str, details: &[(&'static str, &str)]) -> InboundMessage {
    let detail = |(name, value): &(&'static str, &str)| LearnedDetail {
        name,
        value: (*value).to_owned(),
        corrects: None,
    };
    InboundMessage {
        id: id.into(),
        source: "whatsapp".into(),
        content: "Hello".into(),
        at: at(1),
        details: details.iter().map(detail).collect(),
    }
}

fn hot_turn(answers: &str) -> NewTurn {
    NewTurn {
        state: "{}".into(),
        answers: answers.into(),
        source: "whatsapp".into(),
        replies: vec![NewReply {
            id: format!("reply to {answers}"),
            content: "Hi".into(),
            reply_ms: Some(1),
        }],
        intent: Some(NewIntent { intent: "HOT", origin: "chat", at: at(1).as_millis() }),
    }
}

async fn one_way_to_write_an_address_is_no_other_address(place: Place) {
    let store = &place.store;
    let (email, phone) = ("j.smith@gmail.com", "+49 (0)30 901820");
    save(store, contact(email, phone, ""), json!({})).await.unwrap();
    assert!(hold(store, "u", "+4930901820", "h").await);
    let same = message("1", &[("email", "jsmith@googlemail.com"), ("phone", "+49-30-901820")]);
    let lead = store.keep_message("h", &same, at(2)).await.unwrap().unwrap().lead;
    assert_eq!((lead.text("other_email"), lead.text("other_phone")), (None, None), "{lead:?}");
    let other = message("2", &[("email", "smith@example.com"), ("phone", "+4930901821")]);
    let lead = store.keep_message("h", &other, at(3)).await.unwrap().unwrap().lead;
    assert_eq!(
        (lead.text("other_email"), lead.text("other_phone")),
        (Some("smith@example.com"), Some("+4930901821"))
    );
    assert_eq!(
        (lead.contact.email.as_deref(), lead.contact.phone.as_deref()),
        (Some(email), Some(phone)),
        "what is known stays"
    );
}

async fn chats_and_merges_at_once_do_not_wait_for_each_other(place: Place) {
    for round in 0..ROUNDS {
        let phone = format!("+49309018{round:03}");
        let from = save(&place.store, contact("", &phone, ""), json!({})).await.unwrap().lead.number;
        let into = save(&place.store, contact(&format!("r{round}@x.org"), "", ""), json!({}))
            .await
            .unwrap()
            .lead
            .number;
        for user in 0..4 {
            assert!(hold(&place.store, &format!("{round}/{user}"), &phone, &format!("{round}/{user}")).await);
        }
        at_once(&place, 6, move |store, task| async move {
            let name = format!("{round}/{task}");
            match task {
                4 => assert!(store.merge_leads(T, into, from, at(4)).await.unwrap().is_some()),
                5 => {
                    let users = [format!("{round}/0"), format!("{round}/1")];
                    let known = store
                        .move_number(T, ("whatsapp", &users), &format!("{round}/new"), "+4930901999")
                        .await
                        .unwrap();
                    assert!(known);
                }
                _ => {
                    let kept = store.keep_message(&name, &message(&name, &[]), at(2)).await.unwrap();
                    assert!(kept.is_some(), "the conversation is still held");
                    assert!(store.keep_turn(&name, &hot_turn(&name), &|_| Vec::new(), at(3)).await.unwrap());
                }
            }
        })
        .await;
        let messages = place.store.messages(into).await.unwrap();
        assert_eq!(messages.len(), 8, "all that was said is with the lead that stays");
    }
    place.no_deadlock().await;
}

async fn a_lead_that_becomes_hot_in_several_chats_at_once_is_told_of_once(place: Place) {
    for round in 0..ROUNDS {
        let phone = format!("+49309018{round:03}");
        save(&place.store, contact("", &phone, ""), json!({})).await.unwrap();
        for user in 0..4 {
            assert!(hold(&place.store, &format!("{round}/{user}"), &phone, &format!("{round}/{user}")).await);
        }
        at_once(&place, 4, move |store, task| async move {
            let name = format!("{round}/{task}");
            let on_hot = |lead: &StoredLead| {
                vec![NewJob {
                    kind: JobKind::Email,
                    key: format!("hot {round}/{task}"),
                    lane: T.into(),
                    lead: Some(lead.number),
                    body: "{}".into(),
                    priority: 0,
                }]
            };
            assert!(store.keep_turn(&name, &hot_turn(&name), &on_hot, at(3)).await.unwrap());
        })
        .await;
    }
    assert_eq!(place.count("SELECT COUNT(*) FROM jobs".into()).await, ROUNDS);
}
