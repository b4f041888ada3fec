//! The rule systems that read records and messages: heat, qualification, capture.

use leadscore::{AsOf, ContributionKind, FeatureValue, Lead, Mode, Pipeline, Prediction, Timestamp, Zone};

#[test]
fn heat_points_add_up_to_ten_and_a_half() {
    let best = heat_lead(0.0, 50.0, "high")
        .with("source", "referral")
        .with("time_spent", 1_200.0)
        .with("last_touch", "book_demo");
    let best = score("heat-rules", &best);
    assert_eq!((best.score, best.tier.as_deref(), best.probability), (100.0, Some("hot"), None));
    assert!((value(&best, "heat") - 10.5).abs() < 1e-12);
    let points = |lead: &Lead| value(&score("heat-rules", lead), "heat");
    let none = heat_lead(30.0, 0.0, "none");
    assert_eq!(points(&none), 0.0);
    let close = |lead: Lead, wanted: f64| {
        let found = points(&lead);
        assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}: {lead:?}");
    };
    close(heat_lead(31.0, 0.0, "none"), 0.0);
    close(heat_lead(15.0, 0.0, "none"), 1.5);
    close(heat_lead(30.0, 25.0, "none"), 1.5);
    close(heat_lead(30.0, 99.0, "none"), 3.0);
    for (interest, wanted) in [("high", 2.0), ("medium", 1.2), ("low", 0.6)] {
        close(heat_lead(30.0, 0.0, interest), wanted);
    }
    for (source, wanted) in [
        ("Referral", 1.0),
        ("website", 1.0),
        ("Web", 1.0),
        ("LinkedIn", 0.7),
        ("social media", 0.7),
        ("google ad", 0.7),
        ("events", 0.6),
        ("paid ads", 0.5),
        ("paid_ads", 0.5),
        ("friend", 0.0),
        ("", 0.0),
    ] {
        close(none.clone().with("source", source), wanted);
    }
    for (time, wanted) in [(0.0, 0.0), (600.0, 0.25), (1_200.0, 0.5), (9_999.0, 0.5)] {
        close(none.clone().with("time_spent", time), wanted);
    }
    for (touch, wanted) in [
        ("demo_request", 1.0),
        ("book_demo", 1.0),
        ("brochure", 0.7),
        ("info_request", 0.7),
        ("share", 0.3),
        ("call", 0.0),
    ] {
        close(none.clone().with("last_touch", touch), wanted);
        close(none.clone().with("course_actions", touch), wanted);
    }
    close(none.with("last_touch", "share").with("course_actions", "book_demo"), 1.0);
}

#[test]
fn the_seven_heat_inputs() {
    let input = |lead: &Lead, name: &str| {
        let features =
            Pipeline::builtin("heat-rules").unwrap().features(lead, &as_of(), Mode::Lenient).unwrap();
        features.get(name).unwrap().clone()
    };
    let flag = |lead: &Lead, name: &str| input(lead, name) == FeatureValue::Flag(true);
    let demo = |lead: Lead| lead.with("last_touch", "demo_request");
    assert!(flag(&heat_lead(31.0, 2.0, "low"), "cold_pattern"));
    assert!(!flag(&heat_lead(30.0, 2.0, "low"), "cold_pattern"));
    assert!(!flag(&heat_lead(31.0, 3.0, "low"), "cold_pattern"));
    assert!(!flag(&demo(heat_lead(31.0, 2.0, "low")), "cold_pattern"));
    assert!(flag(&demo(heat_lead(7.0, 20.0, "high")), "hot_pattern"));
    assert!(!flag(&demo(heat_lead(8.0, 20.0, "high")), "hot_pattern"));
    assert!(!flag(&demo(heat_lead(7.0, 19.0, "high")), "hot_pattern"));
    assert!(!flag(&demo(heat_lead(7.0, 20.0, "medium")), "hot_pattern"));
    assert!(!flag(&heat_lead(7.0, 20.0, "high"), "hot_pattern"));
    for (days, views, warm) in [
        (5.0, 10.0, false),
        (6.0, 10.0, true),
        (30.0, 10.0, true),
        (31.0, 10.0, false),
        (6.0, 1.0, false),
        (6.0, 2.0, true),
        (6.0, 24.0, true),
        (6.0, 25.0, false),
    ] {
        assert_eq!(flag(&heat_lead(days, views, "low"), "warm_pattern"), warm, "{days} days, {views} views");
    }
    assert_eq!(input(&heat_lead(0.0, 50.0, "high"), "engagement"), FeatureValue::Number(3.0));
    assert_eq!(input(&heat_lead(90.0, 0.0, "none"), "engagement"), FeatureValue::Number(0.0));
    assert_eq!(input(&heat_lead(15.0, 25.0, "medium"), "engagement"), FeatureValue::Number(1.6));
    for (source, good) in [("referral", true), ("Web", true), ("website", true), ("events", false)] {
        assert_eq!(flag(&Lead::new("l").with("source", source), "good_source"), good, "{source}");
    }
    assert_eq!(input(&heat_lead(4.0, 9.0, "low"), "recency_days"), FeatureValue::Number(4.0));
    assert_eq!(input(&heat_lead(4.0, 9.0, "low"), "page_views"), FeatureValue::Number(9.0));
}

