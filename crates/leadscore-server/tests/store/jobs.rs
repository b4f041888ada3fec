//! Jobs: claimed once, given up once, kept over a restart.

use leadscore_server::store::{
    BatchEnd, BatchPlace, BatchPriority, Job, JobConclusion, JobKind, JobState, NewBatch, NewBatchLead,
    NewJob, NewLead, NewQualification, Store, StoreError,
};
use serde_json::{Value, json};

use super::concurrent::at_once;
use super::{Place, START, T, at, contact};

const LEASE: i64 = 2_000;
const KIND: JobKind = JobKind::Delivery;

on_both!(
    the_same_key_is_one_job,
    what_is_urgent_and_due_comes_first,
    a_lane_is_not_crowded_by_two_servers,
    each_job_is_begun_by_one_server,
    a_job_whose_server_is_gone_is_taken_over,
    a_job_that_ends_meanwhile_is_not_begun_again,
    whoever_lost_a_job_has_no_say,
    another_attempt_waits_over_a_restart,
    a_job_that_was_given_up_is_listed_and_tried_again,
    a_worker_that_ends_gives_its_jobs_back,
    old_jobs_are_forgotten,
    a_job_goes_with_its_lead,
    a_place_in_a_batch_is_kept_once,
    a_batch_ends_once,
);

fn job(key: &str, lane: &str) -> NewJob {
    NewJob { kind: KIND, key: key.into(), lane: lane.into(), lead: None, body: "{}".into(), priority: 0 }
}

async fn add(store: &Store, job: &NewJob) -> bool {
    store.add_job(T, job, at(0)).await.unwrap()
}

/// Begins jobs at a time; the lease ends two seconds later.
async fn claim(store: &Store, worker: &str, (most, per_lane): (usize, usize), time: i64) -> Vec<Job> {
    store.claim_jobs(KIND, worker, (most, per_lane), at(time), START + time + LEASE).await.unwrap()
}

fn keys(jobs: &[Job]) -> Vec<&str> {
    let mut keys: Vec<&str> = jobs.iter().map(|job| job.key.as_str()).collect();
    keys.sort_unstable();
    keys
}

async fn state(store: &Store, id: &str) -> JobState {
    store.job(T, id).await.unwrap().unwrap().job.state
}

async fn the_same_key_is_one_job(place: Place) {
    let store = &place.store;
    let added = at_once(&place, 8, |store, _| async move { add(&store, &job("one", "a")).await }).await;
    assert_eq!(added.iter().filter(|added| **added).count(), 1);
    // Another kind and another tenant have keys of their own.
    assert!(add(store, &NewJob { kind: JobKind::CrmSync, ..job("one", "a") }).await);
    assert!(store.add_job("other", &job("one", "a"), at(0)).await.unwrap());
    // Also one that is done stays one.
    for own in claim(store, "w", (9, 9), 0).await {
        assert!(store.conclude_job(&own, "w", &JobConclusion::Done, at(1)).await.unwrap());
    }
    assert!(!add(store, &job("one", "a")).await);
    assert!(claim(store, "w", (9, 9), 1).await.is_empty());
    let done = store.jobs(T, Some(JobState::Done), None, 9).await.unwrap();
    assert_eq!((done.len(), done[0].job.body.as_str()), (1, ""), "what it needed to know is not kept");
}

async fn what_is_urgent_and_due_comes_first(place: Place) {
    let store = &place.store;
    for (key, priority) in [("low", -1), ("first", 0), ("second", 0), ("high", 1)] {
        add(store, &NewJob { priority, ..job(key, "a") }).await;
    }
    store.add_job(T, &NewJob { priority: 9, ..job("later", "a") }, at(500)).await.unwrap();
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(claim(store, "w", (1, 9), 0).await.remove(0).key);
    }
    assert_eq!(order, ["high", "first", "second", "low"]);
    assert!(claim(store, "w", (1, 9), 499).await.is_empty(), "its time has not come");
    assert_eq!(keys(&claim(store, "w", (1, 9), 500).await), ["later"]);
}

