//! Made-up leads for the benches: the same for the same place in the list, on every machine.

use leadscore::{Activity, Lead, Timestamp, Zone};

/// The moment the leads are judged as of; everything they did lies before it.
pub(crate) const AS_OF: &str = "2026-11-20T12:00:00Z";

const DAY: i64 = 86_400_000;
const TITLES: [&str; 12] = [
    "VP Sales",
    "Chief Marketing Officer",
    "Director of Marketing",
    "Head of Data",
    "Marketing Manager",
    "Lead Developer",
    "Software Engineer",
    "Business Analyst",
    "Co-Founder & President",
    "Einkäuferin",
    "Student",
    "",
];
const COMPANIES: [&str; 12] = [
    "Larkspur Systems",
    "Halden Analytics, Inc.",
    "Quillon Global Holdings",
    "Bramblewick Consulting LLC",
    "Tindra",
    "Kestrelby Foods, Ltd.",
    "Oriole Studio",
    "Marrowfen & Sons Precision Manufacturing Company",
    "Ostergård Energy",
    "Fjordline International",
    "Nimbolt Robotics GmbH",
    "",
];
const DOMAINS: [&str; 10] = [
    "larkspur.example",
    "halden-analytics.example",
    "quillon.example",
    "bramblewick.example",
    "tindra.example",
    "gmail.com",
    "outlook.com",
    "gmx.de",
    "example.edu",
    "example.gov",
];
const KINDS: [&str; 9] = [
    "email_sent",
    "email_sent",
    "email_sent",
    "email_open",
    "email_click",
    "page_view",
    "page_view",
    "form_submit",
    "meeting",
];
/// Each count's attribute and the most a lead has of it.
const COUNTS: [(&str, u64); 7] = [
    ("email_sent_count", 20),
    ("email_open_count", 9),
    ("email_click_count", 5),
    ("page_view_count", 22),
    ("form_submit_count", 3),
    ("meeting_count", 3),
    ("call_count", 3),
];

/// The generator `SplitMix64` (Steele, Lea, Flood 2014): one addition and three mixes for a number.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but not including, `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len() as u64) as usize]
    }
}

/// So many leads, each with about so many activities.
pub(crate) fn leads(count: u64, activities: u64) -> Vec<Lead> {
    let as_of = Timestamp::parse(AS_OF, &Zone::utc()).expect("a moment").as_millis();
    (0..count).map(|place| lead(place, activities, as_of)).collect()
}

fn lead(place: u64, activities: u64, as_of: i64) -> Lead {
    let mut numbers = Numbers(place.wrapping_mul(0x1000_0001));
    let number = &mut numbers;
    let age = 1 + number.below(400) as i64;
    let idle = number.below(age as u64) as i64;
    let moment = |days: i64, minutes: u64| {
        Timestamp::from_millis(as_of - days * DAY - minutes as i64 * 60_000).expect("a moment")
    };
    let mut lead = Lead::new(format!("L-{place:06}"))
        .with("name", format!("Person {place}"))
        .with("email", format!("person.{place}@{}", number.pick(&DOMAINS)))
        .with("company", number.pick(&COMPANIES))
        .with("title", number.pick(&TITLES))
        .with("phone", if number.below(3) > 0 { "+1 202-555-0173" } else { "" })
        .with("created_at", moment(age, number.below(720)).to_string())
        .with("last_activity_at", moment(idle, number.below(720)).to_string());
    for (name, most) in COUNTS {
        lead.attributes.insert(name.to_owned(), (number.below(most + 1) as f64).into());
    }
    let in_sequence = number.below(4) == 0;
    lead.attributes.insert("enrolled_in_sequence".to_owned(), in_sequence.into());
    if in_sequence {
        let length = 4 + number.below(5);
        lead.attributes.insert("sequence_step".to_owned(), (number.below(length) as f64).into());
        lead.attributes.insert("sequence_length".to_owned(), (length as f64).into());
    }
    if activities > 0 {
        let own = activities / 2 + number.below(activities + 1);
        for event in 0..own {
            let at = moment(idle + number.below((age - idle) as u64 + 1) as i64, number.below(720));
            let mut activity = Activity::new(number.pick(&KINDS), at);
            activity.id = Some(format!("A-{place}-{event}"));
            lead.activities.push(activity);
        }
    }
    lead
}
