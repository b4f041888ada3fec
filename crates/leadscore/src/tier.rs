//! Tiers: names for stretches of the score or the probability, for ranks in a list, or for classes, each with what to do.

mod rank;
mod read;
mod shown;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::capacity::Top;
use crate::error::did_you_mean;
use crate::json::{self, Cursor, Document, Node};
use crate::scale::Scale;
use crate::{Error, ErrorKind};
pub use rank::RankTier;

/// Named stretches of the score or the probability, the best of a list by rank, or the classes of a model, from the best
/// down, each with an action.
///
/// ```
/// use leadscore::tier::{Tier, TierAxis, TierBound, TierScheme};
/// let scheme = TierScheme::builtin("hot-warm-cold")?;
/// assert_eq!(scheme.tier(80.0, None).unwrap().name(), "HOT");
/// assert_eq!(scheme.tier(79.9, None).unwrap().name(), "WARM");
///
/// let good = Tier::new("good").with_bound(TierBound::AtLeast(60.0)).with_action("Call today");
/// let own = TierScheme::new(TierAxis::Score, [good, Tier::new("rest")])?;
/// assert_eq!(own.tier(60.0, None).unwrap().action(), "Call today");
/// assert_eq!(TierScheme::from_json(&own.to_json())?, own);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TierScheme {
    axis: TierAxis,
    tiers: Vec<Tier>,
    /// On classes only.
    minimum: Option<ClassMinimum>,
    /// The tier of each class of the scale that the scheme was fitted to.
    tier_by_class: Vec<usize>,
}

/// What a tier's bound is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TierAxis {
    /// The score, 0–100.
    Score,
    /// The probability, 0–1.
    Probability,
    /// The most probable class.
    Class,
    /// The rank by score in a list of leads. A lead that is scored alone has no rank, and so no tier.
    Rank,
}

/// One tier of a scheme.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    name: Arc<str>,
    action: Arc<str>,
    bound: Option<TierBound>,
}

/// Where a tier begins.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum TierBound {
    /// At this value, itself included.
    AtLeast(f64),
    /// Above this value, itself not included.
    Above(f64),
    /// At the first rank that the tiers before leave: so many of the list are in it and in those together.
    Top(Top),
}

/// The tier of a lead by the probabilities of its classes.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ClassTier<'a> {
    /// The tier.
    pub tier: &'a Tier,
    /// How probable the class of that name is.
    pub probability: f64,
}

/// How probable the most probable class must be, and the tier where it is not.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ClassMinimum {
    probability: f64,
    fallback: usize,
}

const BUILTIN: &str = include_str!("builtin/tiers.json");

impl TierScheme {
    /// A scheme on the score, the probability or the rank, or one tier for each class; the best tier comes first.
    ///
    /// On the score and the probability every tier but the last has a bound, and bounds fall. On ranks every tier but the
    /// last has a [`TierBound::Top`], and tops rise. On classes none has a bound, and tiers are named after the classes.
    ///
    /// # Errors
    /// `invalid_pipeline` with the path in the scheme's JSON, such as `bounds[1]` or `actions`.
    pub fn new(axis: TierAxis, tiers: impl IntoIterator<Item = Tier>) -> Result<TierScheme, Error> {
        let tiers: Vec<Tier> = tiers.into_iter().collect();
        match axis {
            TierAxis::Class => check_classes(&tiers)?,
            TierAxis::Score | TierAxis::Probability => check_bounds(&tiers)?,
            TierAxis::Rank => rank::check(&tiers)?,
        }
        Ok(TierScheme { axis, tiers, minimum: None, tier_by_class: Vec::new() })
    }

    /// On classes: the fallback tier for leads whose most probable class is not more probable than `probability`.
    ///
    /// # Errors
    /// `invalid_pipeline` with `else` where no tier has the fallback's name, with `min` for a number that is not finite,
    /// and with an empty path where the scheme does not read classes.
    pub fn with_class_minimum(mut self, probability: f64, fallback: &str) -> Result<TierScheme, Error> {
        if self.axis != TierAxis::Class {
            return Err(invalid("", "only tiers on classes have `min` and `else`"));
        }
        if !probability.is_finite() {
            return Err(invalid("min", "the number is not finite"));
        }
        let tier = self.tiers.iter().position(|tier| tier.name() == fallback);
        let fallback = tier.ok_or_else(|| invalid("else", format!("`{fallback}` is none of the classes")))?;
        self.minimum = Some(ClassMinimum { probability, fallback });
        Ok(self)
    }