#[test]
fn company_fit_and_budget_by_their_bands() {
    let fit = |name: &str, value_of: f64| {
        value(&score("qualify", &Lead::new("l").with(name, value_of)), "company_fit")
    };
    for (employees, points) in
        [(9.0, 0.0), (10.0, 10.0), (49.0, 10.0), (50.0, 25.0), (10_000.0, 25.0), (10_001.0, 15.0)]
    {
        assert_eq!(fit("employees", employees), points, "{employees} employees");
    }
    for (revenue, points) in [(499_999.0, 0.0), (500_000.0, 10.0), (999_999.0, 10.0), (1_000_000.0, 20.0)] {
        assert_eq!(fit("revenue_usd", revenue), points, "{revenue} of revenue");
    }
    let text =
        |name: &str, text: &str| value(&score("qualify", &Lead::new("l").with(name, text)), "company_fit");
    for (industry, points) in
        [("Technology", 30.0), ("e-commerce", 30.0), ("SaaS", 30.0), ("AI services", 15.0), ("Farming", 0.0)]
    {
        assert_eq!(text("industry", industry), points, "{industry}");
    }
    for (title, points) in [
        ("CEO", 15.0),
        ("Vice President", 15.0),
        ("Sales Manager", 8.0),
        ("Senior Developer", 8.0),
        ("Clerk", 0.0),
    ] {
        assert_eq!(text("title", title), points, "{title}");
    }
    for (country, points) in
        [("us", 10.0), ("United Kingdom", 10.0), ("Deutschland", 10.0), ("Chile", 0.0), ("", 0.0)]
    {
        assert_eq!(text("country", country), points, "{country}");
    }
    let budget =
        |name: &str, number: f64| value(&score("qualify", &Lead::new("l").with(name, number)), "budget");
    for (employees, points) in [
        (1.0, 2.0),
        (2.0, 5.0),
        (10.0, 5.0),
        (11.0, 12.0),
        (50.0, 12.0),
        (51.0, 20.0),
        (200.0, 20.0),
        (201.0, 25.0),
        (1_000.0, 25.0),
        (1_001.0, 28.0),
        (5_000.0, 28.0),
        (5_001.0, 30.0),
    ] {
        assert_eq!(budget("employees", employees), points, "{employees} employees");
    }
    for (funding, points) in [
        (1e6, 0.0),
        (1_000_001.0, 10.0),
        (1e7, 10.0),
        (10_000_001.0, 15.0),
        (5e7, 15.0),
        (50_000_001.0, 20.0),
    ] {
        assert_eq!(budget("funding_usd", funding), points, "{funding} of funding");
    }
}

#[test]
fn intent_budget_and_urgency_from_the_message() {
    let of = |message: &str, group: &str| {
        value(&score("qualify", &Lead::new("l").with("message", message)), group)
    };
    for (message, points) in [
        ("a demo", 40.0),
        ("we switch from them", 40.0),
        ("looking for it", 25.0),
        ("just curious", 10.0),
        ("hello there", 0.0),
        ("a demonstration", 0.0),
        ("the team", 15.0),
        ("many seats", 15.0),
        ("a problem", 20.0),
        ("a demo for the team, as it is slow", 75.0),
    ] {
        assert_eq!(of(message, "intent_signal"), points, "{message}");
    }
    for (words, points) in [(20, 0.0), (21, 5.0), (50, 5.0), (51, 10.0)] {
        assert_eq!(of(&"so ".repeat(words), "intent_signal"), points, "{words} words");
    }
    for (message, points) in [("the budget", 50.0), ("under 5$ each", 50.0), ("nothing", 0.0)] {
        assert_eq!(of(message, "budget"), points, "{message}");
    }
    for (message, points) in [
        ("it is urgent", 80.0),
        ("right away", 80.0),
        ("this quarter", 50.0),
        ("a deadline", 50.0),
        ("next year", 20.0),
        ("I know", 0.0),
        ("a competitor", 20.0),
        ("urgent, a competitor", 100.0),
    ] {
        assert_eq!(of(message, "urgency"), points, "{message}");
    }
}

