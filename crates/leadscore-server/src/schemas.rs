//! The schemas of the documentation, as checks.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use crate::fault::{Fault, Issue, REQUIRED};

/// A check for every body that a route takes, by the name of its schema.
pub(crate) struct Schemas(BTreeMap<String, Validator>);

/// Where schemas stand in the documentation.
const PLACE: &str = "#/components/schemas/";

impl Schemas {
    /// The checks.
    ///
    /// # Panics
    /// Where a schema of our own is none.
    pub(crate) fn new(documentation: &OpenApi) -> Schemas {
        let document = serde_json::to_value(documentation).expect("the documentation serializes");
        let schemas = &document["components"]["schemas"];
        let mut bodies = BTreeSet::new();
        let items = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
        for operation in items.filter_map(Value::as_object).flat_map(|item| item.values()) {
            references(&operation["requestBody"], &mut bodies);
        }
        let checks = bodies.into_iter().map(|name| {
            // Only what the schema speaks of: a check keeps all that it is given.
            let (mut needed, mut open) = (Map::new(), BTreeSet::from([name.clone()]));
            while let Some(own) = open.pop_first() {
                references(&schemas[&own], &mut open);
                needed.insert(own.clone(), schemas[&own].clone());
                open.retain(|name| !needed.contains_key(name));
            }
            let schema = json!({"$ref": format!("{PLACE}{name}"), "components": {"schemas": needed}});
            let check = jsonschema::options().should_validate_formats(true).build(&schema);
            let check = check.unwrap_or_else(|error| panic!("the schema {name}: {error}"));
            (name, check)
        });
        Schemas(checks.collect())
    }

    /// Every problem of a body.
    pub(crate) fn check(&self, name: &str, body: &Value) -> Result<(), Fault> {
        let check = self.0.get(name).unwrap_or_else(|| panic!("the documentation has the schema {name}"));
        if check.is_valid(body) {
            return Ok(());
        }
        Err(Fault::invalid_all(check.iter_errors(body).map(|error| issue(&error)).collect()))
    }
}

/// The names of the schemas that a value refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, own) in fields {
                match own.as_str().and_then(|text| text.strip_prefix(PLACE)) {
                    Some(target) if name == "$ref" => {
                        found.insert(target.to_owned());
                    }
                    _ => references(own, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn issue(error: &ValidationError<'_>) -> Issue {
    let mut field = String::new();
    for part in error.instance_path().as_str().split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            field.push_str(&format!("[{part}]"));
        } else {
            let dot = if field.is_empty() { "" } else { "." };
            field.push_str(&format!("{dot}{part}"));
        }
    }
    let mut value = Some(error.instance().clone().into_owned());
    let message = match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let dot = if field.is_empty() { "" } else { "." };
            field.push_str(&format!("{dot}{name}"));
            value = None;
            REQUIRED.to_owned()
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let dot = if field.is_empty() { "" } else { "." };
            field.push_str(&format!("{dot}{}", unexpected.first().map_or("", String::as_str)));
            value = None;
            "is not known".to_owned()
        }
        ValidationErrorKind::Type { kind } => format!("must be {}", types(kind)),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}"),
        ValidationErrorKind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        ValidationErrorKind::MinLength { limit } => format!("must have at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("must have at most {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("must have at least {limit} items"),
        ValidationErrorKind::MaxItems { limit } => format!("must have at most {limit} items"),
        ValidationErrorKind::Pattern { pattern } if pattern == NOT_BLANK => "must not be blank".to_owned(),
        ValidationErrorKind::Format { format } if format == "email" => "Invalid email format".to_owned(),
        ValidationErrorKind::Enum { options } => format!("must be one of {options}"),
        // A choice that may be null is one of two schemas.
        ValidationErrorKind::OneOfNotValid { context } => {
            let mut inner = context.iter().flatten().map(ValidationError::kind);
            let choice = inner.find_map(|kind| match kind {
                ValidationErrorKind::Enum { options } => Some(format!("must be one of {options}")),
                _ => None,
            });
            choice.unwrap_or_else(|| error.to_string())
        }
        _ => error.to_string(),
    };
    // A long text is not sent back whole.
    let value =
        value.filter(|value| !value.is_object() && !value.is_array() && value.to_string().len() <= 300);
    Issue { field, message, value }
}

/// The pattern of texts that say something.
pub(crate) const NOT_BLANK: &str = r"\S";

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
    }
}
