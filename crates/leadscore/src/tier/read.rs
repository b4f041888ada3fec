//! Tier schemes from JSON and back.

use super::{Tier, TierAxis, TierBound, TierScheme};
use crate::Error;
use crate::capacity::Top;
use crate::json::{Cursor, Node, Object, word_for};

const AXES: [(&str, TierAxis); 4] = [
    ("score", TierAxis::Score),
    ("probability", TierAxis::Probability),
    ("rank", TierAxis::Rank),
    ("class", TierAxis::Class),
];

impl TierScheme {
    pub(crate) fn read(cursor: &Cursor<'_>) -> Result<TierScheme, Error> {
        if let Node::Text(name) = cursor.node {
            return TierScheme::builtin(name).map_err(|error| cursor.error(error.message()));
        }
        let axis = cursor.entries()?.required("on")?.word(&AXES)?;
        if axis == TierAxis::Class {
            return read_classes(cursor);
        }
        let list = cursor.object(&["on", "bounds"])?.required("bounds")?;
        let read = if axis == TierAxis::Rank { read_ranks } else { read_tier };
        let tiers = list.items()?.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        TierScheme::new(axis, tiers).map_err(|error| error.within(cursor.path()))
    }
}

/// `{"on": "class", "min": 0.55, "else": "warm", "actions": {"hot": "Call", …}}`, the best class first.
fn read_classes(cursor: &Cursor<'_>) -> Result<TierScheme, Error> {
    let fields = cursor.object(&["on", "min", "else", "actions"])?;
    let actions = fields.required("actions")?;
    let mut tiers = Vec::new();
    for (name, action) in actions.entries()?.all() {
        tiers.push(Tier::new(name).with_action(action.text()?));
    }
    let scheme = TierScheme::new(TierAxis::Class, tiers);
    let scheme = match (fields.number("min")?, fields.text("else")?) {
        (None, None) => scheme,
        (Some(min), Some(fallback)) => scheme.and_then(|scheme| scheme.with_class_minimum(min, &fallback)),
        _ => return Err(cursor.error("`min` and `else` go together")),
    };
    scheme.map_err(|error| error.within(cursor.path()))
}

fn read_tier(cursor: &Cursor<'_>) -> Result<Tier, Error> {
    let fields = cursor.object(&["tier", "from", "above", "action"])?;
    let tier =
        Tier::new(fields.required("tier")?.text()?).with_action(fields.text("action")?.unwrap_or_default());
    match (fields.number("from")?, fields.number("above")?) {
        (Some(from), None) => Ok(tier.with_bound(TierBound::AtLeast(from))),
        (None, Some(above)) => Ok(tier.with_bound(TierBound::Above(above))),
        (None, None) => Ok(tier),
        _ => Err(cursor.error("a bound is either `from` (itself included) or `above` (itself not)")),
    }
}

fn read_ranks(cursor: &Cursor<'_>) -> Result<Tier, Error> {
    let fields = cursor.object(&["tier", "top", "action"])?;
    let tier =
        Tier::new(fields.required("tier")?.text()?).with_action(fields.text("action")?.unwrap_or_default());
    let Some(top) = fields.optional("top") else { return Ok(tier) };
    let read = match top.node {
        Node::Text(text) => Top::parse(text),
        _ => Top::leads(top.count()?),
    };
    Ok(tier.with_bound(TierBound::Top(read.map_err(|error| top.error(error.message()))?)))
}

impl From<&TierScheme> for Node {
    fn from(scheme: &TierScheme) -> Node {
        let object = Object::default().with("on", word_for(&AXES, &scheme.axis));
        if scheme.axis == TierAxis::Class {
            let action = |tier: &Tier| (tier.name().to_owned(), Node::from(tier.action()));
            return object
                .maybe("min", scheme.minimum.map(|minimum| minimum.probability))
                .maybe("else", scheme.minimum.map(|minimum| scheme.tiers[minimum.fallback].name()))
                .with("actions", Node::Object(scheme.tiers.iter().map(action).collect()))
                .into();
        }
        let tier = |tier: &Tier| -> Node {
            let object = Object::default().with("tier", tier.name());
            let object = match tier.bound() {
                Some(TierBound::AtLeast(bound)) => object.with("from", bound),
                Some(TierBound::Above(bound)) => object.with("above", bound),
                Some(TierBound::Top(top)) => match top.count() {
                    Some(count) => object.with("top", Node::Integer(count as i64)),
                    None => object.with("top", &top.to_string()),
                },
                None => object,
            };
            object.maybe("action", (!tier.action().is_empty()).then_some(tier.action())).into()
        };
        object.with("bounds", Node::List(scheme.tiers.iter().map(tier).collect())).into()
    }
}
