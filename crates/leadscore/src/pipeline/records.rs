//! Records in and predictions out as JSON text: the way other languages take, the same in all of them.

use std::sync::Arc;

use serde::Serialize;

use super::{Context, Detail, ImportanceBy, ModelCard, Pipeline, Prediction};
use crate::feature::{FeatureMatrix, Mode};
use crate::json::{self, Cursor, Document, Node};
use crate::{Error, ErrorKind, Lead, Timestamp, Zone};

const MODES: [(&str, Mode); 2] = [("lenient", Mode::Lenient), ("strict", Mode::Strict)];
const DETAILS: [(&str, Detail); 2] = [("full", Detail::Full), ("brief", Detail::Brief)];

impl Context {
    /// Reads `{"as_of": "2026-11-22T09:30:00Z", "zone": "Europe/Berlin", "mode": "strict", "detail": "brief", "reasons": 3}`;
    /// only `as_of` is needed, a time or milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_context` with the field; `invalid_time` for an unknown zone.
    pub fn from_json(text: &str) -> Result<Context, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "", Document::Context);
        let fields = root.object(&["as_of", "zone", "mode", "detail", "reasons"])?;
        let zone = match fields.optional("zone") {
            Some(zone) => Zone::named(zone.text()?).map_err(|error| zone.error(error.message()))?,
            None => Zone::utc(),
        };
        let moment = fields.required("as_of")?;
        let as_of = match moment.node {
            Node::Integer(millis) => Timestamp::from_millis(*millis),
            _ => Timestamp::parse(moment.text()?, &zone),
        };
        let mut context = Context::new(as_of.map_err(|error| moment.error(error.message()))?);
        context.zone = zone;
        if let Some(mode) = fields.optional("mode") {
            context.mode = mode.word(&MODES)?;
        }
        if let Some(detail) = fields.optional("detail") {
            context.detail = detail.word(&DETAILS)?;
        }
        if let Some(reasons) = fields.optional("reasons") {
            context.reasons = reasons.count()?;
        }
        Ok(context)
    }
}

#[derive(Serialize)]
struct Description<'a> {
    id: &'a str,
    name: &'a str,
    version: Option<&'a str>,
    note: Option<&'a str>,
    content_hash: &'a str,
    columns: Vec<Column<'a>>,
    attributes: Vec<&'a str>,
    reads_activities: bool,
    tiers: Vec<TierRow<'a>>,
    classes: &'a [Arc<str>],
    model: Option<&'a ModelCard>,
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    label: &'a str,
    group: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'a str,
    levels: &'a [String],
}

#[derive(Serialize)]
struct TierRow<'a> {
    tier: &'a str,
    action: &'a str,
}

/// A lead that was refused, in a list of predictions.
#[derive(Serialize)]
struct Refused<'a> {
    error: Problem<'a>,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    path: String,
    message: &'a str,
}

impl<'a> From<&'a Error> for Refused<'a> {
    fn from(error: &'a Error) -> Refused<'a> {
        Refused {
            error: Problem { code: error.code(), path: error.path().to_string(), message: error.message() },
        }
    }
}

impl Pipeline {
    /// Scores one lead record; the prediction as JSON.
    ///
    /// # Errors
    /// As [`Lead::from_json`] and [`Pipeline::score`].
    pub fn score_json(&self, record: &str, context: &Context) -> Result<String, Error> {
        let lead = Lead::from_json(record, &context.zone)?;
        Ok(text(&self.score(&lead, context)?))
    }

    /// Scores a JSON list of lead records; a JSON list of the predictions, with `{"error": {"code", "path", "message"}}`
    /// in place of a record that is refused.
    ///
    /// # Errors
    /// `invalid_json` and `invalid_lead` where it is no list of records.
    pub fn score_many_json(&self, records: &str, context: &Context) -> Result<String, Error> {
        let leads = Lead::each_from_json(records, &context.zone)?;
        let good: Vec<&Lead> = leads.iter().filter_map(|lead| lead.as_ref().ok()).collect();
        let mut scored = self.score_each(good, context).into_iter();
        let mut out = String::from("[");
        for (at, lead) in leads.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            let result = match lead {
                Err(error) => Err(error.clone()),
                // Its place among all records, not among those that could be read.
                Ok(lead) => scored
                    .next()
                    .unwrap_or_else(|| self.score(lead, context))
                    .map_err(|error| super::in_list(error, at)),
            };
            out += &match result {
                Ok(prediction) => text::<Prediction>(&prediction),
                Err(error) => text(&Refused::from(&error)),
            };
        }
        out.push(']');
        Ok(out)
    }

    /// The features of a JSON list of lead records as a matrix: one row per lead, the schema's columns, NaN where missing.
    ///
    /// # Errors
    /// As [`Lead::list_from_json`] and [`Pipeline::feature_matrix`].
    pub fn feature_matrix_json(&self, records: &str, context: &Context) -> Result<FeatureMatrix, Error> {
        self.feature_matrix(&Lead::list_from_json(records, &context.zone)?, context)
    }

    /// What the pipeline is, as a JSON object: id, name, version, note, content hash, the columns of its matrix, the
    /// attributes it reads, its tiers and classes, and the model card.
    pub fn describe_json(&self) -> String {
        let columns = self.schema.columns().map(|feature| Column {
            name: &feature.name,
            label: &feature.label,
            group: feature.group.as_deref(),
            kind: feature.kind.word(),
            levels: &feature.levels,
        });
        let tiers =
            self.tiers.tiers().iter().map(|tier| TierRow { tier: tier.name(), action: tier.action() });
        text(&Description {
            id: self.id(),
            name: self.name(),
            version: self.version(),
            note: self.note(),
            content_hash: self.content_hash(),
            columns: columns.collect(),
            attributes: self.schema.attributes(),
            reads_activities: self.schema.reads_activities(),
            tiers: tiers.collect(),
            classes: self.classes(),
            model: self.model_card(),
        })
    }

    /// The features of one lead record as a JSON object, name by name in schema order.
    ///
    /// # Errors
    /// As [`Lead::from_json`] and [`Pipeline::features`].
    pub fn features_json(&self, record: &str, context: &Context) -> Result<String, Error> {
        let lead = Lead::from_json(record, &context.zone)?;
        let features = self.features(&lead, context)?;
        Ok(text(&Pairs(&features)))
    }

    /// [`Pipeline::importance`] by a name (`gain`, `total_gain`, `cover`, `total_cover`, `largest`; `leads` with a matrix)
    /// as a JSON list.
    ///
    /// # Errors
    /// `unknown_name`, and as [`Pipeline::importance`].
    pub fn importance_json(&self, by: &str, leads: Option<&FeatureMatrix>) -> Result<String, Error> {
        let by = match (by, leads) {
            ("gain", None) => ImportanceBy::Gain,
            ("total_gain", None) => ImportanceBy::TotalGain,
            ("cover", None) => ImportanceBy::Cover,
            ("total_cover", None) => ImportanceBy::TotalCover,
            ("largest", None) => ImportanceBy::Largest,
            ("leads", Some(matrix)) => ImportanceBy::Leads(matrix),
            _ => {
                let message = format!(
                    "unknown measure `{by}`; known: gain, total_gain, cover, total_cover, largest, and leads with a matrix"
                );
                return Err(Error::new(ErrorKind::UnknownName, "by", message));
            }
        };
        Ok(text(&self.importance(by)?))
    }
}

struct Pairs<'a, V>(&'a [(String, V)]);

impl<V: Serialize> Serialize for Pairs<'_, V> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::pairs(self.0, serializer)
    }
}

/// Our own types always have a JSON form.
fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
