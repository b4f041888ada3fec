//! Scores sales leads inside your own process: which ones first, why, and what to do next.
//!
//! A lead record and its activity log become a score from 0 to 100, a tier, reasons in plain words that add up to the
//! score, and the next action. A scoring system is one JSON file, of rules or around an XGBoost or LightGBM model;
//! nine are included. The library needs no network, clock, database or global state, and gives the same bits on every
//! machine.
//!
//! * [Quick example](#quick-example)
//! * [Concepts](#concepts)
//! * [Cookbook](#cookbook)
//! * [Errors](#errors)
//! * [Guarantees](#guarantees)
//! * [Crate features and related crates](#crate-features-and-related-crates)
//!
//! # Quick example
//!
//! ```
//! use leadscore::{Activity, AsOf, Lead, Pipeline, Timestamp, Zone};
//!
//! let pipeline = Pipeline::builtin("conversion")?;
//! let utc = Zone::utc();
//! let lead = Lead::new("L-1")
//!     .with("company", "Acme Ltd")
//!     .with("title", "VP Engineering")
//!     .with("email", "ann@acme.example")
//!     .activity(Activity::new("meeting", Timestamp::parse("2026-11-19T10:00:00Z", &utc)?));
//!
//! let prediction = pipeline.score(&lead, &AsOf::parse("2026-11-20", &utc)?)?;
//! assert_eq!((prediction.score.round(), prediction.tier.as_deref()), (53.0, Some("WARM")));
//! let reasons = &prediction.explanation.reasons;
//! assert_eq!(&*reasons[0].text, "Decides as a vice president");
//! assert_eq!(format!("{:+.1}", reasons[0].points), "+8.2");
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! # Concepts
//!
//! | type | what it is |
//! |---|---|
//! | [`Lead`] | id, attributes (text, number or flag) and activities of a person or company that may buy |
//! | [`Record`] | the trait behind it: anything features can be read from, such as your own type |
//! | [`FeatureSchema`] | the features as data: name, type, range, default, and the source each is computed from |
//! | [`FeatureMatrix`], [`Dataset`] | features of many leads, NaN where missing; with labels, weights and times |
//! | [`Scorecard`], [`Forest`] | the scorer: rules with points, or boosted trees; features to a margin and its parts |
//! | [`Scale`] | from the margin to the score, 0–100, and to a probability; calibration is part of it |
//! | [`TierScheme`] | names and actions for ranges of the score or the probability, or for classes |
//! | [`Explanation`] | baseline, contributions and rest, which add up to the score; the strongest are its reasons |
//! | [`Pipeline`] | all of these in one immutable, versioned JSON file; a cheap handle, `Send + Sync` |
//! | [`AsOf`] | when a lead is scored: a time, and the zone of local hours. Later activities do not count |
//! | [`ScoreOptions`], [`Mode`] | lenient (default values, and what is missing is reported) or strict; how many reasons |
//! | [`IntentClassifier`](intent::IntentClassifier) | whether a chat message is hot, warm, cold or neutral, in English |
//! | [`Chat`](chat::Chat), [`Conversation`](chat::Conversation) | contact details, one question at a time, a reply for every turn |
//! | [`Score`], [`Prediction`] | the numbers, the tier and a few reasons, for many leads; or everything |
//!
//! ```text
//! record ──schema, as of a time──▶ features ──scorer──▶ margin ──scale──▶ score, probability ──▶ tier, action
//!                                      └─────── contributions of each feature or rule ──▶ reasons
//! ```
//!
//! Which method for what:
//!
//! * [`Pipeline::score`] gives a [`Prediction`], [`Pipeline::score_brief`] a [`Score`].
//! * [`Pipeline::score_many`] and [`Pipeline::score_many_brief`] take leads, with one time or a time for each.
//! * [`Pipeline::score_columns`] gives columns instead of rows, for tables; [`Pipeline::score_matrix`] starts from
//!   features.
//! * [`Pipeline::score_json`] and its siblings take and give JSON text; the packages for other languages are built on
//!   them.
//!
//! # Cookbook
//!
//! * [Score one JSON body](#score-one-json-body)
//! * [List every problem of a record, for an HTTP 422](#list-every-problem-of-a-record-for-an-http-422)
//! * [Score many leads, each as of its own time](#score-many-leads-each-as-of-its-own-time)
//! * [Show reasons that add up](#show-reasons-that-add-up)
//! * [Write a pipeline as JSON](#write-a-pipeline-as-json)
//! * [Build a pipeline from values](#build-a-pipeline-from-values)
//! * [Score with your own XGBoost or LightGBM model](#score-with-your-own-xgboost-or-lightgbm-model)
//! * [Get a feature matrix](#get-a-feature-matrix)
//! * [Get labelled data for learning](#get-labelled-data-for-learning)
//! * [Implement `Record` for your own type](#implement-record-for-your-own-type)
//!
//! ## Score one JSON body
//!
//! A [`JsonReader`](record::JsonReader) reads a body straight into the attributes that the schema wants, without a map
//! in between. Fields that the schema does not know are skipped and reported; refusing them is an option.
//!
//! ```
//! use leadscore::record::JsonReader;
//! use leadscore::{AsOf, Pipeline, Zone};
//!
//! let pipeline = Pipeline::builtin("conversion")?;
//! let as_of = AsOf::parse("2026-11-20", &Zone::utc())?;
//! let body = r#"{"id": 7, "company": "Acme Ltd", "title": "VP Sales", "shoe_size": 43}"#;
//!
//! let reader = JsonReader::new(as_of.zone.clone());
//! let record = reader.record(body, pipeline.schema().attribute_names())?;
//! assert_eq!(record.skipped().len(), 1);
//!
//! let prediction = pipeline.score(&record, &as_of)?;
//! assert_eq!((prediction.lead_id.as_str(), prediction.tier.as_deref()), ("7", Some("COLD")));
//! let answer = serde_json::to_string(&prediction).unwrap();
//! assert!(answer.starts_with(r#"{"lead_id":"7","score":"#));
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## List every problem of a record, for an HTTP 422
//!
//! Strict mode refuses a lead whose required features are missing or whose values cannot be used. [`Error::issues`]
//! has all of them, each with the feature, the path, a message and the value found; they serialise to JSON.
//!
//! ```
//! use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Zone};
//!
//! let pipeline = Pipeline::builtin("heat")?;
//! let lead = Lead::new("L-8").with("page_views", -3).with("prior_course_interest", "high");
//! let as_of = AsOf::parse("2026-11-20", &Zone::utc())?;
//!
//! let error = pipeline.score_with(&lead, &as_of, &ScoreOptions::new().strict()).unwrap_err();
//! let lines: Vec<String> = error.issues().iter().map(|issue| format!("{}: {}", issue.path(), issue.message())).collect();
//! assert_eq!(lines, [
//!     "attributes.recency_days: days since the last contact is required",
//!     "attributes.page_views: page views: -3 lies outside from 0 up",
//! ]);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! [`FeatureSchema::check`] gives the same list without scoring.
//!
//! ## Score many leads, each as of its own time
//!
//! ```
//! use leadscore::{Activity, Lead, Pipeline, ScoreOptions, Timestamp, When, Zone};
//!
//! let utc = Zone::utc();
//! let meeting = Activity::new("meeting", Timestamp::parse("2026-10-15T10:00:00Z", &utc)?);
//! let lead = Lead::new("L-1").with("title", "VP Sales").activity(meeting);
//! let times = [Timestamp::parse("2026-10-15", &utc)?, Timestamp::parse("2026-10-16", &utc)?];
//!
//! let pipeline = Pipeline::builtin("conversion")?;
//! let scores = pipeline.score_many_brief([&lead, &lead], When::each(&times, &utc), &ScoreOptions::new().reasons(2));
//! let scores = scores.into_iter().collect::<Result<Vec<_>, _>>()?;
//! // When the 15th of October began, the meeting had not happened yet.
//! assert!(scores[0].score < scores[1].score);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## Show reasons that add up
//!
//! `baseline + Σ contributions + rest = score`. Every cap, clip and disqualification is a contribution of its own, and
//! `rest` is what rounding leaves.
//!
//! ```
//! use leadscore::{AsOf, Lead, Pipeline, Zone};
//!
//! let lead = Lead::new("L-1").with("company", "Acme").with("title", "CEO").with("email", "ann@acme.example");
//! let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-20", &Zone::utc())?)?;
//!
//! let explanation = &prediction.explanation;
//! let mut sum = explanation.baseline.unwrap();
//! for contribution in &explanation.contributions {
//!     println!("{:+6.1}  {}", contribution.points, contribution.text);
//!     sum += contribution.points;
//! }
//! assert!((sum + explanation.rest - prediction.score).abs() <= 1e-9);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## Write a pipeline as JSON
//!
//! The language is described in the repository, in `docs/pipelines.md`. What cannot be used is refused with its path.
//!
//! ```
//! use leadscore::{AsOf, Lead, Pipeline, Zone};
//!
//! let pipeline = Pipeline::from_json(r#"{"format": 1, "id": "mine",
//!     "schema": {"features": [
//!         {"name": "visits", "type": "number", "default": 0, "source": {"from": "count", "types": ["visit"], "within_days": 30}},
//!         {"name": "has_phone", "type": "flag", "source": {"from": "attribute", "name": "phone", "as": "present"}}]},
//!     "scorer": {"kind": "scorecard", "unit": "points", "base": 20, "range": [0, 100],
//!         "groups": [{"code": "interest", "rules": [
//!             {"code": "visits", "points": {"product": [10, "visits"]}, "range": [0, 40], "text": "{visits:visit|visits} in 30 days"},
//!             {"code": "phone", "when": "has_phone", "points": 5, "text": "Can be called"}]}]},
//!     "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#)?;
//!
//! let prediction = pipeline.score(&Lead::new("L-1").with("phone", "+49 30 1"), &AsOf::parse("2026-11-20", &Zone::utc())?)?;
//! assert_eq!((prediction.score, &*prediction.explanation.reasons[0].text), (25.0, "Can be called"));
//!
//! let error = Pipeline::from_json(&pipeline.to_json().replace(r#""has_phone","points""#, r#""phone","points""#)).unwrap_err();
//! assert_eq!(*error.path(), "scorer.groups[0].rules[1].when");
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## Build a pipeline from values
//!
//! ```
//! use leadscore::scorecard::{GroupBuilder, RuleBuilder, ScorecardUnit};
//! use leadscore::{FeatureSchema, Pipeline, Range, Scale, Scorecard, TierScheme};
//!
//! let schema = FeatureSchema::builtin("lead-ml")?;
//! let meetings = RuleBuilder::points("meetings", "meeting_count").range(Range { low: 0.0, high: 10.0 });
//! let phone = RuleBuilder::points("phone", 5.0).when("has_phone").text("Can be called");
//! let card = Scorecard::builder(ScorecardUnit::Points)
//!     .base(20.0)
//!     .group(GroupBuilder::new("contact").rule(meetings).rule(phone))
//!     .build(&schema)?;
//! let pipeline = Pipeline::builder("mine")
//!     .schema(schema)
//!     .scorecard(card)
//!     .scale(Scale::points())
//!     .tiers(TierScheme::builtin("hot-warm-cold")?)
//!     .build()?;
//! assert_eq!(Pipeline::from_json(&pipeline.to_json())?, pipeline);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## Score with your own XGBoost or LightGBM model
//!
//! [`Forest`] loads XGBoost's JSON and UBJSON and LightGBM's text. Margins have the bits of the library that wrote the file, and
//! contributions are exact SHAP values. [`Pipeline::from_forest`] adds a schema, a scale and tiers; the schema may
//! come from the model alone.
//!
//! ```
//! use leadscore::{AsOf, FeatureMatrix, Forest, ImportOptions, Lead, Pipeline, Zone, forest::Iterations};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/x_education.ubj");
//! # /*
//! let path = "model.ubj";
//! # */
//! let forest = Forest::from_bytes(&std::fs::read(path)?)?;
//! let unknown = FeatureMatrix::new(forest.feature_count(), vec![f64::NAN; forest.feature_count()])?;
//! let margins = forest.margin(&unknown, Iterations::All)?;
//! assert_eq!(margins.len(), 1);
//!
//! let pipeline = Pipeline::from_forest(forest, &ImportOptions::new("mine"))?;
//! let prediction = pipeline.score(&Lead::new("L-1"), &AsOf::parse("2026-11-20", &Zone::utc())?)?;
//! let probability = 1.0 / (1.0 + (-margins[0]).exp());
//! assert!((prediction.score - 100.0 * probability).abs() < 1e-4);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## Get a feature matrix
//!
//! Rows are leads, columns are [`FeatureSchema::columns`], NaN is missing. The view is an `ndarray` array, in the
//! version that is re-exported as [`ndarray`].
//!
//! ```
//! use leadscore::{AsOf, Lead, Mode, Pipeline, Zone};
//!
//! let pipeline = Pipeline::builtin("conversion")?;
//! let leads = [Lead::new("a").with("phone", "+49 30 1"), Lead::new("b")];
//! let as_of = AsOf::parse("2026-11-20", &Zone::utc())?;
//! let matrix = pipeline.feature_matrix(&leads, &as_of, Mode::Lenient)?;
//!
//! let column = pipeline.schema().columns().position(|feature| feature.name == "has_phone").unwrap();
//! assert_eq!(matrix.view().column(column).to_vec(), [1.0, 0.0]);
//! assert_eq!(pipeline.score_matrix(&matrix)?.score.len(), 2);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## Get labelled data for learning
//!
//! Each row is computed as of its own time, so that nothing that happened later leaks into it.
//!
//! ```
//! use leadscore::{Dataset, Lead, Pipeline, Timestamp, Zone};
//!
//! let utc = Zone::utc();
//! let pipeline = Pipeline::builtin("conversion")?;
//! let mut rows = Dataset::builder(pipeline.schema(), utc.clone());
//! rows.add(&Lead::new("won").with("company", "Acme"), Timestamp::parse("2026-02-01", &utc)?, 1.0)?;
//! rows.add(&Lead::new("lost"), Timestamp::parse("2026-03-01", &utc)?, 0.0)?;
//! let dataset = rows.finish()?;
//! assert_eq!(dataset.matrix().view().nrows(), 2);
//! assert_eq!(dataset.labels(), [1.0, 0.0]);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! ## Implement `Record` for your own type
//!
//! A schema numbers the attributes it reads. A type that stores values by name answers by [`AttributeKey::name`], one
//! that stores them in columns by [`AttributeKey::index`], without comparing a text for each value.
//!
//! ```
//! use leadscore::record::{AttributeKey, AttributeRef, Record};
//! use leadscore::{AsOf, Pipeline, Zone};
//!
//! struct Contact {
//!     number: String,
//!     company: Option<String>,
//!     email_opens: Option<u32>,
//! }
//!
//! impl Record for Contact {
//!     fn id(&self) -> Option<&str> {
//!         Some(&self.number)
//!     }
//!     fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
//!         match key.name() {
//!             "company" => self.company.as_deref().map(AttributeRef::Text),
//!             "email_open_count" => self.email_opens.map(|count| AttributeRef::Number(count.into())),
//!             _ => None,
//!         }
//!     }
//! }
//!
//! let contact = Contact { number: "C-1".into(), company: Some("Acme Ltd".into()), email_opens: Some(4) };
//! let as_of = AsOf::parse("2026-11-20", &Zone::utc())?;
//! let prediction = Pipeline::builtin("conversion")?.score(&contact, &as_of)?;
//! assert!(prediction.explanation.reasons.iter().any(|reason| &*reason.text == "The company is known"));
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! [`AttributeKey::name`]: record::AttributeKey::name
//! [`AttributeKey::index`]: record::AttributeKey::index
//!
//! # Errors
//!
//! Every fallible function returns [`Error`]: a [`kind`](Error::kind) with a stable [`code`](Error::code), a
//! [`path`](Error::path) into the input such as `leads[3].activities[0].at`, a message in plain words, the source where there is one,
//! and in strict mode all [`issues`](Error::issues).
//!
//! # Guarantees
//!
//! * The same input gives the same bits in debug and release, on every processor, and in every language that has a
//!   package.
//! * Contributions add up to the score within 1e-9.
//! * No activity after the as-of time changes a score.
//! * Models, pipelines and records from strangers are refused with a reason; reading them never panics, and takes
//!   memory in proportion to their size.
//! * `unsafe` is denied but for one module, the SIMD kernels of the tree engine, each tested against its scalar twin.
//!
//! # Crate features and related crates
//!
//! None of the features is on by default; without them all of this crate but the following is there:
//!
//! * `parallel`: the module `parallel` and the methods that end in `_parallel`, which score on several threads (adds
//!   `rayon`).
//! * `arrow`: the module `arrow`, leads and activities in Arrow tables (adds `arrow-array` and `arrow-schema`; includes
//!   `parallel`).
//!
//! `leadscore-csv` reads CSV files as they are found in the wild, `leadscore-files` scores files of leads, and
//! `leadscore-cli` is the command-line tool.

