//! Answers of language models, honest ones and others: what is taken, and what is refused and why.

use leadscore::record::JsonReader;
use leadscore::task::{
    ConversionTask, NextActionTask, QualificationTask, RankingTask, RejectionKind, Task, TimeToCloseTask,
};
use leadscore::{AsOf, Lead, Pipeline, Prediction, Zone};
use serde::Deserialize;

const AS_OF: &str = "2026-11-20T12:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case is about.
    note: String,
    task: String,
    /// The lead's number in `leads.json`, from 1; 0 for a ranking, which has all of them.
    lead: usize,
    reply: String,
    /// Why a refused answer is refused.
    #[serde(default)]
    kind: Option<RejectionKind>,
}

fn as_of() -> AsOf {
    AsOf::parse(AS_OF, &Zone::utc()).unwrap()
}

fn leads() -> Vec<Lead> {
    let leads = JsonReader::new(Zone::utc()).leads(include_str!("replies/leads.json")).unwrap();
    leads.into_iter().collect::<Result<_, _>>().unwrap()
}

fn predict(pipeline: &str, lead: &Lead) -> Prediction {
    Pipeline::builtin(pipeline).unwrap().score(lead, &as_of()).unwrap()
}

/// What a task says of an answer.
fn verdict(leads: &[Lead], case: &Case) -> Result<(), RejectionKind> {
    let lead = case.lead.checked_sub(1).map(|at| &leads[at]);
    let accepted = match (case.task.as_str(), lead) {
        ("conversion", Some(lead)) => {
            ConversionTask::new(lead, &predict("conversion", lead)).unwrap().accept(&case.reply).map(|_| ())
        }
        ("time_to_close", Some(lead)) => {
            TimeToCloseTask::new(lead, &predict("conversion", lead)).unwrap().accept(&case.reply).map(|_| ())
        }
        ("next_action", Some(lead)) => {
            NextActionTask::new(lead, &predict("conversion", lead)).accept(&case.reply).map(|_| ())
        }
        ("qualification", Some(lead)) => {
            let pipeline = Pipeline::builtin("qualify").unwrap();
            let task = QualificationTask::new(&pipeline, lead, &predict("qualify", lead)).unwrap();
            task.accept(&case.reply).map(|_| ())
        }
        ("ranking", None) => {
            let predictions: Vec<Prediction> = leads.iter().map(|lead| predict("conversion", lead)).collect();
            let tasks = RankingTask::chunks(leads.iter().zip(&predictions));
            tasks[0].accept(&case.reply).map(|_| ())
        }
        (task, _) => panic!("{}: no task `{task}` for lead {}", case.note, case.lead),
    };
    accepted.map_err(|rejection| {
        println!("{}: {rejection}", case.note);
        rejection.kind
    })
}

#[test]
fn prompts_hold_the_lead_as_data_and_no_way_to_reach_it() {
    let leads = leads();
    let conversion: Vec<Prediction> = leads.iter().map(|lead| predict("conversion", lead)).collect();
    let qualify = Pipeline::builtin("qualify").unwrap();
    let mut prompts = vec![RankingTask::chunks(leads.iter().zip(&conversion))[0].prompt()];
    for (lead, prediction) in leads.iter().zip(&conversion) {
        let qualified = predict("qualify", lead);
        prompts.extend([
            ConversionTask::new(lead, prediction).unwrap().prompt(),
            TimeToCloseTask::new(lead, prediction).unwrap().prompt(),
            NextActionTask::new(lead, prediction).prompt(),
            QualificationTask::new(&qualify, lead, &qualified).unwrap().prompt(),
        ]);
        for prompt in &prompts[prompts.len() - 4..] {
            let title = serde_json::to_string(&lead.attributes["title"]).unwrap();
            assert!(prompt.user.contains(&title) && !prompt.system.contains(title.trim_matches('"')));
        }
    }
    for prompt in prompts {
        let data =
            prompt.user.strip_prefix("<data>\n").and_then(|text| text.strip_suffix("\n</data>")).unwrap();
        serde_json::from_str::<serde_json::Value>(data).unwrap();
        let schema: serde_json::Value = serde_json::from_str(&prompt.schema).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        assert!(!prompt.user.contains('@') && !prompt.user.contains("23125"), "{}", prompt.user);
    }
}

/// How many of some answers are taken as they should be; the others are printed.
fn count_right(cases: &[Case], is_right: impl Fn(&Case, Result<(), RejectionKind>) -> bool) -> usize {
    let leads = leads();
    let right = cases.iter().filter(|case| {
        let found = verdict(&leads, case);
        let is_right = is_right(case, found);
        if !is_right {
            println!("  {} {} {}: {found:?}", case.task, case.lead, case.note);
        }
        is_right
    });
    right.count()
}

#[test]
fn honest_answers_are_taken() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("replies/honest.json")).unwrap();
    assert!(cases.len() >= 60);
    let taken = count_right(&cases, |_, found| found.is_ok());
    println!("{taken} of {} honest answers are taken", cases.len());
    assert!(taken * 100 >= cases.len() * 95, "{taken} of {}", cases.len());
}

#[test]
fn other_answers_are_refused() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("replies/refused.json")).unwrap();
    assert!(cases.len() >= 60);
    let refused = count_right(&cases, |case, found| found.err() == case.kind);
    println!("{refused} of {} others are refused, each for its own fault", cases.len());
    assert_eq!(refused, cases.len());
}

/// What no look at numbers, names and words can find: a fact told of the wrong thing, and a sentence turned around.
#[test]
fn some_wrong_answers_cannot_be_told() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("replies/limits.json")).unwrap();
    assert_eq!(count_right(&cases, |_, found| found.is_ok()), cases.len());
}
