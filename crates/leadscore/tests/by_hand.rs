//! Pipeline files as people write them: every encoding, all mistakes at once, and what is hardly meant.

use leadscore::pipeline::{PipelineCheck, PipelineProblem};
use leadscore::{AsOf, Lead, Pipeline, Zone};

const SHOP: &str = r#"{
 "format": 1,
 "id": "shop",
 "schema": {"features": [
  {"name": "orders", "type": "number", "range": [0, 50], "source": {"from": "attribute"}},
  {"name": "country", "type": "category", "levels": ["DE", "FR"], "source": {"from": "attribute"}},
  {"name": "new", "type": "flag", "source": {"from": "formula", "when": {"of": "orders", "under": 1}}}]},
 "scorer": {"kind": "scorecard", "unit": "points", "base": 10, "groups": [{"code": "g", "rules": [
  {"code": "orders", "points": {"product": [1, "orders"]}, "text": "{orders:order|orders}"},
  {"code": "home", "when": {"of": "country", "is": "DE"}, "points": 20, "text": "At home"},
  {"code": "new", "when": "new", "points": -5, "text": "New"}]}]},
 "scale": {"kind": "points"},
 "tiers": {"on": "score", "bounds": [{"tier": "A", "from": 60}, {"tier": "B"}]}
}"#;

fn with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(SHOP.to_owned(), |text, (find, put)| {
        assert!(text.contains(find), "{find}");
        text.replacen(find, put, 1)
    })
}

fn check(text: &str) -> PipelineCheck {
    Pipeline::check(text.as_bytes())
}

fn places(problems: &[PipelineProblem]) -> Vec<(usize, &str)> {
    problems.iter().map(|problem| (problem.line.unwrap_or_default(), problem.code)).collect()
}

#[test]
fn a_good_file_has_neither_errors_nor_warnings() {
    let found = check(SHOP);
    assert!(found.errors.is_empty() && found.warnings.is_empty(), "{found:?}");
    assert_eq!(found.pipeline.unwrap(), Pipeline::from_json(SHOP).unwrap());
    for name in Pipeline::builtin_names() {
        let found = check(&Pipeline::builtin(name).unwrap().to_json());
        assert!(found.errors.is_empty(), "{name}: {:?}", found.errors);
        // These share their features with others, and show some that only those weigh.
        let shares = ["conversion", "conversion-compat", "priority", "lead-score", "heat-rules", "heat"];
        let is_meant = |own: &PipelineProblem| own.code == "unused_feature" && shares.contains(&name);
        let surprising: Vec<_> = found.warnings.iter().filter(|own| !is_meant(own)).collect();
        assert!(surprising.is_empty(), "{name}: {surprising:?}");
    }
}

#[test]
fn every_encoding_gives_the_same_pipeline() {
    let wanted = Pipeline::from_json(SHOP).unwrap();
    let little: Vec<u8> = SHOP.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = SHOP.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [
        [b"\xef\xbb\xbf", SHOP.as_bytes()].concat(),
        [b"\xff\xfe", little.as_slice()].concat(),
        [b"\xfe\xff", big.as_slice()].concat(),
        little.clone(),
        SHOP.replace('\n', "\r\n").into_bytes(),
    ] {
        assert_eq!(Pipeline::from_bytes(&bytes).unwrap(), wanted);
        assert_eq!(Pipeline::check(&bytes).pipeline.as_ref(), Some(&wanted));
    }
    assert_eq!(Pipeline::from_json(&format!("\u{feff}{SHOP}")).unwrap(), wanted);
}

