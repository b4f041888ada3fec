//! Tiers: names for stretches of the score or the probability, or for classes, each with what to do.

use std::sync::Arc;

use crate::json::{self, Cursor, Document, Node, Object};
use crate::{Error, ErrorKind};

/// Named stretches of the score or the probability, or the classes of a model, from the best down, each with an action.
///
/// ```
/// let scheme = leadscore::TierScheme::builtin("hot-warm-cold")?;
/// assert_eq!(scheme.tier(80.0, None).unwrap().name(), "HOT");
/// assert_eq!(scheme.tier(79.9, None).unwrap().name(), "WARM");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TierScheme {
    axis: Axis,
    tiers: Vec<Tier>,
    /// On classes: how probable the most probable one must be, and the tier where it is not.
    unless: Option<(f64, usize)>,
}

/// What a tier's bound is read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Score,
    Probability,
    Class,
}

/// One tier of a scheme.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    name: Arc<str>,
    action: Arc<str>,
    bound: Option<Lower>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Lower {
    From(f64),
    Above(f64),
}

const AXES: [(&str, Axis); 3] =
    [("score", Axis::Score), ("probability", Axis::Probability), ("class", Axis::Class)];
const BUILTIN: &str = include_str!("builtin/tiers.json");

impl TierScheme {
    /// A scheme that ships with the library, by name; [`TierScheme::names`] lists them.
    ///
    /// # Errors
    /// `unknown_name`.
    pub fn builtin(name: &str) -> Result<TierScheme, Error> {
        let node = json::parse(BUILTIN)?;
        let root = Cursor::root(&node, "tiers", Document::Pipeline);
        let found = root.entries()?.all().find(|(own, _)| *own == name).map(|(_, c)| TierScheme::read(&c));
        found.unwrap_or_else(|| {
            let message =
                format!("unknown tier scheme `{name}`; built in: {}", TierScheme::names().join(", "));
            Err(Error::new(ErrorKind::UnknownName, "tiers", message))
        })
    }

    /// The names of the schemes that ship with the library.
    pub fn names() -> Vec<String> {
        match json::parse(BUILTIN) {
            Ok(Node::Object(fields)) => fields.into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        }
    }

    /// The tier of a score 0–100 and a probability 0–1; none where the scheme reads a probability that is not there, or
    /// classes.
    pub fn tier(&self, score: f64, probability: Option<f64>) -> Option<&Tier> {
        let value = match self.axis {
            Axis::Score => score,
            Axis::Probability => probability?,
            Axis::Class => return None,
        };
        self.tiers.iter().find(|tier| match tier.bound {
            Some(Lower::From(bound)) => value >= bound,
            Some(Lower::Above(bound)) => value > bound,
            None => true,
        })
    }

    /// The tier of a lead by the probabilities of its classes, and how probable that class is: the most probable class,
    /// the first of equal ones, or the scheme's `else` where that is not more probable than its `min`. None where the
    /// scheme does not read classes.
    ///
    /// ```
    /// let scheme = leadscore::TierScheme::builtin("heat-055")?;
    /// let (tier, probability) = scheme.tier_of_classes(&[("cold", 0.1), ("warm", 0.4), ("hot", 0.5)]).unwrap();
    /// assert_eq!((tier.name(), probability), ("warm", 0.4));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn tier_of_classes(&self, classes: &[(&str, f64)]) -> Option<(&Tier, f64)> {
        if self.axis != Axis::Class {
            return None;
        }
        let mut best = classes.first()?;
        for class in classes {
            if class.1 > best.1 {
                best = class;
            }
        }
        if let Some((min, other)) = self.unless
            && best.1 <= min
        {
            let other = &self.tiers[other];
            return Some((other, classes.iter().find(|(name, _)| *name == other.name())?.1));
        }
        Some((self.tiers.iter().find(|tier| tier.name() == best.0)?, best.1))
    }

    /// The tiers from the best down.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    pub(crate) fn reads_probability(&self) -> bool {
        self.axis == Axis::Probability
    }

    pub(crate) fn reads_classes(&self) -> bool {
        self.axis == Axis::Class
    }

    pub(crate) fn read(cursor: &Cursor<'_>) -> Result<TierScheme, Error> {
        if let Node::Text(name) = cursor.node {
            return TierScheme::builtin(name).map_err(|error| cursor.error(error.message()));
        }
        let axis = cursor.entries()?.required("on")?.word(&AXES)?;
        if axis == Axis::Class {
            return read_classes(cursor);
        }
        let fields = cursor.object(&["on", "bounds"])?;
        let list = fields.required("bounds")?;
        let items = list.items()?;
        let mut tiers: Vec<Tier> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let tier = read_tier(item)?;
            if tiers.iter().any(|other| other.name == tier.name) {
                return Err(item.error(format!("a second tier named `{}`", tier.name)));
            }
            let lowest = at + 1 == items.len();
            match (tier.bound, tiers.last().and_then(|t| t.bound)) {
                (None, _) if !lowest => {
                    return Err(item.error("only the last tier goes without `from` or `above`"));
                }
                (Some(_), _) if lowest => {
                    return Err(item.error("the last tier has neither `from` nor `above`"));
                }
                (Some(own), Some(above)) if !own.is_below(above) => {
                    return Err(item.error("bounds fall from tier to tier; the best tier comes first"));
                }
                _ => {}
            }
            tiers.push(tier);
        }
        if tiers.is_empty() {
            return Err(list.error("wants at least one tier"));
        }
        Ok(TierScheme { axis, tiers, unless: None })
    }
}

