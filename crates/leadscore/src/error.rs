//! What can go wrong, each with a stable code and a path into the input.

/// Anything leadscore refuses, with a stable [`code`](Error::code) and a [`path`](Error::path).
///
/// The path reads like the input: `leads[3].activities[0].at` or `scorer.groups[1].rules[0].points`.
/// It is empty where the whole input is meant.
///
/// ```
/// let error = leadscore::Pipeline::from_json("{}").unwrap_err();
/// assert_eq!(error.code(), "invalid_pipeline");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not JSON.
    #[error("{}{message}", at(path))]
    InvalidJson {
        /// Where in the input.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A pipeline file that cannot be used.
    #[error("{}{message}", at(path))]
    InvalidPipeline {
        /// Where in the file.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A pipeline file of a format this version does not know.
    #[error("{}{message}", at(path))]
    UnsupportedFormat {
        /// Where in the file.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// No built-in pipeline, schema or tier scheme has that name.
    #[error("{}{message}", at(path))]
    UnknownName {
        /// Where the name stood.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A lead record that cannot be read.
    #[error("{}{message}", at(path))]
    InvalidLead {
        /// Where in the record.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// Options of a scoring that cannot be read.
    #[error("{}{message}", at(path))]
    InvalidContext {
        /// Which option.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// Strict mode: a required feature has no value.
    #[error("{}{message}", at(path))]
    MissingFeature {
        /// The feature's place in the lead.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// Strict mode: a value lies outside the feature's range, or cannot be read as its type.
    #[error("{}{message}", at(path))]
    InvalidFeature {
        /// The feature's place in the lead.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A time or time zone that cannot be read.
    #[error("{}{message}", at(path))]
    InvalidTime {
        /// Where it stood.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A feature matrix whose width does not fit the schema.
    #[error("{}{message}", at(path))]
    InvalidMatrix {
        /// Which row or column.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A table that cannot be read as CSV: empty, binary, a web page.
    #[error("{}{message}", at(path))]
    UnreadableTable {
        /// Which line, where one can be named.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A model file that is malformed, or not one at all.
    #[error("{}{message}", at(path))]
    InvalidModel {
        /// Where in the model, such as `trees[3].nodes[5]`.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// A model of a kind or objective that cannot be represented exactly.
    #[error("{}{message}", at(path))]
    UnsupportedModel {
        /// Where in the model.
        path: String,
        /// What it is, and what to do instead.
        message: String,
    },
    /// The file keeps no cover, without which there are no contributions.
    #[error("{}{message}", at(path))]
    CoverMissing {
        /// The first node without cover.
        path: String,
        /// What was wrong, in plain words.
        message: String,
    },
    /// Contributions are not defined for this model.
    #[error("{}{message}", at(path))]
    ContributionsUnsupported {
        /// Where in the model.
        path: String,
        /// Why not.
        message: String,
    },
    /// The model's objective does not say how its margins become scores.
    #[error("{}{message}", at(path))]
    ScaleRequired {
        /// What is missing.
        path: String,
        /// The choices there are.
        message: String,
    },
    /// Reading or writing failed below us.
    #[error("{}{message}", at(path))]
    Io {
        /// Which file, where one is known.
        path: String,
        /// What the operating system said.
        message: String,
    },
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl Error {
    /// Every code there is.
    pub const CODES: [&str; 17] = [
        "invalid_json",
        "invalid_pipeline",
        "unsupported_format",
        "unknown_name",
        "invalid_lead",
        "invalid_context",
        "missing_feature",
        "invalid_feature",
        "invalid_time",
        "invalid_matrix",
        "unreadable_table",
        "invalid_model",
        "unsupported_model",
        "cover_missing",
        "contributions_unsupported",
        "scale_required",
        "io",
    ];

    /// The stable name of this kind of error, for callers that branch on it.
    pub fn code(&self) -> &'static str {
        match self {
            Error::InvalidJson { .. } => "invalid_json",
            Error::InvalidPipeline { .. } => "invalid_pipeline",
            Error::UnsupportedFormat { .. } => "unsupported_format",
            Error::UnknownName { .. } => "unknown_name",
            Error::InvalidLead { .. } => "invalid_lead",
            Error::InvalidContext { .. } => "invalid_context",
            Error::MissingFeature { .. } => "missing_feature",
            Error::InvalidFeature { .. } => "invalid_feature",
            Error::InvalidTime { .. } => "invalid_time",
            Error::InvalidMatrix { .. } => "invalid_matrix",
            Error::UnreadableTable { .. } => "unreadable_table",
            Error::InvalidModel { .. } => "invalid_model",
            Error::UnsupportedModel { .. } => "unsupported_model",
            Error::CoverMissing { .. } => "cover_missing",
            Error::ContributionsUnsupported { .. } => "contributions_unsupported",
            Error::ScaleRequired { .. } => "scale_required",
            Error::Io { .. } => "io",
        }
    }

    /// Where in the input, empty for the whole of it.
    pub fn path(&self) -> &str {
        self.parts().0
    }

    /// What was wrong, in plain words and without the path.
    pub fn message(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        match self {
            Error::InvalidJson { path, message }
            | Error::InvalidPipeline { path, message }
            | Error::UnsupportedFormat { path, message }
            | Error::UnknownName { path, message }
            | Error::InvalidLead { path, message }
            | Error::InvalidContext { path, message }
            | Error::MissingFeature { path, message }
            | Error::InvalidFeature { path, message }
            | Error::InvalidTime { path, message }
            | Error::InvalidMatrix { path, message }
            | Error::UnreadableTable { path, message }
            | Error::InvalidModel { path, message }
            | Error::UnsupportedModel { path, message }
            | Error::CoverMissing { path, message }
            | Error::ContributionsUnsupported { path, message }
            | Error::ScaleRequired { path, message }
            | Error::Io { path, message } => (path, message),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Io { path: String::new(), message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn the_list_of_codes_is_that_of_the_enum() {
        let source = include_str!("error.rs");
        let arms = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Error::")?.split_once(" { .. } => \""));
        let codes: Vec<&str> = arms.filter_map(|(_, code)| code.split('"').next()).collect();
        assert_eq!(codes, Error::CODES);
    }
}
