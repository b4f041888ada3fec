//! The rule systems that ship, at the bounds of their documented rules.

use leadscore::pipeline::{EstimateValue, Impact, Priority, Trend};
use leadscore::{Activity, AsOf, ContributionKind, Lead, Pipeline, Prediction, Timestamp, Zone};

const NOON: &str = "2026-11-18T12:00:00Z";

#[test]
fn the_additive_rule_part_by_part() {
    let base = score("conversion-compat", &Lead::new("l"));
    assert_eq!((base.score, base.probability), (15.0, Some(0.15)));
    let more = |lead: Lead| score("conversion-compat", &lead).score - 15.0;
    let text = |name: &str, value: &str| more(Lead::new("l").with(name, value));
    assert_eq!(text("phone", "1"), 4.0);
    for (email, points) in [
        ("a@acme.example", 10.0),
        ("a@gmail.com", -5.0),
        ("a@mit.edu", 5.0),
        ("a@nasa.gov", 8.0),
        ("nobody", 0.0),
    ] {
        assert_eq!(text("email", email), points, "{email}");
    }
    // The title itself is worth 8, the company's name too.
    for (title, points) in [
        ("CEO", 15.0),
        ("Vice President", 12.0),
        ("Director", 10.0),
        ("Lead Developer", 5.0),
        ("Developer", 0.0),
    ] {
        assert_eq!(text("title", title), 8.0 + points, "{title}");
    }
    for (company, points) in
        [("Global Mills", 8.0), ("Millers and More", 5.0), ("Mill LLC", 2.0), ("Mills", 3.0)]
    {
        assert_eq!(text("company", company), 8.0 + points, "{company}");
    }
    let count = |name: &str, value: f64| more(Lead::new("l").with(name, value));
    for (name, points) in [
        ("email_open_count", 2.0),
        ("email_click_count", 5.0),
        ("page_view_count", 1.0),
        ("form_submit_count", 8.0),
        ("meeting_count", 10.0),
        ("call_count", 6.0),
    ] {
        assert_eq!(count(name, 1.0), points, "{name}");
        assert_eq!(count(name, 50.0), 25.0, "{name}");
    }
    let enrolled = Lead::new("l").with("enrolled_in_sequence", true);
    assert_eq!(more(enrolled.clone()), 5.0);
    assert_eq!(more(enrolled.with("sequence_step", 1.0).with("sequence_length", 4.0)), 11.0);
}

#[test]
fn behaviour_is_capped_on_a_line_of_its_own() {
    let at_cap = score("conversion-compat", &Lead::new("l").with("page_view_count", 25.0));
    assert_eq!(at_cap.score, 40.0);
    assert!(at_cap.explanation.limits.is_empty());
    let above = score("conversion-compat", &Lead::new("l").with("page_view_count", 26.0));
    assert_eq!(above.score, 40.0);
    let limit = above.explanation.contributions.iter().find(|c| c.kind == ContributionKind::Limit).unwrap();
    assert_eq!((&*limit.code, limit.points), ("behavior.range", -1.0));
}

#[test]
fn rates_velocity_channels_and_staleness_at_their_bounds() {
    let open = |opens: f64| Lead::new("l").with("email_sent_count", 100.0).with("email_open_count", opens);
    let rule = |lead: &Lead, code: &str| points(&score("conversion-compat", lead), code);
    assert_eq!([29.0, 30.0].map(|n| rule(&open(n), "open_rate")), [0.0, 8.0]);
    let click = |clicks: f64| open(0.0).with("email_click_count", clicks);
    assert_eq!([9.0, 10.0].map(|n| rule(&click(n), "click_rate")), [0.0, 10.0]);
    let fast =
        |views: f64| Lead::new("l").with("created_at", "2026-11-08T12:00:00Z").with("page_view_count", views);
    assert_eq!([4.0, 5.0].map(|n| rule(&fast(n), "velocity")), [0.0, 10.0]);
    // Channels here are kinds of activity, as the service counts them.
    let kinds = |kinds: &[&str]| log(&kinds.iter().map(|kind| (*kind, NOON)).collect::<Vec<_>>());
    assert_eq!(rule(&kinds(&["email_open", "email_click"]), "channels"), 0.0);
    assert_eq!(rule(&kinds(&["email_open", "email_click", "email_sent"]), "channels"), 8.0);
    assert_eq!(
        points(&score("conversion", &kinds(&["email_open", "email_click", "email_sent"])), "channels"),
        0.0
    );
    for (idle, stale, recency) in [
        (0, 0.0, 100.0),
        (1, 0.0, 91.0),
        (14, 0.0, 25.0),
        (15, -15.0, 23.0),
        (30, -15.0, 5.0),
        (31, -25.0, 5.0),
    ] {
        let lead = idle_for(idle);
        assert_eq!(rule(&lead, "stale"), stale, "{idle} days");
        assert!((rule(&lead, "recency") - 0.15 * recency).abs() < 1e-12, "{idle} days");
    }
}

