//! `leadscore assist`: predictions, an order of work and answers in words, with a language model or without one.

#![allow(clippy::redundant_closure_for_method_calls, reason = "the methods have a lifetime of their own")]

mod asker;
mod chat;
#[cfg(feature = "connect")]
mod connection;
#[cfg(not(feature = "connect"))]
mod no_connection;

use leadscore::email::{Channel, EmailTask, Sender};
use leadscore::task::{
    Assisted, ConversionTask, Cost, NextActionTask, Provenance, QualificationTask, RankedLead, RankingTask,
    Task, TimeToCloseTask, Usage,
};
use leadscore::{Error, Lead, Prediction};
use leadscore_files::{ReadLead, Rejection, Rejects, lead_title, note_warnings, read_knowledge};
use serde::Serialize;

use crate::args::Format;
use crate::args::assist::{AssistCommand, EmailArgs, LeadArgs, MessageChannel, RankArgs};
use crate::failure::Failure;
use crate::input::Work;
use crate::notes::{StderrNotes, note_line};
use crate::output::assist::{self as words, Words};
use asker::Asker;

/// Answers; true when nothing was left out: every row was read, and a model that was to be asked has answered.
pub(crate) fn run(command: &AssistCommand) -> Result<bool, Failure> {
    match command {
        AssistCommand::Predict(args) => {
            let task =
                |lead: &Work, prediction: &Prediction| ConversionTask::new(lead.leads.lead(), prediction);
            about_lead(args, task, ConversionTask::with_contact_details, |words, own| words.conversion(own))
        }
        AssistCommand::Time(args) => {
            let task =
                |lead: &Work, prediction: &Prediction| TimeToCloseTask::new(lead.leads.lead(), prediction);
            about_lead(args, task, TimeToCloseTask::with_contact_details, |words, own| {
                words.time_to_close(own)
            })
        }
        AssistCommand::Qualify(args) => {
            let task = |work: &Work, prediction: &Prediction| {
                QualificationTask::new(&work.pipeline, work.leads.lead(), prediction)
            };
            about_lead(args, task, QualificationTask::with_contact_details, |words, own| {
                words.qualification(own)
            })
        }
        AssistCommand::Next(args) => {
            let task =
                |work: &Work, prediction: &Prediction| Ok(NextActionTask::new(work.leads.lead(), prediction));
            about_lead(args, task, NextActionTask::with_contact_details, |words, own| words.next_action(own))
        }
        AssistCommand::Rank(args) => rank(args),
        AssistCommand::Email(args) => email(args),
        AssistCommand::Intent(args) => chat::intent(args),
        AssistCommand::Reply(args) => chat::reply(args),
    }
}

