//! A conversation that is held, with its lead.

/// Takes the lock of the lead of a conversation that is held; gives the lead's row, the tenant, and the lead's number where
/// it was made for this conversation and nobody else has changed it since. The lead comes before its conversation, as it
/// does where leads are merged or erased.
macro_rules! take_held {
    ($transaction:expr, $holder:expr) => {{
        let held: Option<(i64, String, Option<i64>, i64)> =
            sqlx::query_as("SELECT lead, tenant, made_lead, updated_at FROM conversations WHERE holder = $1")
                .bind($holder)
                .fetch_optional(&mut *$transaction)
                .await?;
        match held {
            None => None,
            Some((number, tenant, made, said_at)) => {
                // A merge takes the conversation along, so this is its lead also where that was waited for.
                let row: Option<$crate::store::leads::Row> =
                    $crate::store::take::take!($transaction, &tenant, number);
                row.map(|row| {
                    let own = made.filter(|made| *made == row.number && row.updated_at <= said_at);
                    (row, tenant, own)
                })
            }
        }
    }};
}

pub(super) use take_held;