#[test]
fn the_largest_raw_sum_is_171_and_ends_at_99() {
    let mut lead = log(&[("email_sent", NOON); 1])
        .with("company", "Global Mills")
        .with("title", "CEO")
        .with("phone", "1")
        .with("email", "ann@mills.example")
        .with("created_at", "2026-11-18")
        .with("enrolled_in_sequence", true)
        .with("sequence_step", 3.0)
        .with("sequence_length", 4.0);
    for kind in ["email_open", "email_click", "meeting", "meeting"] {
        lead = lead.activity(Activity::new(kind, time(NOON)));
    }
    let best = score("conversion-compat", &lead);
    let line = |code: &str| points(&best, code);
    let raw = 15.0 + sum(&best) - line("range");
    assert!((raw - 171.0).abs() < 1e-9, "{raw}");
    assert_eq!(best.score, 99.0);
    assert!((line("range") + 72.0).abs() < 1e-9);
    let worst = score("conversion-compat", &idle_for(40).with("email", "a@gmail.com"));
    assert_eq!((worst.score, worst.tier.as_deref()), (1.0, Some("DEAD")));
}

#[test]
fn confidence_days_to_close_and_their_interval() {
    let of = |lead: &Lead| {
        let p = score("conversion-compat", lead);
        ["confidence", "days_to_close", "days_to_close_low", "days_to_close_high"]
            .map(|name| estimate(&p, name))
    };
    // 60 − 30 · 0.15 = 55.5, rounded away from zero; half of 56 · (1 − 0.5) either way.
    assert_eq!(of(&Lead::new("l")), [0.5, 56.0, 42.0, 70.0]);
    for (activities, confidence) in [(1.0, 0.55), (5.0, 0.55), (6.0, 0.6), (10.0, 0.6), (11.0, 0.65)] {
        let lead = Lead::new("l").with("total_activities", activities);
        assert!((of(&lead)[0] - confidence).abs() < 1e-12, "{activities} activities");
    }
    for (idle, confidence) in [(6, 0.6), (7, 0.55), (13, 0.55), (14, 0.5)] {
        assert!((of(&idle_for(idle))[0] - confidence).abs() < 1e-12, "{idle} days");
    }
    let known = Lead::new("l").with("company", "A").with("title", "B").with("phone", "C");
    assert!((of(&known)[0] - 0.63).abs() < 1e-12);
    // Seniority, velocity and idleness move the days.
    let check = |lead: &Lead, later: f64| {
        let p = score("conversion-compat", lead);
        let wanted = (60.0 - 30.0 * p.probability.unwrap() + later).round();
        assert_eq!(estimate(&p, "days_to_close"), wanted, "{lead:?}");
    };
    for (title, later) in [("CEO", -10.0), ("VP", -7.0), ("Director", -5.0), ("Manager", 0.0)] {
        check(&Lead::new("l").with("title", title), later);
    }
    check(&idle_for(14), 0.0);
    check(&idle_for(15), 15.0);
    let fast =
        |views: f64| Lead::new("l").with("created_at", "2026-11-08T12:00:00Z").with("page_view_count", views);
    for (views, later) in [(5.0, 0.0), (6.0, -5.0), (10.0, -5.0), (11.0, -10.0)] {
        check(&fast(views), later);
    }
}

#[test]
fn risk_categories_at_their_bounds() {
    let known = |company: &str| Lead::new("l").with("company", company).with("phone", "1");
    let ceo = |company: &str| known(company).with("title", "CEO");
    for (lead, wanted, level) in [
        (known("Mills"), 30.0, "critical"),
        (Lead::new("l").with("title", "Developer").with("email", "a@nasa.gov"), 31.0, "high"),
        (ceo("Millers and More").with("email", "a@mit.edu"), 60.0, "medium"),
        (ceo("Global Mills").with("email", "a@b.example").with("page_view_count", 11.0), 79.0, "medium"),
        (ceo("Global Mills").with("email", "a@b.example").with("page_view_count", 12.0), 80.0, "low"),
    ] {
        let prediction = score("conversion-compat", &lead);
        assert_eq!(prediction.score, wanted);
        let found = &prediction.estimates.iter().find(|e| e.name == "risk_category").unwrap().value;
        assert_eq!(*found, EstimateValue::Level(level.into()), "{wanted}");
    }
}

