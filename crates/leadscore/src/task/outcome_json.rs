//! What came of asking a model, read from JSON.

use std::time::Duration;

use super::{Completion, Cost, FailureKind, ModelFailure, NotAsked, Outcome, Usage};
use crate::Error;
use crate::json::{self, Cursor, Document, Node};

const FAILURES: [(&str, FailureKind); 12] = [
    ("timeout", FailureKind::Timeout),
    ("connection", FailureKind::Connection),
    ("rate_limited", FailureKind::RateLimited),
    ("unavailable", FailureKind::Unavailable),
    ("no_credit", FailureKind::NoCredit),
    ("unauthorized", FailureKind::Unauthorized),
    ("unknown_model", FailureKind::UnknownModel),
    ("bad_request", FailureKind::BadRequest),
    ("refused", FailureKind::Refused),
    ("truncated", FailureKind::Truncated),
    ("bad_response", FailureKind::BadResponse),
    ("cancelled", FailureKind::Cancelled),
];

impl Outcome {
    /// Reads one of
    ///
    /// * `null`: no model was asked;
    /// * `{"reply": "…", "model": "gpt-4o-mini", "usage": {"input_tokens": 600, "output_tokens": 40}, "cost": 0.0001}`:
    ///   it answered; all but the reply may be left out, and the cost is in US dollars;
    /// * `{"failure": {"kind": "timeout", "message": "…", "retry_after": 2.5}}`: there is no answer. In place of the kind
    ///   the HTTP status may be given, as `"status": 429`; `retry_after` is in seconds;
    /// * `{"not_asked": "over_budget"}`, or `"no_model"`.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_task` with the field.
    ///
    /// ```
    /// use leadscore::task::{FailureKind, ModelFailure, Outcome};
    /// let failed = Outcome::from_json(r#"{"failure": {"status": 429, "message": "slow down"}}"#)?;
    /// assert_eq!(failed, Outcome::Failed(ModelFailure::new(FailureKind::RateLimited, "slow down")));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Outcome, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "", Document::Task);
        if matches!(node, Node::Null) {
            return Ok(Outcome::NotAsked(NotAsked::NoModel));
        }
        let fields = root.object(&["reply", "model", "usage", "cost", "failure", "not_asked"])?;
        let given = ["reply", "failure", "not_asked"].map(|name| fields.optional(name));
        let (outcome, others): (_, &[&str]) = match &given {
            [Some(reply), None, None] => {
                let cost = fields
                    .optional("cost")
                    .map(|cost| Cost::from_usd(cost.number()?).map_err(|error| cost.error(error.message())));
                let completion = Completion {
                    text: reply.text()?.to_owned(),
                    model: fields.text("model")?.unwrap_or_default(),
                    usage: fields.optional("usage").as_ref().map(usage).transpose()?,
                    cost: cost.transpose()?,
                };
                return Ok(Outcome::Replied(completion));
            }
            [None, Some(failed), None] => (Outcome::Failed(failure(failed)?), &["model", "usage", "cost"]),
            [None, None, Some(why)] => {
                let words = [("no_model", NotAsked::NoModel), ("over_budget", NotAsked::OverBudget)];
                (Outcome::NotAsked(why.word(&words)?), &["model", "usage", "cost"])
            }
            _ => return Err(root.error("wants one of reply, failure and not_asked")),
        };
        match fields.all().find(|(name, _)| others.contains(name)) {
            Some((name, _)) => Err(root.error(format!("`{name}` goes with a reply"))),
            None => Ok(outcome),
        }
    }
}

impl FailureKind {
    /// What the status of a vendor's HTTP answer means.
    pub fn from_status(status: u16) -> FailureKind {
        match status {
            401 | 403 => FailureKind::Unauthorized,
            402 => FailureKind::NoCredit,
            404 | 410 => FailureKind::UnknownModel,
            408 | 504 => FailureKind::Timeout,
            429 => FailureKind::RateLimited,
            400..=499 => FailureKind::BadRequest,
            500..=599 => FailureKind::Unavailable,
            _ => FailureKind::BadResponse,
        }
    }
}

