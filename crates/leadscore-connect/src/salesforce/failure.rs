//! Salesforce's errors as failures.

use serde::Deserialize;

use crate::crm::{Answer, Failure, FailureKind, shortened};

/// The code of a token that is no longer good.
pub(super) const EXPIRED: &str = "INVALID_SESSION_ID";
/// The code of a lead that has become a contact.
pub(super) const CONVERTED: &str = "CANNOT_UPDATE_CONVERTED_LEAD";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_code: String,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

/// The failure of an answer of the REST API: a list of errors, of which the first one counts.
pub(super) fn failure(answer: &Answer) -> Failure {
    let errors: Vec<ErrorBody> = if answer.status == 300 {
        Vec::new()
    } else {
        serde_json::from_slice(&answer.body).unwrap_or_default()
    };
    if let Some(error) = errors.first() {
        let kind = kind(&error.error_code).unwrap_or_else(|| status_kind(answer.status));
        return told(kind, &error.error_code, &error.message);
    }
    let message = format!("Salesforce: status {}", answer.status);
    let failure = Failure::new(status_kind(answer.status), message);
    // A proxy in front of it may say so without the code.
    if answer.status == 401 { failure.code(EXPIRED) } else { failure }
}

/// The failure of one record of several.
pub(super) fn record_failure(code: &str, message: &str) -> Failure {
    told(kind(code).unwrap_or(FailureKind::Invalid), code, message)
}

/// The failure of an answer of the token endpoint.
pub(super) fn token_failure(answer: &Answer) -> Failure {
    let kind = match answer.status {
        429 => FailureKind::RateLimited,
        500.. => FailureKind::Unavailable,
        400..=499 => FailureKind::Credentials,
        _ => FailureKind::BadAnswer,
    };
    match serde_json::from_slice::<TokenError>(&answer.body) {
        Ok(error) => {
            let text = error.error_description.as_deref().unwrap_or("no description");
            let message =
                format!("Salesforce gives no token: {}: {}", shortened(&error.error), shortened(text));
            Failure::new(kind, message).code(&shortened(&error.error))
        }
        Err(_) => Failure::new(kind, format!("Salesforce gives no token: status {}", answer.status)),
    }
}

fn told(kind: FailureKind, code: &str, message: &str) -> Failure {
    let code = shortened(code);
    Failure::new(kind, format!("Salesforce: {code}: {}", shortened(message))).code(&code)
}

fn kind(code: &str) -> Option<FailureKind> {
    Some(match code {
        EXPIRED | "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => FailureKind::Credentials,
        "REQUEST_LIMIT_EXCEEDED" => FailureKind::DailyLimit,
        "UNABLE_TO_LOCK_ROW" => FailureKind::Locked,
        "SERVER_UNAVAILABLE" => FailureKind::Unavailable,
        _ => return None,
    })
}

fn status_kind(status: u16) -> FailureKind {
    match status {
        401 | 403 => FailureKind::Credentials,
        404 => FailureKind::NotFound,
        429 => FailureKind::RateLimited,
        408 | 500.. => FailureKind::Unavailable,
        // 300 is an external id of several records.
        300 | 400..=499 => FailureKind::Invalid,
        _ => FailureKind::BadAnswer,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn every_error_has_a_kind() {
        for (status, body, kind) in [
            (
                401,
                r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#,
                FailureKind::Credentials,
            ),
            (403, r#"[{"message":"m","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#, FailureKind::DailyLimit),
            (403, r#"[{"message":"m","errorCode":"INSUFFICIENT_ACCESS"}]"#, FailureKind::Credentials),
            (400, r#"[{"message":"m","errorCode":"UNABLE_TO_LOCK_ROW"}]"#, FailureKind::Locked),
            (400, r#"[{"message":"m","errorCode":"INVALID_FIELD","fields":["x"]}]"#, FailureKind::Invalid),
            (503, r#"[{"message":"m","errorCode":"SERVER_UNAVAILABLE"}]"#, FailureKind::Unavailable),
            (500, "<html>", FailureKind::Unavailable),
            (300, r#"["/services/data/v66.0/sobjects/Lead/00Q1"]"#, FailureKind::Invalid),
            (302, "", FailureKind::BadAnswer),
        ] {
            assert_eq!(failure(&answer(status, body)).kind, kind, "{status} {body}");
        }
        let token = token_failure(&answer(400, r#"{"error":"invalid_grant"}"#));
        assert_eq!((token.kind, token.code.as_deref()), (FailureKind::Credentials, Some("invalid_grant")));
        assert_eq!(token_failure(&answer(503, "")).kind, FailureKind::Unavailable);
    }
}
