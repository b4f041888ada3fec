//! Rankings: one question about a few leads, and many leads in questions of a few each.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::{Request, missing};
use crate::error::Path;
use crate::json;
use crate::record::JsonReader;
use crate::task::{RankedLead, RankingTask};
use crate::{Error, ErrorKind, Lead, Pipeline, Prediction};

impl Pipeline {
    /// The questions of a ranking of any number of leads: the request that [`AnyTask::from_json`](crate::task::AnyTask::from_json) reads for
    /// `ranking`, cut into requests of at most [`RankingTask::MAX_LEADS`] leads, as a JSON list of texts. Leads of similar score
    /// are in the same one, the best in the first.
    ///
    /// [`RankingTask::merge_json`] makes one ranking of what comes of them.
    ///
    /// # Errors
    /// As for one question, but for its limit on the number of leads; `invalid_task` for a request of another kind.
    ///
    /// ```
    /// use leadscore::Pipeline;
    /// use leadscore::task::{AnyTask, RankingTask};
    /// let leads: Vec<String> = (1..=45).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
    /// let request = format!(r#"{{"task": "ranking", "leads": [{}], "as_of": "2026-11-22"}}"#, leads.join(", "));
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// let parts: Vec<String> = serde_json::from_str(&pipeline.ranking_parts_json(&request)?).unwrap();
    /// let mut rankings = Vec::new();
    /// for part in &parts {
    ///     let result = AnyTask::from_json(part, Some(&pipeline))?.conclude_json("null")?;
    ///     rankings.push(serde_json::from_str::<serde_json::Value>(&result).unwrap()["output"].take());
    /// }
    /// let ranking = RankingTask::merge_json(&serde_json::to_string(&rankings).unwrap())?;
    /// assert_eq!(parts.len(), 3);
    /// assert!(ranking.contains(r#""rank":45"#));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn ranking_parts_json(&self, request: &str) -> Result<String, Error> {
        let request = Request { fields: Request::fields(request)?, pipeline: Some(self) };
        if request.text("task")?.as_deref() != Some("ranking") {
            return Err(Error::new(ErrorKind::InvalidTask, "task", "wants `ranking`"));
        }
        // What is wrong with it is found before the first question.
        request.cursor("mask", |mask| mask.flag())?;
        let leads = request
            .leads(|count| (count == 0).then(|| "0 leads; a ranking wants at least one".to_owned()))?;
        let records = request.raw("leads").ok_or_else(|| missing("leads"))?;
        let records: Vec<&RawValue> =
            serde_json::from_str(records).map_err(|error| json::syntax_error(&error))?;
        let mut order: Vec<usize> = (0..leads.len()).collect();
        // As `RankingTask::chunks` has it.
        order.sort_by(|a, b| leads[*b].1.score.total_cmp(&leads[*a].1.score));
        let others = request.fields.iter().filter(|(name, _)| name != "leads");
        let others: Vec<String> =
            others.map(|(name, value)| format!("\"{name}\":{},", value.get())).collect();
        let others = others.concat();
        let parts = order.chunks(RankingTask::MAX_LEADS).map(|part| {
            let records: Vec<&str> = part.iter().map(|at| records[*at].get()).collect();
            format!("{{{others}\"leads\":[{}]}}", records.join(","))
        });
        Ok(as_json(&parts.collect::<Vec<String>>()))
    }
}

impl RankingTask {
    /// [`RankingTask::merge`] of a JSON list of rankings, each the output of one question, as JSON.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_task` for what is no list of rankings.
    pub fn merge_json(rankings: &str) -> Result<String, Error> {
        let rankings: Vec<Vec<RankedLead>> = serde_json::from_str(rankings).map_err(|error| {
            let is_data = error.classify() == serde_json::error::Category::Data;
            let error = json::syntax_error(&error);
            if is_data { error.with_kind(ErrorKind::InvalidTask) } else { error }
        })?;
        Ok(as_json(&RankingTask::merge(rankings)))
    }
}

impl Request<'_> {
    /// The one question about the leads of the request.
    pub(super) fn ranking(&self) -> Result<RankingTask, Error> {
        let leads = self.leads(|count| {
            let wanted = 1..=RankingTask::MAX_LEADS;
            (!wanted.contains(&count))
                .then(|| format!("{count} leads; one question wants 1 to {}", RankingTask::MAX_LEADS))
        })?;
        let mut tasks = RankingTask::chunks(leads.iter().map(|(lead, prediction)| (lead, prediction)));
        Ok(tasks.remove(0))
    }

    /// The leads with what the pipeline says of each, unless there is something wrong with their number.
    fn leads(&self, problem: impl Fn(usize) -> Option<String>) -> Result<Vec<(Lead, Prediction)>, Error> {
        let (pipeline, context) = self.scoring("leads", &[])?;
        let as_of = context.as_of()?;
        let records = self.raw("leads").ok_or_else(|| missing("leads"))?;
        let at = |index: usize| Path::from("leads").index(index);
        let leads = JsonReader::new(as_of.zone.clone())
            .leads(records)
            .map_err(|error| error.within(Path::from("leads")))?;
        let leads =
            leads.into_iter().enumerate().map(|(index, lead)| lead.map_err(|error| error.within(at(index))));
        let leads = leads.collect::<Result<Vec<Lead>, Error>>()?;
        if let Some(message) = problem(leads.len()) {
            return Err(Error::new(ErrorKind::InvalidTask, "leads", message));
        }
        let mut ids = BTreeSet::new();
        for (index, lead) in leads.iter().enumerate() {
            if !lead.id.as_ref().is_some_and(|id| ids.insert(id)) {
                let message = "a ranking names leads by their ids, so each wants one of its own";
                return Err(Error::new(ErrorKind::InvalidTask, at(index), message));
            }
        }
        let predictions = pipeline.score_many(&leads, as_of, context.options()).into_iter();
        let predictions = predictions.collect::<Result<Vec<Prediction>, Error>>()?;
        Ok(leads.into_iter().zip(predictions).collect())
    }
}

fn as_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our own types serialize")
}
