//! The options of the JSON operations, which other languages call.

use super::options::{ScoreOptions, When};
use crate::feature::Mode;
use crate::json::{self, Cursor, Document, Node};
use crate::{AsOf, Error, ErrorKind, Timestamp, Zone};

const MODES: [(&str, Mode); 2] = [("lenient", Mode::Lenient), ("strict", Mode::Strict)];
const BRIEF: [(&str, bool); 2] = [("full", false), ("brief", true)];

/// When leads are scored as of, by which policy, and how much is said, read from JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    times: Times,
    options: ScoreOptions,
    brief: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Times {
    All(AsOf),
    Each(Vec<Timestamp>, Zone),
}

impl Context {
    /// Reads `{"as_of": "2026-11-22T09:30:00Z", "zone": "Europe/Berlin", "mode": "strict", "detail": "brief", "reasons": 3}`.
    ///
    /// Only `as_of` is needed: a time or milliseconds since the Unix epoch, or for an operation on a list of records a
    /// list of them, one for each record. `detail` is `full`, for a [`Prediction`](crate::Prediction), or `brief`, for a
    /// [`Score`](crate::Score).
    ///
    /// # Errors
    /// `invalid_json`; `invalid_context` with the field.
    ///
    /// ```
    /// use leadscore::Context;
    /// let context = Context::from_json(r#"{"as_of": ["2026-10-01", "2026-11-01"], "reasons": 3}"#)?;
    /// assert_eq!(context.options().reasons, 3);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Context, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "", Document::Context);
        let fields = root.object(&["as_of", "zone", "mode", "detail", "reasons"])?;
        let zone = match fields.optional("zone") {
            Some(zone) => Zone::named(zone.text()?).map_err(|error| zone.error(error.message()))?,
            None => Zone::utc(),
        };
        let as_of = fields.required("as_of")?;
        let times = match as_of.node {
            Node::List(_) => {
                let times = as_of.items()?.iter().map(|item| time(item, &zone)).collect::<Result<_, _>>()?;
                Times::Each(times, zone)
            }
            _ => Times::All(AsOf::new(time(&as_of, &zone)?).in_zone(zone)),
        };
        let mut options = ScoreOptions::new();
        if let Some(mode) = fields.optional("mode") {
            options.mode = mode.word(&MODES)?;
        }
        let brief = fields.optional("detail").map_or(Ok(false), |detail| detail.word(&BRIEF))?;
        if let Some(reasons) = fields.optional("reasons") {
            options.reasons = reasons.count()?;
        }
        Ok(Context { times, options, brief })
    }

    /// When a list of leads is scored as of.
    pub fn when(&self) -> When<'_> {
        match &self.times {
            Times::All(as_of) => When::All(as_of),
            Times::Each(times, zone) => When::each(times, zone),
        }
    }

    /// When one lead is scored as of.
    ///
    /// # Errors
    /// `invalid_context` where `as_of` is a list.
    pub fn as_of(&self) -> Result<&AsOf, Error> {
        match &self.times {
            Times::All(as_of) => Ok(as_of),
            Times::Each(..) => {
                let message = "a list of times goes with a list of records; one record wants one time";
                Err(Error::new(ErrorKind::InvalidContext, "as_of", message))
            }
        }
    }

    /// The zone of local hours, weekdays and times without an offset.
    pub fn zone(&self) -> &Zone {
        self.when().zone()
    }

    /// Policy, and how many reasons are named.
    pub fn options(&self) -> &ScoreOptions {
        &self.options
    }

    /// Whether results are scores alone, not whole predictions.
    pub fn is_brief(&self) -> bool {
        self.brief
    }
}

fn time(cursor: &Cursor<'_>, zone: &Zone) -> Result<Timestamp, Error> {
    let time = match cursor.node {
        Node::Integer(millis) => Timestamp::from_millis(*millis),
        _ => Timestamp::parse(cursor.text()?, zone),
    };
    time.map_err(|error| cursor.error(error.message()))
}
