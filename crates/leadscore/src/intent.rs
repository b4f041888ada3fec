//! What a chat message says about its sender's wish to buy: hot, warm, cold, or nothing (neutral).
//!
//! Word lists find phrases on word boundaries, with negation ("no longer need") and questions, and a small linear model
//! weighs what they found together with the words themselves. Both are data. **The included ones read English only**,
//! and were made from synthetic sentences; a message in another language is neutral where no word is known.
//!
//! ```
//! use leadscore::intent::{Intent, IntentClassifier};
//!
//! let classifier = IntentClassifier::builtin();
//! for (message, intent) in [
//!     ("How much does it cost?", Intent::Hot),
//!     ("Tell me more about the sizes", Intent::Warm),
//!     ("Sorry, I'm not interested", Intent::Cold),
//!     ("Hello there", Intent::Neutral),
//! ] {
//!     assert_eq!(classifier.classify(message).intent, intent, "{message}");
//! }
//! ```
//!
//! How often it is right on real chats is in `benches/RESULTS.md` of the repository. For messages of your own trade,
//! [`IntentClassifier::train`] fits the model to your own labelled messages.

mod features;
mod model;
mod rules;
mod text;
mod train;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

pub use train::TrainingOptions;

use crate::json::Cursor;
use crate::{Error, ErrorKind};
use features::Features;
use model::{LinearModel, shares};
use rules::{Findings, WordLists};

const WORDS: &str = include_str!("intent/data/words-en.json");
const MODEL: &str = include_str!("intent/data/model-en.json");

/// The share of a message's words that a model must know to judge it alone.
const KNOWN_SHARE: f64 = 0.5;

/// The share that a model must give to its intent where the lists found nothing; below it, a model that knows neutral
/// messages says neutral.
const SURE_SHARE: f64 = 0.5;

/// What a message says about the sender's wish to buy. As JSON it is a word in capitals: `"HOT"`.
///
/// ```
/// use leadscore::intent::Intent;
/// assert_eq!("hot".parse(), Ok(Intent::Hot));
/// assert_eq!(Intent::Hot.to_string(), "HOT");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Intent {
    /// Wants to buy: asks for the price, a payment plan, a shop, a call.
    Hot,
    /// Is interested: asks about the product, compares, hesitates.
    Warm,
    /// Does not want it: says no, cancels, gives back.
    Cold,
    /// Says nothing about buying: a greeting, a question about an order that was placed.
    Neutral,
}

impl Intent {
    /// Every intent there is.
    pub const ALL: [Intent; 4] = [Intent::Hot, Intent::Warm, Intent::Cold, Intent::Neutral];

    /// The word for it: `HOT`, `WARM`, `COLD` or `NEUTRAL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Intent::Hot => "HOT",
            Intent::Warm => "WARM",
            Intent::Cold => "COLD",
            Intent::Neutral => "NEUTRAL",
        }
    }

    /// What is known of a lead after a message: neutral ones change nothing.
    ///
    /// ```
    /// use leadscore::intent::Intent;
    /// assert_eq!(Intent::Hot.after(Intent::Neutral), Intent::Hot);
    /// assert_eq!(Intent::Hot.after(Intent::Cold), Intent::Cold);
    /// ```
    #[must_use]
    pub fn after(self, message: Intent) -> Intent {
        if message == Intent::Neutral { self } else { message }
    }

    fn index(self) -> usize {
        self as usize
    }

    fn read(cursor: &Cursor<'_>) -> Result<Intent, Error> {
        cursor.word(&Intent::ALL.map(|intent| (intent.as_str(), intent)))
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Intent {
    type Err = Error;

    /// Reads the word in any case.
    fn from_str(text: &str) -> Result<Intent, Error> {
        let word = text.trim();
        Intent::ALL.into_iter().find(|intent| intent.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| {
            let shown: String = word.chars().take(40).collect();
            let message = format!("unknown intent `{shown}`; there are HOT, WARM, COLD, NEUTRAL");
            Error::new(ErrorKind::UnknownName, "", message)
        })
    }
}

/// What an intent was decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum IntentMethod {
    /// The word lists alone; there is no number for how sure that is.
    Rules,
    /// The linear model, which sees what the lists found; the confidence is its share for the class.
    Class,
    /// Nothing in the message is known: it may be in another language.
    Nothing,
}

