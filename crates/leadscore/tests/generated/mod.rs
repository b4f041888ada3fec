//! Leads made from a seed, the same on every machine: plain ones, empty ones and odd ones.
//!
//! For committed bits and for tests that go through a fixed set of leads. Property tests take theirs from `strategies`,
//! which shrinks them.

#![allow(dead_code)] // each test file uses its part

use leadscore::{Activity, Lead, Timestamp};

/// The time the generated leads are scored as of: 2026-11-22T12:00:00Z.
pub(crate) const AS_OF: i64 = 1_795_348_800_000;

/// A little linear congruential generator; the constants are Knuth's.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        let mut dice = Dice(seed ^ 0x9E37_79B9_7F4A_7C15);
        (0..4).for_each(|_| {
            dice.below(2);
        });
        dice
    }

    /// A whole number from 0 to `end` − 1.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

pub(crate) const KINDS: [&str; 14] = [
    "email_sent",
    "email_open",
    "Email Opened",
    "email_click",
    "page_view",
    "form_submit",
    "meeting_held",
    "call",
    "webinar",
    "chat",
    "email_reply",
    "something else",
    "",
    "PAGE_VIEW",
];

pub(crate) const TEXTS: &[(&str, &[&str])] = &[
    (
        "company",
        &[
            "Acme",
            "Oriole Global Holdings",
            "Halden Consulting LLC",
            "Company of Very Long Words and More",
            "  ",
        ],
    ),
    ("title", &["CEO", "Vice President, Sales", "Head of IT", "Lead Developer", "Developer", "Student", " "]),
    ("email", &["a@acme.example", "b@gmail.com", "c@ox.ac.uk", "d@agency.gov", "nobody", "e@notedu"]),
    ("phone", &["+1 202-555-0189", "", "none"]),
    ("name", &["Ann", ""]),
    ("company_size", &["medium", "enterprise", "startup", "huge"]),
    ("created_at", &["2026-11-22", "2026-11-01T10:00:00Z", "2026-01-05", "2027-01-01", "soon"]),
    ("updated_at", &["2026-11-21", "2026-10-01", "2026-11-22T12:00:00Z"]),
    (
        "last_activity_at",
        &["2026-11-22", "2026-11-15T11:59:59Z", "2026-11-08", "2026-10-22", "2026-12-24", "2025-02-30"],
    ),
    ("prior_course_interest", &["high", "medium", "low", "none", "very", "HIGH "]),
    ("source", &["referral", "website", "Web", "linkedin", "paid ads", "google ads", "webinar", "friend"]),
    ("last_touch", &["demo_request", "book demo", "brochure_download", "page_view", "call", ""]),
    ("course_actions", &["view_course", "download_brochure, info_request", "book_demo", ""]),
    ("industry", &["technology", "SaaS", "AI data cloud", "farming", "Finance"]),
    ("country", &["us", "Deutschland", "Chile", "GB", ""]),
    (
        "message",
        &[
            "We urgently need a demo and pricing for 50 seats this week; the old tool is slow.",
            "Interested. Tell me more about versus alternatives next year.",
            "just curious",
            "$",
            "",
            "I know what I know",
        ],
    ),
    ("intent", &["HOT", "warm", "cold", "neutral", "lukewarm"]),
    ("occupation", &["professional", "student", "unemployed", "Select", "working professional", "poet"]),
    ("first_interaction", &["website", "mobile app", "fax"]),
    ("profile_completed", &["high", "medium", "low"]),
    ("last_activity", &["email activity", "phone activity", "website activity"]),
    ("referral", &["yes", "no", "maybe"]),
    ("lead_origin", &["api", "landing page submission", "lead add form", "lead import", "elsewhere"]),
    ("lead_source", &["google", "direct traffic", "olark chat", "reference", "welingak website", "bing"]),
    ("specialization", &["Select", "retail management", "e-commerce", "healthcare management", "alchemy"]),
    ("city", &["mumbai", "Select", "other metro cities", "Paris"]),
    ("heard_from", &["online search", "email", "sms", "word of mouth", "a bird"]),
    ("do_not_email", &["Yes", "No"]),
];

pub(crate) const NUMBERS: &[(&str, u64)] = &[
    ("email_sent_count", 20),
    ("email_open_count", 20),
    ("email_click_count", 12),
    ("page_view_count", 30),
    ("form_submit_count", 5),
    ("meeting_count", 4),
    ("call_count", 5),
    ("total_activities", 60),
    ("sequence_step", 9),
    ("sequence_length", 8),
    ("lead_score", 101),
    ("recency_days", 60),
    ("page_views", 70),
    ("time_spent", 2_000),
    ("employees", 12_000),
    ("revenue_usd", 3_000_000),
    ("funding_usd", 60_000_000),
    ("model_adjustment", 11),
    ("time_on_site", 2_000),
    ("visits", 12),
    ("pages_per_visit", 9),
];

/// The lead of a seed.
pub(crate) fn lead(seed: u64) -> Lead {
    let dice = &mut Dice::new(seed);
    let known = [0, 40, 70, 95][dice.below(4) as usize];
    let mut lead = Lead::new(format!("lead-{seed}"));
    for (name, texts) in TEXTS {
        if dice.chance(known) {
            lead = lead.with(*name, dice.pick(texts));
        }
    }
    for (name, most) in NUMBERS {
        if dice.chance(known) {
            let number = dice.below(*most) as f64;
            lead = match dice.below(24) {
                0 => lead.with(*name, -number),
                1 => lead.with(*name, number.to_string()),
                2 => lead.with(*name, number + 0.5),
                3 => lead.with(*name, f64::NAN),
                _ => lead.with(*name, number),
            };
        }
    }
    if dice.chance(known) {
        let enrolled = dice.chance(60);
        lead = lead.with("enrolled_in_sequence", enrolled);
    }
    let many = [0, 0, 3, 12, 40, 130][dice.below(6) as usize];
    (0..many).fold(lead, |lead, _| lead.activity(activity(dice)))
}

/// Some activity up to the as-of time.
fn activity(dice: &mut Dice) -> Activity {
    let hours = [48, 24 * 40, 24 * 400][dice.below(3) as usize];
    let millis = dice.below(hours * 3_600) as i64 * 1_000;
    let mut activity = Activity::new(dice.pick(&KINDS), at(AS_OF - millis));
    if dice.chance(30) {
        activity.id = Some(format!("e-{}", dice.below(40)));
    }
    if dice.chance(30) {
        activity = activity.with("page", dice.pick(&["/pricing", "/demo", "/"]));
    }
    activity
}

/// A time from milliseconds.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).expect("a time in range")
}