#[test]
fn risk_factors_come_in_order_and_six_at_most() {
    let codes = |lead: &Lead| -> Vec<String> {
        score("conversion", lead).risks.iter().map(|risk| risk.code.clone()).collect()
    };
    assert_eq!(codes(&Lead::new("l")), ["unknown_company", "no_engagement"]);
    let busy = log(&[("email_sent", NOON), ("email_click", NOON), ("meeting", NOON)])
        .with("title", "VP")
        .with("email", "a@gmail.com")
        .with("created_at", "2026-11-18");
    let wanted = [
        "decision_maker",
        "high_value_engagement",
        "email_engagement",
        "activity_burst",
        "personal_email",
        "unknown_company",
    ];
    assert_eq!(codes(&busy), wanted);
    let high_value = |day: &str| {
        let risk = score("conversion", &log(&[("meeting", day)])).risks[0].clone();
        (risk.impact, risk.trend, risk.value)
    };
    assert_eq!(high_value("2026-11-12T12:00:00Z"), (Impact::High, Trend::Improving, Some(1.0)));
    assert_eq!(high_value("2026-11-11T12:00:00Z"), (Impact::High, Trend::Stable, Some(1.0)));
    let stale = |idle: u32| {
        score("conversion", &idle_for(idle))
            .risks
            .into_iter()
            .find(|r| r.code == "stale_lead")
            .map(|r| r.impact)
    };
    assert_eq!(
        [14, 15, 30, 31].map(stale),
        [None, Some(Impact::Medium), Some(Impact::Medium), Some(Impact::High)]
    );
    let slow =
        log(&[("page_view", NOON)]).with("created_at", "2026-11-16T12:00:00Z").with("company", "Mills");
    assert_eq!(codes(&slow), ["activity_velocity_low"]);
}

#[test]
fn recommendations_come_in_order_and_five_at_most() {
    let of = |lead: &Lead| -> Vec<(String, Priority)> {
        let found = score("conversion-compat", lead).recommendations;
        found.into_iter().map(|r| (r.code, r.priority)).collect()
    };
    let named = |codes: &[(&str, Priority)]| -> Vec<(String, Priority)> {
        codes.iter().map(|(code, priority)| ((*code).to_owned(), *priority)).collect()
    };
    // 15 + 8 + 15 + 10 + 20 − 25 + 0.75 (recency of 31 days): WARM, and below even chances.
    let silent = idle_for(31)
        .with("title", "CEO")
        .with("email", "a@b.example")
        .with("email_sent_count", 100.0)
        .with("email_open_count", 10.0);
    assert_eq!(score("conversion-compat", &silent).score, 43.75);
    let all = [
        ("re_engage", Priority::High),
        ("research_company", Priority::Medium),
        ("enroll", Priority::Medium),
        ("subject_lines", Priority::Low),
    ];
    assert_eq!(of(&silent), named(&all));
    // 15 + 8 + 8 + 8 + 10: WARM, hardly known; the phone is named only where there is one.
    let fresh = Lead::new("l")
        .with("title", "Developer")
        .with("company", "Global Mills")
        .with("email", "a@b.example");
    let wanted = [("enroll", Priority::Medium), ("other_channel", Priority::High)];
    assert_eq!(of(&fresh), named(&wanted));
    let action =
        |lead: &Lead| score("conversion-compat", lead).recommendations.last().unwrap().action.clone();
    assert_eq!(action(&fresh), "Reach out on LinkedIn");
    assert_eq!(action(&fresh.with("phone", "1")), "Reach out by phone");
    let hot = Lead::new("l")
        .with("company", "Global Mills")
        .with("title", "CEO")
        .with("phone", "1")
        .with("email", "a@b.example")
        .with("page_view_count", 3.0);
    assert_eq!(of(&hot), named(&[("demo_call", Priority::Urgent)]));
    assert_eq!(score("conversion-compat", &hot).probability, Some(0.71));
}

