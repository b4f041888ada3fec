//! The 31 features of the schema `lead-ml`, each worked out by hand from a record, a log, a moment and a zone.

use leadscore::{Activity, AsOf, FeatureSchema, FeatureValue, Lead, Mode, Pipeline, Timestamp, Zone};

const NOON: &str = "2026-11-18T12:00:00Z"; // a Wednesday

#[test]
fn there_are_31_features_in_a_fixed_order() {
    let schema = FeatureSchema::builtin("lead-ml").unwrap();
    let shown: Vec<&str> = schema.features().iter().filter(|f| !f.helper).map(|f| f.name.as_str()).collect();
    assert_eq!(shown.len(), 31);
    assert_eq!(shown.first(), Some(&"has_company"));
    assert_eq!(shown.last(), Some(&"avg_response_time"));
    let features = conversion().features(&Lead::new("l"), &as_of(NOON), Mode::Lenient).unwrap();
    assert_eq!(features.iter().map(|own| &*own.name).collect::<Vec<_>>(), shown);
    assert_eq!(features.as_slice().iter().map(|own| &*own.name).collect::<Vec<_>>(), shown);
    assert_eq!((features.is_empty(), features.len()), (false, 31));
}

#[test]
fn presence_is_non_blank_text() {
    for (attribute, feature) in [("company", "has_company"), ("title", "has_title"), ("phone", "has_phone")] {
        for (text, there) in [("x", true), (" x ", true), ("", false), (" \t", false), ("\u{3000}", false)] {
            let lead = Lead::new("l").with(attribute, text);
            assert_eq!(of(&lead, feature), FeatureValue::Flag(there), "{feature} of {text:?}");
        }
        assert_eq!(of(&Lead::new("l"), feature), FeatureValue::Flag(false));
    }
    assert_eq!(of(&Lead::new("l").with("phone", 4_930.0), "has_phone"), FeatureValue::Flag(true));
}

#[test]
fn email_domains_by_whole_labels() {
    for (email, kind) in [
        ("ann@gmail.com", "free"),
        ("ann@GMAIL.COM ", "free"),
        ("ann@yahoo.co.uk", "free"),
        ("ann@mit.edu", "edu"),
        ("ann@ox.ac.uk", "edu"),
        ("ann@ac.uk", "edu"),
        ("ann@uni.edu.au", "edu"),
        ("ann@notedu", "unknown"),
        ("ann@notedu.example", "corporate"),
        ("ann@mac.uk", "corporate"),
        ("ann@edu.example", "corporate"),
        ("ann@nasa.gov", "government"),
        ("ann@hmrc.gov.uk", "government"),
        ("ann@cra.gc.ca", "government"),
        ("ann@acme.example", "corporate"),
        ("ann@notgmail.com", "corporate"),
        ("ann@mailinator.com", "disposable"),
        ("ann@gmail.com; b@acme.example", "free"),
        ("b@acme.example, ann@gmail.com", "corporate"),
        ("Ann <ann@gmail.com>", "free"),
        ("ann@gmail .com", "unknown"),
        ("ann@gmail\u{3002}com", "unknown"),
        ("ann@\"gmail\".com", "unknown"),
        ("nobody", "unknown"),
        ("nobody@", "unknown"),
        ("", "unknown"),
    ] {
        let lead = Lead::new("l").with("email", email);
        assert_eq!(of(&lead, "email_domain_type"), level(kind), "{email}");
    }
    assert_eq!(of(&Lead::new("l"), "email_domain_type"), level("unknown"));
    let lead = Lead::new("l").with("email", "Ann@Acme.Example");
    assert_eq!(of(&lead, "email_domain"), FeatureValue::Text("Acme.Example".into()));
    let lead = Lead::new("l").with("email", "ann@acme.example@x");
    assert_eq!(of(&lead, "email_domain"), FeatureValue::Missing);
    assert_eq!(of(&Lead::new("l").with("email", "ann"), "email_domain"), FeatureValue::Missing);
}

