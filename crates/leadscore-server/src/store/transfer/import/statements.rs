//! The statements of an import. They are macros, because those of SQLite and PostgreSQL have different types.

/// Writes what is known of a lead.
macro_rules! update_lead {
    ($transaction:ident, $next:ident) => {{
        sqlx::query(
            "UPDATE leads SET email = $2, phone = $3, external_id = $4, attributes = $5,
                 first_contact_at = $6, created_at = $7, updated_at = $8, last_activity_at = $9, outcome = $10,
                 outcome_at = $11, heat_class = $12, heat_confidence = $13, recommendation = $14, email_key = $15,
                 phone_key = $16
             WHERE number = $1",
        )
        .bind($next.number)
        .bind(&$next.contact.email)
        .bind(&$next.contact.phone)
        .bind(&$next.contact.external_id)
        .bind(Value::Object($next.attributes.clone()).to_string())
        .bind($next.first_contact_at)
        .bind($next.created_at)
        .bind($next.updated_at)
        .bind($next.last_activity_at)
        .bind($next.outcome.map(|(outcome, _)| outcome.as_str()))
        .bind($next.outcome.map(|(_, at)| at))
        .bind($next.heat.as_ref().map(|(class, _)| class))
        .bind($next.heat.as_ref().map(|(_, confidence)| *confidence))
        .bind(&$next.recommendation)
        .bind($next.contact.email_key())
        .bind($next.contact.phone_key())
        .execute(&mut *$transaction)
        .await?;
    }};
}

/// Writes a new lead; gives its number.
macro_rules! insert_lead {
    ($transaction:ident, $tenant:ident, $next:ident) => {{
        // Ids are those of one lead in the whole store; another tenant's lead keeps its own.
        let taken: Option<(i64,)> = sqlx::query_as("SELECT number FROM leads WHERE id = $1 UNION ALL SELECT lead FROM merged_leads WHERE id = $1")
            .bind(&$next.id)
            .fetch_optional(&mut *$transaction)
            .await?;
        let id = if taken.is_some() { Uuid::new_v4().to_string() } else { $next.id.clone() };
        let (number,): (i64,) = sqlx::query_as(
            "INSERT INTO leads (id, tenant, email, phone, external_id, attributes, first_contact_at,
                 created_at, updated_at, last_activity_at, outcome, outcome_at, heat_class, heat_confidence,
                 recommendation, email_key, phone_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING number",
        )
        .bind(id)
        .bind($tenant)
        .bind(&$next.contact.email)
        .bind(&$next.contact.phone)
        .bind(&$next.contact.external_id)
        .bind(Value::Object($next.attributes.clone()).to_string())
        .bind($next.first_contact_at)
        .bind($next.created_at)
        .bind($next.updated_at)
        .bind($next.last_activity_at)
        .bind($next.outcome.map(|(outcome, _)| outcome.as_str()))
        .bind($next.outcome.map(|(_, at)| at))
        .bind($next.heat.as_ref().map(|(class, _)| class))
        .bind($next.heat.as_ref().map(|(_, confidence)| *confidence))
        .bind(&$next.recommendation)
        .bind($next.contact.email_key())
        .bind($next.contact.phone_key())
        .fetch_one(&mut *$transaction)
        .await?;
        number
    }};
}

/// Adds what happened with a lead; gives how much of it is new.
macro_rules! insert_activities {
    ($transaction:ident, $number:ident, $lead:ident) => {{
        let mut added = 0;
        for activity in &$lead.activities {
            let properties = &activity.properties;
            added += sqlx::query(
                "INSERT INTO activities (lead, id, kind, at, properties) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (lead, id) DO NOTHING",
            )
            .bind($number)
            .bind(&activity.id)
            .bind(&activity.kind)
            .bind(activity.at.as_millis())
            .bind((!properties.is_empty()).then(|| Value::Object(properties.clone()).to_string()))
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        added
    }};
}

/// Adds what was said; gives how much of it is new.
macro_rules! insert_messages {
    ($transaction:ident, $number:ident, $lead:ident) => {{
        let mut added = 0;
        for message in &$lead.messages {
            added += sqlx::query(
                "INSERT INTO messages (lead, id, source, role, content, at, reply_ms, status, answers)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (lead, id) DO NOTHING",
            )
            .bind($number)
            .bind(&message.id)
            .bind(&message.source)
            .bind(&message.role)
            .bind(&message.content)
            .bind(message.at.as_millis())
            .bind(message.reply_ms)
            .bind(&message.status)
            .bind(&message.answers)
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        added
    }};
}

/// Adds what the heat model said; gives how much of it is new.
macro_rules! insert_heat_scores {
    ($transaction:ident, $tenant:ident, $number:ident, $lead:ident) => {{
        let mut added = 0;
        for score in &$lead.heat_scores {
            let Some(at) = score.at else { continue };
            let (count,): (i64,) =
                sqlx::query_as("SELECT COUNT(*) FROM heat_scores WHERE lead = $1 AND at = $2 AND class = $3")
                    .bind($number)
                    .bind(at.as_millis())
                    .bind(&score.class)
                    .fetch_one(&mut *$transaction)
                    .await?;
            if count > 0 {
                continue;
            }
            added += sqlx::query(
                "INSERT INTO heat_scores (tenant, lead, class, confidence, at) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind($tenant)
            .bind($number)
            .bind(&score.class)
            .bind(score.confidence)
            .bind(at.as_millis())
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        added
    }};
}

/// Adds what was predicted; gives how much of it is new.
macro_rules! insert_predictions {
    ($transaction:ident, $tenant:ident, $number:ident, $lead:ident) => {{
        let mut added = 0;
        for prediction in &$lead.predictions {
            let (count,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM predictions WHERE lead = $1 AND configuration = $2 AND kind = $3
                     AND author = $4 AND pipeline = $5 AND created_at = $6",
            )
            .bind($number)
            .bind(prediction.configuration)
            .bind(&prediction.kind)
            .bind(&prediction.author)
            .bind(&prediction.pipeline)
            .bind(prediction.created_at.as_millis())
            .fetch_one(&mut *$transaction)
            .await?;
            if count > 0 {
                continue;
            }
            added += sqlx::query(
                "INSERT INTO predictions (tenant, lead, configuration, kind, author, pipeline, body, created_at,
                     expires_at, was_accurate, validated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind($tenant)
            .bind($number)
            .bind(prediction.configuration)
            .bind(&prediction.kind)
            .bind(&prediction.author)
            .bind(&prediction.pipeline)
            .bind(prediction.body.to_string())
            .bind(prediction.created_at.as_millis())
            .bind(prediction.expires_at.as_millis())
            .bind(prediction.was_accurate.map(i64::from))
            .bind(prediction.validated_at.map(Timestamp::as_millis))
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        }
        added
    }};
}

pub(super) use {
    insert_activities, insert_heat_scores, insert_lead, insert_messages, insert_predictions, update_lead,
};
