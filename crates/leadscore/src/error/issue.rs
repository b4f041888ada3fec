//! One of the things that are wrong with a lead.

use serde::Serialize;

use super::{ErrorKind, Path};

/// One thing that strict mode refuses in a lead, for answers that list every field at once.
///
/// ```
/// use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Zone};
/// let lead = Lead::new("l-1").with("recency_days", 3).with("page_views", -2).with("prior_course_interest", "high");
/// let (pipeline, as_of) = (Pipeline::builtin("heat")?, AsOf::parse("2026-11-22", &Zone::utc())?);
/// let error = pipeline.score_with(&lead, &as_of, &ScoreOptions::new().strict()).unwrap_err();
/// let issue = &error.issues()[0];
/// assert_eq!((issue.feature(), issue.found()), ("page_views", Some("-2")));
/// assert_eq!(issue.message(), "page views: -2 lies outside from 0 up");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    kind: ErrorKind,
    feature: String,
    path: Path,
    message: String,
    found: Option<String>,
}

impl Issue {
    pub(crate) fn new(
        kind: ErrorKind,
        feature: impl Into<String>,
        path: Path,
        message: String,
        found: Option<String>,
    ) -> Issue {
        Issue { kind, feature: feature.into(), path, message, found }
    }

    /// [`ErrorKind::MissingFeature`] or [`ErrorKind::InvalidFeature`].
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The name of the feature.
    pub fn feature(&self) -> &str {
        &self.feature
    }

    /// Where in the record: the attribute, or the feature where it is computed from something else.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong, in plain words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The value in the record, if there is one; truncated to a readable length.
    pub fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }

    pub(super) fn put_before_path(&mut self, outer: &Path) {
        let inner = std::mem::take(&mut self.path);
        self.path = outer.clone().join(inner);
    }
}

impl Serialize for Issue {
    /// `{"code", "feature", "path", "message", "found"?}`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut fields = serializer.serialize_struct("Issue", 5)?;
        fields.serialize_field("code", self.kind.code())?;
        fields.serialize_field("feature", &self.feature)?;
        fields.serialize_field("path", &self.path)?;
        fields.serialize_field("message", &self.message)?;
        match &self.found {
            Some(found) => fields.serialize_field("found", found)?,
            None => fields.skip_field("found")?,
        }
        fields.end()
    }
}
