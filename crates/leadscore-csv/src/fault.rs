//! What is wrong with a cell, and what would settle it.

/// Why a cell that holds something is read as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What is wrong, such as `is no date`.
    pub what: &'static str,
    /// The property of the file that would settle what the cell means.
    pub setting: Option<Setting>,
}

/// A property of a file that its content does not settle, as a mapping file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    field: &'static str,
    values: [&'static str; 2],
}

impl Setting {
    /// Whether the day or the month comes first.
    pub(crate) const DATE_ORDER: Setting =
        Setting { field: "date_order", values: ["day_first", "month_first"] };
    /// Which sign stands before the decimals.
    pub(crate) const DECIMAL: Setting = Setting { field: "decimal", values: [".", ","] };

    /// The mapping to give, with both values: in a section of it, or for the leads.
    ///
    /// ```
    /// use leadscore_csv::{CsvOptions, CsvReader, ReadRow, Row};
    ///
    /// let table = "day\n03/04/2026\n".as_bytes();
    /// let mut reader = CsvReader::open(table, CsvOptions::new())?;
    /// let fault = reader.parser().fault(0, "03/04/2026").unwrap();
    /// assert_eq!(
    ///     fault.setting.unwrap().in_mapping(None),
    ///     r#"--map with {"format": 1, "date_order": "day_first"} (or "month_first")"#
    /// );
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn in_mapping(&self, section: Option<&str>) -> String {
        let [one, other] = self.values;
        format!("{} (or \"{other}\")", self.mapping_with(one, section))
    }

    /// The mapping to give for the leads, with one value.
    pub(crate) fn with_value(&self, value: &str) -> String {
        self.mapping_with(value, None)
    }

    fn mapping_with(&self, value: &str, section: Option<&str>) -> String {
        let own = format!("\"{}\": \"{value}\"", self.field);
        let own = section.map_or_else(|| own.clone(), |section| format!("\"{section}\": {{{own}}}"));
        format!("--map with {{\"format\": 1, {own}}}")
    }
}
