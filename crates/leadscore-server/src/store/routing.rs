//! Which sales representative a lead goes to. How busy they are is counted in the store, so that several servers take turns.

use leadscore::Timestamp;
use serde_json::json;

use super::LeadEvent;

/// Among whom a lead is routed, in the order of the roster.
#[derive(Debug, Clone, PartialEq)]
pub struct Routing {
    /// The representatives.
    pub reps: Vec<RepFit>,
}

/// A representative, and how well it fits the lead.
#[derive(Debug, Clone, PartialEq)]
pub struct RepFit {
    /// Its id in the roster.
    pub id: String,
    /// Points for territory and industry, 0 to 60.
    pub fit: f64,
    /// So many open leads are a full load.
    pub capacity: u32,
    /// What webhooks are told of it.
    pub name: String,
    /// Its e-mail address.
    pub email: Option<String>,
}

/// What a representative has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RepState {
    /// Its leads that have not ended.
    pub(super) open: i64,
    /// The number of the latest assignment to it: a lower one waited longer.
    pub(super) turn: Option<i64>,
    /// When it got the latest one.
    pub(super) last: Option<i64>,
}

/// Whoever comes this near to the best one gets its turn.
const NEAR: f64 = 0.85;
const DAY: f64 = 86_400_000.0;

/// Takes a lead's representative, or assigns one; gives its id. The lock of the tenant's roster is held.
macro_rules! route {
    ($transaction:expr, $tenant:expr, $lead:expr, $routing:expr, $now:expr) => {{
        let (lead, routing): (&$crate::store::StoredLead, &$crate::store::Routing) = ($lead, $routing);
        let own: Option<(String,)> = sqlx::query_as("SELECT rep FROM assignments WHERE lead = $1")
            .bind(lead.number)
            .fetch_optional(&mut *$transaction)
            .await?;
        match own.filter(|(own,)| routing.reps.iter().any(|rep| rep.id == *own)) {
            Some((own,)) => Some(own),
            None => {
                let mut states = Vec::new();
                for rep in &routing.reps {
                    let (open, turn, last): (i64, Option<i64>, Option<i64>) = sqlx::query_as(
                        "SELECT (SELECT COUNT(*) FROM assignments JOIN leads ON leads.number = assignments.lead
                             WHERE assignments.tenant = $1 AND rep = $2 AND leads.outcome IS NULL AND leads.number <> $3),
                             (SELECT MAX(number) FROM assignments WHERE tenant = $1 AND rep = $2),
                             (SELECT MAX(at) FROM assignments WHERE tenant = $1 AND rep = $2)",
                    )
                    .bind($tenant)
                    .bind(&rep.id)
                    .bind(lead.number)
                    .fetch_one(&mut *$transaction)
                    .await?;
                    states.push($crate::store::routing::RepState { open, turn, last });
                }
                let rep = $crate::store::routing::choose(routing, &states, $now);
                if let Some(rep) = rep {
                    sqlx::query("DELETE FROM assignments WHERE lead = $1")
                        .bind(lead.number)
                        .execute(&mut *$transaction)
                        .await?;
                    sqlx::query("INSERT INTO assignments (lead, tenant, rep, at) VALUES ($1, $2, $3, $4)")
                    .bind(lead.number)
                    .bind($tenant)
                    .bind(&rep.id)
                    .bind($now.as_millis())
                    .execute(&mut *$transaction)
                    .await?;
                    let event = $crate::store::routing::routed(rep).about(lead);
                    $crate::store::outbox::emit!($transaction, $tenant, Some(lead.number), &event, $now);
                }
                rep.map(|rep| rep.id.clone())
            }
        }
    }};
}

pub(super) use route;

/// The representative whose turn it is: of those that come near to the best, the one that waited longest.
pub(super) fn choose<'a>(routing: &'a Routing, states: &[RepState], now: Timestamp) -> Option<&'a RepFit> {
    let points: Vec<f64> =
        routing.reps.iter().zip(states).map(|(rep, state)| points(rep, *state, now)).collect();
    let best = points.iter().copied().fold(0.0, f64::max);
    let near = routing.reps.iter().zip(states).zip(&points).filter(|(_, points)| **points >= NEAR * best);
    // Whoever never had one waited longest; of several, the first of the roster.
    near.min_by_key(|((_, state), _)| state.turn.unwrap_or(i64::MIN)).map(|((rep, _), _)| rep)
}

/// Points for fit, for free time, and for the time since the last lead.
fn points(rep: &RepFit, state: RepState, now: Timestamp) -> f64 {
    let load = (state.open as f64 / f64::from(rep.capacity.max(1))).min(1.0);
    let waited = state.last.map_or(1.0, |last| ((now.as_millis() - last) as f64 / DAY).clamp(0.0, 1.0));
    rep.fit + 20.0 * (1.0 - load) + 20.0 * waited
}

/// What webhooks are told.
pub(super) fn routed(rep: &RepFit) -> LeadEvent {
    let rep = json!({"id": rep.id, "name": rep.name, "email": rep.email});
    LeadEvent { name: "lead.routed", details: vec![("assigned_rep", rep)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn rep(id: &str, fit: f64) -> RepFit {
        RepFit { id: id.to_owned(), fit, capacity: 10, name: id.to_uppercase(), email: None }
    }

    fn chosen(reps: &[RepFit], states: &[(i64, Option<i64>)]) -> String {
        let now = Timestamp::from_millis(100 * 24 * HOUR).unwrap();
        let ago = |hours: i64| now.as_millis() - hours * HOUR;
        let state = |(open, hours): &(i64, Option<i64>)| RepState {
            open: *open,
            turn: hours.map(|hours| 1_000 - hours),
            last: hours.map(ago),
        };
        let states: Vec<RepState> = states.iter().map(state).collect();
        choose(&Routing { reps: reps.to_vec() }, &states, now).unwrap().id.clone()
    }

    #[test]
    fn fit_load_and_turns() {
        let three = [rep("a", 60.0), rep("b", 60.0), rep("c", 30.0)];
        // All free: c has 70 of 100 points and is not near; of a and b, who waited longer.
        assert_eq!(chosen(&three, &[(0, Some(30)), (0, Some(40)), (0, None)]), "b");
        assert_eq!(chosen(&three, &[(0, None), (0, None), (0, None)]), "a");
        // a: 60 + 0 + 0; b: 60 + 20 + 20, and 60 is less than 85.
        assert_eq!(chosen(&three[..2], &[(10, Some(0)), (0, Some(24))]), "b");
        // a: 60 + 10 + 10 = 80; c: 30 + 20 + 20 = 70, near to it and longer without a lead.
        assert_eq!(chosen(&[rep("a", 60.0), rep("c", 30.0)], &[(5, Some(12)), (0, Some(48))]), "c");
        // a: 60 + 12 + 20 = 92; c: 70 is below 78.2.
        assert_eq!(chosen(&[rep("a", 60.0), rep("c", 30.0)], &[(4, Some(24)), (0, Some(48))]), "a");
        // More leads than the capacity are a full load, not a negative one.
        assert_eq!(chosen(&[rep("a", 30.0), rep("b", 0.0)], &[(99, Some(24)), (0, None)]), "a");
    }
}
