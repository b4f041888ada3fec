//! The language of features: each source and each option.

use leadscore::{
    Activity, AsOf, FeatureMatrix, FeatureValue, Lead, Mode, Pipeline, ScoreOptions, Timestamp, Zone,
};

#[test]
fn attributes_are_read_as_the_feature_s_type() {
    let number = |lead: &Lead| of(r#""type":"number","source":{"from":"attribute","name":"a"}"#, lead);
    for (text, wanted) in [("3", 3.0), (" -2.5 ", -2.5), ("1e3", 1_000.0), ("+4", 4.0)] {
        assert_eq!(number(&lead("a", text)), FeatureValue::Number(wanted), "{text}");
    }
    for text in ["three", "inf", "NaN", "1,000", "0x10", "1_000", "", "-"] {
        assert_eq!(number(&lead("a", text)), FeatureValue::Missing, "{text}");
    }
    assert_eq!(number(&Lead::new("l").with("a", true)), FeatureValue::Number(1.0));
    assert_eq!(number(&Lead::new("l").with("a", f64::NAN)), FeatureValue::Missing);
    assert_eq!(number(&Lead::new("l").with("a", f64::INFINITY)), FeatureValue::Missing);
    assert_eq!(number(&Lead::new("l")), FeatureValue::Missing);
    let flag = |lead: &Lead| of(r#""type":"flag","source":{"from":"attribute","name":"a"}"#, lead);
    for (text, wanted) in
        [("Yes", true), ("TRUE", true), ("1", true), ("no", false), ("false", false), ("0", false)]
    {
        assert_eq!(flag(&lead("a", text)), FeatureValue::Flag(wanted), "{text}");
    }
    assert_eq!(flag(&lead("a", "perhaps")), FeatureValue::Missing);
    assert_eq!(flag(&Lead::new("l").with("a", 1.0)), FeatureValue::Flag(true));
    assert_eq!(flag(&Lead::new("l").with("a", 0.0)), FeatureValue::Flag(false));
    for number in [-0.0, 0.5, 2.0, f64::NAN, f64::INFINITY] {
        assert_eq!(flag(&Lead::new("l").with("a", number)), FeatureValue::Missing, "{number}");
    }
    for (value, wanted) in [(true, FeatureValue::Flag(true)), (false, FeatureValue::Flag(false))] {
        assert_eq!(flag(&Lead::new("l").with("a", value)), wanted);
        // A flag has no domain, and a flag that means missing is missing.
        for option in [r#""part":"email_domain""#, r#""missing":["true","false"]"#] {
            let feature = format!(r#""type":"flag","source":{{"from":"attribute","name":"a",{option}}}"#);
            assert_eq!(of(&feature, &Lead::new("l").with("a", value)), FeatureValue::Missing, "{option}");
        }
        let present = r#""type":"flag","source":{"from":"attribute","name":"a","as":"present"}"#;
        assert_eq!(of(present, &Lead::new("l").with("a", value)), FeatureValue::Flag(true));
    }
    let category =
        r#""type":"category","levels":["New York","berlin"],"source":{"from":"attribute","name":"a"}"#;
    for (text, wanted) in [("new york", "New York"), ("  BERLIN ", "berlin"), ("Ｂｅｒｌｉｎ", "berlin")]
    {
        assert_eq!(of(category, &lead("a", text)), level(wanted), "{text}");
    }
    assert_eq!(of(category, &lead("a", "Paris")), FeatureValue::Missing);
    let unseen = category.replace(r#""source""#, r#""unseen":"berlin","source""#);
    assert_eq!(of(&unseen, &lead("a", "Paris")), level("berlin"));
    assert_eq!(of(&unseen, &Lead::new("l")), FeatureValue::Missing);
    let missing = category.replace(r#""source""#, r#""unseen":"missing","source""#);
    assert_eq!(of(&missing, &lead("a", "Paris")), FeatureValue::Missing);
}

#[test]
fn the_name_of_an_attribute_is_the_feature_s_own() {
    assert_eq!(
        of(r#""type":"number","source":{"from":"attribute"}"#, &lead("f", "3")),
        FeatureValue::Number(3.0)
    );
}

#[test]
fn present_word_count_and_missing_tokens() {
    let present =
        r#""type":"flag","source":{"from":"attribute","name":"a","as":"present","missing":["Select","n/a"]}"#;
    for (text, wanted) in [("x", true), (" ", false), ("select", false), ("N/A ", false), ("selected", true)]
    {
        assert_eq!(of(present, &lead("a", text)), FeatureValue::Flag(wanted), "{text}");
    }
    assert_eq!(of(present, &Lead::new("l")), FeatureValue::Flag(false));
    let words = r#""type":"number","source":{"from":"attribute","name":"a","as":"word_count"}"#;
    assert_eq!(of(words, &lead("a", " two \n words ")), FeatureValue::Number(2.0));
    assert_eq!(of(words, &lead("a", " ")), FeatureValue::Missing);
    let value = r#""type":"number","source":{"from":"attribute","name":"a","missing":["-1","none"]}"#;
    assert_eq!(of(value, &lead("a", "None")), FeatureValue::Missing);
    assert_eq!(of(value, &Lead::new("l").with("a", -1.0)), FeatureValue::Missing);
    assert_eq!(of(value, &Lead::new("l").with("a", 0.0)), FeatureValue::Number(0.0));
}

#[test]
fn defaults_ranges_whole_and_required() {
    let ranged =
        r#""type":"number","range":[0,10],"whole":true,"default":3,"source":{"from":"attribute","name":"a"}"#;
    for (value, wanted) in [(0.0, 0.0), (10.0, 10.0), (10.5, 3.0), (2.5, 3.0), (-1.0, 3.0), (11.0, 3.0)] {
        assert_eq!(of(ranged, &Lead::new("l").with("a", value)), FeatureValue::Number(wanted), "{value}");
    }
    let pipeline = pipeline(ranged);
    let prediction = pipeline.score(&Lead::new("l").with("a", 11.0), &as_of()).unwrap();
    assert_eq!((prediction.completeness, prediction.missing[0].default), (0.0, Some(3.0)));
    assert_eq!(prediction.missing[0].found.as_deref(), Some("11"));
    assert_eq!(prediction.warnings.len(), 1);
    assert_eq!(pipeline.score(&Lead::new("l").with("a", 4.0), &as_of()).unwrap().completeness, 1.0);
    let strict = |feature: &str, lead: &Lead| {
        let options = ScoreOptions::new().strict();
        self::pipeline(feature)
            .score_with(lead, &as_of(), &options)
            .map_err(|error| (error.code(), error.path().to_owned()))
    };
    let refused = strict(ranged, &Lead::new("l").with("a", 11.0)).unwrap_err();
    assert_eq!(refused, ("invalid_feature", leadscore::error::Path::from("attributes.a")));
    assert!(strict(ranged, &Lead::new("l")).is_ok());
    let required = ranged.replace(r#""whole":true,"default":3"#, r#""required":true"#);
    assert_eq!(
        strict(&required, &Lead::new("l")).unwrap_err(),
        ("missing_feature", leadscore::error::Path::from("attributes.a"))
    );
    assert_eq!(strict(&required, &lead("a", "x")).unwrap_err().0, "invalid_feature");
    let many = self::pipeline(&required).score_many(
        &[lead("a", "1"), Lead::new("l")],
        &as_of(),
        &ScoreOptions::new().strict(),
    );
    assert!(many[0].is_ok());
    assert_eq!(many[1].as_ref().unwrap_err().path(), "leads[1].attributes.a");
}

#[test]
fn counts_by_filter_and_half_life() {
    let log = log(&[("call", 0.0), ("call", 7.0), ("mail", 7.0), ("call", 14.0)]);
    let count = |rest: &str| of(&format!(r#""type":"number","source":{{"from":"count"{rest}}}"#), &log);
    for (rest, wanted) in [
        ("", 4.0),
        (r#","types":["Call"]"#, 3.0),
        (r#","types":["call","mail"]"#, 4.0),
        (r#","types":["fax"]"#, 0.0),
        // The window is open at its far end: as_of − 7 days itself is out.
        (r#","within_days":7"#, 1.0),
        (r#","within_days":7.01"#, 3.0),
        (r#","latest":2"#, 2.0),
        (r#","types":["call"],"among_latest":2"#, 1.0),
        (r#","types":["call"],"latest":2"#, 2.0),
        (r#","half_life_days":7"#, 2.25),
    ] {
        assert_eq!(count(rest), FeatureValue::Number(wanted), "{rest}");
    }
}

#[test]
fn filters_leave_out_types_and_what_follows_at_once() {
    let count = |filter: &str, lead: &Lead| {
        of(&format!(r#""type":"number","source":{{"from":"count"{filter}}}"#), lead)
    };
    let second = 1.0 / 86_400.0;
    // Sent three days ago; opened by a scanner after 2 and 10 seconds, by somebody after 11 seconds and 2 days.
    let lead = log(&[
        ("sent", 3.0),
        ("read", 3.0 - 2.0 * second),
        ("read", 3.0 - 10.0 * second),
        ("read", 3.0 - 11.0 * second),
        ("read", 1.0),
    ]);
    for (filter, wanted) in [
        ("", 5.0),
        (r#","except":["Sent"]"#, 4.0),
        (r#","except":["sent","read"]"#, 0.0),
        (r#","types":["read"],"not_within":{"seconds":10,"after":["sent"]}"#, 2.0),
        (r#","types":["read"],"not_within":{"seconds":2,"after":["sent","call"]}"#, 3.0),
        (r#","types":["read"],"not_within":{"seconds":10,"after":["call"]}"#, 4.0),
        // An activity is not near itself.
        (r#","types":["sent"],"not_within":{"seconds":10,"after":["sent"]}"#, 1.0),
    ] {
        assert_eq!(count(filter, &lead), FeatureValue::Number(wanted), "{filter}");
    }
    // At the same moment, whatever the order of the kinds.
    let lead = log(&[("a sent", 3.0), ("read", 3.0), ("z sent", 3.0)]);
    for sent in ["a sent", "z sent"] {
        let filter = format!(r#","types":["read"],"not_within":{{"seconds":1,"after":["{sent}"]}}"#);
        assert_eq!(count(&filter, &lead), FeatureValue::Number(0.0), "{sent}");
    }
}

#[test]
fn a_burst_of_activities_at_one_time_takes_one_pass() {
    // A pass for every activity would be 20 billion steps.
    let mut lead = Lead::new("l").activity(Activity::new("sent", days_ago(3.0)));
    lead.activities.extend((0..200_000).map(|_| Activity::new("read", days_ago(2.0))));
    let filter = r#","types":["read"],"not_within":{"seconds":10,"after":["sent"]}"#;
    let source = format!(r#""type":"number","source":{{"from":"count"{filter}}}"#);
    assert_eq!(of(&source, &lead), FeatureValue::Number(200_000.0));
    lead.activities[0].at = days_ago(2.0);
    assert_eq!(of(&source, &lead), FeatureValue::Number(0.0));
}

#[test]
fn where_looks_at_properties() {
    let visit = |page: &str, n: f64| {
        Activity::new("view", days_ago(1.0)).with("page", page).with("n", n).with("ok", true)
    };
    let log = Lead::new("l")
        .activity(visit("/Pricing", 1.0))
        .activity(visit("our pricing page", 2.0))
        .activity(visit("repricing", 3.0))
        .activity(Activity::new("view", days_ago(1.0)));
    let count =
        |wanted: &str| of(&format!(r#""type":"number","source":{{"from":"count","where":{wanted}}}"#), &log);
    for (wanted, hits) in [
        (r#"{"property":"page","is":"/pricing"}"#, 1.0),
        (r#"{"property":"page","words":["pricing"]}"#, 2.0),
        (r#"{"property":"page","words":["pricing","repricing"]}"#, 3.0),
        (r#"{"property":"n","is":2}"#, 1.0),
        (r#"{"property":"n","is":2.0}"#, 1.0),
        (r#"{"property":"n","is":"2"}"#, 0.0),
        (r#"{"property":"ok","is":true}"#, 3.0),
        (r#"{"property":"nobody","is":"x"}"#, 0.0),
    ] {
        assert_eq!(count(wanted), FeatureValue::Number(hits), "{wanted}");
    }
}

#[test]
fn aggregates_of_a_property() {
    let deal = |days: f64, amount: f64| Activity::new("deal", days_ago(days)).with("amount", amount);
    let log = Lead::new("l")
        .activity(deal(7.0, 4.0))
        .activity(deal(0.0, 1.0))
        .activity(deal(14.0, 8.0))
        .activity(Activity::new("deal", days_ago(0.5)).with("amount", "much"))
        .activity(Activity::new("deal", days_ago(0.5)).with("amount", f64::NAN));
    let take = |rest: &str, lead: &Lead| {
        of(
            &format!(r#""type":"number","source":{{"from":"aggregate","property":"amount","take":{rest}}}"#),
            lead,
        )
    };
    for (rest, wanted) in [
        (r#""sum""#, 13.0),
        (r#""mean""#, 13.0 / 3.0),
        (r#""min""#, 1.0),
        (r#""max""#, 8.0),
        (r#""last""#, 1.0),
        (r#""last","within_days":20,"types":["deal"]"#, 1.0),
        (r#""sum","half_life_days":7"#, 5.0),
    ] {
        assert_eq!(take(rest, &log), FeatureValue::Number(wanted), "{rest}");
    }
    assert_eq!(take(r#""sum""#, &Lead::new("l")), FeatureValue::Number(0.0));
    for rest in [r#""mean""#, r#""min""#, r#""max""#, r#""last""#] {
        assert_eq!(take(rest, &Lead::new("l")), FeatureValue::Missing, "{rest}");
    }
}

#[test]
fn distinct_kinds_types_channels_and_properties() {
    let page = |kind: &str, page: &str| Activity::new(kind, days_ago(1.0)).with("page", page);
    let log = Lead::new("l")
        .activity(page("mail open", "/a"))
        .activity(page("Mail Opened ", "/A"))
        .activity(page("mail click", "/b"))
        .activity(page("fax", "/b"));
    let distinct =
        |what: &str| of(&format!(r#""type":"number","source":{{"from":"distinct","what":{what}}}"#), &log);
    assert_eq!(distinct(r#""kind""#), FeatureValue::Number(4.0));
    assert_eq!(distinct(r#""type""#), FeatureValue::Number(3.0));
    // A type without a channel has none.
    assert_eq!(distinct(r#""channel""#), FeatureValue::Number(1.0));
    assert_eq!(distinct(r#""property","property":"page""#), FeatureValue::Number(2.0));
    assert_eq!(distinct(r#""property","property":"page","types":["fax"]"#), FeatureValue::Number(1.0));
}

#[test]
fn ages_of_dates_and_activities() {
    let log = log(&[("call", 1.5), ("call", 3.25), ("mail", 0.5)]).with("born", "2026-11-15T00:00:00Z");
    let age = |rest: &str| of(&format!(r#""type":"number","source":{{"from":"age",{rest}}}"#), &log);
    for (rest, wanted) in [
        (r#""of":"born""#, 3.5),
        (r#""of":"born","floor":true"#, 3.0),
        (r#""of":"born","unit":"hours""#, 84.0),
        (r#""of":"born","unit":"weeks""#, 0.5),
        (r#""of":{}"#, 0.5),
        (r#""of":{},"which":"first""#, 3.25),
        (r#""of":{"types":["call"]},"which":"last","unit":"hours""#, 36.0),
        (r#""types":["call"],"floor":true"#, 1.0),
    ] {
        assert_eq!(age(rest), FeatureValue::Number(wanted), "{rest}");
    }
    assert_eq!(age(r#""of":{"types":["fax"]}"#), FeatureValue::Missing);
    assert_eq!(age(r#""of":"nobody""#), FeatureValue::Missing);
}

#[test]
fn bursts_shares_and_waits_take_filters() {
    let log = log(&[("call", 0.0), ("call", 0.25), ("mail", 0.5), ("call", 3.0)]);
    let value = |source: &str| of(&format!(r#""type":"number","source":{source}"#), &log);
    assert_eq!(value(r#"{"from":"burst","hours":12}"#), FeatureValue::Number(3.0));
    assert_eq!(value(r#"{"from":"burst","hours":6}"#), FeatureValue::Number(2.0));
    assert_eq!(value(r#"{"from":"burst","hours":12,"types":["call"]}"#), FeatureValue::Number(2.0));
    // At 12, 06, 00 and 12 o'clock; Wednesday three times and Sunday once.
    assert_eq!(value(r#"{"from":"share","hours":[6,12]}"#), FeatureValue::Number(0.75));
    assert_eq!(value(r#"{"from":"share","hours":[22,6]}"#), FeatureValue::Number(0.5));
    assert_eq!(value(r#"{"from":"share","weekdays":[7]}"#), FeatureValue::Number(0.25));
    assert_eq!(value(r#"{"from":"share","weekdays":[7],"hours":[0,6]}"#), FeatureValue::Number(0.0));
    assert_eq!(value(r#"{"from":"share","weekdays":[3],"types":["fax"]}"#), FeatureValue::Missing);
    let wait = r#"{"from":"response_time","after":{"types":["mail"]},"reply":{"types":["call"]}}"#;
    assert_eq!(value(wait), FeatureValue::Number(21_600.0));
}

#[test]
fn matches_by_each_test() {
    let level_of = |rules: &str, text: &str| {
        let source =
            format!(r#"{{"from":"match","attribute":"a","rules":[{rules}],"else":"no","blank":"blank"}}"#);
        match of(
            &format!(r#""type":"category","levels":["yes","no","blank"],"source":{source}"#),
            &lead("a", text),
        ) {
            FeatureValue::Text(level) => level,
            other => panic!("{other:?}"),
        }
    };
    for (rule, hits, misses) in [
        (r#""is":"Big Co""#, &["big co", " BIG CO "][..], &["big  co", "a big co"][..]),
        (r#""is":["a","b"]"#, &["A", "b"], &["ab"]),
        (r#""words":["switch from","$"]"#, &["We switch\n from X", "5$"], &["switch froms", "5 €"]),
        (r#""words":["now"]"#, &["Now!", "buy-now"], &["know", "now_2"]),
        (
            r#""ends":["ac.uk",".edu"]"#,
            &["ox.ac.uk", "ac.uk", "mit.edu", "edu"],
            &["mac.uk", "notedu", "edu.x"],
        ),
        (r#""list":"free_mail@2026-11""#, &["gmail.com", "GMX.de"], &["mail.gmail.com", "acme.example"]),
        (r#""longer":3"#, &["four", "äöüß"], &["abc", "äöü"]),
        (r#""shorter":3"#, &["ab", "äö"], &["abc"]),
    ] {
        let rule = format!(r#"{{"level":"yes",{rule}}}"#);
        for text in hits {
            assert_eq!(level_of(&rule, text), "yes", "{rule} {text}");
        }
        for text in misses {
            assert_eq!(level_of(&rule, text), "no", "{rule} {text}");
        }
        assert_eq!(level_of(&rule, "  "), "blank");
    }
    // Without `else` and `blank` there is no value; the first rule that hits wins.
    let bare = r#""type":"category","levels":["x","y"],"source":{"from":"match","attribute":"a","rules":[{"level":"y","words":["b"]},{"level":"x","words":["a"]}]}"#;
    assert_eq!(of(bare, &lead("a", "a b")), level("y"));
    assert_eq!(of(bare, &lead("a", "c")), FeatureValue::Missing);
    assert_eq!(of(bare, &Lead::new("l")), FeatureValue::Missing);
}

#[test]
fn texts_and_helpers_are_no_columns() {
    let pipeline = pipeline(
        r#""type":"text","source":{"from":"attribute","name":"a","part":"email_domain"}},{"name":"h","type":"number","helper":true,"source":{"from":"count"}},{"name":"c","type":"number","source":{"from":"formula","value":{"sum":["h",1]}}"#,
    );
    let names: Vec<&str> = pipeline.schema().columns().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, ["c"]);
    let matrix = pipeline
        .feature_matrix(&[lead("a", "x@y.example"), log(&[("call", 1.0)])], &as_of(), Mode::Lenient)
        .unwrap();
    assert_eq!((matrix.row_count(), matrix.column_count(), matrix.values()), (2, 1, &[1.0, 2.0][..]));
    let narrow = FeatureMatrix::new(2, vec![0.0; 4]).unwrap();
    assert_eq!(pipeline.score_matrix(&narrow).unwrap_err().code(), "invalid_matrix");
    assert_eq!(FeatureMatrix::new(2, vec![0.0; 3]).unwrap_err().code(), "invalid_matrix");
    assert_eq!(pipeline.feature_matrix([] as [Lead; 0], &as_of(), Mode::Lenient).unwrap().row_count(), 0);
}

const NOON: &str = "2026-11-18T12:00:00Z"; // a Wednesday

fn as_of() -> AsOf {
    AsOf::new(Timestamp::parse(NOON, &Zone::utc()).unwrap())
}

fn days_ago(days: f64) -> Timestamp {
    Timestamp::from_millis(as_of().time.as_millis() - (days * 86_400_000.0) as i64).unwrap()
}

fn lead(name: &str, text: &str) -> Lead {
    Lead::new("l").with(name, text)
}

fn log(activities: &[(&str, f64)]) -> Lead {
    activities
        .iter()
        .fold(Lead::new("l"), |lead, (kind, days)| lead.activity(Activity::new(*kind, days_ago(*days))))
}

/// A pipeline whose one feature, or first feature, is `f`.
fn pipeline(feature: &str) -> Pipeline {
    let json = format!(
        r#"{{"format":1,"id":"p","schema":{{"activity_types":[{{"contains":"Open","type":"mail_open"}},{{"contains":"click","type":"mail_click"}}],
        "channels":{{"Mail_Open":"mail","mail_click":"mail"}},"features":[{{"name":"f",{feature}}}]}},
        "scorer":{{"kind":"scorecard","unit":"points","base":0,"groups":[]}},"scale":{{"kind":"points"}},"tiers":"hot-warm-cold"}}"#
    );
    let pipeline = Pipeline::from_json(&json).unwrap_or_else(|error| panic!("{error}\n{json}"));
    // Every test runs on a pipeline that went through its own JSON.
    Pipeline::from_json(&pipeline.to_json()).unwrap()
}

fn of(feature: &str, lead: &Lead) -> FeatureValue {
    pipeline(feature).features(lead, &as_of(), Mode::Lenient).unwrap().iter().next().unwrap().value.clone()
}

fn level(name: &str) -> FeatureValue {
    FeatureValue::Text(name.into())
}
