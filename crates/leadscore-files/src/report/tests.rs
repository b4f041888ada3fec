use leadscore::{Activity, AsOf, Lead, Pipeline, Timestamp, Zone};

use super::*;

const AS_OF: &str = "2026-11-22";

fn as_of() -> AsOf {
    AsOf::parse(AS_OF, &Zone::utc()).unwrap()
}

fn leads() -> Vec<Lead> {
    let at = |day: &str| Timestamp::parse(day, &Zone::utc()).unwrap();
    let mut busy = Lead::new("l-1")
        .with("name", "Ann <script>alert('x')</script> & Sons")
        .with("company", "A \"quoted\" & <b>bold</b> one")
        .with("title", "VP of Sales")
        .with("email", "ann@acme.example")
        .with("phone", "+1 202-555-0101")
        .with("created_at", "2026-10-01");
    for day in 1..=20 {
        busy = busy.activity(Activity::new("meeting", at(&format!("2026-11-{day:02}"))));
        busy = busy.activity(Activity::new("page_view", at(&format!("2026-11-{day:02}"))));
        busy = busy.activity(Activity::new("form_submit", at(&format!("2026-11-{day:02}"))));
    }
    let quiet = Lead::new("l-2")
        .with("name", "Bo")
        .with("email", "bo@gmail.com")
        .with("created_at", "someday {soon}")
        .activity(Activity::new("email_sent", at("2026-01-05")));
    vec![busy, quiet, Lead::new("l-3")]
}

fn report_of(pipeline: &str, leads: &[Lead]) -> Report {
    let pipeline = Pipeline::builtin(pipeline).unwrap();
    let text = |lead: &Lead, name: &str| match lead.attributes.get(name) {
        Some(leadscore::Attribute::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut ranked: Vec<RankedLead> = leads
        .iter()
        .map(|lead| RankedLead {
            rank: 0,
            row: 7,
            name: text(lead, "name").unwrap_or_else(|| lead.id.clone().unwrap_or_default()),
            details: ["title", "company", "email", "phone", "country"]
                .iter()
                .filter_map(|name| Some(Detail { label: (*name).to_owned(), value: text(lead, name)? }))
                .collect(),
            score: pipeline.tiers().shown_score(pipeline.score(lead, &as_of()).unwrap().score),
            standing: None,
            group: None,
            prediction: pipeline.score(lead, &as_of()).unwrap(),
        })
        .collect();
    ranked.sort_by(|a, b| b.prediction.score.total_cmp(&a.prediction.score));
    for (at, lead) in ranked.iter_mut().enumerate() {
        lead.rank = at as u64 + 1;
    }
    let is_in = |lead: &&RankedLead, tier: &str| lead.prediction.tier.as_deref() == Some(tier);
    Report {
        title: pipeline.name().to_owned(),
        source: "leads.csv".to_owned(),
        as_of: AS_OF.to_owned(),
        scored_count: ranked.len() as u64,
        rejected_count: 2,
        tiers: pipeline
            .tiers()
            .tiers()
            .iter()
            .map(|tier| TierCount {
                name: tier.name().to_owned(),
                action: tier.action().to_owned(),
                lead_count: ranked.iter().filter(|lead| is_in(lead, tier.name())).count() as u64,
            })
            .collect(),
        capacity: None,
        leads: ranked,
        notes: vec!["the column lead_score was not used".to_owned()],
        worthless: Vec::new(),
    }
}

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    html::write(&mut out, report).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page without its styles.
fn body(page: &str) -> &str {
    page.split_once("</style>").unwrap().1
}

/// The text of a page, tags left out.
fn words(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text += part.split_once('>').map_or(part, |(_, text)| text);
        text.push(' ');
    }
    text
}

fn shown(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let size: i64 = digits.parse().unwrap();
    if text.contains('−') { -size } else { size }
}

#[test]
fn hostile_texts_stay_texts() {
    let page = page(&report_of("conversion", &leads()));
    assert!(!page.contains("<script>alert"), "{page}");
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1));
    assert!(!page.contains("<b>bold"));
    assert!(page.contains("Ann &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Sons"));
    assert!(page.contains("A &quot;quoted&quot; &amp; &lt;b&gt;bold&lt;/b&gt; one"));
    assert_eq!(Escaped("a\u{0}b\u{202e}c\nd").to_string(), "a\u{fffd}bc d");
}

#[test]
fn the_page_loads_nothing_and_speaks_plainly() {
    for pipeline in Pipeline::builtin_names() {
        let report = report_of(pipeline, &leads());
        let page = page(&report);
        assert!(!page.replace("http-equiv", "").contains("http"), "{pipeline}");
        assert!(page.contains("Content-Security-Policy"));
        let body = body(&page);
        let text = words(body);
        let (text, body) = (text.replace("{soon}", ""), body.replace("{soon}", ""));
        for never in ["{", "}", "NaN", "log-odds", "log_odds", "inf "] {
            assert!(!body.contains(never), "{pipeline}: {never}");
        }
        let text = text.replace("lead_score", "");
        assert!(!text.contains('_'), "{pipeline}: {text}");
        for rule in ["probability", "chance", "Chance"] {
            assert!(!text.contains(rule), "{pipeline}: {rule}");
        }
        for lead in &report.leads {
            for line in &lead.prediction.explanation.contributions {
                if line.points.abs() > NOISE {
                    let text = Escaped(&super::capital(&line.text)).to_string();
                    assert!(body.contains(&text.replace("{soon}", "")), "{pipeline}: {text}");
                }
            }
        }
    }
}

