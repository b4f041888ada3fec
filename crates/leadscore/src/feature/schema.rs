//! The features a pipeline scores, in order, as data.

use std::collections::HashSet;

use super::source::Source;
use crate::expression::{Reading, Scope, SlotKind};
use crate::json::{Cursor, Document, Node, Object, Range};
use crate::{Error, feature::normalise};

/// What kind of value a feature has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureType {
    /// Any number.
    Number,
    /// 0 or 1.
    Flag,
    /// One of the feature's levels; in a matrix, the level's position.
    Category,
    /// Text to show; never a column of a matrix.
    Text,
}

const TYPES: [(&str, FeatureType); 4] = [
    ("number", FeatureType::Number),
    ("flag", FeatureType::Flag),
    ("category", FeatureType::Category),
    ("text", FeatureType::Text),
];

/// One thing known of every lead, and how it is computed.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the file format")]
pub struct Feature {
    /// The name rules and models use.
    pub name: String,
    /// The name people read.
    pub label: String,
    /// The group it is shown in, if any.
    pub group: Option<String>,
    /// What kind of value it has.
    pub kind: FeatureType,
    /// The unit of a number, in words, if any.
    pub unit: Option<String>,
    /// The levels of a category; the position is the code.
    pub levels: Vec<String>,
    /// The inclusive range of values taken as good, if any.
    pub range: Option<Range>,
    /// Whether only whole numbers are good.
    pub whole: bool,
    /// Whether strict mode refuses a lead without it.
    pub required: bool,
    /// What a missing value becomes, if anything.
    pub default: Option<f64>,
    /// Whether it is only an intermediate step: no column, not shown.
    pub helper: bool,
    own_label: bool,
    level_labels: Vec<(String, String)>,
    unseen: Option<String>,
    pub(super) unseen_code: f64,
    pub(super) normal_levels: Vec<String>,
    default_level: Option<String>,
    pub(super) source: Source,
}

impl Feature {
    /// Whether the feature is a column of a matrix.
    pub fn is_column(&self) -> bool {
        !self.helper && self.kind != FeatureType::Text
    }

    /// A level's name for people: its label where it has one, else itself.
    pub fn level_label(&self, code: usize) -> Option<&str> {
        let level = self.levels.get(code)?;
        Some(self.level_labels.iter().find(|(own, _)| own == level).map_or(level, |(_, label)| label))
    }

    fn slot_kind(&self) -> SlotKind {
        match self.kind {
            FeatureType::Flag => SlotKind::Flag,
            FeatureType::Category => SlotKind::Category {
                levels: self.levels.clone(),
                labels: (0..self.levels.len())
                    .filter_map(|code| self.level_label(code))
                    .map(|label| label.replace('_', " "))
                    .collect(),
            },
            FeatureType::Number | FeatureType::Text => SlotKind::Number,
        }
    }
}

/// Which activity kinds are of which type: the first hit wins.
#[derive(Debug, Clone, PartialEq)]
struct TypeRule {
    contains: String,
    kind: String,
}

/// Ordered features, and how activity kinds are told apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureSchema {
    activity_types: Vec<TypeRule>,
    channels: Vec<(String, String)>,
    features: Vec<Feature>,
    columns: Vec<usize>,
}

impl FeatureSchema {
    /// Reads a schema from its JSON, the `schema` object of a pipeline file.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_pipeline` with the path of what is wrong.
    pub fn from_json(text: &str) -> Result<FeatureSchema, Error> {
        let node = crate::json::parse(text)?;
        FeatureSchema::read(&Cursor::root(&node, "schema", Document::Pipeline), &Reading::new())
    }

    /// Every feature in file order, helpers and texts included.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The features that are columns of a matrix, in its order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &Feature> {
        self.columns.iter().map(|&at| &self.features[at])
    }

    /// The lead attributes the features read, each once, in order of first use.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for feature in &self.features {
            if let Some(name) = feature.source.attribute()
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }

    /// Whether any feature reads the activity log.
    pub fn reads_activities(&self) -> bool {
        self.features.iter().any(|feature| feature.source.reads_activities())
    }

    pub(super) fn column_places(&self) -> &[usize] {
        &self.columns
    }

    /// The type of a lower-cased activity kind.
    pub(super) fn activity_type<'a>(&'a self, kind: &'a str) -> &'a str {
        self.activity_types.iter().find(|rule| kind.contains(&rule.contains)).map_or(kind, |rule| &rule.kind)
    }

    /// The channel of an activity type, if it has one.
    pub(super) fn channel(&self, activity_type: &str) -> Option<&str> {
        self.channels.iter().find(|(own, _)| own == activity_type).map(|(_, channel)| channel.as_str())
    }

    /// The names that rules may use: the columns.
    pub(crate) fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        self.columns().for_each(|feature| scope.push(&feature.name, feature.slot_kind()));
        scope
    }

    pub(crate) fn read(cursor: &Cursor<'_>, reading: &Reading) -> Result<FeatureSchema, Error> {
        let fields = cursor.object(&["activity_types", "channels", "features"])?;
        let mut schema = FeatureSchema::default();
        if let Some(list) = fields.optional("activity_types") {
            for item in list.items()? {
                let rule = item.object(&["contains", "type"])?;
                let text = |name| -> Result<String, Error> {
                    Ok(normalise(rule.required(name)?.text()?).into_owned())
                };
                schema.activity_types.push(TypeRule { contains: text("contains")?, kind: text("type")? });
            }
        }
        if let Some(map) = fields.optional("channels") {
            for (kind, channel) in map.entries()?.all() {
                schema.channels.push((normalise(kind).into_owned(), channel.text()?.to_owned()));
            }
        }
        let list = fields.required("features")?;
        let items = list.items()?;
        let names: Vec<String> =
            items.iter().filter_map(|item| item.entries().ok()?.text("name").ok()?).collect();
        let mut scope = Scope::default().with_later(names);
        for (at, item) in items.iter().enumerate() {
            let feature = read_feature(item, &scope, reading)?;
            if scope.contains(&feature.name) {
                return Err(item.error(format!("a second feature named `{}`", feature.name)));
            }
            scope.push(&feature.name, feature.slot_kind());
            if feature.is_column() {
                schema.columns.push(at);
            }
            schema.features.push(feature);
        }
        if schema.columns.is_empty() {
            return Err(list.error("wants at least one feature that is not a helper"));
        }
        Ok(schema)
    }
}