fn failure(cursor: &Cursor<'_>) -> Result<ModelFailure, Error> {
    let fields = cursor.object(&["kind", "status", "message", "retry_after", "usage"])?;
    let kind = match (fields.optional("kind"), fields.optional("status")) {
        (Some(kind), None) => kind.word(&FAILURES)?,
        (None, Some(status)) => match u16::try_from(status.count()?) {
            Ok(status) if (100..=599).contains(&status) => FailureKind::from_status(status),
            _ => return Err(status.error("is no HTTP status")),
        },
        _ => return Err(cursor.error("wants one of kind and status")),
    };
    let retry_after = fields.optional("retry_after").map(|seconds| {
        Duration::try_from_secs_f64(seconds.number()?).map_err(|_| seconds.error("is no number of seconds"))
    });
    Ok(ModelFailure {
        kind,
        message: fields.text("message")?.unwrap_or_default(),
        retry_after: retry_after.transpose()?,
        retry: None,
        usage: fields.optional("usage").as_ref().map(usage).transpose()?,
    })
}

fn usage(cursor: &Cursor<'_>) -> Result<Usage, Error> {
    let fields =
        cursor.object(&["input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens"])?;
    let count = |name| fields.optional(name).map(|count| count.count()).transpose();
    let required = |name| fields.required(name)?.count();
    let usage = Usage::new(required("input_tokens")? as u64, required("output_tokens")? as u64);
    Ok(usage
        .cached_input_tokens(count("cached_input_tokens")?.unwrap_or_default() as u64)
        .cache_write_tokens(count("cache_write_tokens")?.unwrap_or_default() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_read() {
        let read = |text: &str| Outcome::from_json(text).unwrap();
        assert_eq!(read("null"), Outcome::NotAsked(NotAsked::NoModel));
        assert_eq!(read(r#"{"not_asked":"over_budget"}"#), Outcome::NotAsked(NotAsked::OverBudget));
        assert_eq!(read(r#"{"reply":"{}"}"#), Outcome::Replied(Completion::new("", "{}")));
        let full = r#"{"reply":"a","model":"m","usage":{"input_tokens":9,"cached_input_tokens":4,"output_tokens":2},"cost":0.5}"#;
        let usage = Usage::new(9, 2).cached_input_tokens(4);
        let cost = Cost::from_usd(0.5).unwrap();
        assert_eq!(read(full), Outcome::Replied(Completion::new("m", "a").usage(usage).cost(cost)));
        let failed =
            ModelFailure::new(FailureKind::Unavailable, "busy").retry_after(Duration::from_millis(2500));
        assert_eq!(
            read(r#"{"failure":{"status":503,"message":"busy","retry_after":2.5}}"#),
            Outcome::Failed(failed.clone())
        );
        assert_eq!(
            serde_json::to_string(&failed).unwrap(),
            r#"{"kind":"unavailable","message":"busy","retry_after":2.5}"#
        );
        for (word, kind) in FAILURES {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{word}\""));
            assert_eq!(
                read(&format!(r#"{{"failure":{{"kind":"{word}"}}}}"#)),
                Outcome::Failed(ModelFailure::new(kind, ""))
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, path) in [
            ("{}", ""),
            ("[]", ""),
            ("\"reply\"", ""),
            (r#"{"reply":"a","failure":{"kind":"timeout"}}"#, ""),
            (r#"{"answer":"a"}"#, ""),
            (r#"{"reply":7}"#, "reply"),
            (r#"{"reply":"a","cost":-1}"#, "cost"),
            (r#"{"reply":"a","usage":{"input_tokens":1}}"#, "usage"),
            (r#"{"reply":"a","usage":{"input_tokens":-1,"output_tokens":1}}"#, "usage.input_tokens"),
            (r#"{"failure":{"kind":"bored"}}"#, "failure.kind"),
            (r#"{"failure":{"status":42}}"#, "failure.status"),
            (r#"{"failure":{"kind":"timeout","status":408}}"#, "failure"),
            (r#"{"failure":{"kind":"timeout","retry_after":-2}}"#, "failure.retry_after"),
            (r#"{"failure":{"kind":"timeout"},"cost":1}"#, ""),
            (r#"{"not_asked":"tired"}"#, "not_asked"),
        ] {
            let error = Outcome::from_json(text).unwrap_err();
            assert_eq!(
                (error.code(), error.path().to_string().as_str()),
                ("invalid_task", path),
                "{text}: {error}"
            );
        }
        assert_eq!(Outcome::from_json("{").unwrap_err().code(), "invalid_json");
    }
}
