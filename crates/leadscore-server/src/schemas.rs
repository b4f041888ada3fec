//! The schemas of the documentation, as checks.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::fault::{Fault, Issue};

/// A check for every schema of the documentation, by its name.
pub(crate) struct Schemas(BTreeMap<String, Validator>);

impl Schemas {
    /// The checks.
    ///
    /// # Panics
    /// Where a schema of our own is none.
    pub(crate) fn new(documentation: &OpenApi) -> Schemas {
        let document = serde_json::to_value(documentation).expect("the documentation serializes");
        let components = &document["components"];
        let names = components["schemas"].as_object().into_iter().flat_map(|schemas| schemas.keys());
        let checks = names.map(|name| {
            let schema =
                json!({"$ref": format!("#/components/schemas/{name}"), "components": components.clone()});
            let check = jsonschema::options().should_validate_formats(true).build(&schema);
            (name.clone(), check.unwrap_or_else(|error| panic!("the schema {name}: {error}")))
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
            "is required".to_owned()
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