#[test]
fn factors_are_weighed_cut_to_a_whole_number_and_adjusted() {
    let strong = Lead::new("l")
        .with("industry", "saas")
        .with("employees", 6_000.0)
        .with("revenue_usd", 2e6)
        .with("title", "CEO")
        .with("country", "US")
        .with("funding_usd", 6e7)
        .with("message", "We urgently need a demo for 50 users this week, on a budget; our tool is a problem next to a competitor.");
    let best = score("qualify", &strong);
    assert_eq!(value(&best, "company_fit"), 100.0);
    assert_eq!(value(&best, "budget"), 100.0);
    assert_eq!(value(&best, "urgency"), 100.0);
    // 21 words: 40 + 15 + 15 + 20 + 5 = 95, so 35 + 28.5 + 20 + 15 = 98.5, cut to 98.
    assert_eq!(value(&best, "intent_signal"), 95.0);
    assert_eq!((best.score, best.tier.as_deref()), (98.0, Some("HOT")));
    let cut = best.explanation.contributions.iter().find(|c| &*c.code == "round").unwrap();
    assert!((cut.points + 0.5).abs() < 1e-9);
    let model = score("qualify", &strong.clone().with("model_adjustment", -4.0));
    assert_eq!(model.score, 94.0);
    let line = model.explanation.contributions.iter().find(|c| c.kind == ContributionKind::Model).unwrap();
    assert_eq!((&*line.code, line.points), ("model", -4.0));
    assert!(model.explanation.reasons.iter().all(|reason| &*reason.code != "model"));
    assert_eq!(score("qualify", &strong.clone().with("model_adjustment", 10.0)).score, 100.0);
    // An adjustment beyond its range is no adjustment.
    assert_eq!(score("qualify", &strong.with("model_adjustment", 11.0)).score, 98.0);
    let nothing = score("qualify", &Lead::new("l"));
    assert_eq!((nothing.score, nothing.tier.as_deref()), (0.0, Some("DISQUALIFIED")));
    assert_eq!(score("qualify", &Lead::new("l").with("model_adjustment", -10.0)).score, 0.0);
}

#[test]
fn captured_leads_by_intent_contact_and_recency() {
    let of = |lead: &Lead| score("capture", lead);
    for (intent, points) in [("HOT", 60.0), ("hot", 60.0), ("Warm", 35.0), ("COLD", 10.0), ("neutral", 0.0)] {
        assert_eq!(value(&of(&Lead::new("l").with("intent", intent)), "intent"), points, "{intent}");
    }
    for (message, points) in [
        ("I want to buy", 60.0),
        ("maybe", 35.0),
        ("I know, no information", 35.0),
        ("I know", 10.0),
        ("", 0.0),
    ] {
        assert_eq!(value(&of(&Lead::new("l").with("message", message)), "intent"), points, "{message}");
        let neutral = Lead::new("l").with("message", message).with("intent", "NEUTRAL");
        assert_eq!(value(&of(&neutral), "intent"), points, "{message}");
    }
    for (name, text, points) in
        [("email", "x@acme.example", 10.0), ("email", "x", 0.0), ("phone", "x", 10.0), ("name", "x", 5.0)]
    {
        assert_eq!(value(&of(&Lead::new("l").with(name, text)), "contact"), points, "{name} {text}");
    }
    assert_eq!(value(&of(&Lead::new("l").with("updated_at", "2026-11-11T12:00:00Z")), "recency"), 7.5);
    let best = Lead::new("l")
        .with("intent", "hot")
        .with("email", "a@acme.example")
        .with("phone", "b")
        .with("name", "c");
    let best = of(&best.with("created_at", "2026-11-18T12:00:00Z"));
    assert_eq!((best.score, best.tier.as_deref()), (100.0, Some("HOT")));
    assert_eq!(of(&Lead::new("l")).tier.as_deref(), Some("COLD"));
}

fn as_of() -> AsOf {
    AsOf::new(Timestamp::parse("2026-11-18T12:00:00Z", &Zone::utc()).unwrap())
}

fn score(pipeline: &str, lead: &Lead) -> Prediction {
    Pipeline::builtin(pipeline).unwrap().score(lead, &as_of()).unwrap()
}

fn value(prediction: &Prediction, group: &str) -> f64 {
    prediction.breakdown.iter().find(|g| g.group == group).unwrap().value
}

fn heat_lead(days: f64, views: f64, interest: &str) -> Lead {
    Lead::new("l")
        .with("recency_days", days)
        .with("page_views", views)
        .with("prior_course_interest", interest)
}