async fn a_lane_is_not_crowded_by_two_servers(place: Place) {
    let store = &place.store;
    for lane in ["a", "b"] {
        for number in 0..12 {
            add(store, &job(&format!("{lane}{number:02}"), lane)).await;
        }
    }
    let claimed =
        at_once(
            &place,
            8,
            |store, worker| async move { claim(&store, &format!("w{worker}"), (5, 3), 0).await },
        );
    let claimed = claimed.await.concat();
    assert_eq!(keys(&claimed), ["a00", "a01", "a02", "b00", "b01", "b02"]);
    // One that is done makes room for one.
    let first = claimed.iter().find(|job| job.key == "a00").unwrap();
    for worker in 0..8 {
        store.conclude_job(first, &format!("w{worker}"), &JobConclusion::Done, at(1)).await.unwrap();
    }
    assert_eq!(keys(&claim(store, "x", (9, 3), 1).await), ["a03"]);
    // Those whose server is gone hold no place: they are begun again, in their order.
    let again = claim(store, "y", (99, 3), LEASE + 1).await;
    assert_eq!(keys(&again), ["a01", "a02", "a03", "b00", "b01", "b02"]);
    assert!(again.iter().all(|job| job.attempts == 2));
}

async fn each_job_is_begun_by_one_server(place: Place) {
    for number in 0..60 {
        add(&place.store, &job(&format!("{number:02}"), &number.to_string())).await;
    }
    let claimed = at_once(&place, 8, |store, worker| async move {
        let mut own = Vec::new();
        loop {
            let some = claim(&store, &format!("w{worker}"), (4, 1), 0).await;
            if some.is_empty() {
                return own;
            }
            own.extend(some);
        }
    });
    let claimed = claimed.await.concat();
    let mut all = keys(&claimed);
    all.dedup();
    assert_eq!((all.len(), claimed.len()), (60, 60));
}

async fn a_job_whose_server_is_gone_is_taken_over(place: Place) {
    let store = &place.store;
    add(store, &job("one", "a")).await;
    let first = claim(store, "w1", (1, 1), 0).await.remove(0);
    assert_eq!(first.attempts, 1);
    assert!(claim(store, "w2", (1, 1), LEASE - 1).await.is_empty());
    // Whoever is at it keeps it.
    assert!(store.extend_job(&first, "w1", START + 3 * LEASE).await.unwrap());
    assert!(claim(store, "w2", (1, 1), 2 * LEASE).await.is_empty());
    let second = claim(store, "w2", (1, 1), 3 * LEASE).await.remove(0);
    assert_eq!((second.number, second.attempts), (first.number, 2));
}

/// Its server ends the job, late, in a transaction that is still open when another server wants to begin it.
async fn a_job_that_ends_meanwhile_is_not_begun_again(place: Place) {
    add(&place.store, &job("one", "a")).await;
    assert_eq!(claim(&place.store, "w1", (1, 1), 0).await.len(), 1);
    let is_postgres = place.postgres.is_some();
    let pause = if is_postgres { "SELECT pg_sleep(1);" } else { "" };
    let end =
        format!("BEGIN; UPDATE jobs SET state = 'done', worker = NULL, leased_until = NULL; {pause} COMMIT;");
    let begin = async {
        if is_postgres {
            let asleep = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            while place.count(asleep.into()).await == 0 {}
        }
        claim(&place.store, "w2", (1, 1), 2 * LEASE).await
    };
    let taken_again = if is_postgres {
        tokio::join!(place.run_all(end), begin).1
    } else {
        place.run_all(end).await;
        begin.await
    };
    assert!(taken_again.is_empty(), "{taken_again:?}");
    assert_eq!(place.store.jobs(T, Some(JobState::Done), None, 9).await.unwrap().len(), 1);
}