/// `{"on": "class", "min": 0.55, "else": "warm", "actions": {"hot": "Call", …}}`, the best class first.
fn read_classes(cursor: &Cursor<'_>) -> Result<TierScheme, Error> {
    let fields = cursor.object(&["on", "min", "else", "actions"])?;
    let actions = fields.required("actions")?;
    let mut tiers = Vec::new();
    for (name, action) in actions.entries()?.all() {
        tiers.push(Tier { name: name.into(), action: action.text()?.into(), bound: None });
    }
    if tiers.is_empty() {
        return Err(actions.error("wants an action for each class, the best class first"));
    }
    let unless = match (fields.number("min")?, fields.optional("else")) {
        (None, None) => None,
        (Some(min), Some(other)) => {
            let name = other.text()?;
            let place = tiers.iter().position(|tier: &Tier| tier.name() == name);
            Some((min, place.ok_or_else(|| other.error(format!("`{name}` is none of the classes")))?))
        }
        _ => return Err(cursor.error("`min` and `else` go together")),
    };
    Ok(TierScheme { axis: Axis::Class, tiers, unless })
}

impl Tier {
    /// The tier's name, such as `HOT`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What to do with a lead of this tier.
    pub fn action(&self) -> &str {
        &self.action
    }

    pub(crate) fn shared(&self) -> (Arc<str>, Arc<str>) {
        (self.name.clone(), self.action.clone())
    }
}

impl Lower {
    /// Whether every value past the other bound is past this one too, and some more.
    fn is_below(self, other: Lower) -> bool {
        match (self, other) {
            (Lower::From(own), Lower::Above(above)) => own <= above,
            (Lower::From(own) | Lower::Above(own), Lower::From(above) | Lower::Above(above)) => own < above,
        }
    }
}

fn read_tier(cursor: &Cursor<'_>) -> Result<Tier, Error> {
    let fields = cursor.object(&["tier", "from", "above", "action"])?;
    let bound = match (fields.number("from")?, fields.number("above")?) {
        (Some(from), None) => Some(Lower::From(from)),
        (None, Some(above)) => Some(Lower::Above(above)),
        (None, None) => None,
        _ => return Err(cursor.error("a bound is either `from` (itself included) or `above` (itself not)")),
    };
    Ok(Tier {
        name: fields.required("tier")?.text()?.into(),
        action: fields.text("action")?.unwrap_or_default().into(),
        bound,
    })
}

impl From<&TierScheme> for Node {
    fn from(scheme: &TierScheme) -> Node {
        let axis = json::word_for(&AXES, &scheme.axis);
        if scheme.axis == Axis::Class {
            let action = |tier: &Tier| (tier.name().to_owned(), Node::from(tier.action()));
            return Object::default()
                .with("on", axis)
                .maybe("min", scheme.unless.map(|(min, _)| min))
                .maybe("else", scheme.unless.map(|(_, other)| scheme.tiers[other].name()))
                .with("actions", Node::Object(scheme.tiers.iter().map(action).collect()))
                .into();
        }
        let tier = |tier: &Tier| -> Node {
            let object = Object::default().with("tier", &*tier.name);
            let object = match tier.bound {
                Some(Lower::From(bound)) => object.with("from", bound),
                Some(Lower::Above(bound)) => object.with("above", bound),
                None => object,
            };
            object.maybe("action", (!tier.action.is_empty()).then_some(&*tier.action)).into()
        };
        let bounds = scheme.tiers.iter().map(tier).collect();
        Object::default().with("on", axis).with("bounds", Node::List(bounds)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(scheme: &str, value: f64) -> String {
        let scheme = TierScheme::builtin(scheme).unwrap();
        scheme.tier(value, Some(value)).unwrap().name().to_owned()
    }

    #[test]
    fn bounds_are_open_or_closed_as_declared() {
        for (p, tier) in [
            (0.1249, "E"),
            (0.125, "D"),
            (0.375, "D"),
            (0.376, "C"),
            (0.624, "C"),
            (0.625, "B"),
            (0.875, "B"),
            (0.876, "A"),
        ] {
            assert_eq!(name("a-e", p), tier, "{p}");
        }
        assert_eq!(name("a-e", 0.82), "B");
        assert_eq!(name("a-e", 0.45), "C");
        for (p, tier) in
            [(0.2, "E"), (0.21, "D"), (0.4, "D"), (0.41, "C"), (0.61, "B"), (0.8, "B"), (0.81, "A")]
        {
            assert_eq!(name("a-e-fifths", p), tier, "{p}");
        }
        for (p, tier) in
            [(0.72, "HOT"), (0.7, "HOT"), (0.69, "WARM"), (0.4, "WARM"), (0.15, "COLD"), (0.14, "DEAD")]
        {
            assert_eq!(name("conversion", p), tier, "{p}");
        }
        for (score, tier) in [(80.0, "HOT"), (50.0, "WARM"), (20.0, "COLD"), (19.9, "DEAD")] {
            assert_eq!(name("lead-score", score), tier, "{score}");
        }
        for (score, tier) in [(75.0, "top"), (50.0, "high"), (25.0, "medium"), (24.0, "low")] {
            assert_eq!(name("priority", score), tier, "{score}");
        }
    }

    #[test]
    fn a_to_e_is_round_half_even_of_4p_plus_1() {
        for step in 0..=10_000 {
            let p = f64::from(step) / 10_000.0;
            let bucket = (4.0 * p + 1.0).round_ties_even().clamp(1.0, 5.0) as usize;
            assert_eq!(name("a-e", p), ["E", "D", "C", "B", "A"][bucket - 1], "{p}");
        }
    }
}