#[test]
fn seniority_tests_vp_before_c_level_on_word_boundaries() {
    for (title, seniority) in [
        ("CEO", "c_level"),
        ("Co-Founder & CTO", "c_level"),
        ("Chief of Staff", "c_level"),
        ("President", "c_level"),
        ("Vice President", "vp"),
        ("Senior Vice\n President, Sales", "vp"),
        ("VP Sales", "vp"),
        ("svp", "vp"),
        ("Director of Sales", "director"),
        ("Head of IT", "director"),
        ("Headless of IT", "individual"),
        ("Manager", "manager"),
        ("Managerial Assistant", "individual"),
        ("Lead Developer", "manager"),
        ("Leader", "individual"),
        ("Supervisor", "manager"),
        ("Cooper", "individual"),
        ("Software Developer", "individual"),
        ("   ", "unknown"),
    ] {
        let lead = Lead::new("l").with("title", title);
        assert_eq!(of(&lead, "title_seniority"), level(seniority), "{title}");
    }
    assert_eq!(of(&Lead::new("l"), "title_seniority"), level("unknown"));
}

#[test]
fn company_size_from_the_name_unless_stated() {
    for (company, size) in [
        ("Acme Enterprise", "enterprise"),
        ("Acme Corporation", "enterprise"),
        ("Acme Inc.", "enterprise"),
        ("Acme Inc", "startup"),
        ("Acme Corp., Berlin", "enterprise"),
        ("Globally Yours", "mid_market"),
        ("Acme LLC", "smb"),
        ("The Print Shop", "smb"),
        ("Workshop Berlin", "mid_market"),
        ("Global Print Shop", "enterprise"),
        ("123456789", "startup"),
        ("1234567890", "mid_market"),
        ("A name that has more than thirty letters", "mid_market"),
        ("  ", "unknown"),
    ] {
        let lead = Lead::new("l").with("company", company);
        assert_eq!(of(&lead, "company_size"), level(size), "{company}");
    }
    for (stated, size) in [
        ("medium", "mid_market"),
        ("Mid-Market", "mid_market"),
        ("Enterprise", "enterprise"),
        ("small", "smb"),
        ("startup", "startup"),
        ("huge", "unknown"),
    ] {
        let lead = Lead::new("l").with("company", "Acme Global").with("company_size", stated);
        assert_eq!(of(&lead, "company_size"), level(size), "{stated}");
    }
    assert_eq!(of(&Lead::new("l"), "company_size"), level("unknown"));
}

#[test]
fn activity_counts_by_type() {
    let kinds =
        ["email_sent", "Email Opened", "CLICK", "page_view", "submit_form", "meeting", "call", "webinar"];
    let lead = log(&kinds.map(|kind| (kind, "2026-11-17T08:00:00Z")));
    let lead = lead.activity(Activity::new("email_open", time("2026-11-16T08:00:00Z")));
    for (feature, count) in [
        ("email_open_count", 2.0),
        ("email_click_count", 1.0),
        ("page_view_count", 1.0),
        ("form_submit_count", 1.0),
        ("meeting_count", 1.0),
        ("call_count", 1.0),
        ("total_activities", 9.0),
        // Forms, meetings and calls.
        ("high_value_action_count", 3.0),
        // E-mail, web, form, meeting, phone and event.
        ("channel_diversity", 6.0),
    ] {
        assert_eq!(of(&lead, feature), number(count), "{feature}");
    }
    assert_eq!(of(&log(&[("odd kind", NOON)]), "channel_diversity"), number(0.0));
}

#[test]
fn kinds_that_end_badly_are_no_good_ones() {
    let kinds = [
        "Meeting cancelled",
        "meeting_canceled",
        "Meeting: no-show",
        "meeting_no_show",
        "MeetingNoShow",
        "Meeting declined",
        "Call declined",
        "Call - no answer",
        "Missed call",
        "Email unopened",
        "Email not opened",
        "EMAIL_BOUNCE",
        "Hard bounce (email open)",
        "Unsubscribe link clicked",
        "spam report: email opened",
        "Form submission failed",
    ];
    for kind in kinds {
        let lead = log(&[(kind, "2026-11-17T08:00:00Z")]);
        for feature in [
            "email_open_count",
            "email_click_count",
            "page_view_count",
            "form_submit_count",
            "meeting_count",
            "call_count",
            "total_activities",
            "channel_diversity",
        ] {
            assert_eq!(of(&lead, feature), number(0.0), "{feature} of {kind}");
        }
        assert_eq!(of(&lead, "recency_score"), FeatureValue::Missing, "{kind}");
    }
    let bounces = log(&[("bounce", "2026-11-17T08:00:00Z"); 3]);
    assert_eq!(of(&bounces, "activity_burst"), FeatureValue::Flag(false));
    for (kind, feature) in [
        ("Form submission", "form_submit_count"),
        ("Form filled out", "form_submit_count"),
        ("form_completed", "form_submit_count"),
        ("Email opened", "email_open_count"),
        ("Meeting rescheduled", "meeting_count"),
        ("Outbound call", "call_count"),
    ] {
        assert_eq!(of(&log(&[(kind, NOON)]), feature), number(1.0), "{kind}");
    }
}

