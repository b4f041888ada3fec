use super::*;

fn sources() -> Sources {
    Sources::default()
        .text("Ann Köhler, VP Sales at Oriole Global Holdings (ann@oriole.example, +49 30 23125 055)")
        .text("Opened 3 e-mails, 1,187 page views, asked for a price on 2026-11-20T10:30:00Z. See https://oriole.example/plans")
        .text("The starter plan costs $49 a month, with a free trial of 14 days.")
        .number(0.7234)
        .number(42.0)
}

#[test]
fn what_the_sources_say_may_be_said() {
    for text in [
        "Ann Köhler is likely to buy: 72% by our score.",
        "About 1,200 page views and three opened e-mails.",
        "She asked on 20 November, the 20th of 2026-11-20.",
        "Write to ann@oriole.example or call +49 (30) 23125-055.",
        "The plan is $49 a month, and the trial is free for 14 days.",
        "Oriole's VP decides. Scheduling a call is the next step.",
        "See oriole.example/plans for details.",
        "Expect a decision within 42 days.",
        "The probability is 0.72 (72.3 %).",
        "- Call first\n- Then write\n1. Prepare",
        "Dear Ann, thank you for your interest. Best regards",
        "A follow-up works best; it's the right time.",
    ] {
        assert_eq!(sources().check("text", text), Ok(()), "{text}");
    }
}

#[test]
fn what_they_do_not_say_is_refused() {
    for (text, found) in [
        ("A probability of 81%.", "81%"),
        ("She opened 5 e-mails.", "5"),
        ("She opened four e-mails.", "four"),
        ("A discount for Oriole.", "discount"),
        ("Last chance to sign.", "last chance"),
        ("Write to bob@oriole.example.", "bob@oriole.example"),
        ("See evil.example.com today.", "evil.example.com"),
        ("See https://oriole.example/offer now.", "oriole.example/offer"),
        ("Call +49 30 999 8877.", "49309998877"),
        ("Meet on 21 November.", "11-21"),
        ("Meet on Friday.", "Friday"),
        ("It costs $59 a month.", "$59"),
        ("Like Acme did.", "Acme"),
        ("Acme bought it.", "Acme"),
        ("Our B3C tool fits.", "B3C"),
        ("We guarantee results.", "guarantee"),
    ] {
        let rejection = sources().check("text", text).expect_err(text);
        assert_eq!(rejection.kind, RejectionKind::Ungrounded, "{text}");
        assert!(rejection.message.contains(found), "{text}: {rejection}");
    }
}

#[test]
fn no_text_panics() {
    use proptest::prelude::*;
    proptest!(ProptestConfig::with_cases(300), |(text in "\\PC{0,60}", other in "[0-9+() /.,:T@a-zA-Z%$é-]{0,40}")| {
        for text in [&text, &other] {
            // What is a source of itself is grounded, or at least does not panic.
            let _ = Sources::default().text(text).check("text", &other);
        }
    });
}
