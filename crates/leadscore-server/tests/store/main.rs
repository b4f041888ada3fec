//! The store on SQLite and on PostgreSQL: the same statements have to do the same on both.

#[path = "../support/postgres.rs"]
mod postgres;

use std::time::Duration;

use leadscore::Timestamp;
use leadscore_server::auth::KeyHash;
use leadscore_server::store::{
    Attributes, Claim, Contact, KeptAnswer, LeadReference, NewActivity, NewKey, NewLead, NewPrediction,
    Outcome, PredictionKind, SavedLead, Store, StoreError,
};
use postgres::Postgres;
use serde_json::{Value, json};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use tempfile::TempDir;

const T: &str = "tenant";
const START: i64 = 1_790_000_000_000;
const PHONE: &str = "+49 30 901820";
const MINUTE: i64 = 60_000;
/// After which a request without an answer counts as given up.
const GIVEN_UP: Duration = Duration::from_secs(180);

/// A store with nothing in it, and what it lies in.
struct Place {
    store: Store,
    folder: TempDir,
    postgres: Option<Postgres>,
}

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite { $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
            super::$name(super::Place::sqlite().await).await;
        })* }
        mod postgresql { $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
            let Some(place) = super::Place::postgres().await else { return };
            super::$name(place).await;
        })* }
    };
}

mod chats;
mod concurrent;
mod erasing;
mod identity;
mod jobs;
mod merging;
mod qualified;

on_both!(
    leads_merge_by_their_names,
    a_name_of_another_lead_is_taken,
    a_lead_goes_with_all_it_has,
    activities_are_kept_once,
    heat_is_counted_and_judged,
    predictions_are_found_and_judged,
    keys_open_until_they_are_revoked,
    configurations_count_from_two,
    the_quota_of_the_model_slides,
    idempotency_keys_are_claimed_once,
    an_abandoned_key_is_claimed_by_one,
    the_audit_has_the_latest_first,
    a_database_of_the_first_version_is_brought_up,
    keys_of_old_leads_are_filled_in,
    a_database_of_a_newer_version_is_refused,
);

async fn leads_merge_by_their_names(place: Place) {
    let store = &place.store;
    let first = save(store, contact("a@x.org", PHONE, ""), json!({"city": "Bonn", "size": 5})).await.unwrap();
    assert!(first.is_new);
    let number = first.lead.number;
    // The address decides: what is new is put beside what there is, and a null removes.
    let again =
        save(store, contact("a@x.org", "", "crm-1"), json!({"size": null, "vip": true})).await.unwrap();
    assert!(!again.is_new);
    assert_eq!(again.lead.number, number);
    assert_eq!(Value::Object(again.lead.attributes), json!({"city": "Bonn", "vip": true}));
    assert_eq!(again.lead.contact, contact("a@x.org", PHONE, "crm-1"));
    // The caller's id, and the telephone where one of the two has no address.
    assert_eq!(save(store, contact("", "", "crm-1"), json!({})).await.unwrap().lead.number, number);
    assert_eq!(save(store, contact("", PHONE, ""), json!({})).await.unwrap().lead.number, number);
    // A family shares a telephone: two addresses are two leads.
    assert!(save(store, contact("b@x.org", PHONE, ""), json!({})).await.unwrap().is_new);
    // Another tenant knows nothing of them.
    let elsewhere =
        store.save_lead("other", &contact("a@x.org", "", ""), &Attributes::new(), at(0)).await.unwrap();
    assert!(elsewhere.is_new);
    let found = store.leads_after(T, 0, 10).await.unwrap();
    assert_eq!(found.len(), 2);
    let number_text = LeadReference::Any(number.to_string());
    for name in [LeadReference::Number(number), LeadReference::Any("crm-1".into()), number_text] {
        assert_eq!(store.lead(T, &name).await.unwrap().as_ref(), Some(&found[0]), "{name:?}");
        assert_ne!(store.lead("other", &name).await.unwrap().as_ref(), Some(&found[0]), "{name:?}");
    }
}

