//! Where a feature's value comes from: the forms a schema can name.

mod write;

use super::FeatureType;
use super::matching::{MatchRule, Phrases, level_name};
use crate::Error;
use crate::expression::{Condition, Reading, Scope, Value, normalise, positive};
use crate::json::{Cursor, Fields, Node};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Attribute {
        name: String,
        own_name: bool,
        part: Part,
        read: As,
        missing: Vec<String>,
    },
    Age {
        of: AgeOf,
        unit: Unit,
        floor: bool,
    },
    Count {
        filter: Filter,
        half_life_days: Option<f64>,
    },
    Aggregate {
        filter: Filter,
        property: String,
        take: Take,
        half_life_days: Option<f64>,
    },
    Distinct {
        filter: Filter,
        what: What,
    },
    Burst {
        filter: Filter,
        hours: f64,
    },
    Share {
        filter: Filter,
        hours: Option<(u8, u8)>,
        weekdays: Option<Vec<u8>>,
    },
    ResponseTime {
        after: Filter,
        reply: Filter,
    },
    Match {
        attribute: String,
        part: Part,
        rules: Vec<MatchRule>,
        otherwise: Option<(String, f64)>,
        blank: Option<(String, f64)>,
    },
    Formula(Formula),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Formula {
    Value(Value),
    When(Condition),
    Level { cases: Vec<(Condition, String, f64)>, otherwise: (String, f64) },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum As {
    Value,
    Present,
    WordCount,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Text,
    EmailDomain,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum AgeOf {
    Attribute(String),
    Activity { filter: Filter, last: bool },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    Hours,
    Days,
    Weeks,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Take {
    Sum,
    Mean,
    Min,
    Max,
    Last,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Kind,
    Type,
    Channel,
    Property(String),
}

/// Which of a lead's activities are looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Filter {
    /// Of the whole log, only the latest so many are considered at all.
    pub(super) among_latest: Option<usize>,
    pub(super) types: Vec<String>,
    pub(super) property: Option<(String, Wanted)>,
    pub(super) within_days: Option<f64>,
    /// Of those that pass, only the latest so many.
    pub(super) latest: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    Is(Node),
    Words(Phrases),
}

const AS: [(&str, As); 3] = [("value", As::Value), ("present", As::Present), ("word_count", As::WordCount)];
const PARTS: [(&str, Part); 2] = [("text", Part::Text), ("email_domain", Part::EmailDomain)];
const UNITS: [(&str, Unit); 3] = [("hours", Unit::Hours), ("days", Unit::Days), ("weeks", Unit::Weeks)];
const TAKES: [(&str, Take); 5] =
    [("sum", Take::Sum), ("mean", Take::Mean), ("min", Take::Min), ("max", Take::Max), ("last", Take::Last)];
const FILTER: [&str; 5] = ["types", "where", "within_days", "latest", "among_latest"];

type Code<'a> = &'a dyn Fn(&Cursor<'_>) -> Result<f64, Error>;

impl Source {
    /// The lead attribute it reads, if it reads one.
    pub(super) fn attribute(&self) -> Option<&str> {
        match self {
            Source::Attribute { name, .. }
            | Source::Match { attribute: name, .. }
            | Source::Age { of: AgeOf::Attribute(name), .. } => Some(name),
            _ => None,
        }
    }

    pub(super) fn reads_activities(&self) -> bool {
        match self {
            Source::Attribute { .. } | Source::Match { .. } | Source::Formula(_) => false,
            Source::Age { of, .. } => matches!(of, AgeOf::Activity { .. }),
            _ => true,
        }
    }

    /// Whether its values are never negative.
    pub(super) fn is_count(&self) -> bool {
        matches!(
            self,
            Source::Age { .. } | Source::Count { .. } | Source::Distinct { .. } | Source::Burst { .. }
        )
    }

    #[expect(clippy::too_many_lines, reason = "one arm per source reads best in one place")]
    pub(super) fn read(
        cursor: &Cursor<'_>,
        feature: &str,
        kind: FeatureType,
        code: Code<'_>,
        scope: &Scope,
        reading: &Reading,
    ) -> Result<Source, Error> {
        let from = cursor.entries()?.required("from")?;
        let known = |own: &[&'static str], with_filter: bool| -> Result<Fields<'_>, Error> {
            let mut names = vec!["from"];
            names.extend_from_slice(own);
            if with_filter {
                names.extend_from_slice(&FILTER);
            }
            cursor.object(&names)
        };
        let numeric = |source: Source| {
            if kind == FeatureType::Number {
                Ok(source)
            } else {
                Err(cursor
                    .error("gives a number; the feature is none (a formula with `when` makes a flag of one)"))
            }
        };
        match from.text()? {
            "attribute" => {
                let fields = known(&["name", "part", "as", "missing"], false)?;
                let name = fields.text("name")?;
                let read = fields.optional("as").map_or(Ok(As::Value), |c| c.word(&AS))?;
                let fits = match read {
                    As::Value => true,
                    As::Present => matches!(kind, FeatureType::Flag | FeatureType::Number),
                    As::WordCount => kind == FeatureType::Number,
                };
                if !fits {
                    return Err(cursor.error("`present` gives a flag and `word_count` a number; the feature is none"));
                }
                Ok(Source::Attribute {
                    own_name: name.is_some(),
                    name: name.unwrap_or_else(|| feature.to_owned()),
                    part: part(&fields)?,
                    read,
                    missing: fields.texts("missing")?,
                })
            }
            "age" => {
                // A filter stands in `of` or beside it, and an attribute has none.
                let fields = match cursor.entries()?.optional("of").map(|c| matches!(c.node, Node::Text(_))) {
                    Some(true) => known(&["of", "unit", "floor"], false)?,
                    Some(false) => known(&["of", "which", "unit", "floor"], false)?,
                    None => known(&["which", "unit", "floor"], true)?,
                };
                let last = fields.optional("which").map_or(Ok(true), |c| c.word(&[("first", false), ("last", true)]))?;
                let of = match fields.optional("of") {
                    Some(c) if matches!(c.node, Node::Text(_)) => AgeOf::Attribute(c.text()?.to_owned()),
                    Some(c) => AgeOf::Activity { filter: Filter::read(&c.object(&FILTER)?)?, last },
                    None => AgeOf::Activity { filter: Filter::read(&fields)?, last },
                };
                numeric(Source::Age {
                    of,
                    unit: fields.optional("unit").map_or(Ok(Unit::Days), |c| c.word(&UNITS))?,
                    floor: fields.flag("floor")?,
                })
            }
            "count" => {
                let fields = known(&["half_life_days"], true)?;
                numeric(Source::Count { filter: Filter::read(&fields)?, half_life_days: half_life(&fields)? })
            }
            "aggregate" => {
                let fields = known(&["property", "take", "half_life_days"], true)?;
                let take = fields.required("take")?.word(&TAKES)?;
                let half_life_days = half_life(&fields)?;
                if half_life_days.is_some() && take != Take::Sum {
                    return Err(cursor.error("`half_life_days` goes with `\"take\": \"sum\"` only"));
                }
                let property = fields.required("property")?.text()?.to_owned();
                numeric(Source::Aggregate { filter: Filter::read(&fields)?, property, take, half_life_days })
            }
            "distinct" => {
                let fields = known(&["what", "property"], true)?;
                let what = fields.required("what")?;
                let what = match what.word(&[("kind", 0), ("type", 1), ("channel", 2), ("property", 3)])? {
                    0 => What::Kind,
                    1 => What::Type,
                    2 => What::Channel,
                    _ => What::Property(fields.required("property")?.text()?.to_owned()),
                };
                numeric(Source::Distinct { filter: Filter::read(&fields)?, what })
            }
            "burst" => {
                let fields = known(&["hours"], true)?;
                let hours = positive(&fields.required("hours")?)?;
                numeric(Source::Burst { filter: Filter::read(&fields)?, hours })
            }
            "share" => {
                let fields = known(&["hours", "weekdays"], true)?;
                let hours = fields.optional("hours").map(|c| hours(&c)).transpose()?;
                let weekdays = fields.optional("weekdays").map(|c| weekdays(&c)).transpose()?;
                if hours.is_none() && weekdays.is_none() {
                    return Err(cursor.error("wants `hours`, `weekdays` or both"));
                }
                numeric(Source::Share { filter: Filter::read(&fields)?, hours, weekdays })
            }
            "response_time" => {
                let fields = known(&["after", "reply"], false)?;
                let filter = |name| -> Result<Filter, Error> {
                    let inner = fields.required(name)?;
                    Filter::read(&inner.object(&FILTER)?)
                };
                numeric(Source::ResponseTime { after: filter("after")?, reply: filter("reply")? })
            }
            "match" => {
                let fields = known(&["attribute", "part", "rules", "else", "blank"], false)?;
                if !matches!(kind, FeatureType::Category | FeatureType::Flag) {
                    return Err(cursor.error("gives a level; the feature is neither a category nor a flag"));
                }
                let level = |name| -> Result<Option<(String, f64)>, Error> {
                    fields.optional(name).map(|c| Ok((level_name(&c)?, code(&c)?))).transpose()
                };
                let rules = fields.required("rules")?;
                Ok(Source::Match {
                    attribute: fields.required("attribute")?.text()?.to_owned(),
                    part: part(&fields)?,
                    rules: rules.items()?.iter().map(|c| MatchRule::read(c, code)).collect::<Result<_, _>>()?,
                    otherwise: level("else")?,
                    blank: level("blank")?,
                })
            }
            "formula" => {
                let fields = known(&["value", "when", "level", "else"], false)?;
                formula(cursor, &fields, kind, code, scope, reading).map(Source::Formula)
            }
            other => Err(from.error(format!(
                "unknown source `{other}`; known here: attribute, age, count, aggregate, distinct, burst, share, response_time, match, formula"
            ))),
        }
    }
}

fn formula(
    cursor: &Cursor<'_>,
    fields: &Fields<'_>,
    kind: FeatureType,
    code: Code<'_>,
    scope: &Scope,
    reading: &Reading,
) -> Result<Formula, Error> {
    match (fields.optional("value"), fields.optional("when"), fields.optional("level")) {
        (Some(value), None, None) if kind == FeatureType::Number => {
            reading.value(&value, scope).map(Formula::Value)
        }
        (Some(_), None, None) => Err(cursor.error("`value` gives a number; the feature is none")),
        (None, Some(when), None) if kind == FeatureType::Flag => {
            reading.condition(&when, scope).map(Formula::When)
        }
        (None, Some(_), None) => Err(cursor.error("`when` gives a flag; the feature is none")),
        (None, None, Some(level)) if kind == FeatureType::Category => {
            let mut cases = Vec::new();
            for case in level.items()? {
                let pair = case.items()?;
                let [condition, then] = pair.as_slice() else {
                    return Err(case.error("a case is a pair [condition, level]"));
                };
                cases.push((reading.condition(condition, scope)?, level_name(then)?, code(then)?));
            }
            let otherwise = fields.required("else")?;
            Ok(Formula::Level { cases, otherwise: (level_name(&otherwise)?, code(&otherwise)?) })
        }
        (None, None, Some(_)) => Err(cursor.error("`level` gives a category; the feature is none")),
        _ => Err(cursor.error("wants exactly one of `value`, `when`, `level`")),
    }
}

fn part(fields: &Fields<'_>) -> Result<Part, Error> {
    fields.optional("part").map_or(Ok(Part::Text), |c| c.word(&PARTS))
}

fn half_life(fields: &Fields<'_>) -> Result<Option<f64>, Error> {
    fields.optional("half_life_days").map(|c| positive(&c)).transpose()
}

fn hours(cursor: &Cursor<'_>) -> Result<(u8, u8), Error> {
    let items = cursor.items()?;
    let [from, to] = items.as_slice() else {
        return Err(cursor.error("wants [from, to], both hours 0–23"));
    };
    let (from, to) = (from.count()?, to.count()?);
    if from > 23 || to > 23 {
        return Err(cursor.error("an hour is 0–23"));
    }
    Ok((from as u8, to as u8))
}

fn weekdays(cursor: &Cursor<'_>) -> Result<Vec<u8>, Error> {
    let day = |c: &Cursor<'_>| match c.count()? {
        day @ 1..=7 => Ok(day as u8),
        _ => Err(c.error("a weekday is 1 (Monday) to 7 (Sunday)")),
    };
    cursor.items()?.iter().map(day).collect()
}

impl Filter {
    fn read(fields: &Fields<'_>) -> Result<Filter, Error> {
        let property = match fields.optional("where") {
            None => None,
            Some(c) => {
                let own = c.object(&["property", "is", "words"])?;
                let name = own.required("property")?.text()?.to_owned();
                let wanted = match (own.optional("is"), own.optional("words")) {
                    (Some(is), None) if matches!(is.node, Node::List(_) | Node::Object(_)) => {
                        return Err(is.error("wants a text, a number or a flag"));
                    }
                    (Some(is), None) => Wanted::Is(is.node.clone()),
                    (None, Some(words)) => Wanted::Words(Phrases::new(words.texts()?)),
                    _ => return Err(c.error("wants `is` or `words`")),
                };
                Some((name, wanted))
            }
        };
        let limit = |name| fields.optional(name).map(|c| c.count()).transpose();
        Ok(Filter {
            among_latest: limit("among_latest")?,
            types: fields.texts("types")?.iter().map(|t| normalise(t).into_owned()).collect(),
            property,
            within_days: fields.optional("within_days").map(|c| positive(&c)).transpose()?,
            latest: limit("latest")?,
        })
    }
}
