//! A SQLite file of companies, opened for reading alone.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Column, Row};

use super::check_columns;
use crate::knowledge::facts::{Fact, FactSource};
use crate::knowledge::record;

/// The table `companies` of a file.
pub(crate) struct Database {
    pool: SqlitePool,
    /// Of `email` and `domain` those that are columns, as they are written there.
    keys: Vec<(&'static str, String)>,
}

impl Database {
    /// # Errors
    /// In words.
    pub(crate) async fn open(path: &Path) -> Result<Database, String> {
        let options =
            SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(2));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(3))
            .connect_with(options)
            .await
            .map_err(|error| error.to_string())?;
        let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_table_info('companies')")
            .fetch_all(&pool)
            .await
            .map_err(|error| error.to_string())?;
        if columns.is_empty() {
            return Err("has no table `companies`".to_owned());
        }
        let lower: Vec<String> = columns.iter().map(|(name,)| name.to_lowercase()).collect();
        check_columns(&lower)?;
        let own = ["email", "domain"].into_iter();
        let keys = own.filter_map(|key| {
            let place = lower.iter().position(|name| name == key)?;
            Some((key, columns[place].0.replace('"', "\"\"")))
        });
        Ok(Database { pool, keys: keys.collect() })
    }

    pub(crate) async fn facts(&self, email: &str, domain: Option<&str>) -> Result<Vec<Fact>, String> {
        let has_email = self.keys.iter().any(|(key, _)| *key == "email");
        for (key, column) in &self.keys {
            let wanted = if *key == "email" { Some(email) } else { domain };
            let Some(wanted) = wanted else { continue };
            // A row with an address is of that address alone.
            let rest = if *key == "domain" && has_email { "AND COALESCE(email, '') = ''" } else { "" };
            let query = format!("SELECT * FROM companies WHERE \"{column}\" = $1 {rest} LIMIT 2");
            let rows: Vec<SqliteRow> = sqlx::query(AssertSqlSafe(query))
                .bind(wanted)
                .fetch_all(&self.pool)
                .await
                .map_err(|error| format!("cannot be read: {error}"))?;
            match rows.as_slice() {
                [] => {}
                [row] => return Ok(record::facts(|name| value(row, name), FactSource::CompaniesFile)),
                _ => return Err(format!("has more than one row for `{wanted}`")),
            }
        }
        Ok(Vec::new())
    }
}

/// A value as text, whatever its type in the file.
fn value(row: &SqliteRow, name: &str) -> Option<String> {
    let place = row.columns().iter().position(|column| column.name().eq_ignore_ascii_case(name))?;
    if let Ok(text) = row.try_get::<Option<String>, _>(place) {
        return text;
    }
    if let Ok(number) = row.try_get::<Option<i64>, _>(place) {
        return number.map(|number| number.to_string());
    }
    row.try_get::<Option<f64>, _>(place).ok()?.map(|number| number.to_string())
}