/// Words of a message that speak for an intent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// The words in normal form, with the negation before them: `dont want to buy`.
    pub words: String,
    /// The code of the list they stand in: `price`, `refusal`, `support` …
    pub code: String,
    /// What they speak for.
    pub intent: Intent,
    /// Whether a negation turned their meaning.
    pub negated: bool,
}

/// The intent of one message, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Classification {
    /// The intent.
    pub intent: Intent,
    /// What it was decided by.
    pub method: IntentMethod,
    /// The model's share for the intent, 0 to 1, with [`IntentMethod::Class`] only. It was fitted to synthetic sentences,
    /// or to yours; it is no calibrated probability.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<f64>,
    /// The words found in the lists, in the order of the message. They may speak for different intents.
    pub evidence: Vec<Evidence>,
}

/// A message whose intent is known, to learn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelledMessage<'a> {
    text: &'a str,
    intent: Intent,
}

impl<'a> LabelledMessage<'a> {
    /// A message with its intent.
    pub fn new(text: &'a str, intent: Intent) -> Self {
        LabelledMessage { text, intent }
    }
}

/// Decides the intent of messages; a cheap handle, immutable.
///
/// The same message gives the same intent and the same bits of confidence on every machine.
#[derive(Debug, Clone)]
pub struct IntentClassifier {
    lists: Arc<WordLists>,
    model: Option<Arc<LinearModel>>,
}

impl IntentClassifier {
    /// The included classifier: English word lists, and a model fitted to synthetic sentences.
    ///
    /// ```
    /// use leadscore::intent::{Intent, IntentClassifier, IntentMethod};
    /// let read = IntentClassifier::builtin().classify("I don't want to buy anything");
    /// assert_eq!((read.intent, read.method), (Intent::Cold, IntentMethod::Rules));
    /// assert_eq!(read.evidence[0].words, "dont want to buy");
    /// assert!(read.evidence[0].negated);
    /// ```
    pub fn builtin() -> IntentClassifier {
        static BUILTIN: LazyLock<IntentClassifier> = LazyLock::new(|| {
            let lists = IntentClassifier::from_json(WORDS);
            lists.and_then(|lists| lists.with_model(MODEL)).expect("the included classifier can be read")
        });
        BUILTIN.clone()
    }

    /// A classifier by word lists alone, from their JSON; the included lists are an example of the form.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_model` with the path of what is wrong.
    pub fn from_json(lists: &str) -> Result<IntentClassifier, Error> {
        Ok(IntentClassifier { lists: Arc::new(WordLists::from_json(lists)?), model: None })
    }

    /// The same lists with a model as [`IntentClassifier::model_json`] gives it. A model must have been fitted with the
    /// same lists.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_model` with the path of what is wrong.
    pub fn with_model(self, model: &str) -> Result<IntentClassifier, Error> {
        Ok(IntentClassifier { model: Some(Arc::new(LinearModel::from_json(model)?)), ..self })
    }

    /// The same lists without a model: points are added up by intent, and the highest sum decides.
    #[must_use]
    pub fn without_model(self) -> IntentClassifier {
        IntentClassifier { model: None, ..self }
    }

