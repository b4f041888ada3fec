//! The file of what is known of companies: CSV, kept in memory, or SQLite, asked for each lead.

mod database;
mod table;

use std::path::Path;

use super::facts::Fact;
use super::record;
use crate::config::ConfigError;
use database::Database;
use table::Table;

/// What is known of companies.
pub(crate) enum Directory {
    Table(Table),
    Database(Database),
}

/// What starts every SQLite file.
const SQLITE: &[u8; 16] = b"SQLite format 3\0";

impl Directory {
    /// Opens a file.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read, or has no column by which companies are found.
    pub(crate) async fn open(path: &Path) -> Result<Directory, ConfigError> {
        let told =
            |message: &str| ConfigError::new(format!("qualify.companies: {}: {message}", path.display()));
        let mut start = Vec::new();
        let file = std::fs::File::open(path).map_err(|error| told(&error.to_string()))?;
        std::io::Read::read_to_end(&mut std::io::Read::take(file, 16), &mut start)
            .map_err(|error| told(&error.to_string()))?;
        if start == SQLITE {
            return Database::open(path).await.map(Directory::Database).map_err(|message| told(&message));
        }
        Table::read(path).map(Directory::Table).map_err(|message| told(&message))
    }

    /// What is known by the address or, in its place, by the company's domain.
    ///
    /// # Errors
    /// In words, where the file cannot be read any more or is not clear.
    pub(crate) async fn facts(&self, email: &str, domain: Option<&str>) -> Result<Vec<Fact>, String> {
        match self {
            Directory::Table(table) => Ok(table.facts(email, domain)),
            Directory::Database(database) => database.facts(email, domain).await,
        }
    }
}

/// Whether the columns say which company a row is of, and anything of it.
fn check_columns(columns: &[String]) -> Result<(), String> {
    if !columns.iter().any(|name| name == "domain" || name == "email") {
        return Err("there is no column `domain` or `email`".to_owned());
    }
    if columns.iter().any(|name| record::names().any(|own| own == name)) {
        return Ok(());
    }
    let names: Vec<&str> = record::names().collect();
    Err(format!("no column has one of the names {}", names.join(", ")))
}