async fn a_name_of_another_lead_is_taken(place: Place) {
    let store = &place.store;
    save(store, contact("a@x.org", "", "one"), json!({})).await.unwrap();
    let second = save(store, contact("b@x.org", "", "two"), json!({"n": 1})).await.unwrap().lead.number;
    for (new, what) in [(contact("a@x.org", "", ""), "e-mail address"), (contact("", "", "one"), "id")] {
        let error = store.update_lead(T, second, &new, &Attributes::new(), at(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken(name) if name == what), "{error:?}");
    }
    let changed =
        store.update_lead(T, second, &contact("c@x.org", "", ""), &object(json!({"m": 2})), at(2)).await;
    let changed = changed.unwrap().unwrap();
    assert_eq!(changed.contact, contact("c@x.org", "", "two"));
    assert_eq!(Value::Object(changed.attributes), json!({"n": 1, "m": 2}));
    assert!(
        store
            .update_lead("other", second, &Contact::default(), &Attributes::new(), at(3))
            .await
            .unwrap()
            .is_none()
    );
    // All or none: the second lead would take the id of another, so the first is not there either.
    save(store, contact("d@x.org", "", ""), json!({})).await.unwrap();
    let two = [
        NewLead { contact: contact("new@x.org", "", "three"), ..NewLead::default() },
        NewLead { contact: contact("d@x.org", "", "one"), ..NewLead::default() },
    ];
    let error = store.save_leads(T, &two, at(4)).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken("id")), "{error:?}");
    assert_eq!(store.lead(T, &LeadReference::Any("three".into())).await.unwrap(), None);
}

/// Keeps a lead with a class of the heat model; gives its number.
async fn save_heat(store: &Store, email: &str, (class, confidence): (&str, f64), millis: i64) -> i64 {
    let heat = Some((class.to_owned(), confidence));
    let lead = NewLead { contact: contact(email, "", ""), heat, ..NewLead::default() };
    let saved = store.save_leads(T, &[lead], at(millis)).await.unwrap();
    assert_eq!(saved[0].lead.heat, Some((class.to_owned(), confidence)));
    saved[0].lead.number
}

async fn a_lead_goes_with_all_it_has(place: Place) {
    let store = &place.store;
    let lead = save_heat(store, "a@x.org", ("hot", 0.5), 0).await;
    store.append_activities(T, lead, &[activity("1", 0)]).await.unwrap();
    assert!(!store.delete_lead("other", lead).await.unwrap());
    assert!(store.delete_lead(T, lead).await.unwrap());
    assert!(!store.delete_lead(T, lead).await.unwrap());
    assert!(store.activities(lead).await.unwrap().is_empty());
    assert!(store.heat_statistics(T).await.unwrap().by_class.is_empty());
}

async fn activities_are_kept_once(place: Place) {
    let store = &place.store;
    let lead = save(store, contact("a@x.org", "", ""), json!({})).await.unwrap().lead.number;
    let sent = [activity("1", -10), activity("2", 5), activity("1", -10)];
    let appended = store.append_activities(T, lead, &sent).await.unwrap().unwrap();
    assert_eq!((appended.accepted, appended.duplicates), (2, 1));
    let appended = store.append_activities(T, lead, &sent).await.unwrap().unwrap();
    assert_eq!((appended.accepted, appended.duplicates), (0, 3));
    assert!(store.append_activities(T, lead + 1, &sent).await.unwrap().is_none());
    let kept = store.activities(lead).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.at.as_millis() - START).collect::<Vec<_>>(), [-10, 5]);
    let now = store.lead(T, &LeadReference::Number(lead)).await.unwrap().unwrap();
    assert_eq!((now.first_contact_at, now.last_activity_at), (START - 10, Some(START + 5)));
}

