use super::*;

fn name(scheme: &str, value: f64) -> String {
    let scheme = TierScheme::builtin(scheme).unwrap();
    scheme.tier(value, Some(value)).unwrap().name().to_owned()
}

#[test]
fn bounds_are_open_or_closed_as_declared() {
    for (p, tier) in [
        (0.1249, "E"),
        (0.125, "D"),
        (0.375, "D"),
        (0.376, "C"),
        (0.624, "C"),
        (0.625, "B"),
        (0.875, "B"),
        (0.876, "A"),
    ] {
        assert_eq!(name("a-e", p), tier, "{p}");
    }
    assert_eq!(name("a-e", 0.82), "B");
    assert_eq!(name("a-e", 0.45), "C");
    for (p, tier) in [(0.2, "E"), (0.21, "D"), (0.4, "D"), (0.41, "C"), (0.61, "B"), (0.8, "B"), (0.81, "A")]
    {
        assert_eq!(name("a-e-fifths", p), tier, "{p}");
    }
    for (p, tier) in
        [(0.72, "HOT"), (0.7, "HOT"), (0.69, "WARM"), (0.4, "WARM"), (0.15, "COLD"), (0.14, "DEAD")]
    {
        assert_eq!(name("conversion", p), tier, "{p}");
    }
    for (score, tier) in [(80.0, "HOT"), (50.0, "WARM"), (20.0, "COLD"), (19.9, "DEAD")] {
        assert_eq!(name("lead-score", score), tier, "{score}");
    }
    for (score, tier) in [(75.0, "top"), (50.0, "high"), (25.0, "medium"), (24.0, "low")] {
        assert_eq!(name("priority", score), tier, "{score}");
    }
}

#[test]
fn a_to_e_is_round_half_even_of_4p_plus_1() {
    for step in 0..=10_000 {
        let p = f64::from(step) / 10_000.0;
        let bucket = (4.0 * p + 1.0).round_ties_even().clamp(1.0, 5.0) as usize;
        assert_eq!(name("a-e", p), ["E", "D", "C", "B", "A"][bucket - 1], "{p}");
    }
}

#[test]
fn schemes_that_a_file_could_not_have_are_refused_by_path() {
    let at_least = |name: &str, bound: f64| Tier::new(name).with_bound(TierBound::AtLeast(bound));
    let above = |name: &str, bound: f64| Tier::new(name).with_bound(TierBound::Above(bound));
    let refused = |axis: TierAxis, tiers: &[Tier], path: &str| {
        let error = TierScheme::new(axis, tiers.to_vec()).unwrap_err();
        assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_pipeline", path));
    };
    let bounds = |tiers: &[Tier], path: &str| refused(TierAxis::Score, tiers, path);
    bounds(&[], "bounds");
    bounds(&[at_least("a", 1.0)], "bounds[0]");
    bounds(&[Tier::new("a"), Tier::new("b")], "bounds[0]");
    bounds(&[at_least("a", 1.0), Tier::new("a")], "bounds[1]");
    bounds(&[at_least("a", f64::NAN), Tier::new("b")], "bounds[0]");
    bounds(&[at_least("a", 1.0), at_least("b", 1.0), Tier::new("c")], "bounds[1]");
    bounds(&[at_least("a", 1.0), above("b", 1.0), Tier::new("c")], "bounds[1]");
    let open = [above("a", 1.0), at_least("b", 1.0), Tier::new("c")];
    assert!(TierScheme::new(TierAxis::Probability, open.clone()).is_ok());
    assert!(TierScheme::new(TierAxis::Score, open).unwrap().with_class_minimum(0.5, "a").is_err());
    refused(TierAxis::Class, &[], "actions");
    refused(TierAxis::Class, &[Tier::new("a"), Tier::new("a")], "actions");
    refused(TierAxis::Class, &[at_least("a", 0.5)], "actions");
    let classes = TierScheme::new(TierAxis::Class, [Tier::new("hot"), Tier::new("cold")]).unwrap();
    let path = |scheme: Result<TierScheme, Error>| scheme.unwrap_err().path().to_string();
    assert_eq!(path(classes.clone().with_class_minimum(0.5, "warm")), "else");
    assert_eq!(path(classes.with_class_minimum(f64::NAN, "hot")), "min");
}

#[test]
fn fitted_and_named_classes_get_the_same_tiers() {
    let names = ["cold", "warm", "hot"];
    let classes = names.map(|name| crate::scale::ClassWeight::new(name, 0.5));
    let scale = Scale::Classes(crate::scale::ClassScale::new(classes).unwrap());
    for scheme in ["heat", "heat-055"] {
        let scheme = TierScheme::builtin(scheme).unwrap().fit(&scale).unwrap();
        for p in [[0.1, 0.4, 0.5], [0.3, 0.1, 0.6], [0.4, 0.2, 0.4], [0.2, 0.55, 0.25]] {
            assert_eq!(scheme.tier_of_fitted_classes(&p), scheme.tier_of_classes(&names, &p));
            assert!(scheme.tier_of_fitted_classes(&p).is_some());
        }
    }
    assert!(TierScheme::builtin("heat").unwrap().fit(&Scale::logistic()).is_err());
    assert!(TierScheme::builtin("a-e").unwrap().fit(&Scale::points()).is_err());
    assert!(TierScheme::builtin("a-e").unwrap().fit(&Scale::percent()).is_ok());
}

#[test]
fn a_shown_score_is_on_its_tiers_side_of_every_bound() {
    let shown = |scheme: &TierScheme, score: f64| scheme.shown_score(score);
    let points = TierScheme::builtin("lead-score").unwrap();
    for (score, wanted) in [
        (80.0, "80.0"),
        (79.6, "79.6"),
        (0.1 + 66.6 + 13.3, "79.9"),
        (79.95, "79.9"),
        (80.04, "80.0"),
        (49.999_999, "49.9"),
        (0.0, "0.0"),
        (-0.04, "0.0"),
        (0.25, "0.3"),
        (100.0, "100.0"),
    ] {
        assert_eq!(shown(&points, score), wanted, "{score:?}");
    }
    // Of a probability, and of bounds that are not included.
    let chance = TierScheme::builtin("a-e").unwrap();
    assert_eq!([87.5, 87.51, 62.49].map(|score| shown(&chance, score)), ["87.5", "87.6", "62.4"]);
    // A tier between two tenths, and bounds that are no tenths.
    let from = |name: &str, bound: f64| Tier::new(name).with_bound(TierBound::AtLeast(bound));
    let narrow = [from("a", 50.04), from("b", 50.02), Tier::new("c")];
    let narrow = TierScheme::new(TierAxis::Score, narrow).unwrap();
    assert_eq!([50.041, 50.03, 50.01].map(|score| shown(&narrow, score)), ["50.1", "50.03", "50.0"]);
    assert_eq!(shown(&TierScheme::builtin("heat").unwrap(), 79.96), "80.0");
}
