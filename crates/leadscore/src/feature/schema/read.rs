//! Features from JSON and back.

use std::collections::HashSet;

use super::{Feature, FeatureSchema};
use crate::Error;
use crate::error::did_you_mean;
use crate::expression::{Reading, Scope, normalise};
use crate::feature::feature_type::{FeatureType, TYPES};
use crate::feature::levels::Levels;
use crate::feature::matching::level_name;
use crate::feature::sources::SourceReader;
use crate::json::{Cursor, Fields, Node, Object, word_for};

const FIELDS: [&str; 17] = [
    "name",
    "label",
    "group",
    "type",
    "unit",
    "levels",
    "exact",
    "spellings",
    "level_labels",
    "unseen",
    "range",
    "whole",
    "required",
    "default",
    "helper",
    "gives_way_to",
    "source",
];

pub(super) fn read_feature(cursor: &Cursor<'_>, scope: &Scope, reading: &Reading) -> Result<Feature, Error> {
    let fields = cursor.object(&FIELDS)?;
    let name_cursor = fields.required("name")?;
    let name = name_cursor.text()?.to_owned();
    if name.trim().is_empty() || name.starts_with('$') {
        return Err(name_cursor.error("a feature's name is not blank and does not start with `$`"));
    }
    let kind = fields.required("type")?.word(&TYPES)?;
    let exact = exact_levels(&fields, kind)?;
    let levels = match &exact {
        Some(exact) => exact.names().to_vec(),
        None => fields.texts("levels")?,
    };
    if (kind == FeatureType::Category) == levels.is_empty() {
        return Err(cursor.error("a category has `levels`; other types have none"));
    }
    let normal = |level: &str| if exact.is_some() { level.to_owned() } else { normalise(level).into_owned() };
    let normal_levels: Vec<String> = levels.iter().map(|level| normal(level)).collect();
    let mut seen = HashSet::new();
    if let Some(at) = normal_levels.iter().position(|level| !seen.insert(level)) {
        return Err(cursor.error(format!("the level `{}` appears twice", levels[at])));
    }
    let code = |c: &Cursor<'_>| -> Result<f64, Error> {
        let level = level_name(c)?;
        if kind == FeatureType::Flag {
            return match level.as_str() {
                "0" => Ok(0.0),
                "1" => Ok(1.0),
                _ => Err(c.error("a flag has the levels 0 and 1")),
            };
        }
        let index = normal_levels.iter().position(|known| *known == normal(&level));
        index.map(|index| index as f64).ok_or_else(|| {
            let meant = did_you_mean(&level, levels.iter().map(String::as_str));
            c.error(format!("`{level}` is none of the levels{meant}: {}", levels.join(", ")))
        })
    };
    let unseen = fields.text("unseen")?;
    let unseen_code = match fields.optional("unseen") {
        None => None,
        Some(_) if unseen.as_deref() == Some("missing") => None,
        Some(c) => Some(code(&c)?),
    };
    let default = default_value(&fields, kind, &code)?;
    let default_level = if kind == FeatureType::Category { fields.text("default")? } else { None };
    let range = fields.range("range")?;
    if let (Some(default), Some(range)) = (default, range)
        && !range.contains(default)
    {
        return Err(cursor.error(format!("the default {default} lies outside the range")));
    }
    belongs(&fields, kind)?;
    let level_labels = level_labels(&fields, &levels)?;
    let (unit, source_cursor) = (fields.text("unit")?, fields.required("source")?);
    let reader = SourceReader {
        cursor: &source_cursor,
        feature: &name,
        kind,
        levels: &normal_levels,
        exact: exact.as_ref(),
        level_code: &code,
        unseen_code,
        unit: unit.as_deref(),
        scope,
        reading,
    };
    let source = reader.read()?;
    let label = fields.text("label")?;
    Ok(Feature {
        own_label: label.is_some(),
        exact: exact.clone(),
        label: label.unwrap_or_else(|| name.replace('_', " ")),
        group: fields.text("group")?,
        kind,
        unit,
        range,
        whole: fields.flag("whole")?,
        required: fields.flag("required")?,
        default,
        helper: fields.flag("helper")?,
        gives_way_to: fields.optional("gives_way_to").map(|c| earlier(&c, scope, kind)).transpose()?,
        name,
        levels,
        level_labels,
        unseen,
        default_level,
        is_plain_number: kind == FeatureType::Number && source.takes_numbers_as_they_are(),
        is_plain_flag: kind == FeatureType::Flag && source.takes_flags_as_they_are(),
        attribute: None,
        source,
    })
}