#[test]
fn a_text_that_is_no_json_is_shown_where_it_ends() {
    let error = Pipeline::from_json(&with(&[("\"points\": 20,", "\"points\": 20;")])).unwrap_err();
    let message = error.message();
    assert_eq!(error.code(), "invalid_json");
    assert!(
        message.contains("line 10 column") && message.contains(r#""points": 20; "text": "At home""#),
        "{message}"
    );
    // A long line is cut around the place.
    let long = format!("{{\"note\": \"{}\", \"id\" \"p\"}}", "x".repeat(500));
    let message = Pipeline::from_json(&long).unwrap_err().message().to_owned();
    assert!(message.contains(r#""id" "p"}"#) && message.len() < 250, "{message}");
}

#[test]
fn all_mistakes_are_listed_with_their_lines() {
    let text = with(&[
        (r#""range": [0, 50]"#, r#""range": [50, 0]"#),
        (r#""levels": ["DE", "FR"], "#, ""),
        (r#""under": 1"#, r#""undre": 1"#),
        (r#"[1, "orders"]"#, r#"[1, "ordres"]"#),
        (r#""when": "new""#, r#""wen": "new""#),
        (r#""kind": "points"}"#, r#""kind": "pionts"}"#),
        (r#"{"tier": "B"}"#, r#"{"tier": "A"}"#),
    ]);
    let found = check(&text);
    assert!(found.pipeline.is_none());
    let mut lines = places(&found.errors);
    lines.sort_unstable();
    let code = "invalid_pipeline";
    assert_eq!(lines, [5, 6, 7, 9, 11, 12, 13].map(|line| (line, code)), "{:#?}", found.errors);
    let said = |line: usize| &found.errors.iter().find(|own| own.line == Some(line)).unwrap().message;
    assert!(said(9).contains("did you mean `orders`?"), "{}", said(9));
    assert!(said(11).contains("did you mean `when`?"), "{}", said(11));
    // The first of them is what reading says.
    let first = Pipeline::from_json(&text).unwrap_err();
    assert_eq!((first.path(), first.message()), (&found.errors[0].path, &*found.errors[0].message));
}

#[test]
fn several_mistakes_in_one_list_keep_their_own_lines() {
    let rules: Vec<String> = (0..20)
        .map(|at| match at % 4 {
            1 => format!(r#"{{"code": "r{at}", "when": "nobody{at}", "points": 1, "text": "x"}}"#),
            2 => format!(r#"{{"code": "r{at}", "points": 1, "points_": 2, "text": "x"}}"#),
            3 => r#"{"points": 3, "text": "x"}"#.to_owned(),
            _ => format!(r#"{{"code": "r{at}", "points": 1, "text": "x"}}"#),
        })
        .collect();
    let text = format!(
        "{{\"format\": 1, \"id\": \"p\", \"extends\": \"lead-score\", \"scorer\": {{\"kind\": \"scorecard\", \"unit\": \"points\",\n\
         \"base\": 0, \"groups\": [{{\"code\": \"g\", \"rules\": [\n{}]}}]}}}}",
        rules.join(",\n")
    );
    let found = check(&text);
    let mut lines: Vec<usize> = found.errors.iter().map(|own| own.line.unwrap()).collect();
    lines.sort_unstable();
    let wanted: Vec<usize> = (0..20).filter(|at| at % 4 != 0).map(|at| at + 3).collect();
    assert_eq!(lines, wanted, "{:#?}", found.errors);
}

#[test]
fn what_is_hardly_meant_is_a_warning() {
    for (changes, wanted) in [
        // More orders than the range of the feature allows.
        (
            [(r#"{"of": "country", "is": "DE"}"#, r#"{"of": "orders", "over": 50}"#)],
            vec![(10, "rule_never_fires"), (6, "unused_feature")],
        ),
        (
            [(
                r#"{"of": "country", "is": "DE"}"#,
                r#"{"all": [{"of": "orders", "over": 5}, {"of": "orders", "at_most": 5}]}"#,
            )],
            vec![(10, "rule_never_fires"), (6, "unused_feature")],
        ),
        ([(r#""points": -5"#, r#""points": 0"#)], vec![(11, "rule_never_fires")]),
        // The first case takes what the second wants.
        (
            [(
                r#"{"product": [1, "orders"]}"#,
                r#"{"cases": [[{"of": "orders", "at_least": 5}, 30], [{"of": "orders", "at_least": 10}, 40]], "else": 0}"#,
            )],
            vec![(9, "case_never_reached")],
        ),
        ([(r#"{"tier": "A", "from": 60}"#, r#"{"tier": "A", "from": 81}"#)], vec![(13, "tier_out_of_reach")]),
        // 10 + 50 + 20, and no less than 10 − 5.
        ([(r#"{"tier": "A", "from": 60}"#, r#"{"tier": "A", "from": 80}"#)], vec![]),
        ([(r#"{"tier": "A", "from": 60}"#, r#"{"tier": "A", "from": 5}"#)], vec![(13, "tier_out_of_reach")]),
        ([(r#", "text": "New""#, "")], vec![(11, "reason_without_text")]),
    ] {
        let found = check(&with(&changes));
        assert!(found.errors.is_empty() && found.pipeline.is_some(), "{:?}", found.errors);
        assert_eq!(places(&found.warnings), wanted, "{changes:?}: {:#?}", found.warnings);
    }
}

#[test]
fn a_model_is_sent_to_import() {
    for model in [
        r#"{"learner": {"attributes": {}}, "version": [3, 2, 0]}"#,
        "tree\nversion=v4\nnum_class=1\n",
        r#"{"name": "tree", "version": "v4", "tree_info": []}"#,
        "{L\0\0\0\0\0\0\0\u{7}learner",
    ] {
        let error = Pipeline::from_bytes(model.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "invalid_pipeline");
        assert!(error.message().contains("`leadscore import"), "{error}");
        assert!(check(model).errors[0].message.contains("`leadscore import"));
    }
}

#[test]
fn single_values_of_an_included_pipeline_are_set() {
    let own = |set: &str| {
        Pipeline::from_json(&format!(
            r#"{{"format": 1, "id": "own", "extends": "conversion-compat", "set": {set}}}"#
        ))
    };
    let score = |pipeline: &Pipeline, lead: &Lead| {
        pipeline.score(lead, &AsOf::parse("2026-11-22", &Zone::utc()).unwrap()).unwrap()
    };
    let base = Pipeline::builtin("conversion-compat").unwrap();
    assert_eq!(own("{}").unwrap().tiers(), base.tiers());
    let known = Lead::new("l").with("company", "Acme Holdings").with("phone", "1");
    // 15, the company 8, its size 8, the phone 4.
    assert_eq!(score(&base, &known).score, 35.0);
    let changed =
        own(r#"{"scorer.groups.profile.rules.company.points": 12, "scorer.groups.profile.rules.phone": null,
            "scorer.groups.profile.rules.named": {"code": "named", "points": 1, "text": "Named"},
            "tiers.bounds.HOT.from": 0.3, "tiers.bounds.WARM.from": 0.2, "recommendations.limit": 1}"#);
    // HOT has to stay above WARM, and WARM above COLD.
    let found = score(&changed.unwrap(), &known);
    assert_eq!((found.score, found.tier.as_deref()), (36.0, Some("HOT")));
    assert_eq!(found.recommendations.len(), 1);
    let schema = own(r#"{"schema.features.days_since_created.label": "age"}"#).unwrap();
    assert!(schema.schema().features().iter().any(|feature| feature.label == "age"));
    for (set, path, said) in [
        (r#"{"scorer.groups.profil.rules": 1}"#, "set.scorer.groups.profil.rules", "did you mean `profile`?"),
        (
            r#"{"scorer.groups.profile.rules.compny.points": 1}"#,
            "set.scorer.groups.profile.rules.compny.points",
            "`company`",
        ),
        (
            r#"{"scorer.groups.profile.rules.fax": null}"#,
            "set.scorer.groups.profile.rules.fax",
            "nothing is named `fax`",
        ),
        (
            r#"{"risks.factors.stale_lead.impact": "low"}"#,
            "set.risks.factors.stale_lead.impact",
            "`stale_lead#1` to `stale_lead#2`",
        ),
    ] {
        let error = own(set).unwrap_err();
        assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_pipeline", path));
        assert!(error.message().contains(said), "{error}");
    }
    assert!(own(r#"{"risks.factors.stale_lead#2.impact": "low"}"#).is_ok());
    let alone = with(&[("\"id\"", "\"set\": {}, \"id\"")]);
    assert_eq!(Pipeline::from_json(&alone).unwrap_err().path().to_string(), "set");
}

#[test]
fn a_comment_may_stand_in_every_object() {
    let text = with(&[
        ("\"format\"", "\"$comment\": [\"what\", \"it is for\"], \"format\""),
        ("{\"code\": \"home\"", "{\"$comment\": \"ask sales\", \"code\": \"home\""),
        ("{\"product\"", "{\"$comment\": 1, \"product\""),
    ]);
    assert_eq!(Pipeline::from_json(&text).unwrap(), Pipeline::from_json(SHOP).unwrap());
}

#[test]
fn an_indented_file_is_the_same_pipeline() {
    for name in Pipeline::builtin_names() {
        let pipeline = Pipeline::builtin(name).unwrap();
        let text = pipeline.to_indented_json();
        assert!(text.lines().count() > 20, "{name}");
        assert_eq!(Pipeline::from_json(&text).unwrap().to_json(), pipeline.to_json(), "{name}");
    }
}

#[test]
fn a_rule_without_a_text_tells_its_feature_in_words() {
    let pipeline = Pipeline::from_json(
        r#"{"format": 1, "id": "own", "schema": {"features": [
  {"name": "vip", "label": "very important", "type": "flag", "source": {"from": "attribute"}},
  {"name": "branch", "label": "line of business", "type": "category", "levels": ["real_estate", "retail"],
   "source": {"from": "attribute"}},
  {"name": "seats", "label": "seats", "type": "number", "source": {"from": "attribute"}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 50, "groups": [{"code": "g", "rules": [
  {"code": "vip", "points": {"sum": [1, {"product": [2, "vip"]}]}},
  {"code": "branch", "points": {"cases": [[{"of": "branch", "is": "retail"}, 1]], "else": 3}},
  {"code": "seats", "points": {"cases": [[{"of": "seats", "over": 5}, 4]], "else": -2}}]}]},
  "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#,
    )
    .unwrap();
    let as_of = AsOf::parse("2026-11-20", &Zone::utc()).unwrap();
    let texts = |lead: Lead| -> Vec<String> {
        let explanation = pipeline.score(&lead, &as_of).unwrap().explanation;
        let texts: Vec<String> =
            explanation.contributions.iter().map(|line| format!("{} {}", line.text, line.points)).collect();
        let reasons = explanation.reasons.iter().map(|reason| &*reason.text);
        assert!(reasons.into_iter().all(|reason| texts.iter().any(|text| text.starts_with(reason))));
        texts
    };
    let lead = Lead::new("l");
    assert_eq!(
        texts(lead.clone().with("vip", true).with("branch", "real_estate").with("seats", 7.5)),
        ["very important: yes 3", "line of business: real estate 3", "seats: 7.5 4"]
    );
    assert_eq!(
        texts(lead.clone().with("vip", false).with("branch", "retail").with("seats", 0.0)),
        ["very important: no 1", "line of business: retail 1", "seats: 0 -2"]
    );
    assert_eq!(texts(lead), ["line of business: not known 3", "seats: not known -2"]);
}

#[test]
fn a_reason_counts_with_the_points_that_its_range_leaves() {
    let pipeline = Pipeline::from_json(
        r#"{"format": 1, "id": "own", "schema": {"features": [
  {"name": "x", "type": "number", "source": {"from": "attribute"}},
  {"name": "y", "type": "number", "source": {"from": "attribute"}}]},
  "scorer": {"kind": "scorecard", "unit": "log_odds", "base": 0, "groups": [{"code": "g", "rules": [
  {"code": "x", "points": "x", "range": [0, 0.5], "text": "X"}, {"code": "y", "points": "y", "text": "Y"}]}]},
  "scale": {"kind": "logistic"}, "tiers": "hot-warm-cold"}"#,
    )
    .unwrap();
    let as_of = AsOf::parse("2026-11-20", &Zone::utc()).unwrap();
    let lead = Lead::new("l").with("x", 3.0).with("y", 1.0);
    let prediction = pipeline.score(&lead, &as_of).unwrap();
    let gained = prediction.score - 50.0;
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    // Of the margin of 1.5, x has 0.5 left of its 3, and y all of its 1.
    let explanation = &prediction.explanation;
    let reasons: Vec<&str> = explanation.reasons.iter().map(|reason| &*reason.text).collect();
    assert_eq!(reasons, ["Y", "X"]);
    close(explanation.reasons[0].points, gained / 1.5);
    close(explanation.reasons[1].points, gained / 3.0);
    let points: Vec<(&str, f64)> =
        explanation.contributions.iter().map(|line| (&*line.code, line.points)).collect();
    for ((code, points), (expected, margin)) in points.iter().zip([("x", 3.0), ("x.range", -2.5), ("y", 1.0)])
    {
        assert_eq!(*code, expected);
        close(*points, gained * margin / 1.5);
    }
}