async fn heat_is_counted_and_judged(place: Place) {
    let store = &place.store;
    assert_eq!(store.heat_statistics(T).await.unwrap().mean_confidence, None);
    let mut leads = Vec::new();
    for (name, class, outcome) in [
        ("a", "hot", Some(Outcome::Converted)),
        ("b", "hot", Some(Outcome::Lost)),
        ("c", "cold", Some(Outcome::Lost)),
        ("d", "warm", Some(Outcome::Lost)),
        ("e", "cold", None),
    ] {
        let email = format!("{name}@x.org");
        let lead = save_heat(store, &email, (class, 0.75), 0).await;
        if let Some(outcome) = outcome {
            assert!(store.set_outcome(T, lead, outcome, at(10)).await.unwrap());
        }
        // What came after the outcome does not count for it.
        assert_eq!(save_heat(store, &email, ("warm", 0.25), 20).await, lead);
        leads.push(lead);
    }
    let found = store.heat_statistics(T).await.unwrap();
    assert_eq!(found.by_class, [("cold".to_owned(), 2), ("hot".to_owned(), 2), ("warm".to_owned(), 6)]);
    assert_eq!((found.mean_confidence, found.judged, found.right), (Some(0.5), 3, 2));
    let (warm, count) = store.heat_leads(T, Some("warm"), 2, 1).await.unwrap();
    assert_eq!(
        (warm.iter().map(|lead| lead.number).collect::<Vec<_>>(), count),
        (vec![leads[3], leads[2]], 5)
    );
    assert!(!store.set_outcome("other", leads[0], Outcome::Lost, at(0)).await.unwrap());
}

async fn predictions_are_found_and_judged(place: Place) {
    let store = &place.store;
    let lead = save(store, contact("a@x.org", "", ""), json!({})).await.unwrap().lead.number;
    let kind = PredictionKind::Conversion;
    let new = |by_model, body, time_to_live| NewPrediction {
        lead,
        configuration: 1,
        kind,
        by_model,
        pipeline: "p",
        body,
        time_to_live,
    };
    let sent = [new(false, "{\"n\":1}", MINUTE), new(false, "{\"n\":2}", 0), new(true, "{\"n\":3}", MINUTE)];
    let numbers = store.save_predictions(T, &sent, at(0)).await.unwrap();
    let valid = |pipeline, by_model, now| store.valid_prediction(T, lead, kind, pipeline, by_model, at(now));
    assert_eq!(valid("p", false, 1).await.unwrap().unwrap().number, numbers[0]);
    assert_eq!(valid("p", true, 1).await.unwrap().unwrap().number, numbers[2]);
    assert_eq!(valid("p", true, MINUTE).await.unwrap(), None);
    assert_eq!(valid("q", true, 1).await.unwrap(), None);
    let latest = store.latest_prediction(T, lead, kind, at(MINUTE)).await.unwrap().unwrap();
    assert_eq!((latest.number, latest.by_model), (numbers[2], true));
    assert!(store.validate_prediction(T, numbers[0], false, at(1)).await.unwrap());
    assert!(store.validate_prediction(T, numbers[0], true, at(2)).await.unwrap());
    assert!(store.validate_prediction(T, numbers[1], false, at(2)).await.unwrap());
    assert!(!store.validate_prediction("other", numbers[2], true, at(2)).await.unwrap());
    let counts = store.prediction_counts(T, 1, START, START + 1).await.unwrap();
    assert_eq!((counts[0].total, counts[0].validated, counts[0].accurate), (3, 2, 1));
    assert!(store.prediction_counts(T, 1, START + 1, START + 2).await.unwrap().is_empty());
}

