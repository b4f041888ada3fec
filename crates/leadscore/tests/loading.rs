//! Pipeline files are read strictly: every mistake has its code and its path.

use leadscore::{AsOf, Error, FeatureSchema, Lead, Pipeline, TierScheme, Timestamp, Zone};

#[test]
fn the_file_these_tests_damage_is_good() {
    Pipeline::from_json(&file("", "")).unwrap();
}

#[test]
fn mistakes_at_the_top() {
    refused("{", "invalid_json", "");
    refused("", "invalid_json", "");
    refused(r#"{"format":1,"format":1}"#, "invalid_json", "");
    refused("[]", "invalid_pipeline", "");
    refused("{}", "invalid_pipeline", "");
    refused(&file(r#""format":1"#, r#""format":2"#), "unsupported_format", "format");
    refused(&file(r#""format":1"#, r#""format":0"#), "invalid_pipeline", "format");
    refused(&file(r#""format":1"#, r#""format":1.5"#), "invalid_pipeline", "format");
    refused(&file(r#""format":1"#, r#""format":1,"colour":"red""#), "invalid_pipeline", "");
    refused(&file(r#""id":"p""#, r#""id":" ""#), "invalid_pipeline", "id");
    refused(&file(r#""id":"p""#, r#""id":7"#), "invalid_pipeline", "id");
    refused(&file(r#""id":"p","#, ""), "invalid_pipeline", "");
    refused(&file(r#""kind":"points""#, r#""kind":"logistic""#), "invalid_pipeline", "scale");
    refused(&file(r#""kind":"points""#, r#""kind":"magic""#), "invalid_pipeline", "scale.kind");
    refused(&file(r#""tiers":"hot-warm-cold""#, r#""tiers":"lukewarm""#), "invalid_pipeline", "tiers");
    refused(&file(r#""tiers":"hot-warm-cold""#, r#""tiers":"conversion""#), "invalid_pipeline", "tiers");
    refused(&file(r#""kind":"scorecard""#, r#""kind":"oracle""#), "invalid_pipeline", "scorer.kind");
    refused(&file(r#""unit":"points""#, r#""unit":"log_odds""#), "invalid_pipeline", "scale");
    refused(
        &file(r#""unit":"points""#, r#""unit":"log_odds","range":[0,1]"#),
        "invalid_pipeline",
        "scorer.range",
    );
    refused(
        &file(r#""unit":"points""#, r#""unit":"log_odds","round":"down""#),
        "invalid_pipeline",
        "scorer.round",
    );
    assert_eq!(Pipeline::builtin("none").unwrap_err().code(), "unknown_name");
    assert_eq!(FeatureSchema::builtin("none").unwrap_err().code(), "unknown_name");
    assert_eq!(TierScheme::builtin("none").unwrap_err().code(), "unknown_name");
}

#[test]
fn a_newer_format_is_named_before_anything_else() {
    let newer = r#"{"format":2,"id":"p","extends":"a-pipeline-of-the-future","colour":"red"}"#;
    refused(newer, "unsupported_format", "format");
}

#[test]
fn mistakes_in_features() {
    let at = |find: &str, put: &str, path: &str| refused(&file(find, put), "invalid_pipeline", path);
    let n = r#"{"name":"n","type":"number""#;
    at(n, r#"{"name":"n","type":"word""#, "schema.features[0].type");
    at(n, r#"{"name":"","type":"number""#, "schema.features[0].name");
    at(n, r#"{"name":"$n","type":"number""#, "schema.features[0].name");
    at(n, r#"{"name":"n","kind":"number""#, "schema.features[0]");
    at(n, r#"{"name":"n","type":"number","levels":["a"]"#, "schema.features[0]");
    at(n, r#"{"name":"n","type":"number","range":[2,1]"#, "schema.features[0].range");
    at(n, r#"{"name":"n","type":"number","range":[2]"#, "schema.features[0].range");
    at(n, r#"{"name":"n","type":"number","range":["a",1]"#, "schema.features[0].range[0]");
    at(n, r#"{"name":"n","type":"number","helper":1"#, "schema.features[0].helper");
    at(r#""levels":["a","b"]"#, r#""levels":["a","A "]"#, "schema.features[1]");
    at(r#""levels":["a","b"]"#, r#""levels":["a",1]"#, "schema.features[1].levels[1]");
    at(r#""levels":["a","b"]"#, r#""levels":["a","b"],"unseen":"c""#, "schema.features[1].unseen");
    at(r#""levels":["a","b"]"#, r#""levels":["a","b"],"default":"c""#, "schema.features[1].default");
    at(r#"{"name":"yes""#, r#"{"name":"n""#, "schema.features[2]");
    let source = |source: &str, path: &str| {
        at(r#"{"from":"count"}"#, source, &format!("schema.features[3].source{path}"));
    };
    source(r#"{"from":"nowhere"}"#, ".from");
    source("{}", "");
    source(r#"{"from":"count","of":"x"}"#, "");
    source(r#"{"from":"count","half_life_days":0}"#, ".half_life_days");
    source(r#"{"from":"count","within_days":-1}"#, ".within_days");
    source(r#"{"from":"count","types":"call"}"#, ".types");
    source(r#"{"from":"count","latest":-1}"#, ".latest");
    source(r#"{"from":"count","where":{"property":"p"}}"#, ".where");
    source(r#"{"from":"count","where":{"property":"p","is":[1]}}"#, ".where.is");
    source(r#"{"from":"aggregate","property":"p"}"#, "");
    source(r#"{"from":"aggregate","property":"p","take":"most"}"#, ".take");
    source(r#"{"from":"aggregate","property":"p","take":"mean","half_life_days":1}"#, "");
    source(r#"{"from":"distinct","what":"property"}"#, "");
    source(r#"{"from":"burst","hours":0}"#, ".hours");
    source(r#"{"from":"share"}"#, "");
    source(r#"{"from":"share","hours":[9,24]}"#, ".hours");
    source(r#"{"from":"share","weekdays":[0]}"#, ".weekdays[0]");
    source(r#"{"from":"response_time","after":{}}"#, "");
    source(r#"{"from":"age","of":"created_at","unit":"years"}"#, ".unit");
    source(r#"{"from":"match","attribute":"a","rules":[]}"#, "");
    source(r#"{"from":"formula","value":"later"}"#, ".value");
    source(r#"{"from":"formula","value":"unknown"}"#, ".value");
    source(r#"{"from":"formula","value":"$score"}"#, ".value");
    source(r#"{"from":"formula","when":"yes"}"#, "");
    source(r#"{"from":"formula","value":1,"when":"yes"}"#, "");
    let matching = |rule: &str, path: &str| {
        at(r#"{"level":1,"is":"x"}"#, rule, &format!("schema.features[4].source.rules[0]{path}"));
    };
    matching(r#"{"level":2,"is":"x"}"#, ".level");
    matching(r#"{"level":1}"#, "");
    matching(r#"{"level":1,"is":"x","words":["y"]}"#, "");
    matching(r#"{"level":1,"list":"free_mail@1999-01"}"#, ".list");
    matching(r#"{"level":1,"longer":-3}"#, ".longer");
}

#[test]
fn an_age_takes_no_filter_it_would_ignore() {
    for source in [
        r#"{"from":"age","of":"created_at","within_days":3}"#,
        r#"{"from":"age","of":"created_at","which":"last"}"#,
        r#"{"from":"age","of":{"types":["call"]},"within_days":3}"#,
    ] {
        refused(&file(r#"{"from":"count"}"#, source), "invalid_pipeline", "schema.features[3].source");
    }
}

#[test]
fn what_an_attribute_is_read_as_fits_the_type() {
    for (read, kind) in [("present", "category"), ("word_count", "category")] {
        let source = format!(r#"{{"from":"attribute","as":"{read}"}}"#);
        let own = format!(r#""type":"{kind}","levels":["a","b"],"source":{source}"#);
        let text = file(r#""type":"category","levels":["a","b"],"source":{"from":"attribute"}"#, &own);
        refused(&text, "invalid_pipeline", "schema.features[1].source");
    }
    let text = file(
        r#""type":"flag","source":{"from":"attribute"}"#,
        r#""type":"flag","source":{"from":"attribute","as":"word_count"}"#,
    );
    refused(&text, "invalid_pipeline", "schema.features[2].source");
}

#[test]
fn numbers_that_would_overflow_are_refused() {
    refused(&file(r#""base":1"#, r#""base":1e300"#), "invalid_pipeline", "scorer.base");
    let weight = file(r#""code":"g""#, r#""code":"g","weight":-1e308"#);
    refused(&weight, "invalid_pipeline", "scorer.groups[0].weight");
    for scale in
        [r#"{"kind":"linear","from":0,"to":1e-320}"#, r#"{"kind":"linear","from":-1e308,"to":1e308}"#]
    {
        refused(&file(r#"{"kind":"points"}"#, scale), "invalid_pipeline", "scale");
    }
}

#[test]
fn many_features_are_read_in_a_time_that_grows_with_their_number() {
    let feature =
        |place: usize| format!(r#"{{"name":"f{place}","type":"number","source":{{"from":"attribute"}}}}"#);
    let many: Vec<String> = (0..20_000).map(feature).collect();
    let schema = FeatureSchema::from_json(&format!(r#"{{"features":[{}]}}"#, many.join(","))).unwrap();
    assert_eq!(schema.columns().len(), 20_000);
    let levels: Vec<String> = (0..100_000).map(|place| format!(r#""l{place}""#)).collect();
    let one = format!(
        r#"{{"name":"f","type":"category","levels":[{}],"source":{{"from":"attribute"}}}}"#,
        levels.join(",")
    );
    FeatureSchema::from_json(&format!(r#"{{"features":[{one}]}}"#)).unwrap();
}

#[test]
fn mistakes_in_rules() {
    let rule = |rule: &str, path: &str| {
        let text = file(r#"{"code":"r","points":1}"#, rule);
        refused(&text, "invalid_pipeline", &format!("scorer.groups[0].rules[0]{path}"));
    };
    rule(r#"{"points":1}"#, "");
    rule(r#"{"code":"r"}"#, "");
    rule(r#"{"code":"r","points":1,"disqualify":true}"#, "");
    rule(r#"{"code":"r","disqualify":true}"#, "");
    rule(r#"{"code":"r","points":1,"colour":"red"}"#, "");
    rule(r#"{"code":"r","points":1,"range":[1,0]}"#, ".range");
    rule(r#"{"code":"r","points":"nobody"}"#, ".points");
    rule(r#"{"code":"r","points":"kind"}"#, ".points");
    rule(r#"{"code":"r","points":"$score"}"#, ".points");
    rule(r#"{"code":"r","points":true}"#, ".points");
    rule(r#"{"code":"r","points":{}}"#, ".points");
    rule(r#"{"code":"r","points":{"sum":[]}}"#, ".points.sum");
    rule(r#"{"code":"r","points":{"sum":[1],"product":[1]}}"#, ".points");
    rule(r#"{"code":"r","points":{"power":[1,2]}}"#, ".points");
    rule(r#"{"code":"r","points":{"ratio":[1]}}"#, ".points");
    rule(r#"{"code":"r","points":{"half_life":["n",0]}}"#, ".points.half_life[1]");
    rule(r#"{"code":"r","points":{"sum":[1,{"min":[2,"nobody"]}]}}"#, ".points.sum[1].min[1]");
    rule(r#"{"code":"r","points":{"of":"n","map":{},"else":0}}"#, ".points.of");
    rule(r#"{"code":"r","points":{"of":"kind","map":{"c":1},"else":0}}"#, ".points.map.c");
    rule(r#"{"code":"r","points":{"of":"kind","map":{"a":1}}}"#, ".points");
    rule(r#"{"code":"r","points":{"cases":[["yes",1]]}}"#, ".points");
    rule(r#"{"code":"r","points":{"cases":[["yes"]],"else":0}}"#, ".points.cases[0]");
    rule(r#"{"code":"r","when":"n","points":1}"#, ".when");
    rule(r#"{"code":"r","when":{"of":"n"},"points":1}"#, ".when");
    rule(r#"{"code":"r","when":{"of":"n","over":1,"is":2},"points":1}"#, ".when");
    rule(r#"{"code":"r","when":{"of":"kind","over":1},"points":1}"#, ".when.over");
    rule(r#"{"code":"r","when":{"of":"kind","is":"c"},"points":1}"#, ".when.is");
    rule(r#"{"code":"r","when":{"of":"kind","in":["a","c"]},"points":1}"#, ".when.in[1]");
    rule(r#"{"code":"r","when":{"of":"n","is":"a"},"points":1}"#, ".when.is");
    rule(r#"{"code":"r","when":{"all":[]},"points":1}"#, ".when.all");
    rule(r#"{"code":"r","when":{"any":["yes",{"not":"no"}]},"points":1}"#, ".when.any[1].not");
    rule(r#"{"code":"r","when":{"missing":"nobody"},"points":1}"#, ".when.missing");
    rule(r#"{"code":"r","points":1,"text":"{n"}"#, ".text");
    rule(r#"{"code":"r","points":1,"text":"n}"}"#, ".text");
    rule(r#"{"code":"r","points":1,"text":"{nobody}"}"#, ".text");
    rule(r#"{"code":"r","points":1,"text":"{n:roman}"}"#, ".text");
    rule(r#"{"code":"r","points":1,"text":{"of":"kind","map":{"a":"{"},"else":""}}"#, ".text.map.a");
    let twice = file(r#"{"code":"r","points":1}"#, r#"{"code":"r","points":1},{"code":"r","points":1}"#);
    refused(&twice, "invalid_pipeline", "scorer.groups[0].rules[1]");
    let big = file(r#"{"code":"r","points":1}"#, r#"{"code":"r","points":1e999}"#);
    refused(&big, "invalid_json", "");
}

#[test]
fn helpers_are_no_columns_for_rules() {
    let text = file(r#"{"code":"r","points":1}"#, r#"{"code":"r","points":"hidden"}"#);
    refused(&text, "invalid_pipeline", "scorer.groups[0].rules[0].points");
}

#[test]
fn depth_and_size_have_limits() {
    let nested = |depth: usize| {
        let value = format!("{}1{}", r#"{"round":"#.repeat(depth - 1), "}".repeat(depth - 1));
        file(r#""points":1}"#, &format!(r#""points":{value}}}"#))
    };
    Pipeline::from_json(&nested(16)).unwrap();
    let path = format!("scorer.groups[0].rules[0].points{}", ".round".repeat(16));
    refused(&nested(17), "invalid_pipeline", &path);
    let wide = |nodes: usize| {
        let ones = vec!["1"; nodes - 1].join(",");
        file(r#""points":1}"#, &format!(r#""points":{{"sum":[{ones}]}}}}"#))
    };
    Pipeline::from_json(&wide(9_999)).unwrap();
    refused(&wide(10_001), "invalid_pipeline", "scorer.groups[0].rules[0].points.sum[9999]");
    let deep = "[".repeat(100_000);
    refused(&deep, "invalid_json", "");
}

#[test]
fn mistakes_in_tiers_scales_and_advice() {
    let tiers = |bounds: &str, path: &str| {
        let tiers = format!(r#""tiers":{{"on":"score","bounds":[{bounds}]}}"#);
        refused(&file(r#""tiers":"hot-warm-cold""#, &tiers), "invalid_pipeline", path);
    };
    tiers("", "tiers.bounds");
    tiers(r#"{"tier":"A","from":1}"#, "tiers.bounds[0]");
    tiers(r#"{"tier":"A"},{"tier":"B"}"#, "tiers.bounds[0]");
    tiers(r#"{"tier":"A","from":1,"above":1},{"tier":"B"}"#, "tiers.bounds[0]");
    tiers(r#"{"tier":"A","from":1},{"tier":"A"}"#, "tiers.bounds[1]");
    tiers(r#"{"tier":"A","from":1},{"tier":"B","from":1},{"tier":"C"}"#, "tiers.bounds[1]");
    tiers(r#"{"tier":"A","from":1},{"tier":"B","above":1},{"tier":"C"}"#, "tiers.bounds[1]");
    let scale = |scale: &str, path: &str| {
        let text = file(r#""scale":{"kind":"points"}"#, &format!(r#""scale":{scale}"#));
        let text = if scale.contains("logistic") {
            text.replace(r#""unit":"points""#, r#""unit":"log_odds""#)
        } else {
            text
        };
        refused(&text, "invalid_pipeline", path);
    };
    scale(r#"{"kind":"linear","from":1,"to":1}"#, "scale");
    scale(r#"{"kind":"quantiles","knots":[[0,0]]}"#, "scale.knots");
    scale(r#"{"kind":"quantiles","knots":[[0,0],[1,0]]}"#, "scale.knots[1]");
    scale(r#"{"kind":"quantiles","knots":[[0,0],[1,101]]}"#, "scale.knots[1]");
    scale(r#"{"kind":"logistic","calibration":{"kind":"platt","a":0,"b":0}}"#, "scale.calibration.a");
    scale(
        r#"{"kind":"logistic","calibration":{"kind":"knots","knots":[[0,0],[0.5,0.9]]}}"#,
        "scale.calibration.knots",
    );
    scale(r#"{"kind":"logistic","calibration":{"kind":"magic"}}"#, "scale.calibration.kind");
    let after = |field: &str, path: &str| {
        refused(&file(r#""scale":"#, &format!(r#"{field},"scale":"#)), "invalid_pipeline", path);
    };
    after(r#""estimates":[{"name":"score","value":1}]"#, "estimates[0]");
    after(r#""estimates":[{"name":"e","value":"$probability"}]"#, "estimates[0].value");
    after(r#""estimates":[{"name":"e","value":"$f"},{"name":"f","value":1}]"#, "estimates[0].value");
    after(r#""risks":{"factors":[]}"#, "risks");
    after(
        r#""risks":{"limit":1,"factors":[{"code":"c","when":"yes","impact":"huge","trend":"stable","text":"t"}]}"#,
        "risks.factors[0].impact",
    );
    after(
        r#""recommendations":{"limit":1,"actions":[{"code":"c","when":"yes"}]}"#,
        "recommendations.actions[0]",
    );
}

#[test]
fn extending_replaces_top_level_fields() {
    let own = r#"{"format":1,"id":"mine","extends":"conversion","tiers":"a-e"}"#;
    let pipeline = Pipeline::from_json(own).unwrap();
    assert_eq!((pipeline.id(), pipeline.name()), ("mine", "mine"));
    assert_eq!(pipeline.tiers().tiers()[0].name(), "A");
    assert!(!pipeline.to_json().contains("extends"));
    let lead = Lead::new("l").with("company", "Acme");
    let as_of = AsOf::new(Timestamp::parse("2026-11-22", &Zone::utc()).unwrap());
    let both =
        [&pipeline, &Pipeline::builtin("conversion").unwrap()].map(|p| p.score(&lead, &as_of).unwrap().score);
    assert_eq!(both[0], both[1]);
    refused(r#"{"format":1,"extends":"conversion"}"#, "invalid_pipeline", "");
    refused(r#"{"format":1,"id":"mine","extends":"nobody"}"#, "invalid_pipeline", "extends");
    refused(r#"{"format":1,"id":"mine","extends":7}"#, "invalid_pipeline", "extends");
}

#[test]
fn lead_records_name_their_mistakes_too() {
    let error = |text: &str| Lead::from_json(text, &Zone::utc()).unwrap_err();
    for (text, code, path) in [
        ("[]", "invalid_lead", ""),
        ("{", "invalid_json", ""),
        (r#"{"id":"a","id":"b"}"#, "invalid_json", ""),
        (r#"{"id":1.5}"#, "invalid_lead", "id"),
        (r#"{"tags":["a"]}"#, "invalid_lead", "tags"),
        (r#"{"attributes":{"a":{}}}"#, "invalid_lead", "attributes.a"),
        (r#"{"attributes":{},"company":"Acme"}"#, "invalid_lead", ""),
        (r#"{"activities":{}}"#, "invalid_lead", "activities"),
        (r#"{"activities":[{"kind":"call"}]}"#, "invalid_lead", "activities[0]"),
        (r#"{"activities":[{"kind":"call","at":"soon"}]}"#, "invalid_lead", "activities[0].at"),
        (r#"{"activities":[{"kind":"call","at":7}]}"#, "invalid_lead", "activities[0].at"),
        (r#"{"activities":[{"kind":"call","at":"2026-01-01","when":1}]}"#, "invalid_lead", "activities[0]"),
        (
            r#"{"activities":[{"kind":"call","at":"2026-01-01","properties":{"p":[]}}]}"#,
            "invalid_lead",
            "activities[0].properties.p",
        ),
    ] {
        assert_eq!((error(text).code(), &*error(text).path().to_string()), (code, path), "{text}");
    }
}

const GOOD: &str = r#"{"format":1,"id":"p","schema":{"features":[
{"name":"n","type":"number","source":{"from":"attribute"}},
{"name":"kind","type":"category","levels":["a","b"],"source":{"from":"attribute"}},
{"name":"yes","type":"flag","source":{"from":"attribute"}},
{"name":"counted","type":"number","source":{"from":"count"}},
{"name":"matched","type":"flag","source":{"from":"match","attribute":"a","rules":[{"level":1,"is":"x"}],"else":0}},
{"name":"hidden","type":"number","helper":true,"source":{"from":"attribute"}},
{"name":"later","type":"number","source":{"from":"attribute"}}]},
"scorer":{"kind":"scorecard","unit":"points","base":1,"groups":[{"code":"g","rules":[{"code":"r","points":1}]}]},
"scale":{"kind":"points"},"tiers":"hot-warm-cold"}"#;

/// The good file with one thing replaced.
fn file(find: &str, put: &str) -> String {
    assert!(GOOD.contains(find), "{find}?");
    GOOD.replacen(find, put, 1)
}

fn refused(text: &str, code: &str, path: &str) {
    let shown = &text[..text.len().min(2_000)];
    let error: Error = Pipeline::from_json(text).err().unwrap_or_else(|| panic!("taken: {shown}"));
    assert_eq!((error.code(), &*error.path().to_string()), (code, path), "{error}\n{shown}");
    assert!(!error.message().is_empty());
}