#[test]
fn recency_is_of_what_the_lead_did() {
    // A call a week ago; since then only we wrote, and the mail came back.
    let lead = log(&[
        ("call", "2026-11-11T12:00:00Z"),
        ("email_sent", "2026-11-17T12:00:00Z"),
        ("Email sent", "2026-11-17T12:00:00Z"),
        ("Email bounced", "2026-11-18T11:00:00Z"),
        ("unsubscribed", "2026-11-18T11:00:00Z"),
    ]);
    assert_eq!(of(&lead, "days_since_last_activity"), number(7.0));
    assert_eq!(of(&lead, "recency_score"), number(0.5));
    // Kinds that no rule knows may be anything the lead did.
    let lead = log(&[("call", "2026-11-11T12:00:00Z"), ("Visited the stand", "2026-11-18T11:00:00Z")]);
    assert_eq!(of(&lead, "days_since_last_activity"), number(0.0));
    // We wrote twice, however it is spelled.
    assert_eq!(
        of(&log(&[("Email sent", NOON), ("sent e-mail", NOON), ("email opened", NOON)]), "email_open_rate"),
        number(0.5)
    );
}

#[test]
fn opens_by_scanners_can_be_left_out() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/without-scanners.json");
    let pipeline = Pipeline::from_json(&std::fs::read_to_string(file).unwrap()).unwrap();
    // Sent a week ago; opened and clicked by a scanner within half a minute, and opened by somebody a day later.
    let lead = log(&[
        ("email_sent", "2026-11-11T12:00:00Z"),
        ("email_open", "2026-11-11T12:00:02Z"),
        ("email_click", "2026-11-11T12:00:30Z"),
        ("email_open", "2026-11-12T12:00:00Z"),
    ]);
    let of_both = |feature: &str| {
        let find = |pipeline: &Pipeline| {
            let features = pipeline.features(&lead, &as_of(NOON), Mode::Lenient).unwrap();
            features.get(feature).unwrap().clone()
        };
        [find(&conversion()), find(&pipeline)]
    };
    assert_eq!(of_both("email_open_count"), [number(2.0), number(1.0)]);
    assert_eq!(of_both("email_click_count"), [number(1.0), number(0.0)]);
    assert_eq!(of_both("days_since_last_activity"), [number(6.0), number(6.0)]);
}

#[test]
fn counts_look_at_the_latest_100_activities_and_the_total_at_all() {
    let mut lead = log(&[("email_open", "2026-11-01T08:00:00Z")]);
    for minute in 0..100 {
        let at = Timestamp::from_millis(time("2026-11-02").as_millis() + minute * 60_000).unwrap();
        lead = lead.activity(Activity::new("page_view", at));
    }
    assert_eq!(of(&lead, "email_open_count"), number(0.0));
    assert_eq!(of(&lead, "page_view_count"), number(100.0));
    assert_eq!(of(&lead, "total_activities"), number(101.0));
}

#[test]
fn stated_counts_stand_in_for_a_log() {
    let stated = Lead::new("l")
        .with("email_sent_count", 18.0)
        .with("email_open_count", 9.0)
        .with("email_click_count", "5")
        .with("meeting_count", 2.0)
        .with("created_at", "2026-11-08T12:00:00Z")
        .with("last_activity_at", "2026-11-15T12:00:00Z");
    for (feature, value) in [
        ("email_open_count", 9.0),
        ("meeting_count", 2.0),
        ("call_count", 0.0),
        ("total_activities", 34.0),
        ("channel_diversity", 2.0),
        ("high_value_action_count", 2.0),
        ("activity_velocity", 3.4),
        ("days_since_last_activity", 3.0),
        ("email_open_rate", 0.5),
        ("email_click_rate", 5.0 / 18.0),
    ] {
        assert_eq!(of(&stated, feature), number(value), "{feature}");
    }
    assert_eq!(of(&stated.clone().with("total_activities", 50.0), "total_activities"), number(50.0));
    // One logged activity, and the log alone is believed.
    let logged = stated.activity(Activity::new("call", time("2026-11-17")));
    assert_eq!(of(&logged, "email_open_count"), number(0.0));
    assert_eq!(of(&logged, "total_activities"), number(1.0));
    // A negative count cannot be used.
    let odd = Lead::new("l").with("email_open_count", -1.0);
    assert_eq!(of(&odd, "email_open_count"), number(0.0));
    let warnings = conversion().score(&odd, &as_of(NOON)).unwrap().warnings;
    assert!(warnings.iter().any(|w| w.to_string().contains("outside the range")), "{warnings:?}");
}