/// One question about one lead of the file.
fn about_lead<T: Task + Sync>(
    args: &LeadArgs,
    task: impl Fn(&Work, &Prediction) -> Result<T, Error>,
    with_contact_details: fn(T) -> T,
    write: fn(&mut Words<'_>, &T::Output) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let mut asker = Asker::new(&args.model)?;
    let mut work = Work::new(&args.input, &[("--output", args.model.output.path())])?;
    let all_read = work.find_lead(&args.lead)?;
    work.judge(&work.worthless())?;
    let prediction = work.score()?;
    let task = task(&work, &prediction)?;
    let task = if args.model.mask { with_contact_details(task) } else { task };
    let Some(assisted) = asker.ask(task)? else { return Ok(all_read) };
    let title = lead_title(work.leads.lead());
    asker.write(&assisted, |words| {
        words.title(&title, &prediction.lead_id)?;
        write(words, &assisted.output)
    })?;
    Ok(asker.has_answered() && all_read)
}

/// A message to one lead of the file.
fn email(args: &EmailArgs) -> Result<bool, Failure> {
    let knowledge = read_knowledge(&args.knowledge)?;
    let name = args.sender.display().to_string();
    let text = std::fs::read_to_string(&args.sender)
        .map_err(|error| Failure::message(format!("{name}: {error}")))?;
    let sender: Sender =
        serde_json::from_str(&text).map_err(|error| Failure::message(format!("{name}: {error}")))?;
    let channel = match args.channel {
        MessageChannel::Email => Channel::Email,
        MessageChannel::Whatsapp => Channel::Whatsapp,
        MessageChannel::Instagram => Channel::Instagram,
    };
    let mut asker = Asker::new(&args.about.model)?;
    let mut work = Work::new(&args.about.input, &[("--output", args.about.model.output.path())])?;
    let all_read = work.find_lead(&args.about.lead)?;
    work.judge(&work.worthless())?;
    let prediction = work.score()?;
    let knowledge = match &args.embeddings {
        Some(model) => asker.by_meaning(model, knowledge, &EmailTask::query(work.leads.lead()))?,
        None => knowledge,
    };
    let task = EmailTask::new(work.leads.lead(), &prediction, &knowledge, &sender)?.channel(channel);
    let Some(assisted) = asker.ask(task)? else { return Ok(all_read) };
    let title = lead_title(work.leads.lead());
    asker.write(&assisted, |words| {
        words.title(&title, &prediction.lead_id)?;
        words.email(&assisted.output)
    })?;
    Ok(asker.has_answered() && all_read)
}

/// The best leads of the file in the order to work through them.
fn rank(args: &RankArgs) -> Result<bool, Failure> {
    if args.top == 0 {
        return Err(Failure::message("--top 0 leads; wants at least 1"));
    }
    let mut asker = Asker::new(&args.model)?;
    let mut work = Work::new(&args.input, &[("--output", args.model.output.path())])?;
    let mut rejects = Rejects::create(args.input.rejects.as_deref())?;
    let mut notes = StderrNotes::default();
    let mut best: Vec<(Lead, Prediction)> = Vec::new();
    let mut lead_count = 0_u64;
    let keep_best = |best: &mut Vec<(Lead, Prediction)>| {
        best.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        best.truncate(args.top);
    };
    loop {
        match work.read_lead()? {
            ReadLead::End => break,
            ReadLead::Rejected(rejection) => rejects.add(&rejection, &mut notes)?,
            ReadLead::Lead => match work.score() {
                Ok(prediction) => {
                    best.push((work.leads.lead().clone(), prediction));
                    lead_count += 1;
                    // Now and then, so that a long file takes little memory.
                    if best.len() >= args.top.saturating_mul(2).max(1_000) {
                        keep_best(&mut best);
                    }
                }
                Err(error) => {
                    let raw = serde_json::to_string(work.leads.lead()).expect("a lead serializes");
                    rejects.add(&Rejection::new(work.leads.line(), error.to_string(), raw), &mut notes)?;
                }
            },
        }
    }
    keep_best(&mut best);
    rejects.add_log(work.leads.take_log_rejections(), &mut notes)?;
    let all_read = rejects.count() == 0;
    rejects.finish(&mut notes)?;
    note_warnings(&work.leads.warnings(), &work.values, &mut notes);
    work.judge(&work.worthless())?;
    if lead_count > best.len() as u64 {
        note_line(&format!(
            "the {} leads with the highest score of {lead_count} are ranked; --top ranks more",
            best.len()
        ));
    }
    let mut parts = Vec::new();
    for task in RankingTask::chunks(best.iter().map(|(lead, prediction)| (lead, prediction))) {
        let task = if args.model.mask { task.with_contact_details() } else { task };
        parts.extend(asker.ask(task)?);
    }
    if args.model.dry_run {
        return Ok(all_read);
    }
    let ranking = RankingTask::merge(parts.iter().map(|part| part.output.clone()));
    let mut out = args.model.output.open()?;
    if args.model.format()? == Format::Json {
        words::json(&mut out, &Ranking { ranking: &ranking, parts: parts.iter().map(Part::new).collect() })?;
    } else {
        let mut words = Words::new(&mut out, args.model.output.look());
        let title =
            |id: &str| best.iter().find(|(_, own)| own.lead_id == id).map(|(lead, _)| lead_title(lead));
        words.ranking(&ranking, |id| title(id).unwrap_or_default())?;
        for part in &parts {
            words.source(part)?;
        }
    }
    out.finish()?;
    Ok(asker.has_answered() && all_read)
}

/// What `assist rank --json` writes.
#[derive(Serialize)]
struct Ranking<'a> {
    ranking: &'a [RankedLead],
    /// One for each question, of at most [`RankingTask::MAX_LEADS`] leads.
    parts: Vec<Part<'a>>,
}

/// Where the order of the leads of one question comes from.
#[derive(Serialize)]
struct Part<'a> {
    provenance: &'a Provenance,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
}

impl<'a> Part<'a> {
    fn new<T>(assisted: &'a Assisted<T>) -> Part<'a> {
        Part { provenance: &assisted.provenance, usage: assisted.usage.as_ref(), cost: assisted.cost }
    }
}
