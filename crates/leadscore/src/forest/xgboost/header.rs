//! The head of the file: version, width of input and output, attributes.

use std::collections::BTreeMap;

use super::document::DocCursor;
use crate::{Error, ErrorKind};

/// A file may claim this many columns, however small it is; for more, it needs a byte for each.
const FREE_COLUMNS: usize = 65_536;

/// The width of the model's input and output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) features: usize,
    pub(super) outputs: usize,
    /// Trees for each output in a round (`num_parallel_tree`), where the model itself does not say.
    pub(super) parallel: usize,
}

impl Size {
    pub(super) fn read(
        learner: &DocCursor,
        bytes: usize,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Size, Error> {
        let param = learner.required("learner_model_param")?;
        let features = param.required("num_feature")?.count()?;
        if features > bytes.max(FREE_COLUMNS) {
            return Err(Error::new(
                ErrorKind::UnsupportedModel,
                "learner.learner_model_param.num_feature",
                format!(
                    "{features} columns in a file of {bytes} bytes; train without the columns that are not used"
                ),
            ));
        }
        let classes = param.count_or("num_class", 0)?;
        let targets = param.count_or("num_target", 1)?;
        let outputs = classes.max(targets).max(1);
        if outputs > bytes {
            return Err(param.error(format!("{outputs} classes or targets in a file of {bytes} bytes")));
        }
        // Before 1.6 a random forest shows only in the number of trees up to the best round, if there is one.
        let [limit, best] =
            ["best_ntree_limit", "best_iteration"].map(|key| count_attribute(attributes, key));
        let parallel = limit.zip(best).map_or(1, |(limit, best)| limit / best.saturating_add(1));
        Ok(Size { features, outputs, parallel })
    }
}

/// The version that wrote the file; empty where the file does not say.
#[derive(Debug)]
pub(super) struct Version<'a>(&'a [i64]);

impl<'a> Version<'a> {
    pub(super) fn read(root: &DocCursor<'a>) -> Result<Version<'a>, Error> {
        root.optional_ints("version").map(Version)
    }

    /// Whether the file is from before `version`; false where it does not say.
    pub(super) fn before(&self, version: [i64; 2]) -> bool {
        !self.0.is_empty() && self.0 < version.as_slice()
    }

    pub(super) fn text(&self) -> String {
        self.0.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
    }
}

/// An attribute that is a count.
pub(super) fn count_attribute(attributes: &BTreeMap<String, String>, key: &str) -> Option<usize> {
    attributes.get(key)?.trim().parse().ok()
}
