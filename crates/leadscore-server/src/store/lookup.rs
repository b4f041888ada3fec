//! How leads are found by their names: each name by its own index. One condition with OR would make SQLite read all leads
//! of the tenant, and so would the tenant's name beside the numbers that were found.

/// The lead `$2`, which is an id, a caller's id or the number `$3`, of the tenant `$1`; a merged lead's is that of the lead
/// which it became.
pub(super) const LEAD_BY_ANY: &str = "SELECT leads.* FROM leads JOIN (
        SELECT number AS found, 0 AS place FROM leads WHERE tenant = $1 AND id = $2
        UNION ALL SELECT lead, 1 FROM merged_leads WHERE tenant = $1 AND id = $2
        UNION ALL SELECT number, 2 FROM leads WHERE tenant = $1 AND external_id = $2
        UNION ALL SELECT lead, 3 FROM merged_leads WHERE tenant = $1 AND external_id = $2
        UNION ALL SELECT number, 4 FROM leads WHERE tenant = $1 AND number = $3
        UNION ALL SELECT lead, 5 FROM merged_leads WHERE tenant = $1 AND number = $3
    ) AS names ON leads.number = found ORDER BY place LIMIT 1";

/// The number of the lead of the e-mail address with the key `$2`.
pub(super) const NUMBER_BY_EMAIL: &str = "SELECT number FROM (
        SELECT number, 0 AS place FROM leads WHERE tenant = $1 AND email_key = $2
        UNION ALL SELECT lead, 1 FROM merged_leads WHERE tenant = $1 AND email_key = $2
    ) AS found ORDER BY place, number LIMIT 1";

/// The leads that a telephone number tells: those without an e-mail address, unless another address has the number too; and
/// for a contact without an address the only lead that has one. Two ids of the caller are never one lead.
macro_rules! numbers_by_phone {
    ($email:literal, $external_id:literal, $phone:literal, $alone:literal, $only:literal) => {
        concat!(
            "UNION ALL SELECT number, ",
            $alone,
            " FROM leads WHERE tenant = $1 AND phone_key = ",
            $phone,
            " AND email_key IS NULL AND (external_id IS NULL OR CAST(",
            $external_id,
            " AS TEXT) IS NULL)
            AND (CAST(",
            $email,
            " AS TEXT) IS NULL OR NOT EXISTS (SELECT 1 FROM leads others
                 WHERE others.tenant = $1 AND others.phone_key = ",
            $phone,
            " AND others.email_key IS NOT NULL))
        UNION ALL SELECT MIN(number), ",
            $only,
            " FROM leads WHERE tenant = $1 AND phone_key = ",
            $phone,
            " AND email_key IS NOT NULL AND CAST(",
            $email,
            " AS TEXT) IS NULL
            AND (external_id IS NULL OR CAST(",
            $external_id,
            " AS TEXT) IS NULL) HAVING COUNT(*) = 1"
        )
    };
}

/// The number of the lead of the e-mail address with the key `$2`, the caller's id `$3` or the telephone number with the key
/// `$4`. A number that several addresses have tells nobody from the others.
macro_rules! number_by_contact {
    () => {
        concat!(
            "SELECT number FROM (
        SELECT number, 0 AS place FROM leads WHERE tenant = $1 AND email_key = $2
        UNION ALL SELECT lead, 1 FROM merged_leads WHERE tenant = $1 AND email_key = $2
        UNION ALL SELECT number, 2 FROM leads WHERE tenant = $1 AND external_id = $3
        UNION ALL SELECT lead, 3 FROM merged_leads WHERE tenant = $1 AND external_id = $3
        ",
            numbers_by_phone!("$2", "$3", "$4", "4", "5"),
            "
    ) AS found ORDER BY place, number LIMIT 1"
        )
    };
}

/// Takes the lead of a contact at the time `$5`.
pub(super) const TAKE_LEAD: &str =
    concat!("UPDATE leads SET updated_at = $5 WHERE number = (", number_by_contact!(), ") RETURNING *");

/// The lead of a contact, as [`TAKE_LEAD`] finds it.
pub(super) const LEAD_BY_CONTACT: &str =
    concat!("SELECT * FROM leads WHERE number = (", number_by_contact!(), ")");

/// The leads without an e-mail address that are the lead `$3`, which has one: by the telephone number with the key `$2`, which
/// no other address has; `$4` is the lead's own id from the caller.
pub(super) const SAME_BY_PHONE: &str = "SELECT number FROM leads
    WHERE tenant = $1 AND phone_key = $2 AND email_key IS NULL AND number <> $3
        AND (external_id IS NULL OR CAST($4 AS TEXT) IS NULL)
        AND NOT EXISTS (SELECT 1 FROM leads others WHERE others.tenant = $1 AND others.phone_key = $2
            AND others.email_key IS NOT NULL AND others.number <> $3)
    ORDER BY number";

/// The leads that one with the id `$2`, the caller's id `$3`, the e-mail address with the key `$4` and the telephone number
/// with the key `$5` may be: those that are certain first.
pub(super) const LEADS_ALIKE: &str = concat!(
    "SELECT leads.* FROM leads JOIN (
        SELECT found, MIN(place) AS place FROM (
            SELECT number AS found, 0 AS place FROM leads WHERE tenant = $1 AND id = $2
            UNION ALL SELECT lead, 0 FROM merged_leads WHERE tenant = $1 AND id = $2
            UNION ALL SELECT number, 0 FROM leads WHERE tenant = $1 AND external_id = $3
            UNION ALL SELECT lead, 0 FROM merged_leads WHERE tenant = $1 AND external_id = $3
            UNION ALL SELECT number, 0 FROM leads WHERE tenant = $1 AND email_key = $4
            UNION ALL SELECT lead, 0 FROM merged_leads WHERE tenant = $1 AND email_key = $4
            ",
    numbers_by_phone!("$4", "$3", "$5", "1", "2"),
    "
        ) AS names GROUP BY found
    ) AS alike ON leads.number = found ORDER BY place, number LIMIT 4"
);

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::store::Store;
    use crate::store::db::Pools;

    #[tokio::test]
    async fn each_name_is_looked_up_in_its_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let Pools::Sqlite { write, .. } = &store.db.pools else { unreachable!("a folder has SQLite") };
        for (statement, indexes) in [
            (LEAD_BY_ANY, &["autoindex_leads", "leads_by_external_id"][..]),
            (NUMBER_BY_EMAIL, &["leads_by_email_key", "merged_leads_by_email_key"]),
            (SAME_BY_PHONE, &["leads_by_phone_key"]),
            (
                TAKE_LEAD,
                &[
                    "leads_by_email_key",
                    "leads_by_external_id",
                    "leads_by_phone_key",
                    "merged_leads_by_email_key",
                ],
            ),
            (LEAD_BY_CONTACT, &["leads_by_email_key", "leads_by_external_id", "leads_by_phone_key"]),
            (
                LEADS_ALIKE,
                &["autoindex_leads", "leads_by_email_key", "leads_by_external_id", "leads_by_phone_key"],
            ),
        ] {
            let query = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(query).fetch_all(write).await.unwrap();
            let plan: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
            let text = plan.join("\n");
            assert!(
                !text.contains("SCAN leads")
                    && !text.contains("SCAN merged_leads")
                    && !text.contains("(tenant=?)"),
                "{text}"
            );
            for index in indexes {
                assert!(text.contains(index), "{index}: {text}");
            }
        }
    }
}
