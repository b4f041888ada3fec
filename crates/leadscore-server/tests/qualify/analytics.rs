//! Analytics against a recount of the same leads, one by one.

use std::collections::BTreeMap;

use leadscore::Timestamp;
use leadscore_server::auth::Plan;
use leadscore_server::store::{Contact, NewLead, NewQualification, Outcome, Store};
use serde_json::{Value, json};

use crate::answers::blocks;
use crate::support::{KEY, Running, json as call};
use crate::{key, qualify, start};

const HOUR: i64 = 3_600_000;

/// A qualification of a lead, as it was kept.
struct Kept {
    lead: usize,
    at: i64,
    score: f64,
    tier: &'static str,
    processing_ms: i64,
}

/// Some hundred qualifications of the last year, most leads with several, in the order of time.
fn history(now: i64) -> Vec<Kept> {
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut all: Vec<Kept> = (0..400)
        .map(|_| {
            let tier = ["HOT", "WARM", "COLD"][next(3) as usize];
            let age = [HOUR, 7 * 24 * HOUR, 40 * 24 * HOUR, 365 * 24 * HOUR][next(4) as usize];
            Kept {
                lead: next(150) as usize,
                at: now - 60_000 - next(age as u64) as i64,
                score: next(101) as f64,
                tier,
                processing_ms: next(3_000) as i64,
            }
        })
        .collect();
    all.sort_by_key(|own| own.at);
    all
}

async fn keep(store: &Store, tenant: &str, own: &Kept) -> i64 {
    let qualification = NewQualification {
        score: own.score,
        tier: own.tier.to_owned(),
        body: json!({}),
        processing_ms: own.processing_ms,
        events: Vec::new(),
        batch: None,
        routing: None,
    };
    let contact = Contact { email: Some(format!("p{}@acme.example", own.lead)), ..Contact::default() };
    let lead = NewLead { contact, qualification: Some(qualification), ..NewLead::default() };
    store.save_leads(tenant, &[lead], Timestamp::from_millis(own.at).unwrap()).await.unwrap()[0].lead.number
}

/// The same numbers, computed lead by lead.
fn recount(latest: &[&Kept], converted: &[usize], period: &str, group_by: &str, zone: &str) -> Value {
    let date = |at: i64| {
        let local = jiff::Timestamp::from_millisecond(at).unwrap().in_tz(zone).unwrap();
        let text = local.date().to_string();
        match group_by {
            "hour" => {
                local.strftime(if zone == "UTC" { "%FT%H:00:00Z" } else { "%FT%H:00:00%:z" }).to_string()
            }
            "day" => text,
            "month" => format!("{}-01", &text[..7]),
            _ => {
                let mut day = local.date();
                while day.weekday() != jiff::civil::Weekday::Monday {
                    day = day.yesterday().unwrap();
                }
                day.to_string()
            }
        }
    };
    // By the time of its first lead, because an hour that comes twice has two texts.
    let mut buckets: BTreeMap<(i64, String), [i64; 3]> = BTreeMap::new();
    let mut firsts: BTreeMap<String, i64> = BTreeMap::new();
    let mut tiers = [0_i64; 3];
    let mut sorted = latest.to_vec();
    sorted.sort_by_key(|own| own.at);
    for own in &sorted {
        let place = ["HOT", "WARM", "COLD"].iter().position(|tier| *tier == own.tier).unwrap();
        let text = date(own.at);
        let first = *firsts.entry(text.clone()).or_insert(own.at);
        buckets.entry((first, text)).or_default()[place] += 1;
        tiers[place] += 1;
    }
    let total = latest.len();
    let mean = |sum: f64| if total == 0 { Value::Null } else { json!(sum / total as f64) };
    let sum = |value: fn(&Kept) -> f64| latest.iter().map(|own| value(own)).sum::<f64>();
    let processing = sum(|own| own.processing_ms as f64) / total as f64;
    json!({"period": period, "total_leads": total,
        "by_tier": {"HOT": tiers[0], "WARM": tiers[1], "COLD": tiers[2]},
        "avg_score": mean(sum(|own| own.score)),
        "avg_processing_time_ms": if total == 0 { Value::Null } else { json!(processing.round() as i64) },
        "conversion_rate": mean(latest.iter().filter(|own| converted.contains(&own.lead)).count() as f64),
        "daily_breakdown": buckets.iter().map(|((_, date), [hot, warm, cold])|
            json!({"date": date, "leads": hot + warm + cold, "hot": hot, "warm": warm, "cold": cold})).collect::<Vec<_>>()})
}