#[test]
fn the_shown_numbers_add_up() {
    for pipeline in Pipeline::builtin_names() {
        let page = page(&report_of(pipeline, &leads()));
        let sums: Vec<&str> = page.split("<table class=\"sum\">").skip(1).collect();
        assert_eq!(sums.len(), 3);
        for sum in sums {
            let sum = sum.split("</table>").next().unwrap();
            let numbers: Vec<i64> =
                sum.split("<td>").skip(1).map(|cell| shown(cell.split('<').next().unwrap())).collect();
            let (total, parts) = numbers.split_last().unwrap();
            assert_eq!(parts.iter().sum::<i64>(), *total, "{pipeline}: {sum}");
        }
    }
}

#[test]
fn the_policy_lets_the_one_script_run() {
    use sha2::{Digest as _, Sha256};
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let page = page(&report_of("conversion", &leads()));
    let script = page.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let hash = Sha256::digest(script.as_bytes());
    // Base64 of 32 bytes: ten whole groups, and two bytes that leave one place to fill.
    let mut text = String::new();
    for group in hash.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    assert!(page.contains(&format!("script-src 'sha256-{text}='")), "the policy should name sha256-{text}=");
}

#[test]
fn the_page_says_which_row_and_whose_lead() {
    let mut report = report_of("conversion", &leads()[..1]);
    report.leads[0].details.push(Detail { label: OWNER.to_owned(), value: "Kim Roe".to_owned() });
    report.leads[0]
        .details
        .push(Detail { label: LAST_ACTIVITY.to_owned(), value: "2026-11-20 (meeting)".to_owned() });
    let page = page(&report);
    let text = words(body(&page));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["Owner: Kim Roe", "Last activity: 2026-11-20 (meeting)", "Id: l-1", "Row: 7"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(page.contains("data-row=\"7\"") && page.contains("data-owner=\"Kim Roe\""));
    assert!(page.contains("<option value=\"last\">Last activity</option>"));
}

#[test]
fn no_leads_no_bars() {
    let mut report = report_of("conversion", &[]);
    report.rejected_count = 0;
    let page = page(&report);
    assert!(page.contains("<h1>No leads to rank</h1>"));
    assert!(page.contains("There is nothing to show"));
    assert!(!page.contains("<ol>"));
    assert!(!body(&page).contains("NaN"));
}

#[test]
fn the_headline_names_the_first() {
    let mut report = report_of("conversion", &leads()[..1]);
    report.leads[0].name = "Ann".to_owned();
    let page = page(&report);
    assert!(words(&page).contains("1 lead scored; 1 is HOT: start with   Ann"), "{}", words(body(&page)));
}

#[test]
fn long_texts_are_cut() {
    assert_eq!(cut("short", 5), "short");
    assert_eq!(cut("a longer one", 9), "a longer…");
    assert_eq!(cut("株式会社東京商事", 9), "株式会社…");
}

#[test]
fn a_waterfall_is_well_formed_and_adds_up() {
    for pipeline in Pipeline::builtin_names() {
        let tiers = Pipeline::builtin(pipeline).unwrap().tiers().clone();
        for lead in &report_of(pipeline, &leads()).leads {
            let picture = svg::waterfall(&lead.prediction, &lead.name, &tiers).unwrap();
            assert!(!picture.contains("NaN") && !picture.contains("<script"));
            assert!(!picture.split_once("</style>").unwrap().1.contains("log-odds"));
            assert_eq!(picture.matches("<g>").count(), picture.matches("</g>").count());
            let numbers: Vec<i64> = picture
                .split("<text class=\"n\"")
                .skip(1)
                .map(|cell| shown(cell.split_once('>').unwrap().1.split('<').next().unwrap()))
                .collect();
            let rest =
                picture.split_once("accounts for ").map_or(0, |(_, t)| shown(&t[..t.find("</").unwrap()]));
            let (total, parts) = numbers.split_last().unwrap();
            assert_eq!(parts.iter().sum::<i64>() + rest, *total, "{pipeline}: {picture}");
        }
    }
}

#[test]
fn many_lines_become_one() {
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let mut prediction = pipeline.score(&leads()[0], &as_of()).unwrap();
    let one = prediction.explanation.contributions[0].clone();
    for step in 1..=30 {
        let points = f64::from(step) / 100.0;
        let mut other = one.clone();
        other.points = points;
        prediction.explanation.contributions.push(other);
        prediction.score += points;
    }
    let picture = svg::waterfall(&prediction, "Many", pipeline.tiers()).unwrap();
    assert!(picture.contains("smaller ones"));
    assert_eq!(picture.matches("<g>").count(), 22);
}