async fn keys_open_until_they_are_revoked(place: Place) {
    let store = &place.store;
    assert!(!store.has_keys().await.unwrap());
    let families = ["b2b".to_owned(), "heatscore".to_owned()];
    let key = NewKey {
        name: "a key",
        tenant: T,
        plan: "pro".parse().unwrap(),
        scopes: "score".parse().unwrap(),
        families: Some(&families),
    };
    let hash = KeyHash::compute("secret");
    let id = store.save_key(&key, &hash, at(0)).await.unwrap();
    let found = store.key(&hash).await.unwrap().unwrap();
    assert_eq!(
        (found.id.as_str(), found.tenant.as_str(), found.families.as_deref()),
        (id.as_str(), T, Some(&families[..]))
    );
    assert_eq!(store.key(&KeyHash::compute("another")).await.unwrap(), None);
    assert!(store.has_keys().await.unwrap());
    assert!(store.revoke_key(&id, at(1)).await.unwrap());
    assert!(!store.revoke_key(&id, at(2)).await.unwrap());
    assert_eq!(store.key(&hash).await.unwrap(), None);
    assert!(!store.has_keys().await.unwrap());
    assert_eq!(store.keys().await.unwrap()[0].revoked_at, Some(START + 1));
}

async fn configurations_count_from_two(place: Place) {
    let store = &place.store;
    let save = |number, body| store.save_configuration(T, number, body, at(0));
    assert_eq!(save(None, "{}").await.unwrap().number, 2);
    assert_eq!(save(None, "{}").await.unwrap().number, 3);
    assert_eq!(save(Some(2), "[]").await.unwrap().body, "[]");
    assert_eq!(store.configuration(T, 2).await.unwrap().unwrap().body, "[]");
    assert_eq!(store.configurations(T).await.unwrap().len(), 2);
    assert!(store.delete_configuration(T, 2).await.unwrap());
    assert!(!store.delete_configuration("other", 3).await.unwrap());
    assert_eq!(store.configuration(T, 2).await.unwrap(), None);
}

async fn the_quota_of_the_model_slides(place: Place) {
    let store = &place.store;
    let take = |count, now| async move { store.take_model_calls(T, count, (3, 5), at(now)).await.unwrap() };
    assert_eq!(take(2, 0).await, Ok(()));
    assert_eq!(take(2, 10).await, Err(MINUTE - 10));
    assert_eq!(take(1, 20).await, Ok(()));
    assert_eq!(take(2, MINUTE + 20).await, Ok(()));
    assert_eq!(take(1, 3 * MINUTE).await, Err(57 * MINUTE));
    assert_eq!(take(1, 60 * MINUTE).await, Ok(()));
}

async fn idempotency_keys_are_claimed_once(place: Place) {
    let store = &place.store;
    let claim = |request, now| async move {
        store.claim_key(T, "route", "key", request, GIVEN_UP, at(now)).await.unwrap()
    };
    assert_eq!(claim("one", 0).await, Claim::New);
    assert_eq!(claim("one", 1).await, Claim::Running);
    assert_eq!(claim("two", 1).await, Claim::Other);
    store.release_key(T, "route", "key").await.unwrap();
    assert_eq!(claim("two", 2).await, Claim::New);
    let answer = KeptAnswer { status: 201, content_type: Some("text/plain".into()), body: "done".into() };
    store.keep_answer(T, "route", "key", &answer).await.unwrap();
    store.release_key(T, "route", "key").await.unwrap();
    // An answer is kept for a day, however long ago its key was taken.
    assert_eq!(claim("two", 4 * MINUTE).await, Claim::Answered(answer));
    assert_eq!(claim("one", 4 * MINUTE).await, Claim::Other);
    assert_eq!(claim("one", 24 * 60 * MINUTE + 2).await, Claim::New);
}

async fn an_abandoned_key_is_claimed_by_one(place: Place) {
    let store = &place.store;
    assert_eq!(store.claim_key(T, "route", "key", "one", GIVEN_UP, at(0)).await.unwrap(), Claim::New);
    assert_eq!(
        store.claim_key(T, "route", "key", "one", GIVEN_UP, at(3 * MINUTE - 1)).await.unwrap(),
        Claim::Running
    );
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = place.store.clone();
            tokio::spawn(async move {
                store.claim_key(T, "route", "key", "one", GIVEN_UP, at(3 * MINUTE)).await.unwrap()
            })
        })
        .collect();
    let mut claims = Vec::new();
    for task in tasks {
        claims.push(task.await.unwrap());
    }
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::New).count(), 1, "{claims:?}");
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Running).count(), 7, "{claims:?}");
}

