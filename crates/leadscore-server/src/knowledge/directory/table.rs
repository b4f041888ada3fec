//! A CSV file of companies, in memory.

use std::collections::HashMap;
use std::path::Path;

use leadscore_csv::{CsvOptions, CsvReader, ReadRow, Row};

use super::check_columns;
use crate::knowledge::facts::{Fact, FactSource};
use crate::knowledge::record;

/// The rows of a file by e-mail address and by domain.
pub(crate) struct Table {
    by_email: HashMap<String, Vec<Fact>>,
    by_domain: HashMap<String, Vec<Fact>>,
}

/// More rows want a SQLite file, which is not kept in memory.
const MOST_ROWS: u64 = 500_000;

impl Table {
    /// # Errors
    /// In words, with the line.
    pub(crate) fn read(path: &Path) -> Result<Table, String> {
        let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
        // Texts as they stand: the names of facts say how their numbers are read.
        let all = record::names().chain(["domain", "email"]);
        let options = all.fold(CsvOptions::new().header(true), CsvOptions::text_column);
        let mut reader = CsvReader::open(file, options).map_err(|error| error.to_string())?;
        let columns: Vec<String> =
            reader.columns().iter().map(|column| column.name.trim().to_lowercase()).collect();
        check_columns(&columns)?;
        let mut table = Table { by_email: HashMap::new(), by_domain: HashMap::new() };
        let mut lines = HashMap::new();
        let mut row = Row::default();
        loop {
            match reader.next_row(&mut row).map_err(|error| error.to_string())? {
                ReadRow::End => return Ok(table),
                ReadRow::Rejected(own) => return Err(format!("line {}: {}", own.line, own.reason)),
                ReadRow::Row => {}
            }
            if row.number() > MOST_ROWS {
                return Err(format!("has more than {MOST_ROWS} rows; put them into a SQLite file"));
            }
            let value = |name: &str| {
                let place = columns.iter().position(|own| own == name)?;
                row.raw(place).map(str::to_owned)
            };
            let facts = record::facts(value, FactSource::CompaniesFile);
            let key =
                |name: &str| value(name).map(|own| own.trim().to_lowercase()).filter(|own| !own.is_empty());
            // A row with an address is of that address alone.
            let (rows, key) = match (key("email"), key("domain")) {
                (Some(email), _) => (&mut table.by_email, email),
                (None, Some(domain)) => (&mut table.by_domain, domain),
                (None, None) => {
                    return Err(format!("line {}: has no domain and no e-mail address", row.line()));
                }
            };
            if let Some(first) = lines.insert(key.clone(), row.line()) {
                return Err(format!("line {}: `{key}` stands in line {first} already", row.line()));
            }
            rows.insert(key, facts);
        }
    }

    pub(crate) fn facts(&self, email: &str, domain: Option<&str>) -> Vec<Fact> {
        let own = self.by_email.get(email).or_else(|| self.by_domain.get(domain?));
        own.cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Table::read(file.path())
    }

    #[test]
    fn rows_are_found_by_address_and_domain() {
        let table = read(
            "Domain;email;Company_Size;revenue_usd;notes\nacme.example;;50-200;12500000;x\n;ann@acme.example;7;;\n",
        )
        .unwrap();
        let values = |email: &str, domain: Option<&str>| -> Vec<String> {
            table.facts(email, domain).into_iter().map(|fact| fact.value).collect()
        };
        assert_eq!(values("bob@acme.example", Some("acme.example")), ["50-200", "$12.5M"]);
        assert_eq!(values("ann@acme.example", Some("acme.example")), ["7"]);
        assert!(values("bob@acme.example", None).is_empty());
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let refused = |text: &str| read(text).err().unwrap();
        assert!(refused("company,industry\nAcme,SaaS\n").contains("no column `domain` or `email`"));
        assert!(refused("domain,notes\nacme.example,x\n").contains("company_size"));
        assert_eq!(
            refused("domain,industry\nacme.example,SaaS\nACME.example,Finance\n"),
            "line 3: `acme.example` stands in line 2 already"
        );
        assert_eq!(
            refused("domain,industry\nacme.example,SaaS\n,Finance\n"),
            "line 3: has no domain and no e-mail address"
        );
    }
}
