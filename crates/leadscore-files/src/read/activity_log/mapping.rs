//! What a mapping file says of the activity log.

use leadscore_csv::{CsvOptions, DateOrder};
use serde::Deserialize;

use crate::read::date_order::Order;

/// The section `activities` of a mapping file: `{"lead_id": "Contact ID", "kind": "Event", "at": "When", "id": "Event ID"}`,
/// and what is known of the log's format where its content does not tell.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::read) struct LogMapping {
    /// The columns, or the fields of JSON lines, that hold these.
    pub(super) lead_id: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) at: Option<String>,
    pub(super) id: Option<String>,
    pub(in crate::read) delimiter: Option<char>,
    encoding: Option<String>,
    pub(in crate::read) decimal: Option<char>,
    pub(in crate::read) date_order: Option<Order>,
    header: Option<bool>,
}

impl LogMapping {
    /// What it says of the log's format.
    pub(super) fn csv_options(&self) -> CsvOptions {
        let mut options = CsvOptions::new();
        options.delimiter = self.delimiter.map(|c| c as u8);
        options.encoding.clone_from(&self.encoding);
        options.decimal = self.decimal;
        options.date_order = self.date_order.map(DateOrder::from);
        options.header = self.header;
        options
    }
}
