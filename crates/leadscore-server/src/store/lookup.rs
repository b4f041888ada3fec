//! How leads are found by their names: each name by its own index. One condition with OR would make SQLite read all leads
//! of the tenant, and so would the tenant's name beside the numbers that were found.

/// The lead `$2`, which is an id, a caller's id or the number `$3`, of the tenant `$1`.
pub(super) const LEAD_BY_ANY: &str = "SELECT * FROM leads WHERE number IN (
    SELECT number FROM leads WHERE tenant = $1 AND id = $2
    UNION ALL SELECT number FROM leads WHERE tenant = $1 AND external_id = $2
    UNION ALL SELECT number FROM leads WHERE tenant = $1 AND number = $3)
    ORDER BY CASE WHEN id = $2 THEN 0 WHEN external_id = $2 THEN 1 ELSE 2 END LIMIT 1";

/// Takes the lead of the e-mail address `$2`, the caller's id `$3` or the telephone number `$4` at the time `$5`.
pub(super) const TAKE_LEAD: &str = "UPDATE leads SET updated_at = $5 WHERE number = (
    SELECT number FROM (
        SELECT number, 0 AS place FROM leads WHERE tenant = $1 AND email = $2
        UNION ALL SELECT number, 1 FROM leads WHERE tenant = $1 AND external_id = $3
        UNION ALL SELECT number, 2 FROM leads
            WHERE tenant = $1 AND phone = $4 AND (email IS NULL OR CAST($2 AS TEXT) IS NULL)
    ) AS found ORDER BY place, number LIMIT 1)
    RETURNING *";

/// The leads that one with the id `$2`, the caller's id `$3`, the e-mail address `$4` and the telephone number `$5` may be.
pub(super) const LEADS_ALIKE: &str = "SELECT * FROM leads WHERE number IN (
    SELECT number FROM leads WHERE tenant = $1 AND id = $2
    UNION ALL SELECT number FROM leads WHERE tenant = $1 AND external_id = $3
    UNION ALL SELECT number FROM leads WHERE tenant = $1 AND email = $4
    UNION ALL SELECT number FROM leads
        WHERE tenant = $1 AND phone = $5 AND (email IS NULL OR CAST($4 AS TEXT) IS NULL))
    ORDER BY CASE WHEN id = $2 OR external_id = $3 OR email = $4 THEN 0 ELSE 1 END, number LIMIT 4";

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
            (TAKE_LEAD, &["leads_by_email", "leads_by_external_id", "leads_by_phone"]),
            (LEADS_ALIKE, &["autoindex_leads", "leads_by_email", "leads_by_external_id", "leads_by_phone"]),
        ] {
            let query = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(query).fetch_all(write).await.unwrap();
            let plan: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
            let text = plan.join("\n");
            assert!(!text.contains("SCAN leads") && !text.contains("(tenant=?)"), "{text}");
            for index in indexes {
                assert!(text.contains(index), "{index}: {text}");
            }
        }
    }
}
