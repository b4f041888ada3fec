use super::{Capacity, Top, rank_json};

const NO_GROUPS: &[Option<&str>] = &[];

fn within(capacity: &str, scores: &[f64], groups: &[Option<&str>]) -> Vec<bool> {
    let ranking = Capacity::parse(capacity).unwrap().rank(scores, groups).unwrap();
    ranking.leads.iter().map(|lead| lead.within).collect()
}

#[test]
fn a_share_is_rounded_up_and_exact() {
    let share = |text: &str, leads: usize| Top::parse(text).unwrap().of(leads);
    assert_eq!([1, 9, 10, 11, 20, 21].map(|leads| share("10 %", leads)), [1, 1, 1, 2, 2, 3]);
    assert_eq!((share("100%", 7), share("10 %", 0), share("0.0001 %", 3)), (7, 0, 1));
    // In floating point 0.07 * 100 is 7.000000000000001, which is rounded up to 8.
    assert_eq!((share("7 %", 100), share("33.3333%", 3_000_000)), (7, 999_999));
    assert_eq!(share("99.9999 %", usize::MAX), usize::MAX - usize::MAX / 1_000_000);
}

#[test]
fn what_is_no_capacity_is_refused_with_what_is_wanted() {
    for text in
        ["0", "-1", "", "+3", "forty", "1.5", "0 %", "101 %", "100.0001%", "-5%", "%", "10.00001 %", "5 %%"]
    {
        let error = Capacity::parse(text).unwrap_err();
        assert_eq!(error.path().to_string(), "capacity", "{text}");
        assert!(error.message().contains(&format!("found `{text}`")), "{error}");
    }
    assert!(Capacity::parse("40/ ").unwrap_err().message().contains("40/owner"));
    for (text, shown) in
        [(" 40 / owner", "40/owner"), ("2.50%", "2.5 %"), ("10 %/Account Owner", "10 %/Account Owner")]
    {
        assert_eq!(Capacity::parse(text).unwrap().to_string(), shown);
    }
}

#[test]
fn of_equal_scores_the_earlier_lead_is_in_and_the_tie_is_told() {
    let scores = [50.0, 70.0, 50.0, f64::NAN, 50.0, 10.0, -0.0, 0.0];
    let ranking = Capacity::parse("3").unwrap().rank(&scores, NO_GROUPS).unwrap();
    let ranks: Vec<_> = ranking.leads.iter().map(|lead| lead.rank).collect();
    assert_eq!(ranks, [Some(2), Some(1), Some(3), None, Some(4), Some(5), Some(6), Some(7)]);
    let tied: Vec<bool> = ranking.leads.iter().map(|lead| lead.tied).collect();
    assert_eq!(tied, [true, false, true, false, true, false, false, false]);
    let [all] = &ranking.groups[..] else { panic!("one list") };
    let tie = all.tie.as_ref().unwrap();
    assert_eq!((all.leads, all.within, tie.score), (7, 3, 50.0));
    assert_eq!((&tie.within[..], &tie.beyond[..]), (&[0, 2][..], &[4][..]));
    // A cut between two scores is none through equal leads.
    let ranking = Capacity::parse("4").unwrap().rank(&scores, NO_GROUPS).unwrap();
    assert!(ranking.groups[0].tie.is_none() && ranking.leads.iter().all(|lead| !lead.tied));
    assert!(Capacity::parse("6").unwrap().rank(&scores, NO_GROUPS).unwrap().groups[0].tie.is_some());
}

#[test]
fn every_group_has_its_own_places_and_those_without_one_are_a_group() {
    let owners = [Some("ben"), Some("ana"), Some(" ana "), None, Some("  "), Some("ana")];
    let scores = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0];
    assert_eq!(within("1/owner", &scores, &owners), [true, false, false, false, true, true]);
    assert_eq!(within("50%/owner", &scores, &owners), [true, false, true, false, true, true]);
    let ranking = Capacity::parse("2/owner").unwrap().rank(&scores, &owners).unwrap();
    let groups: Vec<_> =
        ranking.groups.iter().map(|own| (own.group.as_deref(), own.leads, own.within)).collect();
    assert_eq!(groups, [(Some("ana"), 3, 2), (Some("ben"), 1, 1), (None, 2, 2)]);
}

#[test]
fn groups_and_columns_go_together() {
    let refused = |capacity: &str, groups: &[Option<&str>]| {
        Capacity::parse(capacity).unwrap().rank(&[1.0, 2.0], groups).unwrap_err().to_string()
    };
    assert!(refused("1", &[None, None]).contains("1/owner"));
    assert!(refused("1/owner", NO_GROUPS).contains("0 groups for 2 scores"));
    for (request, code) in [
        ("{", "invalid_json"),
        (r#"{"capacity": "1"}"#, "invalid_context"),
        (r#"{"capacity": "1", "scores": ["a"]}"#, "invalid_context"),
        (r#"{"capacity": "0", "scores": []}"#, "invalid_context"),
    ] {
        assert_eq!(rank_json(request).unwrap_err().code(), code, "{request}");
    }
    let empty = rank_json(r#"{"capacity": "10 %", "scores": []}"#).unwrap();
    assert_eq!(empty, r#"{"leads":[],"groups":[{"group":null,"leads":0,"within":0,"tie":null}]}"#);
}
