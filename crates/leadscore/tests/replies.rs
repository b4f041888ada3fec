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

/// What a task says of an answer.
fn verdict(leads: &[Lead], case: &Case) -> Result<(), RejectionKind> {
    let lead = case.lead.checked_sub(1).map(|at| &leads[at]);
    let predict = |pipeline: &str, lead: &Lead| -> Prediction {
        Pipeline::builtin(pipeline).unwrap().score(lead, &as_of()).unwrap()
    };
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
#[ignore = "prints the prompts"]
fn prompts() {
    let leads = leads();
    for lead in &leads {
        let prediction = Pipeline::builtin("conversion").unwrap().score(lead, &as_of()).unwrap();
        let qualify = Pipeline::builtin("qualify").unwrap();
        let qualified = qualify.score(lead, &as_of()).unwrap();
        for prompt in [
            ConversionTask::new(lead, &prediction).unwrap().prompt(),
            TimeToCloseTask::new(lead, &prediction).unwrap().prompt(),
            NextActionTask::new(lead, &prediction).prompt(),
            QualificationTask::new(&qualify, lead, &qualified).unwrap().prompt(),
        ] {
            println!(
                "==== {} for {:?}\nSYSTEM {}\nUSER {}\nSCHEMA {}\n",
                prompt.task, lead.id, prompt.system, prompt.user, prompt.schema
            );
        }
    }
    let predictions: Vec<Prediction> = leads
        .iter()
        .map(|lead| Pipeline::builtin("conversion").unwrap().score(lead, &as_of()).unwrap())
        .collect();
    let prompt = RankingTask::chunks(leads.iter().zip(&predictions))[0].prompt();
    println!(
        "==== {}\nSYSTEM {}\nUSER {}\nSCHEMA {}",
        prompt.task, prompt.system, prompt.user, prompt.schema
    );
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