    /// The same lists with a model fitted to labelled messages. It decides between the intents that occur in them;
    /// a refusal stays cold by the lists.
    ///
    /// The same messages in the same order give the same model, to the bit.
    ///
    /// # Errors
    /// `invalid_model` with the path `messages` where fewer than two intents occur; `invalid_context` for an option out of range.
    ///
    /// ```
    /// use leadscore::intent::{Intent, IntentClassifier, LabelledMessage, TrainingOptions};
    /// let messages = [
    ///     LabelledMessage::new("which sofa has a washable cover", Intent::Warm),
    ///     LabelledMessage::new("can the legs be unscrewed", Intent::Warm),
    ///     LabelledMessage::new("the left leg came off", Intent::Neutral),
    ///     LabelledMessage::new("one cushion was missing", Intent::Neutral),
    /// ];
    /// let own = IntentClassifier::builtin().train(&messages, &TrainingOptions::new())?;
    /// assert_eq!(own.classify("a leg was missing").intent, Intent::Neutral);
    /// let kept = own.model_json().unwrap();
    /// assert_eq!(IntentClassifier::builtin().with_model(&kept)?.model_json(), Some(kept));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn train(
        &self,
        messages: &[LabelledMessage<'_>],
        options: &TrainingOptions,
    ) -> Result<IntentClassifier, Error> {
        let model = train::fit(messages, |text| self.read(text).1, options)?;
        Ok(IntentClassifier { lists: self.lists.clone(), model: Some(Arc::new(model)) })
    }

    /// The model as JSON, where there is one: a weight for each hashed piece of text and intent, no text itself.
    pub fn model_json(&self) -> Option<String> {
        Some(self.model.as_ref()?.to_json())
    }

    /// The language of the lists, such as `en`.
    pub fn language(&self) -> &str {
        &self.lists.language
    }

    /// The year and month of the lists.
    pub fn lists_date(&self) -> &str {
        &self.lists.date
    }

    /// Decides the intent of a message. Of a long one the first 4,000 characters are read, of these the model reads
    /// 200 words.
    ///
    /// Who refuses is cold whatever else was said, unless a later part of the message says that they want something
    /// ("not the small one, but I'll take the large one").
    pub fn classify(&self, message: &str) -> Classification {
        let (findings, features) = self.read(message);
        let evidence = self.evidence(&findings);
        let by = |intent, method, confidence| Classification { intent, method, confidence, evidence };
        if findings.refuses {
            return by(Intent::Cold, IntentMethod::Rules, None);
        }
        if findings.all.is_empty() && self.is_unknown(&features, findings.common) {
            return by(Intent::Neutral, IntentMethod::Nothing, None);
        }
        match &self.model {
            Some(model) => {
                let shares = shares(&model.margins(&features));
                let best = match (highest(&shares), model.neutral()) {
                    (best, Some(neutral)) if findings.all.is_empty() && shares[best] < SURE_SHARE => neutral,
                    (best, _) => best,
                };
                by(model.classes[best], IntentMethod::Class, Some(shares[best]))
            }
            None => by(strongest(&findings), IntentMethod::Rules, None),
        }
    }

    /// Whether too few words are known to judge a message in which the lists found nothing.
    fn is_unknown(&self, features: &Features, common: bool) -> bool {
        let known = self.model.as_ref().map_or(0.0, |model| model.known_share(features));
        // A model without neutral messages decides between the others as soon as it knows a word.
        let knows_neutral = self.model.as_ref().is_none_or(|model| model.neutral().is_some());
        features.words.is_empty() || !common && (known == 0.0 || knows_neutral && known < KNOWN_SHARE)
    }

    fn evidence(&self, findings: &Findings) -> Vec<Evidence> {
        let said = findings.all.iter().filter_map(|finding| {
            let code = self.lists.groups[finding.group].code.clone();
            Some(Evidence {
                words: finding.words.clone(),
                code,
                intent: finding.intent?,
                negated: finding.negated,
            })
        });
        said.collect()
    }

    fn read(&self, message: &str) -> (Findings, Features) {
        let clauses = text::clauses(message);
        let findings = self.lists.find(&clauses);
        let features = Features::new(&clauses, &findings, &self.lists);
        (findings, features)
    }
}

/// The intent with the most points, neutral where there are none. Of equal ones a no counts before a yes.
fn strongest(findings: &Findings) -> Intent {
    let order = [Intent::Cold, Intent::Hot, Intent::Warm, Intent::Neutral];
    let points = order.map(|intent| findings.points[intent.index()]);
    if points.iter().all(|points| *points == 0.0) { Intent::Neutral } else { order[highest(&points)] }
}

/// The first of the highest values.
fn highest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}