async fn the_audit_has_the_latest_first(place: Place) {
    let store = &place.store;
    store.save_audit(T, ("token", "key.make", "1"), at(0)).await.unwrap();
    store.save_audit(T, ("token", "key.revoke", "1"), at(1)).await.unwrap();
    let found = store.audit(T, 1).await.unwrap();
    assert_eq!((found.len(), found[0].action.as_str(), found[0].at), (1, "key.revoke", START + 1));
    assert!(store.audit("other", 9).await.unwrap().is_empty());
}

async fn a_database_of_the_first_version_is_brought_up(place: Place) {
    let rows = "INSERT INTO leads (id, tenant, email, attributes, first_contact_at, created_at, updated_at)
        VALUES ('old', 'tenant', 'a@x.org', '{\"city\":\"Bonn\"}', 1, 2, 3)";
    let old = place.of_the_first_version(rows).await;
    let store = old.reopen().await.unwrap();
    let lead = store.lead(T, &LeadReference::Any("old".into())).await.unwrap().unwrap();
    assert_eq!((lead.text("city"), lead.created_at), (Some("Bonn"), 2));
    // A table of the second migration.
    store.save_audit(T, ("token", "key.make", "1"), at(0)).await.unwrap();
    store.close().await;
}

async fn keys_of_old_leads_are_filled_in(place: Place) {
    let rows = "INSERT INTO leads (id, tenant, email, phone, attributes, first_contact_at, created_at, updated_at) VALUES
        ('plain', 'tenant', 'a@x.org', NULL, '{}', 1, 2, 3), ('upper', 'tenant', 'B@x.org', NULL, '{}', 1, 2, 3),
        ('alias', 'tenant', 'j.smith@gmail.com', NULL, '{\"city\":\"Bonn\"}', 1, 2, 3),
        ('twin', 'tenant', 'jsmith+1@googlemail.com', '+49 30 901820', '{\"city\":\"Ulm\",\"size\":3}', 1, 2, 3),
        ('phone', 'tenant', NULL, '030 901 820', '{}', 1, 2, 3), ('none', 'tenant', NULL, 'n/a', '{}', 1, 2, 3),
        ('domain', 'tenant', 'a@b\u{fc}ro.example', NULL, '{}', 1, 2, 3)";
    let old = place.of_the_first_version(rows).await;
    let store = old.reopen().await.unwrap();
    let found = async |contact: Contact| save(&store, contact, json!({})).await.unwrap().lead.id;
    assert_eq!(found(contact("A@X.org", "", "")).await, "plain");
    assert_eq!(found(contact("b@x.org", "", "")).await, "upper");
    assert_eq!(found(contact("a@xn--bro-hoa.example", "", "")).await, "domain");
    assert_eq!(found(contact("", "030/901820", "")).await, "phone");
    // Two leads of the older version are one person: the older one stays, and the other one is found as it.
    let alias = store.lead(T, &LeadReference::Any("twin".into())).await.unwrap().unwrap();
    assert_eq!((alias.id.as_str(), alias.contact.phone.as_deref()), ("alias", Some("+49 30 901820")));
    assert_eq!(Value::Object(alias.attributes), json!({"city": "Bonn", "size": 3}));
    assert_eq!(found(contact("", "+4930901820", "")).await, "alias");
    assert_eq!(store.leads_after(T, 0, 10).await.unwrap().len(), 6);
    store.close().await;
}

