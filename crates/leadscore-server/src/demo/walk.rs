//! The documented workflow, call by call, as a client of the server would make it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use leadscore_connect::signature::body;
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::partners::Partners;
use super::{WEBHOOK_SECRET, WHATSAPP_SECRET, leads};

/// A call that went another way than it should.
#[derive(Debug, thiserror::Error)]
#[error("{call}: {problem}")]
pub struct WalkError {
    call: String,
    problem: String,
}

/// A client, and whom the server talks to.
pub(super) struct Walk {
    base: String,
    client: Client,
    key: &'static str,
    token: SecretString,
    partners: Partners,
    outbox: PathBuf,
}

/// Which credential a call shows.
#[derive(Clone, Copy)]
enum Credential {
    Key,
    Bearer,
    Token,
    None,
}

/// How long a job may take until its outcome is looked for in vain.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest line of an answer that is shown.
const LINE: usize = 150;
/// The person that chats.
const CHATS: &str = "dana@lead7.example";

type Step<T> = Result<T, WalkError>;

impl Walk {
    pub(super) fn new(
        base: String,
        key: &'static str,
        token: SecretString,
        partners: Partners,
        outbox: PathBuf,
    ) -> Walk {
        Walk { base, client: Client::new(), key, token, partners, outbox }
    }

    /// Makes all calls, and tells each with its answer.
    pub(super) async fn go(&self, say: &mut impl FnMut(&str)) -> Step<()> {
        say(&format!(
            "{} synthetic leads and a store of their own; nothing leaves this machine.",
            leads::COUNT
        ));
        self.upload_to_track(say).await?;
        self.chat_to_crm(say).await?;
        self.batch_to_analytics(say).await
    }

    /// What can be looked at afterwards.
    pub(super) fn invite(&self, say: &mut impl FnMut(&str)) {
        say("\nAll of it went well. The server stays up until Ctrl-C:");
        say(&format!("   {}/docs", self.base));
        say(&format!("   curl -H 'X-API-Key: {}' {}/api/v1/leads", self.key, self.base));
        say(&format!("   e-mails: {}", self.outbox.display()));
    }

    /// Upload, score, recommend, e-mail, send, track.
    async fn upload_to_track(&self, say: &mut impl FnMut(&str)) -> Step<()> {
        say("\n1  Upload leads, score them, write to the best one");
        let table = reqwest::multipart::Part::text(leads::table()).file_name("leads.csv");
        let table = table.mime_str("text/csv").map_err(|error| told("upload", &error))?;
        let form = reqwest::multipart::Form::new().part("file", table);
        let request = self.request(Method::POST, "/api/v1/upload-leads", Credential::Key).multipart(form);
        let uploaded = self.send(say, "POST", "/api/v1/upload-leads", request).await?;
        show(say, &uploaded, &["total_leads", "processed", "failed"]);
        let hot = self.get(say, "/api/v1/leads?heat_score=hot&limit=1", Credential::Key).await?;
        let first = &hot["leads"][0];
        show(say, first, &["lead_data", "score"]);
        let mut lead = first["lead_data"].clone();
        let id = first["lead_id"].as_str().unwrap_or_default().to_owned();
        // What is not known is left out.
        if let Some(fields) = lead.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let scored = self.post(say, "/api/v1/score-lead", Credential::Key, &lead).await?;
        show(say, &scored, &["heat_score", "confidence", "features_used"]);
        let advice = self.post(say, "/api/v1/recommendation", Credential::Key, &lead).await?;
        show(say, &advice, &["recommended_channel", "rationale", "next_steps"]);
        let email = self.post(say, "/api/v1/get-personalized-email", Credential::Key, &lead).await?;
        show(say, &email, &["subject", "type", "token_usage"]);
        if let Some(fields) = lead.as_object_mut() {
            fields.remove("email");
        }
        let test = json!({"to_email": "robin@example.com", "lead_data": lead});
        let sent = self.post(say, "/api/v1/send-test-email", Credential::Key, &test).await?;
        show(say, &sent, &["message", "message_id"]);
        for file in std::fs::read_dir(&self.outbox).map_err(|error| told("the outbox", &error))?.flatten() {
            say(&format!("   → e-mail: {}", file.path().display()));
        }
        let now = leadscore_time();
        let activities = json!({"activities": [
            {"id": "demo-open", "kind": "email_open", "at": now},
            {"id": "demo-click", "kind": "email_click", "at": now},
        ]});
        let path = format!("/api/v1/leads/{id}/activities");
        let kept = self.post(say, &path, Credential::Key, &activities).await?;
        show(say, &kept, &["accepted", "duplicates"]);
        let metrics = self.get(say, "/api/v1/metrics", Credential::Key).await?;
        show(say, &metrics, &["rag_metrics", "model_metrics"]);
        Ok(())
    }