#[test]
fn rates_are_of_e_mails_sent_and_zero_when_nothing_was() {
    let none = Lead::new("l").with("email_open_count", 3.0).with("email_click_count", 1.0);
    assert_eq!(of(&none, "email_open_rate"), number(0.0));
    assert_eq!(of(&none, "email_click_rate"), number(0.0));
    let zero = none.clone().with("email_sent_count", 0.0);
    assert_eq!(of(&zero, "email_click_rate"), number(0.0));
    let more = none.with("email_sent_count", 2.0);
    assert_eq!(of(&more, "email_open_rate"), number(1.0));
    assert_eq!(of(&more, "email_click_rate"), number(0.5));
}

#[test]
fn ages_are_floored_days_and_weeks() {
    for (created, days, weeks) in [
        (NOON, 0.0, 0.0),
        ("2026-11-17T12:00:00.001Z", 0.0, 0.0),
        ("2026-11-17T12:00:00Z", 1.0, 0.0),
        ("2026-11-11T12:00:00.001Z", 6.0, 0.0),
        ("2026-11-11T12:00:00Z", 7.0, 1.0),
        ("2026-11-04T12:00:00Z", 14.0, 2.0),
    ] {
        let lead = Lead::new("l").with("created_at", created);
        assert_eq!(of(&lead, "days_since_created"), number(days), "{created}");
        assert_eq!(of(&lead, "lead_age_weeks"), number(weeks), "{created}");
        assert_eq!(of(&lead, "days_since_last_activity"), number(days), "{created}");
    }
    // A bare date is midnight where the caller is.
    let lead = Lead::new("l").with("created_at", "2026-11-18");
    let mut tokyo = as_of("2026-11-18T14:59:59Z");
    tokyo.zone = Zone::named("Asia/Tokyo").unwrap();
    assert_eq!(of_in(&lead, "days_since_created", &tokyo), number(0.0));
    tokyo.time = time("2026-11-18T15:00:00Z");
    assert_eq!(of_in(&lead, "days_since_created", &tokyo), number(1.0));
}

#[test]
fn the_last_day_of_the_calendar_means_no_end() {
    for text in ["9999-12-31", "9999-12-31T00:00:00Z", "9999-12-31 23:59:59"] {
        let lead = Lead::new("l").with("created_at", text);
        let prediction = conversion().score(&lead, &as_of(NOON)).unwrap();
        let warning =
            prediction.warnings.iter().find(|warning| warning.to_string().contains("9999")).unwrap();
        assert!(warning.to_string().contains(&format!("{text} means no end; taken as missing")), "{warning}");
    }
}

#[test]
fn dates_after_the_moment_are_missing_with_a_warning() {
    let lead = Lead::new("l").with("created_at", "2026-11-18T12:00:00.001Z");
    assert_eq!(of(&lead, "days_since_created"), FeatureValue::Missing);
    assert_eq!(of(&lead, "lead_age_weeks"), FeatureValue::Missing);
    let prediction = conversion().score(&lead, &as_of(NOON)).unwrap();
    assert!(
        prediction.warnings.iter().any(|w| w.to_string().contains("after the as-of time")),
        "{prediction:?}"
    );
    assert!(prediction.missing.iter().any(|m| m.name == "days_since_created"));
    let lead = Lead::new("l").with("created_at", "soon");
    assert_eq!(of(&lead, "days_since_created"), FeatureValue::Missing);
    assert!(
        conversion().score(&lead, &as_of(NOON)).unwrap().warnings[0]
            .to_string()
            .contains("cannot read `soon`")
    );
}

#[test]
fn velocity_counts_at_least_one_day() {
    let lead = log(&[("call", NOON), ("call", "2026-11-18T11:00:00Z")]);
    assert_eq!(of(&lead, "activity_velocity"), FeatureValue::Missing);
    assert_eq!(of(&lead.clone().with("created_at", "2026-11-18"), "activity_velocity"), number(2.0));
    assert_eq!(of(&lead.with("created_at", "2026-11-14"), "activity_velocity"), number(0.5));
}