async fn whoever_lost_a_job_has_no_say(place: Place) {
    let store = &place.store;
    add(store, &job("one", "a")).await;
    let first = claim(store, "w", (1, 1), 0).await.remove(0);
    // The same server may have it again: only its latest attempt counts.
    let second = claim(store, "w", (1, 1), LEASE).await.remove(0);
    let again = JobConclusion::Again { at: START, error: "late".into() };
    let dead = JobConclusion::Dead { error: "late".into() };
    for conclusion in [JobConclusion::Done, again, dead] {
        assert!(!store.conclude_job(&first, "w", &conclusion, at(LEASE)).await.unwrap());
        assert!(!store.conclude_job(&second, "other", &conclusion, at(LEASE)).await.unwrap());
    }
    assert!(!store.extend_job(&first, "w", START + 9 * LEASE).await.unwrap());
    let own = store.job(T, &first.id).await.unwrap().unwrap().job;
    assert_eq!((own.state, own.last_error), (JobState::Running, None));
    assert!(store.conclude_job(&second, "w", &JobConclusion::Done, at(LEASE)).await.unwrap());
    // What has ended has ended.
    assert!(!store.conclude_job(&second, "w", &JobConclusion::Done, at(LEASE)).await.unwrap());
    assert!(!store.extend_job(&second, "w", START + 9 * LEASE).await.unwrap());
}

async fn another_attempt_waits_over_a_restart(mut place: Place) {
    add(&place.store, &job("one", "a")).await;
    let first = claim(&place.store, "w1", (1, 1), 0).await.remove(0);
    let again = JobConclusion::Again { at: START + 60_000, error: "503".into() };
    assert!(place.store.conclude_job(&first, "w1", &again, at(1)).await.unwrap());
    let reopened = place.reopen().await.unwrap();
    std::mem::replace(&mut place.store, reopened).close().await;
    let store = &place.store;
    assert!(claim(store, "w2", (1, 1), 59_999).await.is_empty());
    let second = claim(store, "w2", (1, 1), 60_000).await.remove(0);
    assert_eq!((second.attempts, second.last_error.as_deref()), (2, Some("503")));
    assert_eq!(second.body, "{}");
}

async fn a_job_that_was_given_up_is_listed_and_tried_again(place: Place) {
    let store = &place.store;
    for key in ["one", "two"] {
        add(store, &job(key, "a")).await;
        let own = claim(store, "w", (1, 9), 0).await.remove(0);
        let dead = JobConclusion::Dead { error: format!("{key} failed") };
        assert!(store.conclude_job(&own, "w", &dead, at(5)).await.unwrap());
    }
    add(store, &job("three", "a")).await;
    let dead = store.jobs(T, Some(JobState::Dead), None, 9).await.unwrap();
    let told: Vec<_> = dead.iter().map(|own| own.job.last_error.as_deref().unwrap()).collect();
    assert_eq!(told, ["two failed", "one failed"]);
    assert_eq!(dead[0].job.finished_at, Some(START + 5));
    let older = store.jobs(T, None, Some(dead[0].job.number), 9).await.unwrap();
    assert_eq!((older.len(), &older[0]), (1, &dead[1]));
    assert!(store.jobs("other", None, None, 9).await.unwrap().is_empty());
    assert!(store.job("other", &dead[0].job.id).await.unwrap().is_none());
    let counts = [("delivery", "dead", 2), ("delivery", "waiting", 1)];
    let counts = counts.map(|(kind, state, count)| (kind.to_owned(), state.to_owned(), count));
    assert_eq!(store.job_counts().await.unwrap(), counts);
    // Nobody takes it until it is asked for, and then it begins anew.
    assert_eq!(keys(&claim(store, "w", (9, 9), 99_999).await), ["three"]);
    let id = &dead[1].job.id;
    assert!(!store.retry_job("other", id, at(100_000)).await.unwrap());
    let retried = at_once(&place, 4, |store, _| {
        let id = id.clone();
        async move { store.retry_job(T, &id, at(100_000)).await.unwrap() }
    });
    assert_eq!(retried.await.iter().filter(|retried| **retried).count(), 1);
    let own = claim(store, "w", (9, 9), 100_000).await.remove(0);
    assert_eq!((own.key.as_str(), own.attempts), ("one", 1));
    assert!(!store.retry_job(T, id, at(100_000)).await.unwrap(), "it is under way");
}