pub mod amount;
#[cfg(feature = "arrow")]
pub mod arrow;
pub mod capacity;
pub mod chat;
pub mod email;
pub mod error;
#[cfg(feature = "learn")]
pub mod evaluate;
pub mod explain;
mod expression;
pub mod feature;
pub mod forest;
pub mod intent;
mod json;
#[cfg(feature = "learn")]
pub mod learn;
pub mod math;
#[cfg(feature = "parallel")]
pub mod parallel;
pub mod pipeline;
pub mod record;
mod request;
pub mod scale;
pub mod scorecard;
mod scorer;
mod stop;
pub mod task;
mod text;
pub mod tier;
pub mod time;
#[cfg(feature = "learn")]
pub mod train;

pub use capacity::{Capacity, CapacityRanking};
pub use error::{Error, ErrorKind, did_you_mean};
pub use explain::{
    Contribution, Disqualification, Explanation, FeatureValue, FeatureValues, NamedValue, Reason,
};
pub use expression::Expression;
pub use feature::{
    AttributeColumn, ColumnReader, Dataset, Feature, FeatureMatrix, FeatureSchema, FeatureType,
    MissingFeature, Mode,
};
pub use forest::Forest;
pub use json::{Range, decode_json, indent_json};
pub use pipeline::{
    ClassProbability, Context, Estimate, EstimateValue, GroupScore, ImportOptions, Interval, ModelCard,
    Pipeline, PipelineBuilder, Prediction, Provenance, Recommendation, RiskFactor, Score, ScoreColumns,
    ScoreOptions, Scorer, Warning, When,
};
pub use record::{Activity, Attribute, Lead, Record};
pub use scale::{Basis, Scale};
pub use scorecard::Scorecard;
pub use scorer::ContributionKind;
pub use stop::{Stop, never_stop};
pub use tier::{Tier, TierScheme};
pub use time::{AsOf, DateTime, Timestamp, Zone};

/// The version of `ndarray` whose arrays go into a [`FeatureMatrix`] and whose views come out of it.
pub use ndarray;

/// The examples of the READMEs compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../../README.md")]
struct Readme;
