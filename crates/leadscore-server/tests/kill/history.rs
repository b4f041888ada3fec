//! Activities and predictions that a server was asked for, sent again after each kill.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{KEY, token};

/// How many activities are sent together.
const BATCH: usize = 3;
/// Requests that were answered are sent again as well, the latest so many of them.
const AGAIN: usize = 200;

/// What was sent for one lead, in the order of sending.
#[derive(Default)]
pub(crate) struct History {
    lead: Option<i64>,
    activities: Vec<Batch>,
    predictions: Vec<Asked>,
}

/// Activities that were sent in one request.
struct Batch {
    ids: Vec<String>,
    is_acknowledged: bool,
}

/// A prediction that was asked for.
struct Asked {
    /// Its `Idempotency-Key`.
    key: String,
    /// Its id, if it was acknowledged.
    id: Option<i64>,
}

/// The whole answer, or nothing where the server went away before its end.
async fn whole(request: RequestBuilder) -> Option<(u16, Value)> {
    let response: Response = request.send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.json().await.ok()?))
}

impl History {
    /// Sends requests in turn until the server is gone.
    pub(crate) async fn go_on(mut self, base: String, stop: Arc<AtomicBool>) -> History {
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let Some(lead) = self.lead(&client, &base).await else { return self };
        let authorization = format!("Bearer {}", token("default", None));
        while !stop.load(Ordering::Relaxed) {
            let number = self.activities.len();
            let ids = (0..BATCH).map(|place| format!("event {number}.{place}")).collect();
            let mut batch = Batch { ids, is_acknowledged: false };
            let answer = whole(batch.request(&client, &base, lead)).await;
            if let Some((status, body)) = &answer {
                assert_eq!((*status, body), (200, &json!({"accepted": BATCH, "duplicates": 0})));
                batch.is_acknowledged = true;
            }
            self.activities.push(batch);
            let mut asked = Asked { key: format!("prediction {}", self.predictions.len()), id: None };
            let other = whole(asked.request(&client, &base, lead, &authorization)).await;
            if let Some((status, body)) = &other {
                assert_eq!(*status, 200, "{body}");
                asked.id = Some(body["prediction"]["predictionId"].as_i64().unwrap());
            }
            self.predictions.push(asked);
            if answer.is_none() || other.is_none() {
                break;
            }
        }
        self
    }

    /// Sends again what may or may not be kept: what was acknowledged is known, and all of it is there once afterwards.
    pub(crate) async fn send_again(&mut self, base: &str) {
        let Some(lead) = self.lead else { return };
        let client = Client::new();
        let from = self.activities.len().saturating_sub(AGAIN);
        for (place, batch) in self.activities.iter_mut().enumerate() {
            if batch.is_acknowledged && place < from {
                continue;
            }
            let (status, body) = whole(batch.request(&client, base, lead)).await.unwrap();
            let accepted = body["accepted"].as_u64().unwrap_or_else(|| panic!("{status} {body}"));
            let is_right = accepted == 0 || (accepted == BATCH as u64 && !batch.is_acknowledged);
            assert!(is_right, "{:?}, acknowledged {}: {body}", batch.ids, batch.is_acknowledged);
            batch.is_acknowledged = true;
        }
        let authorization = format!("Bearer {}", token("default", None));
        let from = self.predictions.len().saturating_sub(AGAIN);
        for asked in self.predictions.iter_mut().skip(from) {
            let (status, body) = whole(asked.request(&client, base, lead, &authorization)).await.unwrap();
            let id = body["prediction"]["predictionId"].as_i64();
            match asked.id {
                Some(own) => assert_eq!((status, id), (200, Some(own)), "{body}"),
                // The server was killed while it answered: that is told until it is sure that it never will.
                None => assert!(status == 409 || id.is_some(), "{status} {body}"),
            }
            asked.id = id.or(asked.id);
        }
    }

    /// Compares with what is in the store.
    pub(crate) async fn check(&self, folder: &Path, database: Option<&str>) {
        let Some(lead) = self.lead else { return };
        let activities = "SELECT number, lead, id FROM activities";
        let mut kept: BTreeMap<String, u32> = BTreeMap::new();
        for (_, own, id) in rows(folder, database, activities).await {
            assert_eq!(own, lead);
            *kept.entry(id).or_default() += 1;
        }
        assert!(kept.values().all(|count| *count == 1), "an activity is there twice");
        let mut may_be = 0;
        for batch in &self.activities {
            let there = batch.ids.iter().filter(|id| kept.contains_key(*id)).count();
            let is_right = there == BATCH || (there == 0 && !batch.is_acknowledged);
            assert!(is_right, "{there} of {:?}, acknowledged {}", batch.ids, batch.is_acknowledged);
            may_be += there;
        }
        assert_eq!(may_be, kept.len(), "an activity is there that nobody sent");

        let predictions = "SELECT number, lead, kind FROM predictions";
        let mut made = BTreeSet::new();
        for (number, own, _) in rows(folder, database, predictions).await {
            assert_eq!(own, lead);
            made.insert(number);
        }
        let acknowledged: BTreeSet<i64> = self.predictions.iter().filter_map(|asked| asked.id).collect();
        assert!(acknowledged.is_subset(&made), "a prediction is lost");
        let unsure = self.predictions.iter().filter(|asked| asked.id.is_none()).count();
        assert!(made.len() <= acknowledged.len() + unsure, "a prediction was made twice");
    }

    /// How many requests were sent, and how many acknowledged.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let activities = self.activities.iter().filter(|batch| batch.is_acknowledged).count();
        let predictions = self.predictions.iter().filter(|asked| asked.id.is_some()).count();
        (self.activities.len() + self.predictions.len(), activities + predictions)
    }

    /// The number of the lead, which is made by the first request that is answered.
    async fn lead(&mut self, client: &Client, base: &str) -> Option<i64> {
        if self.lead.is_none() {
            let body = json!({"id": "the one", "attributes": {"company": "Acme", "title": "CEO"}});
            let request = client.post(format!("{base}/api/v1/leads")).header("x-api-key", KEY).json(&body);
            let (status, body) = whole(request).await?;
            assert!(status == 201 || status == 200, "{status} {body}");
            self.lead = body["number"].as_i64();
        }
        self.lead
    }
}

impl Batch {
    fn request(&self, client: &Client, base: &str, lead: i64) -> RequestBuilder {
        let activity = |id: &String| json!({"id": id, "kind": "page_view", "at": "2026-11-01T10:00:00Z"});
        let body = json!({"activities": self.ids.iter().map(activity).collect::<Vec<_>>()});
        client.post(format!("{base}/api/v1/leads/{lead}/activities")).header("x-api-key", KEY).json(&body)
    }
}

impl Asked {
    fn request(&self, client: &Client, base: &str, lead: i64, authorization: &str) -> RequestBuilder {
        client
            .post(format!("{base}/api/lead-scoring/leads/{lead}/ml/predict"))
            .header("authorization", authorization)
            .header("idempotency-key", &self.key)
            .json(&json!({"forceRefresh": true}))
    }
}

async fn rows(folder: &Path, database: Option<&str>, statement: &'static str) -> Vec<(i64, i64, String)> {
    if let Some(url) = database {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query_as(statement).fetch_all(&pool).await.unwrap()
    } else {
        let url = format!("sqlite://{}", folder.join("leadscore.db").display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let rows = sqlx::query_as(statement).fetch_all(&pool).await.unwrap();
        pool.close().await;
        rows
    }
}
