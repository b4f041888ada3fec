//! Answers in words, and where they come from.

use std::io::Write;

use leadscore::email::Email;
use leadscore::task::{
    Assisted, Author, ChatIntent, ChatReply, ConversionPrediction, Cost, FallbackReason, NextAction,
    NotAsked, Prompt, Qualification, RankedLead, TimeToClose,
};
use leadscore::{Basis, RiskFactor};
use leadscore_files::wording::{count, points};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::waterfall::heading;
use crate::terminal::{Look, fit};

/// Writes results of tasks for people.
pub(crate) struct Words<'a> {
    out: &'a mut dyn Write,
    look: Look,
}

/// What a model would be asked, and what that would take.
#[derive(Serialize)]
pub(crate) struct Question<'a> {
    pub(crate) prompt: &'a Prompt,
    /// In the vocabulary `o200k_base`, where this build can count.
    #[serde(rename = "o200k_token_count", skip_serializing_if = "Option::is_none")]
    pub(crate) token_count: Option<u64>,
    /// The most that one attempt can cost, in dollars, where the price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) highest_cost: Option<Cost>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, look: Look) -> Words<'a> {
        Words { out, look }
    }

    pub(crate) fn title(&mut self, title: &str, id: &str) -> Result<(), Failure> {
        writeln!(self.out, "\n{}", heading(title, id, self.look))?;
        Ok(())
    }

    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}")?;
        Ok(())
    }

    fn heading(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "\n{}", self.look.bold(text))?;
        Ok(())
    }

    fn risks(&mut self, risks: &[RiskFactor]) -> Result<(), Failure> {
        if risks.is_empty() {
            return Ok(());
        }
        self.heading("What speaks for it, and against")?;
        for risk in risks {
            let (impact, trend) = (word(&risk.impact), word(&risk.trend));
            writeln!(self.out, "  {}: {} ({impact} impact, {trend})", risk.factor, risk.text)?;
        }
        Ok(())
    }

    pub(crate) fn ranking(
        &mut self,
        ranking: &[RankedLead],
        title: impl Fn(&str) -> String,
    ) -> Result<(), Failure> {
        writeln!(self.out)?;
        let width = (self.look.width / 3).clamp(20, 40);
        for lead in ranking {
            let name = self.look.bold(&fit(&title(&lead.lead_id), width));
            writeln!(self.out, "{:>4}  {name} {:>5.1}  {}", lead.rank, lead.score, lead.reason)?;
        }
        Ok(())
    }

    pub(crate) fn conversion(&mut self, own: &ConversionPrediction) -> Result<(), Failure> {
        self.line(&format!(
            "{:.0} % becomes a customer within 90 days ({})",
            own.probability * 100.0,
            basis(own.basis)
        ))?;
        if own.basis == Basis::Llm {
            let share = own.pipeline_probability * 100.0;
            self.line(&format!("The pipeline's own: {share:.0} % ({})", basis(own.pipeline_basis)))?;
        }
        self.line(&own.explanation)?;
        self.risks(&own.risks)?;
        if !own.recommendations.is_empty() {
            self.heading("Do next")?;
            for next in &own.recommendations {
                self.line(&format!("  {}: {} ({})", next.timeframe, next.action, next.rationale))?;
            }
        }
        Ok(())
    }

    pub(crate) fn time_to_close(&mut self, own: &TimeToClose) -> Result<(), Failure> {
        let interval = own.interval.as_ref();
        let interval =
            interval.map(|interval| format!(", between {:.0} and {:.0}", interval.low, interval.high));
        let interval = interval.unwrap_or_default();
        if own.basis == Basis::Llm {
            self.line(&format!("{:.0} days until it signs ({})", own.days, basis(own.basis)))?;
            self.line(&format!("The pipeline's own: {:.0} days{interval}", own.pipeline_days))?;
        } else {
            self.line(&format!("{:.0} days until it signs{interval} ({})", own.days, basis(own.basis)))?;
        }
        self.line(&own.explanation)?;
        self.risks(&own.risks)
    }

    pub(crate) fn qualification(&mut self, own: &Qualification) -> Result<(), Failure> {
        let Qualification { adjustment, reasoning, .. } = own;
        self.line(&format!("{} points for the lead's own words", points(*adjustment)))?;
        self.line(reasoning)
    }

    pub(crate) fn next_action(&mut self, own: &NextAction) -> Result<(), Failure> {
        self.line(&format!("{}: {}", own.timeframe, own.action))?;
        self.line(&format!("{} priority. {}", capitalised(&word(&own.priority)), own.rationale))
    }

    pub(crate) fn email(&mut self, own: &Email) -> Result<(), Failure> {
        writeln!(self.out)?;
        if let Some(subject) = &own.subject {
            self.line(&format!("Subject: {subject}\n"))?;
        }
        self.line(&own.body)?;
        writeln!(self.out)?;
        let why = self.look.dim(&own.why);
        self.line(&why)
    }

    pub(crate) fn intent(&mut self, own: &ChatIntent) -> Result<(), Failure> {
        self.line(&format!("{}", own.intent))?;
        if let Some(words) = &own.words {
            self.line(&format!("  {words} ({})", basis(own.basis)))?;
            self.line(&format!("The classifier's own: {}", own.own.intent))?;
        }
        for evidence in &own.own.evidence {
            let negated = if evidence.negated { ", negated" } else { "" };
            self.line(&format!("  {}: {} ({}{negated})", evidence.intent, evidence.words, evidence.code))?;
        }
        Ok(())
    }

    pub(crate) fn reply(&mut self, own: &ChatReply) -> Result<(), Failure> {
        self.line(&own.reply.text)?;
        let details = &own.conversation.contact;
        let known = [&details.name, &details.email, &details.phone, &details.interest];
        let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
        writeln!(self.out)?;
        self.line(&format!(
            "{} so far: {}",
            own.conversation.intent,
            join_or(&known, "nothing is known of the lead")
        ))
    }

    /// Who made the result, and what that took.
    pub(crate) fn source<T>(&mut self, assisted: &Assisted<T>) -> Result<(), Failure> {
        let Assisted { provenance, usage, cost, .. } = assisted;
        let mut text = match (&provenance.reason, &provenance.model, provenance.author) {
            (None, Some(model), Author::Model) => {
                format!("Written by {model}, and checked against the data.")
            }
            (Some(reason), ..) => format!("Written by rules: {}.", fallback(reason)),
            _ => "Written by rules.".to_owned(),
        };
        if let Some(usage) = usage {
            let (input, output) = (count(usage.input_tokens), count(usage.output_tokens));
            text += &format!(" {input} tokens in, {output} out");
            text += &cost
                .map_or_else(|| "; what they cost is not known.".to_owned(), |cost| format!(", {cost}."));
        }
        writeln!(self.out, "\n{}", self.look.dim(&text))?;
        Ok(())
    }

    /// A question as it would be sent.
    pub(crate) fn question(&mut self, question: &Question<'_>, model: Option<&str>) -> Result<(), Failure> {
        let Question { prompt, token_count, highest_cost } = question;
        for (name, text) in [("system", &prompt.system), ("user", &prompt.user), ("schema", &prompt.schema)] {
            writeln!(self.out, "{}\n{text}\n", self.look.dim(&format!("---- {name}")))?;
        }
        writeln!(self.out, "{}", self.look.dim("---- what it takes"))?;
        match token_count {
            Some(tokens) => writeln!(
                self.out,
                "{} input tokens in the vocabulary o200k_base, which is that of gpt-4o and later; at most {} in any",
                count(*tokens),
                count(prompt.input_token_bound())
            )?,
            None => writeln!(self.out, "at most {} input tokens", count(prompt.input_token_bound()))?,
        }
        writeln!(self.out, "at most {} output tokens", count(u64::from(prompt.max_output_tokens)))?;
        match (model, highest_cost) {
            (Some(model), Some(cost)) => writeln!(self.out, "at most {cost} for each attempt with {model}")?,
            (Some(model), None) => writeln!(self.out, "the price of {model} is not known")?,
            (None, _) => writeln!(self.out, "--model names the model whose price counts")?,
        }
        Ok(())
    }
}

/// A result as JSON, with a line break at its end.
pub(crate) fn json(out: &mut dyn Write, result: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, result).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Why the rules answer, as part of a sentence.
pub(crate) fn fallback(reason: &FallbackReason) -> String {
    match reason {
        FallbackReason::NotAsked { why: NotAsked::NoModel } => "no model was asked".to_owned(),
        FallbackReason::NotAsked { why: NotAsked::OverBudget } => {
            "the model was not asked, for that could exceed the budget".to_owned()
        }
        FallbackReason::Failed { failure } => format!("the model failed: {failure}"),
        FallbackReason::Rejected { rejection } => format!("the model's answer is not taken: {rejection}"),
        _ => "the model gave no answer".to_owned(),
    }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Model => "a trained model's",
        Basis::Calibrated => "calibrated on known outcomes",
        Basis::Rules => "by rules, not calibrated",
        Basis::Llm => "a language model's, not calibrated",
        _ => "not calibrated",
    }
}

/// An enum's word in its JSON.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    }
}

fn join_or(parts: &[&str], none: &str) -> String {
    if parts.is_empty() { none.to_owned() } else { parts.join(" · ") }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