#[test]
fn recency_halves_in_seven_days() {
    for (day, percent) in [(18, 100.0), (17, 91.0), (15, 74.0), (11, 50.0), (4, 25.0)] {
        let lead = log(&[("call", &format!("2026-11-{day:02}T12:00:00Z"))]);
        assert_eq!(percent_of(&lead), percent, "{day}");
    }
    assert_eq!(percent_of(&log(&[("call", "2026-10-19T12:00:00Z")])), 5.0);
    assert_eq!(of(&log(&[("call", "2026-11-11T12:00:00Z")]), "recency_score"), number(0.5));
}

#[test]
fn a_burst_is_three_activities_in_a_closed_window_of_24_hours() {
    let burst = |third: &str| {
        of(
            &log(&[("a", "2026-11-10T12:00:00Z"), ("b", "2026-11-10T20:00:00Z"), ("c", third)]),
            "activity_burst",
        )
    };
    assert_eq!(burst("2026-11-11T12:00:00Z"), FeatureValue::Flag(true));
    assert_eq!(burst("2026-11-11T12:00:00.001Z"), FeatureValue::Flag(false));
    assert_eq!(of(&Lead::new("l"), "activity_burst"), FeatureValue::Flag(false));
    assert_eq!(
        of(&log(&[("a", NOON), ("a", NOON), ("a", NOON)]), "activity_burst"),
        FeatureValue::Flag(true)
    );
}

#[test]
fn office_hours_are_9_to_17_inclusive_in_the_callers_zone() {
    let pattern = |at: &str, zone: &str| {
        let as_of = as_of("2026-12-31").in_zone(Zone::named(zone).unwrap());
        of_in(&log(&[("a", at)]), "time_pattern", &as_of)
    };
    for (hour, kind) in [
        ("08:59:59.999", "after_hours"),
        ("09:00:00", "business_hours"),
        ("17:59:59.999", "business_hours"),
        ("18:00:00", "after_hours"),
    ] {
        assert_eq!(pattern(&format!("2026-11-10T{hour}Z"), "UTC"), level(kind), "{hour}");
        assert_eq!(pattern(&format!("2026-11-10T{hour}+09:00"), "Asia/Tokyo"), level(kind), "{hour}");
    }
    // Berlin is at +01:00 in winter and +02:00 in summer.
    assert_eq!(pattern("2026-01-10T08:00:00Z", "Europe/Berlin"), level("business_hours"));
    assert_eq!(pattern("2026-01-10T07:59:59Z", "Europe/Berlin"), level("after_hours"));
    assert_eq!(pattern("2026-07-10T07:00:00Z", "Europe/Berlin"), level("business_hours"));
    assert_eq!(pattern("2026-07-10T16:00:00Z", "Europe/Berlin"), level("after_hours"));
}

#[test]
fn shares_exactly_on_a_bound_are_mixed() {
    // Monday to Friday of one week, then a weekend; ten in the office, ten not.
    let days = |week: usize, weekend: usize| {
        let at = |day: &'static str| ("a", day);
        let list = [vec![at("2026-11-10T10:00:00Z"); week], vec![at("2026-11-14T10:00:00Z"); weekend]];
        of(&log(&list.concat()), "day_pattern")
    };
    assert_eq!(days(4, 1), level("mixed"));
    assert_eq!(days(5, 1), level("weekday"));
    assert_eq!(days(1, 4), level("mixed"));
    assert_eq!(days(1, 5), level("weekend"));
    let hours = |office: usize, night: usize| {
        let at = |hour: &'static str| ("a", hour);
        let list = [vec![at("2026-11-10T10:00:00Z"); office], vec![at("2026-11-10T20:00:00Z"); night]];
        of(&log(&list.concat()), "time_pattern")
    };
    assert_eq!(hours(7, 3), level("mixed"));
    assert_eq!(hours(8, 3), level("business_hours"));
    assert_eq!(hours(3, 7), level("mixed"));
    assert_eq!(hours(2, 7), level("after_hours"));
    assert_eq!(of(&Lead::new("l"), "day_pattern"), level("mixed"));
    assert_eq!(of(&Lead::new("l"), "time_pattern"), level("mixed"));
}

