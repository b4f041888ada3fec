//! What the additive rules share with the documented service, and with the rules in log-odds.

use leadscore::{AsOf, Lead, Pipeline, Zone};

/// What its note and docs/pipelines.md say that it does otherwise; the documented figure stands beside each.
#[test]
fn the_additive_rule_differs_from_the_documented_service_where_it_says_so() {
    let note = Pipeline::builtin("conversion-compat").unwrap().note().unwrap().to_owned();
    for said in ["free-mail", "disposable", "endings", "vice president", "size words"] {
        assert!(note.contains(said), "{said}: {note}");
    }
    let as_of = AsOf::parse("2026-11-18", &Zone::utc()).unwrap();
    let more = |name: &str, value: &str| {
        let pipeline = Pipeline::builtin("conversion-compat").unwrap();
        pipeline.score(&Lead::new("l").with(name, value), &as_of).unwrap().score - 15.0
    };
    for (name, value, points) in [
        ("email", "ann@yahoo.co.uk", -5.0),
        ("email", "ann@ox.ac.uk", 5.0),
        ("email", "ann@hmrc.gov.uk", 8.0),
        // 8 for the title itself.
        ("title", "Vice President", 8.0 + 12.0),
        // 8 for the company itself; nine letters are a start-up there.
        ("company", "Acme Inc.", 8.0 + 8.0),
        ("company_size", "medium", 5.0),
    ] {
        assert_eq!(more(name, value), points, "{name}: {value}");
        assert_ne!(more(name, value), documented(name, value), "{name}: {value}");
    }
    // Where it says nothing of a difference there is none.
    for (name, value) in [
        ("email", "ann@yahoo.com"),
        ("email", "ann@mit.edu"),
        ("email", "ann@acme.example"),
        ("title", "President"),
        ("title", "VP Sales"),
        ("company", "Acme Holdings"),
        ("company", "Acme"),
    ] {
        assert_eq!(more(name, value), documented(name, value), "{name}: {value}");
    }
}

/// The points of the documented service for one attribute, by its rules: the first pattern of a list that is a whole word.
fn documented(name: &str, value: &str) -> f64 {
    let text = value.to_lowercase();
    let has_word = |word: &str| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(word).any(|(at, _)| {
            let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
            // `\b` stands between a word's letter and something else, so `inc.` has none at the end of a name.
            let ends_in_word = word.ends_with(is_word);
            !before.is_some_and(is_word) && after.is_some_and(is_word) != ends_in_word
        })
    };
    let has_one = |words: &str| words.split('|').any(has_word);
    match name {
        "email" => {
            let domain = text.split('@').nth(1).unwrap();
            let free = "gmail|yahoo|hotmail|outlook|aol|icloud|mail|protonmail|zoho|yandex|gmx|live";
            match domain.rsplit('.').next() {
                _ if free.split('|').any(|own| domain == format!("{own}.com")) => -5.0,
                Some("edu") => 5.0,
                Some("gov") => 8.0,
                _ => 10.0,
            }
        }
        "title" if has_one("ceo|cto|cfo|cio|coo|cmo|chief|founder|president") => 8.0 + 15.0,
        "title" if has_one("vp|vice president|svp|evp") => 8.0 + 12.0,
        "company" if has_one("enterprise|corporation|inc.|corp.|holdings|international|global") => 8.0 + 8.0,
        "company" if text.chars().count() < 10 => 8.0 + 3.0,
        // The size that a lead states is not read.
        "company_size" => 0.0,
        _ => unreachable!("{name}: {value}"),
    }
}

/// What the note of `conversion` says of `conversion-compat`.
#[test]
fn the_rules_in_log_odds_have_the_signs_of_the_additive_ones() {
    let signs = |pipeline: &str| -> Vec<(String, Vec<(String, bool)>)> {
        let file: serde_json::Value =
            serde_json::from_str(&Pipeline::builtin(pipeline).unwrap().to_json()).unwrap();
        let groups = file["scorer"]["groups"].as_array().unwrap().iter();
        let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
        let sign = |rule: &serde_json::Value| {
            let points = &rule["points"];
            let amount = |value: &serde_json::Value| value.as_f64().map(|number| number > 0.0);
            let mut found = Vec::new();
            found.extend(amount(points).map(|sign| (String::new(), sign)));
            // Views are worth one point each, so the rule is the count itself.
            found.extend(points.as_str().map(|_| ("each".to_owned(), true)));
            found.extend(points["product"][0].as_f64().map(|number| ("each".to_owned(), number > 0.0)));
            for (level, value) in points["map"].as_object().into_iter().flatten() {
                found.push((level.clone(), value.as_f64().unwrap() > 0.0));
            }
            for case in points["cases"].as_array().into_iter().flatten() {
                found.push((case[0].to_string(), case[1].as_f64().unwrap() > 0.0));
            }
            assert!(!found.is_empty(), "{rule}");
            (rule["code"].as_str().unwrap().to_owned(), found)
        };
        rules.map(sign).collect()
    };
    assert_eq!(signs("conversion"), signs("conversion-compat"));
}
