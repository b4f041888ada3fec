//! HubSpot's errors as failures.

use std::time::Duration;

use serde::Deserialize;

use crate::crm::{Answer, Failure, FailureKind, shortened};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ErrorBody {
    message: Option<String>,
    category: Option<String>,
    error_type: Option<String>,
    policy_name: Option<String>,
    errors: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    code: Option<String>,
}

/// The code of the whole class of errors that concern every record of a batch: a property that does not exist.
pub(super) const NO_PROPERTY: &str = "PROPERTY_DOESNT_EXIST";

pub(super) fn failure(answer: &Answer) -> Failure {
    let body: ErrorBody = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = body.message.as_deref().unwrap_or_default();
    let message = match text {
        "" => format!("HubSpot: status {}", answer.status),
        text => format!("HubSpot: status {}: {}", answer.status, shortened(text)),
    };
    let mut kind = kind(answer.status);
    let mut wait = None;
    let mut code = body.category.as_deref().or(body.error_type.as_deref());
    if kind == FailureKind::RateLimited {
        let policy = body.policy_name.as_deref().unwrap_or_default().to_ascii_uppercase();
        let text = text.to_lowercase();
        // The longer policy is asked for first: DAILY is the only one that waiting within a call does not help.
        if policy == "DAILY" || text.contains("daily limit") {
            kind = FailureKind::DailyLimit;
        } else if policy.starts_with("TEN_SECONDLY") || text.contains("ten_secondly") {
            wait = Some(Duration::from_secs(10));
        } else if policy.starts_with("SECONDLY") || text.contains("secondly limit") {
            wait = Some(Duration::from_secs(1));
        }
        code = body.policy_name.as_deref().or(code);
    } else if kind == FailureKind::Locked {
        wait = Some(Duration::from_secs(2));
    }
    // The message of a validation error embeds its details as a text.
    if body.errors.iter().any(|error| error.code.as_deref() == Some(NO_PROPERTY))
        || text.contains(NO_PROPERTY)
    {
        code = Some(NO_PROPERTY);
    }
    let failure = Failure::new(kind, message).after(wait);
    match code {
        Some(code) => failure.code(&shortened(code)),
        None => failure,
    }
}

fn kind(status: u16) -> FailureKind {
    match status {
        401 | 403 => FailureKind::Credentials,
        404 => FailureKind::NotFound,
        409 => FailureKind::Conflict,
        423 => FailureKind::Locked,
        429 => FailureKind::RateLimited,
        // 477 is an account that is being moved.
        408 | 477 | 500.. => FailureKind::Unavailable,
        400..=499 => FailureKind::Invalid,
        _ => FailureKind::BadAnswer,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn read(status: u16, body: &str) -> Failure {
        failure(&Answer { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn limits_have_their_policy_and_wait() {
        let ten = read(
            429,
            r#"{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}"#,
        );
        assert_eq!((ten.kind, ten.retry_after), (FailureKind::RateLimited, Some(Duration::from_secs(10))));
        assert_eq!(ten.code.as_deref(), Some("TEN_SECONDLY_ROLLING"));
        let one =
            read(429, r#"{"message":"You have reached your secondly limit.","category":"RATE_LIMITS"}"#);
        assert_eq!((one.kind, one.retry_after), (FailureKind::RateLimited, Some(Duration::from_secs(1))));
        let day = read(
            429,
            r#"{"message":"You have reached your daily limit.","errorType":"RATE_LIMIT","policyName":"DAILY"}"#,
        );
        assert_eq!((day.kind, day.retry_after), (FailureKind::DailyLimit, None));
    }

    #[test]
    fn every_status_has_a_kind() {
        for (status, body, kind) in [
            (400, r#"{"category":"VALIDATION_ERROR","message":"m"}"#, FailureKind::Invalid),
            (401, r#"{"category":"INVALID_AUTHENTICATION","message":"m"}"#, FailureKind::Credentials),
            (403, r#"{"category":"MISSING_SCOPES","message":"m"}"#, FailureKind::Credentials),
            (423, "", FailureKind::Locked),
            (477, "", FailureKind::Unavailable),
            (502, "<html>", FailureKind::Unavailable),
            (302, "", FailureKind::BadAnswer),
        ] {
            assert_eq!(read(status, body).kind, kind, "{status} {body}");
        }
        let missing = read(
            400,
            r#"{"message":"Property values were not valid: [{\"error\":\"PROPERTY_DOESNT_EXIST\"}]","category":"VALIDATION_ERROR"}"#,
        );
        assert_eq!(missing.code.as_deref(), Some(NO_PROPERTY));
    }
}