#[test]
fn response_time_is_the_mean_wait_for_the_next_answer() {
    assert_eq!(of(&log(&[("email_open", NOON)]), "avg_response_time"), FeatureValue::Missing);
    assert_eq!(of(&log(&[("email_sent", NOON)]), "avg_response_time"), FeatureValue::Missing);
    // Nobody answers at the very moment.
    let at_once = log(&[("email_sent", NOON), ("email_open", NOON)]);
    assert_eq!(of(&at_once, "avg_response_time"), FeatureValue::Missing);
    let lead = log(&[
        ("email_open", "2026-11-10T09:00:00Z"),
        ("email_sent", "2026-11-10T10:00:00Z"),
        ("email_open", "2026-11-10T11:00:00Z"),
        ("page_view", "2026-11-10T11:30:00Z"),
        ("call", "2026-11-11T10:00:00Z"),
        ("form_submit", "2026-11-11T13:00:00Z"),
        ("email_sent", "2026-11-12T10:00:00Z"),
    ]);
    assert_eq!(of(&lead, "avg_response_time"), number(7_200.0));
}

#[test]
fn sequences_and_the_engagement_score() {
    let lead = Lead::new("l")
        .with("enrolled_in_sequence", true)
        .with("sequence_step", 2.0)
        .with("sequence_length", 5.0);
    assert_eq!(of(&lead, "is_in_active_sequence"), FeatureValue::Flag(true));
    assert_eq!(of(&lead, "current_sequence_step"), number(2.0));
    assert_eq!(of(&lead, "sequence_engagement"), number(0.6));
    assert_eq!(of(&lead, "total_engagement_score"), number(12.0));
    assert_eq!(of(&lead.clone().with("enrolled_in_sequence", "no"), "sequence_engagement"), number(0.0));
    assert_eq!(of(&lead.clone().with("sequence_length", f64::NAN), "sequence_engagement"), number(0.0));
    assert_eq!(of(&lead.with("sequence_step", 0.5), "current_sequence_step"), FeatureValue::Missing);
    assert_eq!(of(&Lead::new("l"), "is_in_active_sequence"), FeatureValue::Flag(false));
    // 30 · 0.5 + 40 · 0.25 + 10 for a page view = 35.
    let lead = Lead::new("l")
        .with("email_sent_count", 4.0)
        .with("email_open_count", 2.0)
        .with("email_click_count", 1.0)
        .with("page_view_count", 1.0);
    assert_eq!(of(&lead, "total_engagement_score"), number(35.0));
    assert_eq!(of(&Lead::new("l"), "total_engagement_score"), number(0.0));
}

#[test]
fn an_id_counts_once_and_the_future_not_at_all() {
    let twice = Activity::new("call", time("2026-11-17")).with_id("e-1");
    let lead = Lead::new("l").activity(twice.clone()).activity(twice.clone());
    assert_eq!(of(&lead, "call_count"), number(1.0));
    let nameless = Activity::new("call", time("2026-11-17"));
    assert_eq!(of(&Lead::new("l").activity(nameless.clone()).activity(nameless), "call_count"), number(2.0));
    let lead = log(&[("call", NOON), ("call", "2026-11-18T12:00:00.001Z")]);
    assert_eq!(of(&lead, "call_count"), number(1.0));
    assert_eq!(of(&lead, "total_activities"), number(1.0));
}

#[test]
fn moments_end_where_the_calendar_does() {
    let last = time(NOON).plus_days(i64::MAX);
    assert_eq!(last, last.plus_days(1));
    let lead = log(&[("call", "0001-01-01")]);
    let days = of_in(&lead, "days_since_last_activity", &AsOf::new(last));
    assert!(matches!(days, FeatureValue::Number(days) if days > 3_000_000.0));
}

fn conversion() -> Pipeline {
    Pipeline::builtin("conversion").unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text, &Zone::utc()).unwrap()
}

fn as_of(text: &str) -> AsOf {
    AsOf::new(time(text))
}

fn log(activities: &[(&str, &str)]) -> Lead {
    activities.iter().fold(Lead::new("l"), |lead, (kind, at)| lead.activity(Activity::new(*kind, time(at))))
}

fn of(lead: &Lead, feature: &str) -> FeatureValue {
    of_in(lead, feature, &as_of(NOON))
}

fn of_in(lead: &Lead, feature: &str, as_of: &AsOf) -> FeatureValue {
    let features = conversion().features(lead, as_of, Mode::Lenient).unwrap();
    features.get(feature).unwrap_or_else(|| panic!("{feature}?")).clone()
}

fn percent_of(lead: &Lead) -> f64 {
    match of(lead, "recency_score") {
        FeatureValue::Number(recency) => (100.0 * recency).round(),
        other => panic!("{other:?}"),
    }
}

fn level(name: &str) -> FeatureValue {
    FeatureValue::Text(name.into())
}

fn number(value: f64) -> FeatureValue {
    FeatureValue::Number(value)
}