async fn a_worker_that_ends_gives_its_jobs_back(place: Place) {
    let store = &place.store;
    for key in ["one", "two", "three"] {
        add(store, &job(key, key)).await;
    }
    assert_eq!(claim(store, "w1", (2, 1), 0).await.len(), 2);
    let other = claim(store, "w2", (1, 1), 0).await.remove(0);
    assert_eq!(store.release_jobs("w1").await.unwrap(), 2);
    assert_eq!(state(store, &other.id).await, JobState::Running);
    // At once, and as if they had not been begun.
    let again = claim(store, "w3", (9, 1), 1).await;
    assert_eq!(keys(&again), ["one", "two"]);
    assert!(again.iter().all(|job| job.attempts == 1), "{again:?}");
    assert!(!store.conclude_job(&again[0], "w1", &JobConclusion::Done, at(2)).await.unwrap());
}

async fn old_jobs_are_forgotten(place: Place) {
    let store = &place.store;
    let dead = JobConclusion::Dead { error: "no".into() };
    for (key, conclusion) in [("done", JobConclusion::Done), ("dead", dead)] {
        add(store, &job(key, "a")).await;
        let own = claim(store, "w", (1, 9), 0).await.remove(0);
        store.conclude_job(&own, "w", &conclusion, at(10)).await.unwrap();
    }
    add(store, &job("waiting", "a")).await;
    let left = async || {
        let jobs = store.jobs(T, None, None, 9).await.unwrap();
        jobs.into_iter().map(|own| own.job.key).collect::<Vec<_>>()
    };
    assert_eq!(store.forget_jobs(START + 10, START + 10).await.unwrap(), 0);
    assert_eq!(store.forget_jobs(START + 11, START + 10).await.unwrap(), 1);
    assert_eq!(left().await, ["waiting", "dead"]);
    assert_eq!(store.forget_jobs(START + 11, START + 11).await.unwrap(), 1);
    assert_eq!(left().await, ["waiting"]);
    // After that the key is a new one.
    assert!(add(store, &job("done", "a")).await);
}

async fn a_job_goes_with_its_lead(place: Place) {
    let store = &place.store;
    let lead = NewLead { contact: contact("a@x.org", "", ""), ..NewLead::default() };
    let saved = store.save_leads(T, &[lead], at(0)).await.unwrap().remove(0).lead;
    add(store, &NewJob { lead: Some(saved.number), ..job("one", "a") }).await;
    let own = store.jobs(T, None, None, 9).await.unwrap().remove(0);
    assert_eq!(own.lead_id, Some(saved.id));
    assert!(store.delete_lead(T, saved.number).await.unwrap());
    assert!(store.jobs(T, None, None, 9).await.unwrap().is_empty());
}

/// A batch of so many leads, that is begun.
async fn batch(store: &Store, leads: usize) -> (String, i64) {
    let lead = NewBatchLead { body: "{}".into(), email: None };
    let leads = vec![lead; leads];
    let new = NewBatch {
        actor: "a",
        priority: BatchPriority::Normal,
        leads: &leads,
        webhook: None,
        most_at_once: 9,
    };
    let (id, _) = store.add_batch(T, &new, at(0)).await.unwrap().unwrap();
    let number = store.batch(T, &id).await.unwrap().unwrap().number;
    store.begin_batch(number, at(0)).await.unwrap().unwrap();
    (id, number)
}

fn qualified(batch: i64, place: i64) -> NewLead {
    let qualification = NewQualification {
        score: 50.0,
        tier: "WARM".into(),
        body: Value::Null,
        processing_ms: 1,
        events: Vec::new(),
        batch: Some(BatchPlace { batch, place }),
        routing: None,
    };
    let contact = contact(&format!("lead{place}@x.org"), "", "");
    NewLead { contact, qualification: Some(qualification), ..NewLead::default() }
}