/// Whatever is known of a lead, what it is said to be and what is advised do not contradict each other.
#[test]
fn advice_agrees_with_the_tier_and_with_what_is_known() {
    let mut met = std::collections::BTreeSet::new();
    for case in 0..3_u32.pow(6) * 2 {
        let digit = |place: u32| (case / 2 / 3_u32.pow(place) % 3) as usize;
        let has_phone = case % 2 == 1;
        let mut lead = idle_for([0, 20, 200][digit(0)]).with("created_at", "2026-04-01");
        if has_phone {
            lead = lead.with("phone", "+1 202 555 0101");
        }
        let email = [None, Some("ann@gmail.com"), Some("ann@mills.example")][digit(1)];
        let title = [None, Some("Developer"), Some("CEO")][digit(2)];
        let company = [None, Some("Mills"), Some("Global Mills")][digit(3)];
        for (name, text) in [("email", email), ("title", title), ("company", company)] {
            lead = text.into_iter().fold(lead, |lead, text| lead.with(name, text));
        }
        lead = lead
            .with("meeting_count", [0.0, 1.0, 9.0][digit(4)])
            .with("email_sent_count", [0.0, 20.0, 20.0][digit(5)])
            .with("email_open_count", [0.0, 0.0, 2.0][digit(5)]);
        for pipeline in ["conversion", "conversion-compat"] {
            let found = score(pipeline, &lead);
            let tier = found.tier.as_deref().unwrap();
            let category = &found.estimate("risk_category").unwrap().value;
            if tier == "HOT" {
                assert!(!matches!(category, EstimateValue::Level(level) if level == "critical"), "{lead:?}");
            }
            assert!(tier != "DEAD" || found.recommendations.is_empty(), "{lead:?}");
            let codes: Vec<&str> = found.recommendations.iter().map(|own| own.code.as_str()).collect();
            assert_eq!(
                codes.iter().any(|code| code.starts_with("demo_") || *code == "find_contact"),
                tier == "HOT" || (tier != "DEAD" && email.is_none() && !has_phone),
                "{lead:?}"
            );
            for own in &found.recommendations {
                met.insert(own.code.clone());
                let action = own.action.to_lowercase();
                assert_ne!(Some(&*own.action), found.action.as_deref(), "{lead:?}");
                if own.code == "find_contact" {
                    assert!(email.is_none() && !has_phone);
                    continue;
                }
                assert!(
                    has_phone || !action.contains("call") && !action.contains("phone"),
                    "{action}: {lead:?}"
                );
                let about_mail =
                    ["mail", "subject", "sequence", "write"].iter().any(|word| action.contains(word));
                assert!(email.is_some() || !about_mail, "{action}: {lead:?}");
            }
            let action = found.action.as_deref().unwrap().to_lowercase();
            assert!(
                !["call", "phone", "mail", "newsletter"].iter().any(|word| action.contains(word)),
                "{action}"
            );
        }
    }
    let all = [
        "demo_call",
        "demo_email",
        "enroll",
        "find_contact",
        "other_channel",
        "re_engage",
        "research_company",
        "subject_lines",
    ];
    assert!(met.iter().map(String::as_str).eq(all), "{met:?}");
}

#[test]
fn days_to_close_say_what_they_are() {
    for pipeline in ["conversion", "conversion-compat"] {
        let found = score(pipeline, &Lead::new("l"));
        let days = found.estimate("days_to_close").unwrap();
        assert_eq!((days.method.as_deref(), days.unit.as_deref()), (Some("rule_of_thumb"), Some("days")));
        assert!(days.label.as_deref().unwrap().contains("rule of thumb"), "{days:?}");
    }
}

#[test]
fn a_burst_long_ago_is_no_improvement() {
    let trend = |day: &str| {
        let at = |hour: u32| format!("{day}T{hour:02}:00:00Z");
        let lead =
            (8..11).fold(Lead::new("l"), |lead, hour| lead.activity(Activity::new("call", time(&at(hour)))));
        let found = score("conversion", &lead);
        found.risks.iter().find(|risk| risk.code == "activity_burst").map(|risk| risk.trend).unwrap()
    };
    assert_eq!([trend("2026-11-10"), trend("2026-06-10")], [Trend::Improving, Trend::Stable]);
}

