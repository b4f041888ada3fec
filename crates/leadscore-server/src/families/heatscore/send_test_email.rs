use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore_connect::smtp::{Email, Mailbox};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::lead_body::{HeatAttributes, HeatLead};
use super::scored::predict;
use super::written;
use crate::body::Body;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::{Fault, FaultKind};
use crate::mail::{self, PostError, Posted};
use crate::state::AppState;

/// Whom to send an e-mail, and what is known of the lead that it speaks to.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TestEmail {
    #[schema(format = "email", max_length = 254)]
    to_email: String,
    lead_data: TestLead,
}

/// A lead without an e-mail address.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TestLead {
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    name: String,
    #[serde(flatten)]
    known: HeatAttributes,
}

/// What became of the e-mail.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentEmail {
    message: &'static str,
    message_id: String,
    timestamp: String,
    /// There is no mail server: the e-mail was kept, and not sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sandbox: bool,
}

/// Writes an e-mail and sends it to an address of yours; nothing is kept of the lead.
#[utoipa::path(
    post,
    path = "/api/v1/send-test-email",
    request_body = TestEmail,
    responses((status = 200, body = SentEmail), (status = 502, description = "The mail server did not take it"))
)]
pub(crate) async fn send_test_email(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<TestEmail>,
) -> Result<Json<SentEmail>, Fault> {
    let TestLead { name, known } = body.lead_data;
    let lead = HeatLead { name: name.clone(), email: body.to_email.clone(), known }.to_lead("test");
    let prediction = predict(&state, &lead)?;
    written::refuse_unsubscribed(&state, &caller.tenant, &body.to_email).await?;
    let written = written::write(&state, &lead, &prediction, None).await?;
    let message_id = format!("msg_{}", Uuid::new_v4().simple());
    if state.words.mail.is_some() && !state.words.is_sender_set {
        let message = "set sender.name, company, address and unsubscribe: no e-mail goes out without them";
        return Err(Fault::new(FaultKind::EmailFailed, message));
    }
    let to = Mailbox::new(body.to_email).name(name);
    let from = mail::sender(&state.words, &state.config);
    let email = Email::new(from, to, &written.subject, &written.content).id(&message_id);
    let posted = mail::post(&state.words, &state.config, &email).await.map_err(|error| match error {
        PostError::Unfit(error) if error.path == "to.name" => Fault::invalid("lead_data.name", error.problem),
        PostError::Unfit(error) => Fault::invalid("to_email", error.to_string()),
        PostError::Refused(error) => {
            tracing::warn!(%error, "the mail server did not take an e-mail");
            Fault::new(FaultKind::EmailFailed, "the mail server did not take the e-mail")
        }
        PostError::Unsaved(error) => {
            tracing::error!(%error, "an e-mail could not be saved");
            Fault::new(FaultKind::EmailFailed, "the e-mail could not be saved in the folder outbox")
        }
    })?;
    let is_sent = posted == Posted::Sent;
    written.save(&state, &caller.tenant, None, "test", Some(&message_id)).await?;
    Ok(Json(SentEmail {
        message: if is_sent { "Email sent successfully" } else { "Email saved (sandbox, not sent)" },
        message_id,
        timestamp: Family::Heatscore.time(state.now()),
        sandbox: !is_sent,
    }))
}