/// The levels of a category that are compared letter for letter.
fn exact_levels(fields: &Fields<'_>, kind: FeatureType) -> Result<Option<Levels>, Error> {
    let exact = fields.flag("exact")?;
    if let Some(c) = fields.optional("exact").or_else(|| fields.optional("spellings"))
        && (kind != FeatureType::Category || !exact)
    {
        return Err(c.error("only a category is `exact`, and only an exact one has `spellings`"));
    }
    if !exact {
        return Ok(None);
    }
    let levels = Levels::read(&fields.required("levels")?)?;
    let spellings = fields.optional("spellings").map(|c| levels.read_spellings(&c)).transpose()?;
    Ok(Some(levels.with_spellings(spellings.unwrap_or_default())))
}

/// What a missing value becomes; for a category, the code of the level.
fn default_value(
    fields: &Fields<'_>,
    kind: FeatureType,
    code: &dyn Fn(&Cursor<'_>) -> Result<f64, Error>,
) -> Result<Option<f64>, Error> {
    let Some(c) = fields.optional("default") else { return Ok(None) };
    match kind {
        FeatureType::Category => {
            c.text()?;
            code(&c)
        }
        FeatureType::Text => Err(c.error("a text has no default")),
        _ if matches!(c.node, Node::Flag(_)) => Ok(f64::from(u8::from(c.flag()?))),
        FeatureType::Flag if ![0.0, 1.0].contains(&c.number()?) => Err(c.error("a flag is 0 or 1")),
        FeatureType::Flag | FeatureType::Number => c.number(),
    }
    .map(Some)
}

/// The names that levels have for people.
fn level_labels(fields: &Fields<'_>, levels: &[String]) -> Result<Vec<(String, String)>, Error> {
    let mut level_labels = Vec::new();
    if let Some(map) = fields.optional("level_labels") {
        for (level, label) in map.entries()?.all() {
            if !levels.iter().any(|known| known == level) {
                let meant = did_you_mean(level, levels.iter().map(String::as_str));
                return Err(
                    label.error(format!("`{level}` is none of the levels{meant}: {}", levels.join(", ")))
                );
            }
            level_labels.push((level.to_owned(), label.text()?.to_owned()));
        }
    }
    Ok(level_labels)
}

/// The name of an earlier feature that counts the same in the activity log.
fn earlier(cursor: &Cursor<'_>, scope: &Scope, kind: FeatureType) -> Result<String, Error> {
    let name = cursor.text()?;
    if kind != FeatureType::Number {
        return Err(cursor.error("`gives_way_to` does not go with this type"));
    }
    if !scope.contains(name) {
        return Err(cursor.error(format!("no feature named `{name}` comes before this one")));
    }
    Ok(name.to_owned())
}

/// Refuses fields that have no meaning for a feature of this type.
fn belongs(fields: &Fields<'_>, kind: FeatureType) -> Result<(), Error> {
    for (field, wanted) in [
        ("range", FeatureType::Number),
        ("whole", FeatureType::Number),
        ("unseen", FeatureType::Category),
        ("level_labels", FeatureType::Category),
    ] {
        if let Some(c) = fields.optional(field)
            && kind != wanted
        {
            return Err(c.error(format!("`{field}` does not go with this type")));
        }
    }
    Ok(())
}

impl From<&FeatureSchema> for Node {
    fn from(schema: &FeatureSchema) -> Node {
        let object = schema.activity_types.write(Object::default());
        object.with("features", Node::List(schema.features.iter().map(Node::from).collect())).into()
    }
}

impl From<&Feature> for Node {
    fn from(feature: &Feature) -> Node {
        let kind = word_for(&TYPES, &feature.kind);
        let labels = feature.level_labels.iter().map(|(level, label)| (level.clone(), label.into()));
        let levels = match &feature.exact {
            Some(exact) => Some(Node::from(exact)),
            None => (!feature.levels.is_empty()).then(|| Node::from(feature.levels.as_slice())),
        };
        let default = match &feature.default_level {
            Some(level) => Some(Node::from(level)),
            None => feature.default.map(Node::from),
        };
        Object::default()
            .with("name", &feature.name)
            .maybe("label", feature.own_label.then_some(&feature.label))
            .maybe("group", feature.group.as_ref())
            .with("type", kind)
            .maybe("unit", feature.unit.as_ref())
            .maybe("levels", levels)
            .flag("exact", feature.exact.is_some())
            .maybe("spellings", feature.exact.as_ref().and_then(Levels::spellings_node))
            .maybe("level_labels", (!feature.level_labels.is_empty()).then(|| Node::Object(labels.collect())))
            .maybe("unseen", feature.unseen.as_ref())
            .maybe("range", feature.range)
            .flag("whole", feature.whole)
            .flag("required", feature.required)
            .maybe("default", default)
            .flag("helper", feature.helper)
            .maybe("gives_way_to", feature.gives_way_to.as_ref())
            .with("source", feature.source.write())
            .into()
    }
}