async fn a_database_of_a_newer_version_is_refused(place: Place) {
    place
        .run(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'later', TRUE, 'x', 0)",
        )
        .await;
    let message = place.reopen().await.unwrap_err().to_string();
    assert!(message.contains("newer version of leadscore") && message.contains("9999"), "{message}");
}

impl Place {
    async fn sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        Place { store: Store::open_folder(folder.path()).await.unwrap(), folder, postgres: None }
    }

    async fn postgres() -> Option<Place> {
        let postgres = Postgres::start()?;
        let store = Store::open_postgres(&postgres.url()).await.unwrap();
        Some(Place { store, folder: tempfile::tempdir().unwrap(), postgres: Some(postgres) })
    }

    /// Another handle of the same database.
    async fn reopen(&self) -> Result<Store, StoreError> {
        match &self.postgres {
            Some(postgres) => Store::open_postgres(&postgres.url()).await,
            None => Store::open_folder(self.folder.path()).await,
        }
    }

    fn url(&self) -> String {
        match &self.postgres {
            Some(postgres) => postgres.url(),
            None => format!("sqlite://{}?mode=rwc", self.folder.path().join("leadscore.db").display()),
        }
    }

    async fn run(&self, sql: &'static str) {
        self.run_all(sql.to_owned()).await;
    }

    /// How many a question counts.
    async fn count(&self, sql: String) -> i64 {
        let sql = AssertSqlSafe(sql);
        if self.postgres.is_some() {
            let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
            let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&pool).await.unwrap();
            pool.close().await;
            count
        } else {
            let pool = sqlx::SqlitePool::connect(&self.url()).await.unwrap();
            let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&pool).await.unwrap();
            pool.close().await;
            count
        }
    }

    /// Asserts that PostgreSQL had no deadlock to resolve.
    async fn no_deadlock(&self) {
        if self.postgres.is_some() {
            // Its counts are a little late.
            tokio::time::sleep(Duration::from_millis(1_200)).await;
            let count = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'";
            assert_eq!(self.count(count.into()).await, 0);
        }
    }

    async fn run_all(&self, sql: String) {
        let sql = AssertSqlSafe(sql);
        if self.postgres.is_some() {
            let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
            pool.close().await;
        } else {
            let pool = sqlx::SqlitePool::connect(&self.url()).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }

    /// The place with a database that only the first migration made, and rows in it.
    async fn of_the_first_version(mut self, rows: &'static str) -> Place {
        self.store.close().await;
        if self.postgres.is_some() {
            self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
            let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
            first("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY").run(&pool).await.unwrap();
            pool.close().await;
        } else {
            self.folder = tempfile::tempdir().unwrap();
            let pool = sqlx::SqlitePool::connect(&self.url()).await.unwrap();
            first("INTEGER PRIMARY KEY AUTOINCREMENT").run(&pool).await.unwrap();
            pool.close().await;
        }
        self.run(rows).await;
        self
    }
}

fn first(serial: &str) -> Migrator {
    let sql = include_str!("../../src/store/migrations/0001_leads.sql").replace("{serial}", serial);
    let sql = AssertSqlSafe(sql).into_sql_str();
    Migrator::with_migrations(vec![Migration::new(1, "leads".into(), MigrationType::Simple, sql, false)])
}

async fn save(store: &Store, contact: Contact, attributes: Value) -> Result<SavedLead, StoreError> {
    store.save_lead(T, &contact, &object(attributes), at(0)).await
}

fn contact(email: &str, phone: &str, external_id: &str) -> Contact {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Contact { email: some(email), phone: some(phone), external_id: some(external_id) }
}

fn activity(id: &str, after: i64) -> NewActivity {
    NewActivity {
        id: id.into(),
        kind: "email_opened".into(),
        at: at(after),
        properties: object(json!({"n": 1})),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "so that `json!` can be given as it is")]
fn object(value: Value) -> Attributes {
    value.as_object().unwrap().clone()
}

fn at(after: i64) -> Timestamp {
    Timestamp::from_millis(START + after).unwrap()
}