    /// Chat, capture, qualify, webhook, CRM; then the same lead in the other APIs.
    async fn chat_to_crm(&self, say: &mut impl FnMut(&str)) -> Step<()> {
        say("\n2  A stranger writes on WhatsApp");
        let events = [
            "lead.qualified",
            "lead.scored",
            "lead.enriched",
            "lead.routed",
            "batch.completed",
            "batch.failed",
        ];
        let hook = json!({"url": self.partners.url("/webhook"), "events": events, "secret": WEBHOOK_SECRET});
        let registered = self.post(say, "/api/webhooks", Credential::Bearer, &hook).await?;
        show(say, &registered, &["id", "url", "events"]);
        let text = format!(
            "Hello, I am Dana Horn. We want to buy licences for our 50-person sales team this quarter, what is the price? \
             My address is {CHATS}"
        );
        let id = format!("wamid.demo.{}", uuid::Uuid::new_v4().simple());
        let message = json!({"from": "15550001234", "id": id, "timestamp": seconds().to_string(), "type": "text",
            "text": {"body": text}});
        let value = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550000000", "phone_number_id": "100000000000001"},
            "contacts": [{"profile": {"name": "Dana Horn"}, "wa_id": "15550001234"}], "messages": [message]});
        let delivery = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
        let bytes = delivery.to_string();
        let signature = body::sign(&SecretString::from(WHATSAPP_SECRET), bytes.as_bytes());
        let path = "/api/v1/webhook/whatsapp";
        let request = self.request(Method::POST, path, Credential::None);
        let request = request
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature)
            .body(bytes);
        self.send(say, "POST", path, request).await?;
        let replies = self.wait("the reply on WhatsApp", || {
            let replies = self.partners.replies();
            (!replies.is_empty()).then_some(replies)
        });
        say(&format!("   → WhatsApp: {}", shortened(replies.await?.first().map_or("", String::as_str))));

        say("\n3  Qualified, told to a webhook, written to the CRM system");
        let request = json!({"email": CHATS, "company": "Example Foods", "name": "Dana Horn", "message": text,
            "source": "api"});
        let qualified = self.post(say, "/api/qualify", Credential::Bearer, &request).await?;
        show(say, &qualified, &["score", "tier", "reasoning", "enrichment", "scoring_breakdown"]);
        let id = qualified["id"].as_str().unwrap_or_default().to_owned();
        let event = self.wait("the event lead.qualified", || self.partners.events("lead.qualified").pop());
        say(&format!("   → webhook, signature checked: {}", shortened(&event.await?.to_string())));
        let sync = json!({"lead_id": id, "crm": "hubspot", "pipeline_id": "default", "owner_email": "robin@example.com"});
        let synced = self.post(say, "/api/crm/sync", Credential::Bearer, &sync).await?;
        show(say, &synced, &["status", "created", "record", "deal", "owner"]);
        let lead = self.get(say, &format!("/api/v1/lead/{id}"), Credential::Key).await?;
        show(say, &lead, &["name", "email", "phone", "source", "intent"]);
        let messages = lead["messages"].as_array().map_or(0, Vec::len);
        if messages < 2 || lead["email"] != CHATS {
            return Err(problem("GET /api/v1/lead", "the chat and the qualified lead are not one lead"));
        }
        say(&format!("   the chat of {messages} messages belongs to the same lead"));
        let path = "/api/lead-scoring/1/ml/ranked-leads?limit=3";
        let ranked = self.get(say, path, Credential::Token).await?;
        for lead in ranked["rankings"].as_array().into_iter().flatten() {
            let field = |name: &str| lead[name].as_str().unwrap_or("–").to_owned();
            let (rank, score) = (&lead["priorityRank"], &lead["priorityScore"]);
            say(&format!("      {rank}  {}, {score} points: {}", field("name"), field("priorityTier")));
        }
        Ok(())
    }

    /// A batch, outcomes, and what the analytics make of them.
    async fn batch_to_analytics(&self, say: &mut impl FnMut(&str)) -> Step<()> {
        say("\n4  A batch, an outcome, and the numbers");
        let leads: Vec<Value> = (0..100)
            .map(|at| {
                let message = if at % 3 == 0 { "We need a quote for 200 seats this month" } else { "What is it?" };
                json!({"email": format!("batch{at}@lead{}.example", at % 40), "company": format!("Company {at}"),
                    "message": message})
            })
            .collect();
        let batch =
            self.post(say, "/api/batch/qualify", Credential::Bearer, &json!({"leads": leads})).await?;
        show(say, &batch, &["batch_id", "total_leads", "status", "estimated_completion_seconds"]);
        let done = self.wait("the event batch.completed", || self.partners.events("batch.completed").pop());
        say(&format!("   → webhook, signature checked: {}", shortened(&done.await?.to_string())));
        let path = batch["status_url"].as_str().unwrap_or_default().to_owned();
        let status = self.get(say, &path, Credential::Bearer).await?;
        show(say, &status, &["status", "processed", "failed", "processing_time_ms"]);
        let outcome = json!({"outcome": "converted"});
        let path = format!("/api/v1/leads/{}/outcome", self.chat_lead(say).await?);
        self.post(say, &path, Credential::Key, &outcome).await?;
        let analytics = self.get(say, "/api/analytics?period=7d", Credential::Bearer).await?;
        show(say, &analytics, &["total_leads", "by_tier", "avg_score", "conversion_rate"]);
        let summary = self.get(say, "/api/v1/analytics/summary", Credential::Key).await?;
        show(
            say,
            &summary,
            &["total_conversations", "leads_captured", "hot_leads", "avg_response_time", "conversion_rate"],
        );
        let refused = self.partners.refused();
        if refused > 0 {
            return Err(problem("webhook", &format!("{refused} deliveries had a wrong signature")));
        }
        Ok(())
    }

    /// The id of the lead that chatted, found again by its e-mail address.
    async fn chat_lead(&self, say: &mut impl FnMut(&str)) -> Step<String> {
        let body = json!({"email": CHATS, "source": "whatsapp"});
        let lead = self.post(say, "/api/v1/lead/", Credential::Key, &body).await?;
        Ok(lead["id"].as_str().unwrap_or_default().to_owned())
    }

    async fn get(&self, say: &mut impl FnMut(&str), path: &str, credential: Credential) -> Step<Value> {
        self.send(say, "GET", path, self.request(Method::GET, path, credential)).await
    }

    async fn post(
        &self,
        say: &mut impl FnMut(&str),
        path: &str,
        credential: Credential,
        body: &Value,
    ) -> Step<Value> {
        let request = self.request(Method::POST, path, credential);
        let request = request.header("content-type", "application/json").body(body.to_string());
        self.send(say, "POST", path, request).await
    }

    fn request(&self, method: Method, path: &str, credential: Credential) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match credential {
            Credential::Key => request.header("x-api-key", self.key),
            Credential::Bearer => request.bearer_auth(self.key),
            Credential::Token => request.bearer_auth(self.token.expose_secret()),
            Credential::None => request,
        }
    }

    async fn send(
        &self,
        say: &mut impl FnMut(&str),
        method: &str,
        path: &str,
        request: RequestBuilder,
    ) -> Step<Value> {
        let call = format!("{method} {path}");
        let began = Instant::now();
        let response = request.send().await.map_err(|error| told(&call, &error))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| told(&call, &error))?;
        say(&format!("   {call:<60} {} {:>5} ms", status.as_u16(), began.elapsed().as_millis()));
        if !status.is_success() {
            return Err(problem(&call, &format!("{status}: {text}")));
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|error| told(&call, &error))
    }

    /// What a job of the server brings about, as soon as it is there.
    async fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> Step<T> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(found) = look() {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(problem(what, &format!("did not come within {} s", PATIENCE.as_secs())))
    }
}

fn problem(call: &str, problem: &str) -> WalkError {
    WalkError { call: call.to_owned(), problem: problem.to_owned() }
}

fn told(call: &str, error: &dyn std::error::Error) -> WalkError {
    problem(call, &error.to_string())
}

fn seconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// The time as activities take it.
fn leadscore_time() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Tells some fields of an answer.
fn show(say: &mut impl FnMut(&str), answer: &Value, fields: &[&str]) {
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let found = fields.iter().filter_map(|field| Some(format!("{field}: {}", words(answer.get(*field)?))));
    for line in found {
        say(&format!("      {}", shortened(&line)));
    }
}

fn shortened(line: &str) -> String {
    let line = line.replace('\n', " ");
    if line.chars().count() <= LINE {
        return line;
    }
    line.chars().take(LINE - 1).chain(['…']).collect()
}