    /// A scheme that ships with the library, by name; [`TierScheme::builtin_names`] lists them.
    ///
    /// # Errors
    /// `unknown_name`.
    pub fn builtin(name: &str) -> Result<TierScheme, Error> {
        let node = json::parse(BUILTIN)?;
        let root = Cursor::root(&node, "tiers", Document::Pipeline);
        let found = root.entries()?.all().find(|(own, _)| *own == name).map(|(_, c)| TierScheme::read(&c));
        found.unwrap_or_else(|| {
            let known = TierScheme::builtin_names();
            let meant = did_you_mean(name, known.iter().map(String::as_str));
            let message = format!("unknown tier scheme `{name}`{meant}; built in: {}", known.join(", "));
            Err(Error::new(ErrorKind::UnknownName, "tiers", message))
        })
    }

    /// The names of the schemes that ship with the library.
    pub fn builtin_names() -> Vec<String> {
        match json::parse(BUILTIN) {
            Ok(Node::Object(fields)) => fields.into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        }
    }

    /// Reads the `tiers` of a pipeline file: an object, or the name of a built-in scheme as a JSON text.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_pipeline` with the path of what is wrong.
    pub fn from_json(text: &str) -> Result<TierScheme, Error> {
        let node = json::parse_file(text)?;
        TierScheme::read(&Cursor::root(&node, "", Document::Pipeline))
    }

    /// The scheme as the `tiers` object of a pipeline file.
    pub fn to_json(&self) -> String {
        Node::from(self).to_json()
    }

    /// The tier of a score 0–100 and a probability 0–1; none where the scheme reads a probability that is not there,
    /// ranks ([`TierScheme::by_rank`]) or classes ([`TierScheme::tier_of_classes`]).
    pub fn tier(&self, score: f64, probability: Option<f64>) -> Option<&Tier> {
        let value = match self.axis {
            TierAxis::Score => score,
            TierAxis::Probability => probability?,
            TierAxis::Class | TierAxis::Rank => return None,
        };
        self.tiers.iter().find(|tier| match tier.bound {
            Some(TierBound::AtLeast(bound)) => value >= bound,
            Some(TierBound::Above(bound)) => value > bound,
            Some(TierBound::Top(_)) => false,
            None => true,
        })
    }

    /// The tier of a lead by the probabilities of its classes, in the same order as their names: that of the most
    /// probable class, the first of equal ones, or the fallback where that is not more probable than the minimum. None
    /// where the scheme does not read classes or has no tier for the class.
    ///
    /// ```
    /// let scheme = leadscore::TierScheme::builtin("heat-055")?;
    /// let found = scheme.tier_of_classes(&["cold", "warm", "hot"], &[0.1, 0.4, 0.5]).unwrap();
    /// assert_eq!((found.tier.name(), found.probability), ("warm", 0.4));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn tier_of_classes<S: AsRef<str>>(
        &self,
        classes: &[S],
        probabilities: &[f64],
    ) -> Option<ClassTier<'_>> {
        if self.axis != TierAxis::Class {
            return None;
        }
        let tier_of = |class: usize| {
            let name = classes.get(class)?.as_ref();
            self.tiers.iter().position(|tier| tier.name() == name)
        };
        let class_of = |tier: usize| {
            let name = self.tiers[tier].name();
            classes.iter().position(|class| class.as_ref() == name)
        };
        self.most_probable(probabilities, tier_of, class_of)
    }

    /// The tiers from the best down.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// What bounds are compared with.
    pub fn axis(&self) -> TierAxis {
        self.axis
    }

    /// The scheme for a scale, with the tier of every class looked up once.
    ///
    /// # Errors
    /// `invalid_pipeline` where the two do not fit.
    pub(crate) fn fit(mut self, scale: &Scale) -> Result<TierScheme, Error> {
        if self.axis == TierAxis::Probability && !scale.has_probability() {
            return Err(invalid("", "the tiers are read on the probability, but the scale gives none"));
        }
        if self.axis != TierAxis::Class {
            return Ok(self);
        }
        let Scale::Classes(classes) = scale else {
            return Err(invalid("", "the tiers are classes, but the scale has none"));
        };
        let names = classes.names();
        self.tier_by_class.clear();
        for name in names {
            let tier = self.tiers.iter().position(|tier| tier.name == *name);
            let missing = || invalid("", format!("the class `{name}` has no action"));
            self.tier_by_class.push(tier.ok_or_else(missing)?);
        }
        if self.tiers.len() > names.len() {
            let message = format!("there are more actions than classes: {}", names.join(", "));
            return Err(invalid("", message));
        }
        Ok(self)
    }

    /// [`TierScheme::tier_of_classes`] for the scale that the scheme was fitted to.
    pub(crate) fn tier_of_fitted_classes(&self, probabilities: &[f64]) -> Option<ClassTier<'_>> {
        let tier_of = |class: usize| self.tier_by_class.get(class).copied();
        let class_of = |tier: usize| self.tier_by_class.iter().position(|own| *own == tier);
        self.most_probable(probabilities, tier_of, class_of)
    }

    fn most_probable(
        &self,
        probabilities: &[f64],
        tier_of: impl Fn(usize) -> Option<usize>,
        class_of: impl Fn(usize) -> Option<usize>,
    ) -> Option<ClassTier<'_>> {
        let mut best = 0;
        for (class, probability) in probabilities.iter().enumerate() {
            if *probability > probabilities[best] {
                best = class;
            }
        }
        let probability = *probabilities.get(best)?;
        if let Some(minimum) = self.minimum
            && probability <= minimum.probability
        {
            let probability = *probabilities.get(class_of(minimum.fallback)?)?;
            return Some(ClassTier { tier: &self.tiers[minimum.fallback], probability });
        }
        Some(ClassTier { tier: &self.tiers[tier_of(best)?], probability })
    }
}

