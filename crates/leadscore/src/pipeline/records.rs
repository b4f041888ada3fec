//! Records in and predictions out as JSON text: the way other languages take, the same in all of them.

use serde::Serialize;

use super::score::{check_count, in_list, of_lead};
use super::{Context, ImportanceMeasure, Pipeline, Prediction, Score, ScoreOptions, ScoreResult, When};
use crate::error::Issue;
use crate::feature::FeatureMatrix;
use crate::record::{JsonReader, JsonRecord};
use crate::{Error, Timestamp};

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
    #[serde(skip_serializing_if = "<[Issue]>::is_empty")]
    issues: &'a [Issue],
}

impl<'a> From<&'a Error> for Refused<'a> {
    fn from(error: &'a Error) -> Refused<'a> {
        Refused {
            error: Problem {
                code: error.code(),
                path: error.path().to_string(),
                message: error.message(),
                issues: error.issues(),
            },
        }
    }
}

impl Pipeline {
    /// Scores one lead record; the prediction, or the score in brief, as JSON.
    ///
    /// # Errors
    /// As [`Lead::from_json`](crate::Lead::from_json) and [`Pipeline::score_with`]; `invalid_context` where the context has several times.
    ///
    /// ```
    /// use leadscore::{Context, Pipeline, Prediction};
    /// let context = Context::from_json(r#"{"as_of": "2026-11-22"}"#)?;
    /// let json = Pipeline::builtin("conversion")?.score_json(r#"{"id": "l-1", "title": "VP Sales"}"#, &context)?;
    /// let prediction: Prediction = serde_json::from_str(&json).unwrap();
    /// assert_eq!(prediction.tier.as_deref(), Some("COLD"));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn score_json(&self, record: &str, context: &Context) -> Result<String, Error> {
        let (as_of, options) = (context.as_of()?, context.options());
        let lead = JsonReader::new(as_of.zone.clone()).record(record, self.schema().attribute_names())?;
        if context.is_brief() {
            Ok(text(&self.score_brief(&lead, as_of, options)?))
        } else {
            Ok(text(&self.score_with(&lead, as_of, options)?))
        }
    }

    /// Scores a JSON list of lead records; a JSON list of the predictions, or the scores in brief, with
    /// `{"error": {"code", "path", "message", "issues"?}}` in place of a record that is refused. Issues are all that strict
    /// mode found wrong, each `{"code", "feature", "path", "message", "found"?}`.
    ///
    /// The list may be a stretch of a longer one: `first_index` is the index of its first record there, and errors name
    /// a record by its index in the longer list, as `leads[3]`. Tiers by rank want the whole list.
    ///
    /// # Errors
    /// `invalid_json` and `invalid_lead` where it is no list of records; `invalid_context` where there are more or fewer
    /// times than records, and for a stretch where tiers are by rank.
    pub fn score_many_json(
        &self,
        records: &str,
        first_index: usize,
        context: &Context,
    ) -> Result<String, Error> {
        self.check_whole_list(first_index)?;
        let leads = self.read_records(records, context)?;
        check_count(leads.len(), context.when())?;
        Ok(format!("[{}]", self.items(&leads, first_index, context.when(), context)))
    }

    pub(super) fn read_records<'t>(
        &self,
        text: &'t str,
        context: &Context,
    ) -> Result<Vec<Result<JsonRecord<'t>, Error>>, Error> {
        JsonReader::new(context.zone().clone()).records(text, self.schema().attribute_names())
    }

    /// What comes of some records, as the items of a JSON list.
    pub(super) fn items(
        &self,
        leads: &[Result<JsonRecord<'_>, Error>],
        first_index: usize,
        when: When<'_>,
        context: &Context,
    ) -> String {
        if context.is_brief() {
            self.items_of::<Score>(leads, first_index, when, context.options())
        } else {
            self.items_of::<Prediction>(leads, first_index, when, context.options())
        }
    }

    fn items_of<R: ScoreResult + Serialize>(
        &self,
        leads: &[Result<JsonRecord<'_>, Error>],
        first_index: usize,
        when: When<'_>,
        options: &ScoreOptions,
    ) -> String {
        let mut results = self.results_of::<R>(leads, first_index, when, options);
        self.rank_results(&mut results);
        items_text(&results)
    }

    /// What comes of some records of a list, without tiers by rank; errors name the record.
    pub(super) fn results_of<R: ScoreResult>(
        &self,
        leads: &[Result<JsonRecord<'_>, Error>],
        first_index: usize,
        when: When<'_>,
        options: &ScoreOptions,
    ) -> Vec<Result<R, Error>> {
        let good = || leads.iter().enumerate().filter_map(|(index, lead)| Some((index, lead.as_ref().ok()?)));
        let times: Vec<Timestamp>;
        let when = match when {
            When::Each { times: all, zone } => {
                times = good().map(|(index, _)| all[index]).collect();
                When::each(&times, zone)
            }
            all => all,
        };
        let records: Vec<_> = good().map(|(_, lead)| lead).collect();
        let mut scored = self.results::<R>(&records, when, options).into_iter();
        let result = |lead: &Result<JsonRecord<'_>, Error>| match lead {
            Err(error) => Err(error.clone()),
            Ok(_) => scored.next().expect("every lead that was read has a result"),
        };
        in_list(leads.iter().map(result).collect(), first_index)
    }

    /// The features of a JSON list of lead records as a matrix: one row per lead, the schema's columns, NaN where missing.
    /// `first_index` is as in [`Pipeline::score_many_json`].
    ///
    /// # Errors
    /// As [`Lead::from_json`](crate::Lead::from_json) and [`Pipeline::feature_matrix`], with the record in the path.
    pub fn feature_matrix_json(
        &self,
        records: &str,
        first_index: usize,
        context: &Context,
    ) -> Result<FeatureMatrix, Error> {
        let leads = self.read_good_records(records, first_index, context)?;
        self.matrix(&leads, first_index, context.when(), context.options().mode)
    }

    /// Reads a list of records of which none may be refused.
    pub(super) fn read_good_records<'t>(
        &self,
        records: &'t str,
        first_index: usize,
        context: &Context,
    ) -> Result<Vec<JsonRecord<'t>>, Error> {
        let leads = self.read_records(records, context)?;
        check_count(leads.len(), context.when())?;
        let leads = leads.into_iter().enumerate();
        leads.map(|(index, lead)| lead.map_err(|error| of_lead(error, first_index + index))).collect()
    }

    /// The features of one lead record as a JSON object, name by name in schema order.
    ///
    /// # Errors
    /// As [`Lead::from_json`](crate::Lead::from_json) and [`Pipeline::features`]; `invalid_context` where the context has several times.
    pub fn features_json(&self, record: &str, context: &Context) -> Result<String, Error> {
        let as_of = context.as_of()?;
        let lead = JsonReader::new(as_of.zone.clone()).record(record, self.schema().attribute_names())?;
        Ok(text(&self.features(&lead, as_of, context.options().mode)?))
    }

    /// [`Pipeline::importance`] by a name (`gain`, `total_gain`, `cover`, `total_cover`, `largest`; `leads` with a matrix)
    /// as a JSON list.
    ///
    /// # Errors
    /// `unknown_name`, and as [`Pipeline::importance`].
    pub fn importance_json(&self, by: &str, leads: Option<&FeatureMatrix>) -> Result<String, Error> {
        Ok(text(&self.importance(by.parse::<ImportanceMeasure>()?.over(leads)?)?))
    }
}

/// Results as the items of a JSON list.
pub(super) fn items_text<R: Serialize>(results: &[Result<R, Error>]) -> String {
    let mut out = String::new();
    for (index, result) in results.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out += &match result {
            Ok(result) => text(result),
            Err(error) => text(&Refused::from(error)),
        };
    }
    out
}

/// Our own types always have a JSON form.
pub(super) fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our own types serialize")
}
