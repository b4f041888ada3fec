//! The lock of a lead's row.

/// Takes the lock of a lead's row, or of that of the lead which it became; gives the row, of the caller's type.
macro_rules! take {
    ($transaction:expr, $tenant:expr, $number:expr) => {{
        let mut number: i64 = $number;
        loop {
            let row = sqlx::query_as(
                "UPDATE leads SET updated_at = updated_at WHERE tenant = $1 AND number = $2 RETURNING *",
            )
            .bind($tenant)
            .bind(number)
            .fetch_optional(&mut *$transaction)
            .await?;
            if row.is_some() {
                break row;
            }
            // It may have been merged while its lock was waited for.
            let next: Option<(i64,)> =
                sqlx::query_as("SELECT lead FROM merged_leads WHERE tenant = $1 AND number = $2")
                    .bind($tenant)
                    .bind(number)
                    .fetch_optional(&mut *$transaction)
                    .await?;
            match next {
                Some((next,)) => number = next,
                None => break None,
            }
        }
    }};
}

pub(super) use take;