fn read_feature(cursor: &Cursor<'_>, scope: &Scope, reading: &Reading) -> Result<Feature, Error> {
    let fields = cursor.object(&[
        "name",
        "label",
        "group",
        "type",
        "unit",
        "levels",
        "level_labels",
        "unseen",
        "range",
        "whole",
        "required",
        "default",
        "helper",
        "source",
    ])?;
    let name_cursor = fields.required("name")?;
    let name = name_cursor.text()?.to_owned();
    if name.trim().is_empty() || name.starts_with('$') {
        return Err(name_cursor.error("a feature's name is not blank and does not start with `$`"));
    }
    let kind = fields.required("type")?.word(&TYPES)?;
    let levels = fields.texts("levels")?;
    if (kind == FeatureType::Category) == levels.is_empty() {
        return Err(cursor.error("a category has `levels`; other types have none"));
    }
    let normal_levels: Vec<String> = levels.iter().map(|level| normalise(level).into_owned()).collect();
    let mut seen = HashSet::new();
    if let Some(at) = normal_levels.iter().position(|level| !seen.insert(level)) {
        return Err(cursor.error(format!("the level `{}` stands twice", levels[at])));
    }
    let code = |c: &Cursor<'_>| -> Result<f64, Error> {
        let level = super::matching::level_name(c)?;
        if kind == FeatureType::Flag {
            return match level.as_str() {
                "0" => Ok(0.0),
                "1" => Ok(1.0),
                _ => Err(c.error("a flag has the levels 0 and 1")),
            };
        }
        let place = normal_levels.iter().position(|own| *own == *normalise(&level));
        place
            .map(|p| p as f64)
            .ok_or_else(|| c.error(format!("`{level}` is none of the levels: {}", levels.join(", "))))
    };
    let unseen = fields.text("unseen")?;
    let unseen_code = match fields.optional("unseen") {
        None => f64::NAN,
        Some(_) if unseen.as_deref() == Some("missing") => f64::NAN,
        Some(c) => code(&c)?,
    };
    let mut default_level = None;
    let default = match fields.optional("default") {
        None => None,
        Some(c) if kind == FeatureType::Category => {
            default_level = Some(c.text()?.to_owned());
            Some(code(&c)?)
        }
        Some(c) if matches!(c.node, Node::Flag(_)) => Some(f64::from(u8::from(c.flag()?))),
        Some(c) => Some(c.number()?),
    };
    let mut level_labels = Vec::new();
    if let Some(map) = fields.optional("level_labels") {
        for (level, label) in map.entries()?.all() {
            if !levels.iter().any(|own| own == level) {
                return Err(label.error(format!("`{level}` is none of the levels: {}", levels.join(", "))));
            }
            level_labels.push((level.to_owned(), label.text()?.to_owned()));
        }
    }
    let source = Source::read(&fields.required("source")?, &name, kind, &code, scope, reading)?;
    let label = fields.text("label")?;
    Ok(Feature {
        own_label: label.is_some(),
        label: label.unwrap_or_else(|| name.replace('_', " ")),
        group: fields.text("group")?,
        kind,
        unit: fields.text("unit")?,
        range: fields.range("range")?,
        whole: fields.flag("whole")?,
        required: fields.flag("required")?,
        default,
        helper: fields.flag("helper")?,
        name,
        levels,
        level_labels,
        unseen,
        unseen_code,
        normal_levels,
        default_level,
        source,
    })
}

impl From<&FeatureSchema> for Node {
    fn from(schema: &FeatureSchema) -> Node {
        let mut object = Object::default();
        if !schema.activity_types.is_empty() {
            let rule = |rule: &TypeRule| -> Node {
                Object::default().with("contains", &rule.contains).with("type", &rule.kind).into()
            };
            object =
                object.with("activity_types", Node::List(schema.activity_types.iter().map(rule).collect()));
        }
        if !schema.channels.is_empty() {
            let pair = |(kind, channel): &(String, String)| (kind.clone(), Node::from(channel));
            object = object.with("channels", Node::Object(schema.channels.iter().map(pair).collect()));
        }
        object.with("features", Node::List(schema.features.iter().map(Node::from).collect())).into()
    }
}

impl From<&Feature> for Node {
    fn from(feature: &Feature) -> Node {
        let kind = TYPES.iter().find(|(_, kind)| *kind == feature.kind).map_or("", |(name, _)| name);
        let labels = feature.level_labels.iter().map(|(level, label)| (level.clone(), label.into()));
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
            .texts("levels", &feature.levels)
            .maybe("level_labels", (!feature.level_labels.is_empty()).then(|| Node::Object(labels.collect())))
            .maybe("unseen", feature.unseen.as_ref())
            .maybe("range", feature.range)
            .flag("whole", feature.whole)
            .flag("required", feature.required)
            .maybe("default", default)
            .flag("helper", feature.helper)
            .with("source", &feature.source)
            .into()
    }
}