/// Equal rules; it does not matter which scale a scheme was fitted to.
impl PartialEq for TierScheme {
    fn eq(&self, other: &TierScheme) -> bool {
        self.axis == other.axis && self.tiers == other.tiers && self.minimum == other.minimum
    }
}

impl Tier {
    /// A tier without bound and action.
    pub fn new(name: impl Into<Arc<str>>) -> Tier {
        Tier { name: name.into(), action: "".into(), bound: None }
    }

    /// The tier from a bound up.
    #[must_use]
    pub fn with_bound(mut self, bound: TierBound) -> Tier {
        self.bound = Some(bound);
        self
    }

    /// The tier with what to do with its leads.
    #[must_use]
    pub fn with_action(mut self, action: impl Into<Arc<str>>) -> Tier {
        self.action = action.into();
        self
    }

    /// The tier's name, such as `HOT`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What to do with a lead of this tier.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Where it begins; none for the lowest tier, and on classes.
    pub fn bound(&self) -> Option<TierBound> {
        self.bound
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn shared_action(&self) -> &Arc<str> {
        &self.action
    }
}

/// Where a stretch begins, and whether that value is in it; none for a rank.
fn stretch(bound: TierBound) -> Option<(f64, bool)> {
    match bound {
        TierBound::AtLeast(value) => Some((value, true)),
        TierBound::Above(value) => Some((value, false)),
        TierBound::Top(_) => None,
    }
}

fn check_bounds(tiers: &[Tier]) -> Result<(), Error> {
    check_names(tiers)?;
    let mut above: Option<(f64, bool)> = None;
    for (at, tier) in tiers.iter().enumerate() {
        let refuse = |message: &str| Err(invalid(&format!("bounds[{at}]"), message));
        let is_last = at + 1 == tiers.len();
        let Some(bound) = tier.bound else {
            if is_last {
                continue;
            }
            return refuse("only the last tier goes without `from` or `above`");
        };
        match (stretch(bound), above) {
            (None, _) => return refuse("`top` goes with tiers on the rank"),
            _ if is_last => return refuse("the last tier has neither `from` nor `above`"),
            (Some((own, _)), _) if !own.is_finite() => return refuse("the bound is not finite"),
            // Of one value, the tier without it stands above the one with it.
            (Some((own, is_in)), Some((above, is_in_above)))
                if own > above || (own == above && (!is_in || is_in_above)) =>
            {
                return refuse("bounds fall from tier to tier; the best tier comes first");
            }
            (own, _) => above = own,
        }
    }
    Ok(())
}

/// There is a tier, and every one has a name of its own.
fn check_names(tiers: &[Tier]) -> Result<(), Error> {
    if tiers.is_empty() {
        return Err(invalid("bounds", "wants at least one tier"));
    }
    for (at, tier) in tiers.iter().enumerate() {
        if tiers[..at].iter().any(|other| other.name == tier.name) {
            return Err(invalid(&format!("bounds[{at}]"), format!("a second tier named `{}`", tier.name)));
        }
    }
    Ok(())
}

fn check_classes(tiers: &[Tier]) -> Result<(), Error> {
    if tiers.is_empty() {
        return Err(invalid("actions", "wants an action for each class, the best class first"));
    }
    for (at, tier) in tiers.iter().enumerate() {
        if tiers[..at].iter().any(|other| other.name == tier.name) {
            return Err(invalid("actions", format!("a second tier named `{}`", tier.name)));
        }
        if tier.bound.is_some() {
            return Err(invalid("actions", format!("the tier `{}` is a class and has no bound", tier.name)));
        }
    }
    Ok(())
}

fn invalid(path: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPipeline, path, message)
}
