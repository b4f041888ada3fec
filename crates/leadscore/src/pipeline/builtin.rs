//! The pipelines and schemas that ship with the library. All of them are data.

use std::sync::OnceLock;

use super::Pipeline;
use crate::error::did_you_mean;
use crate::{Error, ErrorKind};

const PIPELINES: [(&str, &str); 9] = [
    ("conversion", include_str!("../builtin/conversion.json")),
    ("conversion-compat", include_str!("../builtin/conversion-compat.json")),
    ("priority", include_str!("../builtin/priority.json")),
    ("lead-score", include_str!("../builtin/lead-score.json")),
    ("heat-rules", include_str!("../builtin/heat-rules.json")),
    ("qualify", include_str!("../builtin/qualify.json")),
    ("capture", include_str!("../builtin/capture.json")),
    ("b2b", include_str!("../builtin/b2b.json")),
    ("heat", include_str!("../builtin/heat.json")),
];

const SCHEMAS: [(&str, &str); 3] = [
    ("lead-ml", include_str!("../builtin/schema-lead-ml.json")),
    ("b2b", include_str!("../builtin/schema-b2b.json")),
    ("heat", include_str!("../builtin/schema-heat.json")),
];

impl Pipeline {
    /// A pipeline that ships with the library, by name; [`Pipeline::builtin_names`] lists them.
    ///
    /// It is read once in a process: later calls give the same one.
    ///
    /// # Errors
    /// `unknown_name`, with the names there are.
    ///
    /// ```
    /// use leadscore::Pipeline;
    /// assert_eq!(Pipeline::builtin("conversion")?.id(), "conversion");
    /// assert_eq!(Pipeline::builtin("nothing").unwrap_err().code(), "unknown_name");
    /// assert_eq!(Pipeline::builtin_names().count(), 9);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn builtin(name: &str) -> Result<Pipeline, Error> {
        static READ: [OnceLock<Pipeline>; PIPELINES.len()] = [const { OnceLock::new() }; PIPELINES.len()];
        let text = pipeline(name)?;
        let Some(read) = PIPELINES.iter().position(|(own, _)| *own == name).map(|at| &READ[at]) else {
            return Pipeline::from_json(text);
        };
        if let Some(pipeline) = read.get() {
            return Ok(pipeline.clone());
        }
        let pipeline = Pipeline::from_json(text)?;
        Ok(read.get_or_init(|| pipeline).clone())
    }

    /// The names of the pipelines that ship with the library.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        PIPELINES.iter().map(|(name, _)| *name)
    }
}

impl crate::FeatureSchema {
    /// A feature schema that ships with the library: `lead-ml`, `b2b` or `heat`.
    ///
    /// # Errors
    /// `unknown_name`.
    pub fn builtin(name: &str) -> Result<crate::FeatureSchema, Error> {
        crate::FeatureSchema::from_json(schema(name)?)
    }
}

/// The file of a built-in pipeline.
pub(super) fn pipeline(name: &str) -> Result<&'static str, Error> {
    find(&PIPELINES, "pipeline", name)
}

/// The file of a built-in schema.
pub(super) fn schema(name: &str) -> Result<&'static str, Error> {
    find(&SCHEMAS, "schema", name)
}

fn find(list: &[(&str, &'static str)], what: &str, name: &str) -> Result<&'static str, Error> {
    list.iter().find(|(own, _)| *own == name).map(|(_, text)| *text).ok_or_else(|| {
        let known: Vec<&str> = list.iter().map(|(own, _)| *own).collect();
        let meant = did_you_mean(name, known.iter().copied());
        let message = format!("unknown {what} `{name}`{meant}; built in: {}", known.join(", "));
        Error::new(ErrorKind::UnknownName, "", message)
    })
}
