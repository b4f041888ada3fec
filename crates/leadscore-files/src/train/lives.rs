//! The lives of leads: when they came, and when they were won or lost, from columns of dates and a log.

use leadscore::train::Life;
use leadscore::{Error, ErrorKind, Lead, Timestamp, did_you_mean};

use super::kinds::{Keys, Kinds};
use super::weights::Weights;
use crate::read::{LeadReader, ReadLead};
use crate::wording::counted;

/// Where the moments of a life are written.
#[derive(Debug)]
pub(super) struct LifeSource<'a> {
    /// The column of dates that begins a life; the first activity where there is none.
    pub(super) start: Option<&'a str>,
    /// The column of dates on which leads were won.
    pub(super) won_at: Option<&'a str>,
    /// The column of dates on which leads were given up.
    pub(super) ended: Option<&'a str>,
    /// The keys of the kinds of activities by which a lead is won, and by which it is lost.
    pub(super) won_by: Vec<String>,
    pub(super) lost_by: Vec<String>,
}

/// What the first reading of leads and log tells.
#[derive(Debug)]
pub(super) struct Survey {
    /// The life of each lead that has a beginning, by its row.
    pub(super) lives: Vec<(u64, Life)>,
    pub(super) kinds: Kinds,
    keys: Keys,
    /// The newest activity.
    pub(super) newest: Option<Timestamp>,
    pub(super) without_start: u64,
    pub(super) won_count: u64,
    lead_count: u64,
    activity_count: u64,
}

impl LifeSource<'_> {
    /// Reads all leads with their activities. `date` reads a column of dates of a lead.
    pub(super) fn survey(
        &self,
        leads: &mut LeadReader,
        weights: &Weights,
        date: &dyn Fn(&Lead, &str) -> Option<Timestamp>,
    ) -> Result<Survey, Error> {
        let outcomes = self.won_by.iter().chain(&self.lost_by).cloned().collect();
        let mut survey = Survey {
            lives: Vec::new(),
            kinds: Kinds::new(outcomes),
            keys: Keys::new(),
            newest: None,
            without_start: 0,
            won_count: 0,
            lead_count: 0,
            activity_count: 0,
        };
        loop {
            match leads.read_lead()? {
                ReadLead::End => return Ok(survey),
                ReadLead::Rejected(_) => {}
                ReadLead::Lead if weights.of_row(leads.row()) == 0.0 => {}
                ReadLead::Lead => survey.add(leads.row(), leads.lead(), self, date),
            }
        }
    }

    /// Refuses kinds of outcomes that no activity has, and outcomes that nobody had.
    pub(super) fn check(&self, survey: &Survey, has_log: bool, has_horizon: bool) -> Result<(), Error> {
        let invalid = |option: &'static str, message: String| {
            Err(Error::new(ErrorKind::InvalidContext, option, message))
        };
        if has_log && survey.activity_count == 0 {
            let leads = counted(survey.lead_count, "lead", "leads");
            return invalid("activities", format!("no activity of the log belongs to one of {leads}"));
        }
        let names = survey.kinds.names();
        for (option, kinds) in [("won_by", &self.won_by), ("lost_by", &self.lost_by)] {
            for kind in kinds {
                if !names.contains(&kind.as_str()) {
                    let more = match did_you_mean(kind, names.iter().copied()) {
                        hint if hint.is_empty() => {
                            format!("; its kinds: {}", crate::wording::first_of(&names))
                        }
                        hint => hint,
                    };
                    return invalid(option, format!("no activity of a lead is of the kind `{kind}`{more}"));
                }
            }
        }
        if has_horizon && survey.lives.is_empty() {
            let message = "no lead has a beginning: name a log of activities or a column of dates with `start` (--start)";
            return invalid("start", message.to_owned());
        }
        Ok(())
    }
}

impl Survey {
    fn add(
        &mut self,
        row: u64,
        lead: &Lead,
        source: &LifeSource<'_>,
        date: &dyn Fn(&Lead, &str) -> Option<Timestamp>,
    ) {
        self.lead_count += 1;
        self.activity_count += lead.activities.len() as u64;
        let times = || lead.activities.iter().map(|activity| activity.at);
        self.newest = self.newest.max(times().max());
        let keys: Vec<String> = lead.activities.iter().map(|own| self.keys.key(&own.kind)).collect();
        let first_of = |kinds: &[String]| {
            let own = keys.iter().zip(times()).filter(|(key, _)| kinds.contains(key));
            own.map(|(_, at)| at).min()
        };
        let column = |name: Option<&str>| name.and_then(|name| date(lead, name));
        let earlier = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).min();
        let won_at = earlier(column(source.won_at), first_of(&source.won_by));
        let lost_at = earlier(column(source.ended), first_of(&source.lost_by));
        self.won_count += u64::from(won_at.is_some());
        let ended = earlier(won_at, lost_at);
        let is_before = |at: Timestamp| ended.is_none_or(|ended| at < ended);
        self.kinds.add_lead(keys.iter().map(String::as_str).zip(times().map(is_before)));
        let start = match source.start {
            Some(name) => date(lead, name),
            None => times().min(),
        };
        match start {
            Some(start) => self.lives.push((row, Life { start, won_at, lost_at })),
            None => self.without_start += 1,
        }
    }
}
