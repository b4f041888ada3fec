//! The statements of an import for what is known of a lead besides.

/// Adds chats, intents, qualifications, the sales representative, places in CRM systems and merged leads; gives how much of it is new.
macro_rules! insert_more {
    ($transaction:ident, $tenant:ident, $number:ident, $lead:ident) => {{
        let mut added = 0;
        for own in &$lead.conversations {
            // A chat that belongs to another lead here stays with it.
            added += sqlx::query(
                "INSERT INTO conversations (tenant, source, user_id, lead, state, created_at, updated_at, last_inbound_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, source, user_id) DO NOTHING",
            )
            .bind($tenant)
            .bind(&own.source)
            .bind(&own.user_id)
            .bind($number)
            .bind(if own.state.is_null() { String::new() } else { own.state.to_string() })
            .bind(own.created_at.as_millis())
            .bind(own.updated_at.as_millis())
            .bind(own.last_inbound_at.as_millis())
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        for own in &$lead.intents {
            let (count,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM intents WHERE lead = $1 AND at = $2 AND intent = $3 AND origin = $4",
            )
            .bind($number)
            .bind(own.at.as_millis())
            .bind(&own.intent)
            .bind(&own.origin)
            .fetch_one(&mut *$transaction)
            .await?;
            if count == 0 {
                added += sqlx::query("INSERT INTO intents (lead, intent, origin, at) VALUES ($1, $2, $3, $4)")
                    .bind($number)
                    .bind(&own.intent)
                    .bind(&own.origin)
                    .bind(own.at.as_millis())
                    .execute(&mut *$transaction)
                    .await?
                    .rows_affected();
            }
        }
        for own in &$lead.qualifications {
            let (count,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM qualifications WHERE lead = $1 AND created_at = $2 AND score = $3",
            )
            .bind($number)
            .bind(own.created_at.as_millis())
            .bind(own.score)
            .fetch_one(&mut *$transaction)
            .await?;
            if count == 0 {
                added += sqlx::query(
                    "INSERT INTO qualifications (tenant, lead, score, tier, body, processing_ms, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind($tenant)
                .bind($number)
                .bind(own.score)
                .bind(&own.tier)
                .bind(own.body.to_string())
                .bind(own.processing_ms)
                .bind(own.created_at.as_millis())
                .execute(&mut *$transaction)
                .await?
                .rows_affected();
            }
        }
        if let Some(own) = &$lead.assignment {
            // A lead that belongs to somebody here stays with them.
            added += sqlx::query(
                "INSERT INTO assignments (lead, tenant, rep, at) VALUES ($1, $2, $3, $4) ON CONFLICT (lead) DO NOTHING",
            )
            .bind($number)
            .bind($tenant)
            .bind(&own.rep)
            .bind(own.at.as_millis())
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        for own in &$lead.crm_records {
            added += sqlx::query(
                "INSERT INTO crm_records (tenant, lead, crm, external_id, record, deal, synced_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (lead, crm) DO NOTHING",
            )
            .bind($tenant)
            .bind($number)
            .bind(&own.crm)
            .bind(&own.external_id)
            .bind(&own.record)
            .bind(&own.deal)
            .bind(own.synced_at.as_millis())
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        for own in &$lead.merged {
            // A lead that is there under its own name is not said to be another one.
            let there: Option<(i64,)> = sqlx::query_as("SELECT number FROM leads WHERE id = $1")
                .bind(&own.id)
                .fetch_optional(&mut *$transaction)
                .await?;
            if there.is_some() {
                continue;
            }
            let contact = $crate::store::Contact { email: own.email.clone(), ..Default::default() };
            added += sqlx::query(
                "INSERT INTO merged_leads (id, tenant, external_id, email, email_key, phone, lead, merged_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
            )
            .bind(&own.id)
            .bind($tenant)
            .bind(&own.external_id)
            .bind(&own.email)
            .bind(contact.email_key())
            .bind(&own.phone)
            .bind($number)
            .bind(own.merged_at.as_millis())
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        added
    }};
}

pub(super) use insert_more;
