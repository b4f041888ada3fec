//! A ranking from JSON and to it, for other languages.

use serde::Deserialize;

use super::Capacity;
use crate::json::syntax_error;
use crate::{Error, ErrorKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    capacity: String,
    scores: Vec<Option<f64>>,
    #[serde(default)]
    groups: Vec<Option<String>>,
}

/// [`Capacity::rank`] of `{"capacity": "40/owner", "scores": [60.5, null, …], "groups": ["ana", null, …]}` as
/// `{"leads": [{"rank", "within", "tied"}…], "groups": [{"group", "leads", "within", "tie"}…]}`, where `tie` is null or
/// `{"score", "within": [position…], "beyond": [position…]}`. A score that is null takes no place; `groups` is left out where the capacity has no column.
///
/// # Errors
/// `invalid_json`; `invalid_context` for anything else that is wrong.
///
/// ```
/// let ranking = leadscore::capacity::rank_json(r#"{"capacity": "1", "scores": [50, 60, null]}"#)?;
/// assert!(ranking.starts_with(r#"{"leads":[{"rank":2,"within":false,"tied":false},{"rank":1,"within":true"#));
/// # Ok::<(), leadscore::Error>(())
/// ```
pub fn rank_json(request: &str) -> Result<String, Error> {
    let request: Request = serde_json::from_str(request).map_err(|error| {
        let is_data = error.classify() == serde_json::error::Category::Data;
        let error = syntax_error(&error);
        if is_data { error.with_kind(ErrorKind::InvalidContext) } else { error }
    })?;
    let capacity = Capacity::parse(&request.capacity)?;
    let scores: Vec<f64> = request.scores.into_iter().map(|score| score.unwrap_or(f64::NAN)).collect();
    let ranking = capacity.rank(&scores, &request.groups)?;
    serde_json::to_string(&ranking).map_err(|error| Error::new(ErrorKind::Internal, "", error.to_string()))
}
