//! Which leads are one person.

use leadscore_server::store::{Attributes, LeadReference};
use serde_json::json;

use super::{Place, T, at, contact, save};

on_both!(
    an_address_is_one_however_it_is_written,
    a_number_joins_where_an_address_is_missing,
    a_number_of_several_addresses_joins_nobody,
    an_address_finds_a_lead_and_its_number_another,
    a_suppressed_address_stays_so,
    who_unsubscribed_gets_nothing_after_erasing,
);

async fn an_address_is_one_however_it_is_written(place: Place) {
    let store = &place.store;
    for (first, same, other) in [
        ("ada@a.example", "ADA@A.example", "ada+x@a.example"),
        ("j.smith@gmail.com", "jsmith+news@googlemail.com", "jsmith@gmail.example"),
        ("ada@b\u{fc}ro.example", "Ada@xn--bro-hoa.example", "ada@buro.example"),
        ("jos\u{e9}@a.example", "jose\u{301}@a.example", "jose@a.example"),
    ] {
        let lead = save(store, contact(first, "", ""), json!({})).await.unwrap().lead;
        let again = save(store, contact(same, "", ""), json!({})).await.unwrap();
        assert_eq!((again.is_new, again.lead.number), (false, lead.number), "{same}");
        // It is kept as it was written.
        assert_eq!(again.lead.contact.email.as_deref(), Some(first));
        assert_eq!(store.lead_number(T, same).await.unwrap(), Some(lead.number), "{same}");
        assert!(save(store, contact(other, "", ""), json!({})).await.unwrap().is_new, "{other}");
        let error =
            store.update_lead(T, lead.number, &contact(other, "", ""), &Attributes::default(), at(1)).await;
        assert!(error.is_err(), "{other}");
        // Another way to write its own address takes nothing from anybody.
        let changed =
            store.update_lead(T, lead.number, &contact(same, "", ""), &Attributes::default(), at(1)).await;
        assert_eq!(changed.unwrap().unwrap().contact.email.as_deref(), Some(same));
    }
}

async fn a_number_joins_where_an_address_is_missing(place: Place) {
    let store = &place.store;
    let first = save(store, contact("", "+49 (0)30 901820", ""), json!({})).await.unwrap().lead;
    let is = async |contact, what: &str| {
        let saved = save(store, contact, json!({})).await.unwrap();
        assert_eq!((saved.is_new, saved.lead.number), (false, first.number), "{what}");
    };
    is(contact("", "+4930901820", ""), "another way to write it").await;
    is(contact("a@x.org", "+49 30 901820", ""), "now with an address").await;
    is(contact("", "+49-30-901820", ""), "again without").await;
    for (phone, what) in
        [("030 901820", "no country"), ("+4930901821", "another number"), ("0000000", "a placeholder")]
    {
        assert!(save(store, contact("", phone, ""), json!({})).await.unwrap().is_new, "{what}");
    }
    assert!(
        save(store, contact("", "0000000", ""), json!({})).await.unwrap().is_new,
        "a placeholder joins nobody"
    );
    is(contact("", "+4930901820", "crm-1"), "an id is filled in").await;
    // The caller has two ids for them, so there are two.
    assert!(save(store, contact("", "+4930901820", "crm-2"), json!({})).await.unwrap().is_new);
}

async fn a_number_of_several_addresses_joins_nobody(place: Place) {
    let store = &place.store;
    let phone = "+4930901820";
    let first = save(store, contact("a@x.org", phone, ""), json!({})).await.unwrap().lead.number;
    assert!(save(store, contact("b@x.org", phone, ""), json!({})).await.unwrap().is_new);
    let alone = save(store, contact("", phone, ""), json!({})).await.unwrap();
    assert!(alone.is_new, "it may be either of the two");
    assert_eq!(save(store, contact("a@x.org", phone, ""), json!({})).await.unwrap().lead.number, first);
    assert!(save(store, contact("c@x.org", phone, ""), json!({})).await.unwrap().is_new);
    assert_eq!(store.leads_after(T, 0, 10).await.unwrap().len(), 4);
    // Whoever comes without an address is the one without.
    let again = save(store, contact("", phone, ""), json!({})).await.unwrap().lead.number;
    assert_eq!(again, alone.lead.number);
}

async fn an_address_finds_a_lead_and_its_number_another(place: Place) {
    let store = &place.store;
    let phone =
        save(store, contact("", "+4930901820", ""), json!({"city": "Ulm", "size": 3})).await.unwrap().lead;
    let lead = save(store, contact("a@x.org", "", ""), json!({"city": "Bonn"})).await.unwrap().lead;
    let both = save(store, contact("A@x.org", "+49 30 901820", ""), json!({"vip": true})).await.unwrap();
    assert_eq!((both.is_new, both.lead.number), (false, lead.number));
    assert_eq!(
        serde_json::Value::Object(both.lead.attributes),
        json!({"city": "Bonn", "size": 3, "vip": true})
    );
    assert_eq!(store.leads_after(T, 0, 10).await.unwrap().len(), 1);
    for name in [LeadReference::Number(phone.number), LeadReference::Any(phone.id)] {
        assert_eq!(store.lead(T, &name).await.unwrap().unwrap().number, lead.number, "{name:?}");
    }
    assert_eq!(store.audit(T, 9).await.unwrap()[0].action, "lead.merge");
}

async fn a_suppressed_address_stays_so(place: Place) {
    let store = &place.store;
    store.suppress(T, "J.Smith@gmail.com", "complaint", at(0)).await.unwrap();
    store.suppress(T, "jsmith@gmail.com", "again", at(1)).await.unwrap();
    for address in ["j.smith@gmail.com", "jsmith+x@googlemail.com"] {
        assert!(store.is_suppressed(T, address).await.unwrap(), "{address}");
        assert!(!store.is_suppressed("other", address).await.unwrap());
    }
    assert!(!store.is_suppressed(T, "smith@gmail.com").await.unwrap());
}

async fn who_unsubscribed_gets_nothing_after_erasing(place: Place) {
    let store = &place.store;
    let lead = save(store, contact("a@x.org", "", ""), json!({})).await.unwrap().lead;
    let other = save(store, contact("b@x.org", "", ""), json!({})).await.unwrap().lead;
    assert!(!store.is_suppressed(T, "a@x.org").await.unwrap());
    store.merge_leads(T, lead.number, other.number, at(1)).await.unwrap().unwrap();
    // The link of an e-mail that was sent before the merge.
    assert!(store.unsubscribe(&other.id, at(2)).await.unwrap());
    assert!(store.delete_lead(T, lead.number).await.unwrap());
    assert_eq!(store.leads_after(T, 0, 10).await.unwrap(), []);
    assert_eq!(store.lead(T, &LeadReference::Any(other.id)).await.unwrap(), None);
    for address in ["A@x.org", "b@x.org"] {
        assert!(store.is_suppressed(T, address).await.unwrap(), "{address}");
    }
    let again = save(store, contact("a@x.org", "", ""), json!({})).await.unwrap();
    assert!(again.is_new && store.is_suppressed(T, "a@x.org").await.unwrap());
    // A lead that an older version unsubscribed, which knew no such list.
    let old = json!({"unsubscribed_at": "2026-01-01T00:00:00Z"});
    let old = save(store, contact("c@x.org", "", ""), old).await.unwrap().lead;
    assert!(!store.is_suppressed(T, "c@x.org").await.unwrap());
    store.delete_lead(T, old.number).await.unwrap();
    assert!(store.is_suppressed(T, "c@x.org").await.unwrap());
}