#[tokio::test]
async fn every_number_is_that_of_a_recount() {
    let folder = start(&[]).await.stop().await;
    let store = Store::open_folder(folder.path()).await.unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    let all = history(now);
    let mut numbers = BTreeMap::new();
    for own in &all {
        numbers.insert(own.lead, keep(&store, "default", own).await);
    }
    // Another customer's lead counts nowhere.
    keep(&store, "other", &Kept { lead: 0, at: now - 1, score: 100.0, tier: "HOT", processing_ms: 1 }).await;
    let ended: Vec<usize> = numbers.keys().copied().filter(|lead| lead % 3 == 0).collect();
    for lead in numbers.keys() {
        let outcome = if ended.contains(lead) { Outcome::Converted } else { Outcome::Lost };
        let at = Timestamp::from_millis(now).unwrap();
        if lead % 2 == 0 || ended.contains(lead) {
            assert!(store.set_outcome("default", numbers[lead], outcome, at).await.unwrap());
        }
    }
    let many = key(&store, Plan::Enterprise).await;
    store.close().await;
    let server = Running::start_in(folder, &[]).await;
    for (period, days) in [("7d", 7), ("30d", 30), ("90d", 90), ("all", 100_000)] {
        // Each lead once, with its latest qualification.
        let mut latest: BTreeMap<usize, &Kept> = BTreeMap::new();
        for own in all.iter().filter(|own| own.at >= now - days * 24 * HOUR) {
            latest.insert(own.lead, own);
        }
        let latest: Vec<&Kept> = latest.into_values().collect();
        assert!(latest.len() > 20, "{period}: too few to show anything");
        for group_by in ["hour", "day", "week", "month"] {
            for zone in ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"] {
                let path = format!("/api/analytics?period={period}&group_by={group_by}&zone={zone}");
                let (status, own) = call(server.get(&path).bearer_auth(&many)).await;
                assert_eq!(status, 200, "{own}");
                let mut wanted = recount(&latest, &ended, period, group_by, zone);
                for name in ["avg_score", "conversion_rate"] {
                    let (found, wanted) =
                        (own[name].as_f64().unwrap(), wanted[name].take().as_f64().unwrap());
                    assert!((found - wanted).abs() < 1e-9, "{path} {name}: {found} for {wanted}");
                    let sum: i64 = own["daily_breakdown"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|own| own["leads"].as_i64().unwrap())
                        .sum();
                    assert_eq!(own["total_leads"], sum);
                }
                let mut own = own;
                own["avg_score"] = Value::Null;
                own["conversion_rate"] = Value::Null;
                assert_eq!(own, wanted, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_answer_has_the_documents_shape_and_follows_what_happens() {
    let Some(sample) = blocks("GET /api/analytics") else { return };
    let server = start(&[]).await;
    let get = || call(server.get("/api/analytics").bearer_auth(KEY));
    let (status, none) = get().await;
    assert_eq!(status, 200);
    assert_eq!(
        none,
        json!({"period": "30d", "total_leads": 0, "by_tier": {"HOT": 0, "WARM": 0, "COLD": 0}, "avg_score": null,
            "avg_processing_time_ms": null, "conversion_rate": null, "daily_breakdown": []})
    );
    let own = qualify(&server, &json!({"email": "a@acme.example", "company": "Acme"})).await;
    let (_, one) = get().await;
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&sample[0]));
    assert_eq!(names(&one["daily_breakdown"][0]), names(&sample[0]["daily_breakdown"][0]));
    assert_eq!(
        (&one["total_leads"], &one["by_tier"]["COLD"], &one["conversion_rate"]),
        (&json!(1), &json!(1), &json!(0.0))
    );
    assert_eq!(one["daily_breakdown"][0]["date"], own["created_at"].as_str().unwrap()[..10]);
    // Again is the same lead, with its new tier; and then it converts.
    qualify(&server, &crate::hot("a@acme.example")).await;
    let path = format!("/api/v1/leads/{}/outcome", own["id"].as_str().unwrap());
    let (status, _) = call(server.post(&path, &json!({"outcome": "converted"})).bearer_auth(KEY)).await;
    assert_eq!(status, 200);
    let (_, two) = get().await;
    assert_eq!(
        (&two["total_leads"], &two["by_tier"]["HOT"], &two["by_tier"]["COLD"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!((&two["conversion_rate"], &two["avg_score"]), (&json!(1.0), &json!(90.0)));
    // A lead that is erased was never there.
    let path = format!("/api/v1/leads/{}", own["id"].as_str().unwrap());
    let erased =
        server.client.delete(format!("{}{path}", server.base)).bearer_auth(KEY).send().await.unwrap();
    assert!(erased.status().is_success());
    assert_eq!(get().await.1, none);
}