async fn a_place_in_a_batch_is_kept_once(place: Place) {
    let store = &place.store;
    let (id, number) = batch(store, 450).await;
    assert_eq!(store.waiting_leads(number, -1, 999).await.unwrap().len(), 450);
    // Two servers that are at the same leads: all or none, and each once.
    let saved = at_once(&place, 8, |store, _| async move {
        let leads: Vec<NewLead> = (10..30).map(|place| qualified(number, place)).collect();
        store.save_leads(T, &leads, at(1)).await
    });
    let saved = saved.await;
    assert_eq!(saved.iter().filter(|saved| saved.is_ok()).count(), 1);
    let is_taken = |saved: &Result<_, StoreError>| {
        saved.is_ok() || matches!(saved, Err(StoreError::Taken("place in the batch")))
    };
    assert!(saved.iter().all(is_taken), "{saved:?}");
    assert_eq!(store.leads_after(T, 0, 99).await.unwrap().len(), 20);
    let failed = [(9, "bad".to_owned()), (10, "bad".to_owned())];
    assert_eq!(store.fail_batch_leads(number, &failed).await.unwrap(), 1, "what is done does not fail");
    let own = store.batch(T, &id).await.unwrap().unwrap();
    assert_eq!((own.total, own.done, own.failed), (450, 20, 1));
    assert_eq!(store.waiting_leads(number, -1, 999).await.unwrap().len(), 429);
}

async fn a_batch_ends_once(place: Place) {
    place.run(
        "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, active, created_at, failure_count)
         VALUES ('wh_1', 'tenant', 'key', 'https://example.com', ',batch.completed,', '', '', 1, 0, 0)",
    )
    .await;
    let store = &place.store;
    let (_, number) = batch(store, 2).await;
    store.save_leads(T, &[qualified(number, 0)], at(1)).await.unwrap();
    assert_eq!(store.end_batch(number, None, at(2)).await.unwrap(), BatchEnd::NotYet);
    store.save_leads(T, &[qualified(number, 1)], at(2)).await.unwrap();
    let ended =
        at_once(&place, 8, |store, _| async move { store.end_batch(number, None, at(3)).await.unwrap() });
    let ended = ended.await;
    assert_eq!(ended.iter().filter(|end| **end == BatchEnd::Now).count(), 1, "{ended:?}");
    assert!(ended.iter().all(|end| *end != BatchEnd::NotYet), "{ended:?}");
    let told = store.jobs(T, Some(JobState::Waiting), None, 9).await.unwrap();
    let told: Vec<Value> = told
        .iter()
        .filter(|own| own.job.kind == JobKind::Delivery)
        .map(|own| serde_json::from_str(&own.job.body).unwrap())
        .collect();
    assert_eq!((told.len(), &told[0]["name"]), (1, &json!("batch.completed")), "{told:?}");
    assert_eq!(store.begin_batch(number, at(4)).await.unwrap(), None);
    // One that is given up has failed only where none of its leads were done.
    let (id, number) = batch(store, 2).await;
    assert_eq!(store.end_batch(number, Some("given up"), at(4)).await.unwrap(), BatchEnd::Now);
    let own = store.batch(T, &id).await.unwrap().unwrap();
    assert_eq!((own.state.as_str(), own.done, own.failed), ("failed", 0, 2));
    let (id, number) = batch(store, 2).await;
    store.save_leads(T, &[qualified(number, 0)], at(4)).await.unwrap();
    assert_eq!(store.end_batch(number, Some("given up"), at(5)).await.unwrap(), BatchEnd::Now);
    let own = store.batch(T, &id).await.unwrap().unwrap();
    assert_eq!(
        (own.state.as_str(), own.done, own.failed, own.completed_at),
        ("completed", 1, 1, Some(START + 5))
    );
    let results = store.batch_results(number, 0, 9).await.unwrap();
    assert_eq!(results[1].error.as_deref(), Some("given up"));
    assert_eq!(store.forget_batches(START + 5).await.unwrap(), 2, "the older ones");
    assert_eq!(store.forget_batches(START + 6).await.unwrap(), 1);
    assert_eq!(store.batch(T, &id).await.unwrap(), None);
}
