//! Kinds of activity as numbers, for logs of millions.

use std::collections::HashMap;

use super::schema::FeatureSchema;
use crate::record::ActivityKind;

/// The kinds of activity of a log, each normalised and typed once: a log of millions has a dozen.
///
/// ```
/// use leadscore::record::{Activities, CompactActivity};
/// use leadscore::{Pipeline, Timestamp, Zone, feature::ActivityKinds};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let mut kinds = ActivityKinds::new(pipeline.schema());
/// let at = Timestamp::parse("2026-11-20", &Zone::utc())?;
/// let events = [CompactActivity { at, kind: kinds.number("email_open") }];
/// assert_eq!(Activities::compact(kinds.kinds(), &events).len(), 1);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ActivityKinds<'s> {
    schema: &'s FeatureSchema,
    numbers: HashMap<String, u32>,
    kinds: Vec<ActivityKind>,
}

impl<'s> ActivityKinds<'s> {
    /// No kinds yet; a schema gives them their types.
    pub fn new(schema: &'s FeatureSchema) -> ActivityKinds<'s> {
        ActivityKinds { schema, numbers: HashMap::new(), kinds: Vec::new() }
    }

    /// The number of a kind; a new kind gets the next number.
    pub fn number(&mut self, kind: &str) -> u32 {
        if let Some(number) = self.numbers.get(kind) {
            return *number;
        }
        let number = self.kinds.len() as u32;
        self.numbers.insert(kind.to_owned(), number);
        self.kinds.push(self.schema.activity_types().kind(kind));
        number
    }

    /// The kinds by number, for [`Activities::compact`](crate::record::Activities::compact).
    pub fn kinds(&self) -> &[ActivityKind] {
        &self.kinds
    }

    /// The same, for a log that outlives the schema's borrow.
    pub fn into_kinds(self) -> Vec<ActivityKind> {
        self.kinds
    }
}
