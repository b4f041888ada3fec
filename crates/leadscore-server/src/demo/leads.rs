//! The leads of the demonstration: all of them are made up.

use std::fmt::Write;

/// How many leads are uploaded.
pub(super) const COUNT: usize = 120;

/// Sales representatives, in the form of the setting `qualify.reps`.
pub(super) const REPS: &str = include_str!("reps.json");
/// Companies, in the form of the setting `qualify.companies`.
pub(super) const COMPANIES: &str = include_str!("companies.csv");

const FIRST: [&str; 12] =
    ["Alex", "Bela", "Chris", "Dana", "Emil", "Farah", "Gabi", "Hana", "Ira", "Jona", "Kim", "Lou"];
const LAST: [&str; 10] = ["Abel", "Berg", "Costa", "Dorn", "Ebner", "Falk", "Grau", "Horn", "Iten", "Jung"];
const ROLES: [&str; 5] = ["Director", "Developer", "Manager", "Student", "Analyst"];
const CAMPAIGNS: [&str; 3] = ["AI Program", "Data Program", "Cloud Program"];
const SOURCES: [&str; 3] = ["website", "referral", "webinar"];
const REGIONS: [&str; 3] = ["US", "EU", "APAC"];
const TOUCHES: [&str; 4] = ["demo_request", "webinar", "email_open", "page_view"];
const INTERESTS: [&str; 4] = ["high", "medium", "low", "none"];

/// A CSV file of leads: the same each time.
pub(super) fn table() -> String {
    let mut text = String::from(
        "name,email,role,campaign,source,region,recency_days,page_views,time_spent,last_touch,prior_course_interest\n",
    );
    let mut seed: u64 = 20_260_101;
    let mut draw = |below: usize| {
        // A linear congruential generator; the low bits of one are poor.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % below
    };
    for at in 0..COUNT {
        let (first, last) = (FIRST[at % FIRST.len()], LAST[at / FIRST.len() % LAST.len()]);
        let email = format!("{}.{}@lead{}.example", first.to_lowercase(), last.to_lowercase(), at % 40);
        let warmth = draw(4);
        let _ = writeln!(
            text,
            "{first} {last},{email},{},{},{},{},{},{},{},{},{}",
            ROLES[draw(ROLES.len())],
            CAMPAIGNS[draw(CAMPAIGNS.len())],
            SOURCES[draw(SOURCES.len())],
            REGIONS[draw(REGIONS.len())],
            1 + draw(20) + 20 * warmth,
            1 + draw(12) + 12 * (3 - warmth),
            30 + draw(300) + 400 * (3 - warmth),
            TOUCHES[draw(TOUCHES.len())],
            INTERESTS[(warmth + draw(2)).min(3)],
        );
    }
    text
}