#[test]
fn a_lead_that_never_did_anything_was_not_active() {
    let came_in = Lead::new("l").with("created_at", "2026-11-18T08:00:00Z");
    let text = |pipeline: &str, lead: &Lead| {
        let found = score(pipeline, lead);
        let line = found.explanation.contributions.iter().find(|c| &*c.code == "recency").unwrap();
        line.text.to_string()
    };
    for pipeline in ["conversion", "conversion-compat", "lead-score", "priority"] {
        assert_eq!(text(pipeline, &came_in), "Came in 0 days ago, without activity so far", "{pipeline}");
        let seen = came_in.clone().with("page_view_count", 1.0);
        assert_eq!(text(pipeline, &seen), "Active within the last day", "{pipeline}");
        assert_eq!(text(pipeline, &idle_for(0)), "Active within the last day", "{pipeline}");
    }
}

#[test]
fn stated_counts_are_kinds_of_activity_as_logged_ones_are() {
    let counted = |names: &[&str]| names.iter().fold(Lead::new("l"), |lead, name| lead.with(*name, 2.0));
    let rule = |pipeline: &str, lead: &Lead| points(&score(pipeline, lead), "channels");
    let two = counted(&["email_open_count", "email_click_count"]);
    let three = counted(&["email_open_count", "email_click_count", "email_sent_count"]);
    assert_eq!([rule("conversion-compat", &two), rule("conversion-compat", &three)], [0.0, 8.0]);
    // Three kinds, one channel.
    assert_eq!(rule("conversion", &three), 0.0);
}

#[test]
fn a_log_that_outweighs_larger_stated_counts_is_a_warning() {
    let stated = |opens: f64| Lead::new("l").with("email_open_count", opens);
    let logged = |lead: Lead, day: &str| {
        lead.activity(Activity::new("email_open", time(day)))
            .activity(Activity::new("open", time("2026-11-01")))
    };
    let warnings = |lead: &Lead| -> Vec<String> {
        score("conversion", lead).warnings.iter().map(ToString::to_string).collect()
    };
    let lead = logged(stated(30.0), "2026-11-10");
    assert_eq!(
        warnings(&lead),
        ["e-mail opens: the record states 30, more than is counted in the activity log, which is used"]
    );
    assert!(warnings(&logged(stated(2.0), "2026-11-10")).is_empty());
    assert!(warnings(&stated(30.0)).is_empty());
    // What is logged after the as-of time is no log: the stated count is used.
    let later = stated(30.0).activity(Activity::new("email_open", time("2026-12-01")));
    assert!(warnings(&later).is_empty());
    let found = score("conversion", &lead);
    assert_eq!(
        (found.missing.iter().any(|own| own.name == "email_opens_stated"), found.completeness),
        (false, score("conversion", &logged(Lead::new("l"), "2026-11-10")).completeness)
    );
    let strict = leadscore::ScoreOptions::new().mode(leadscore::Mode::Strict);
    assert!(
        Pipeline::builtin("conversion").unwrap().score_with(&lead, &AsOf::new(time(NOON)), &strict).is_ok()
    );
    // Of a long log the latest 100 activities are used; what is stated is compared with all of them.
    let opens = (0..130).map(|at| Activity::new("email_open", time(&format!("2026-10-{:02}", at % 28 + 1))));
    let long = |count: f64| opens.clone().fold(stated(count), Lead::activity);
    assert!(warnings(&long(130.0)).is_empty());
    assert_eq!(warnings(&long(131.0)).len(), 1);
    // Many at once, as one.
    let leads: Vec<Lead> = (0..40).map(|at| if at % 2 == 0 { lead.clone() } else { stated(30.0) }).collect();
    let many = Pipeline::builtin("conversion").unwrap().score_many(
        &leads,
        &AsOf::new(time(NOON)),
        &leadscore::ScoreOptions::default(),
    );
    for (at, one) in many.into_iter().enumerate() {
        assert_eq!(one.unwrap().warnings.len(), (at + 1) % 2, "{at}");
    }
}

