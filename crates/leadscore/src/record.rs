//! What a schema reads features from: a [`Lead`], a JSON object, a row of a table, or a type of the caller's.

mod activity;
mod attribute;
mod json;
mod lead;
mod names;

pub(crate) use activity::ActivityForm;
pub use activity::{Activities, Activity, ActivityKind, CompactActivity};
#[cfg(feature = "arrow")]
pub(crate) use attribute::read_attribute;
pub use attribute::{Attribute, AttributeRef, IntoAttribute};
pub use json::{JsonReader, JsonRecord, NestedValues, SkippedField, UnknownFields};
pub use lead::Lead;
pub use names::{AttributeKey, AttributeNames};

use crate::Error;

/// Something a schema can read features from.
///
/// A schema numbers the attributes it reads ([`FeatureSchema::attribute_names`](crate::FeatureSchema::attribute_names)).
/// A record that stores its values by name looks them up by [`AttributeKey::name`]; a row of a table finds its columns
/// once and answers by [`AttributeKey::index`], without comparing a text per value.
///
/// ```
/// use leadscore::record::{Activities, AttributeKey, AttributeRef, Record};
///
/// /// A row of numbers whose columns are in the order of the schema's attributes.
/// struct Row<'a>(&'a [f64]);
///
/// impl Record for Row<'_> {
///     fn id(&self) -> Option<&str> {
///         None
///     }
///     fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
///         self.0.get(key.index()).copied().map(AttributeRef::Number)
///     }
/// }
///
/// let schema = leadscore::FeatureSchema::from_json(
///     r#"{"features": [{"name": "visits", "type": "number", "source": {"from": "attribute"}}]}"#,
/// )?;
/// let as_of = leadscore::Timestamp::parse("2026-11-22", &leadscore::Zone::utc())?;
/// let mut values = Vec::new();
/// schema.values(&Row(&[7.0]), as_of, &leadscore::Zone::utc(), leadscore::Mode::Lenient, &mut values)?;
/// assert_eq!(values, [7.0]);
/// # Ok::<(), leadscore::Error>(())
/// ```
pub trait Record {
    /// The caller's id of the lead, if it has one.
    fn id(&self) -> Option<&str>;

    /// The value of an attribute; `None` where the record has none.
    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>>;

    /// What happened with the lead, in any order.
    fn activities(&self) -> Activities<'_> {
        Activities::default()
    }

    /// Whether the record was made for a schema with these attributes; asked once before it is read.
    ///
    /// # Errors
    /// `invalid_lead` for a record whose values are numbered by another schema.
    fn check_names(&self, _names: &AttributeNames) -> Result<(), Error> {
        Ok(())
    }
}

impl<R: Record + ?Sized> Record for &R {
    fn id(&self) -> Option<&str> {
        (**self).id()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        (**self).attribute(key)
    }

    fn activities(&self) -> Activities<'_> {
        (**self).activities()
    }

    fn check_names(&self, names: &AttributeNames) -> Result<(), Error> {
        (**self).check_names(names)
    }
}
