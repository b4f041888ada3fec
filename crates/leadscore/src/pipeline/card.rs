//! What a model says of itself.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::json::{Cursor, Node, Object};

/// Where a pipeline's model comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelCard {
    /// The model's name.
    pub name: String,
    /// The model's version, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What kind of model it is, such as `xgboost`.
    pub model_type: String,
    /// The day it was trained, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_date: Option<String>,
    /// Whether it was trained on made-up leads: a stand-in until there is one of your own.
    pub is_stub: bool,
}

impl ModelCard {
    /// A card with a name and what kind of model it is.
    pub fn new(name: impl Into<String>, model_type: impl Into<String>) -> ModelCard {
        ModelCard {
            name: name.into(),
            version: None,
            model_type: model_type.into(),
            training_date: None,
            is_stub: false,
        }
    }

    /// With the model's version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> ModelCard {
        self.version = Some(version.into());
        self
    }

    /// With the day it was trained.
    #[must_use]
    pub fn training_date(mut self, date: impl Into<String>) -> ModelCard {
        self.training_date = Some(date.into());
        self
    }

    pub(super) fn read(cursor: &Cursor<'_>) -> Result<ModelCard, Error> {
        let fields = cursor.object(&["name", "version", "model_type", "training_date", "is_stub"])?;
        let text = |name| -> Result<String, Error> { Ok(fields.required(name)?.text()?.to_owned()) };
        Ok(ModelCard {
            name: text("name")?,
            version: fields.text("version")?,
            model_type: text("model_type")?,
            training_date: fields.text("training_date")?,
            is_stub: fields.flag("is_stub")?,
        })
    }
}

impl From<&ModelCard> for Node {
    fn from(card: &ModelCard) -> Node {
        Object::default()
            .with("name", &card.name)
            .maybe("version", card.version.as_ref())
            .with("model_type", &card.model_type)
            .maybe("training_date", card.training_date.as_ref())
            .flag("is_stub", card.is_stub)
            .into()
    }
}