#[test]
fn the_lead_score_in_four_capped_parts() {
    let group = |lead: &Lead, code: &str| value(&score("lead-score", lead), code);
    let full = Lead::new("l").with("company", "A").with("title", "B").with("phone", "C");
    assert_eq!(group(&full, "demographic"), 25.0);
    for (name, each) in [("email_click_count", 10.0), ("form_submit_count", 15.0), ("meeting_count", 20.0)] {
        assert_eq!(group(&Lead::new("l").with(name, 1.0), "behavioral"), each);
        assert_eq!(group(&Lead::new("l").with(name, 9.0), "behavioral"), 40.0);
    }
    for (idle, points) in [(0, 20.0), (1, 18.0), (3, 15.0), (7, 10.0), (14, 5.0), (30, 1.0)] {
        assert_eq!(group(&idle_for(idle), "temporal"), points, "{idle} days");
    }
    let mails = Lead::new("l")
        .with("email_sent_count", 1.0)
        .with("email_open_count", 1.0)
        .with("email_click_count", 1.0);
    // 70 of engagement: 10.5 is rounded to 11; 100 of it is worth 15.
    assert_eq!(group(&mails, "engagement"), 11.0);
    let best = full
        .with("email_sent_count", 4.0)
        .with("email_open_count", 4.0)
        .with("email_click_count", 4.0)
        .with("page_view_count", 1.0)
        .with("enrolled_in_sequence", true)
        .with("sequence_step", 0.0)
        .with("sequence_length", 1.0)
        .with("last_activity_at", NOON);
    let best = score("lead-score", &best);
    assert_eq!((best.score, best.tier.as_deref(), best.probability), (100.0, Some("HOT"), None));
}

#[test]
fn priority_at_its_thresholds() {
    let points_of = |lead: &Lead, code: &str| points(&score("priority", lead), code);
    assert_eq!(score("priority", &Lead::new("l").with("lead_score", 78.0)).score, 39.0);
    for (idle, wanted) in
        [(2, 20.0), (3, 15.0), (6, 15.0), (7, 10.0), (13, 10.0), (14, 0.0), (30, 0.0), (31, -15.0)]
    {
        assert_eq!(points_of(&idle_for(idle), "recency"), wanted, "{idle} days");
    }
    assert_eq!(points_of(&Lead::new("l"), "recency"), 0.0);
    for (many, wanted) in [(0.0, 0.0), (1.0, 5.0), (5.0, 5.0), (6.0, 10.0), (10.0, 10.0), (11.0, 15.0)] {
        assert_eq!(points_of(&Lead::new("l").with("total_activities", many), "activities"), wanted, "{many}");
    }
    for (opens, wanted) in [(10.0, 0.0), (11.0, 5.0), (30.0, 5.0), (31.0, 10.0), (50.0, 10.0), (51.0, 15.0)] {
        let lead = Lead::new("l").with("email_sent_count", 100.0).with("email_open_count", opens);
        assert_eq!(points_of(&lead, "open_rate"), wanted, "{opens}");
    }
    assert_eq!(score("priority", &idle_for(31)).score, 0.0);
    for (lead_score, tier) in [(100.0, "high"), (90.0, "medium"), (50.0, "medium"), (48.0, "low")] {
        assert_eq!(
            score("priority", &Lead::new("l").with("lead_score", lead_score)).tier.as_deref(),
            Some(tier)
        );
    }
    let best = idle_for(0).with("lead_score", 100.0).with("total_activities", 11.0);
    let best = score("priority", &best.with("email_sent_count", 1.0).with("email_open_count", 1.0));
    assert_eq!((best.score, best.tier.as_deref()), (100.0, Some("top")));
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text, &Zone::utc()).unwrap()
}

fn score(pipeline: &str, lead: &Lead) -> Prediction {
    Pipeline::builtin(pipeline).unwrap().score(lead, &AsOf::new(time(NOON))).unwrap()
}

fn log(activities: &[(&str, &str)]) -> Lead {
    activities.iter().fold(Lead::new("l"), |lead, (kind, at)| lead.activity(Activity::new(*kind, time(at))))
}

/// A lead of which only the last sign of life is known.
fn idle_for(days: u32) -> Lead {
    Lead::new("l").with("last_activity_at", time(NOON).plus_days(-i64::from(days)).to_string())
}

fn sum(prediction: &Prediction) -> f64 {
    prediction.explanation.contributions.iter().map(|c| c.points).sum()
}

fn points(prediction: &Prediction, code: &str) -> f64 {
    prediction.explanation.contributions.iter().filter(|c| &*c.code == code).map(|c| c.points).sum()
}

fn value(prediction: &Prediction, group: &str) -> f64 {
    prediction.breakdown.iter().find(|g| g.group == group).unwrap().value
}

fn estimate(prediction: &Prediction, name: &str) -> f64 {
    match prediction.estimates.iter().find(|e| e.name == name).unwrap().value {
        EstimateValue::Number(number) => number,
        ref other => panic!("{name}: {other:?}"),
    }
}
