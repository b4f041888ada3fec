//! Which sentences are told, on knowledge bases of a few passages.

use super::*;
use crate::email::Document;
use crate::email::audience::of_job;

const COURSE: &str = "## What the Chess Course covers
The Chess Course lasts five weeks. It has ten lessons. Each lesson ends with a game. The game is read by a mentor. Write to us for the list.

## Who the Chess Course is for
Teachers can take the Chess Course with a class of their own. Nurses get a group for shifts; teachers are welcome there.

## Demo lesson
A demo lesson takes half an hour. You pick a day on the booking page. The booking page has all days.";

fn told(interest: Option<&str>, job: &str, step: Step, tone: Tone, number: usize) -> Telling {
    let knowledge = KnowledgeBase::new([Document::new("a.md", COURSE)]).unwrap();
    let groups = of_job(job);
    let wanted = Wanted { interest, query: "chess", job: Some(job), groups: Some(&groups), step };
    let content = number.to_string();
    let offer = Offer::find(&knowledge, &wanted, &mut Choice::new(&content, "offer")).unwrap();
    Telling::new(&knowledge, &wanted, &offer, tone, "demo", &mut Choice::new(&content, "telling"))
}

fn texts(told: &Telling) -> Vec<&str> {
    told.intro.iter().chain(&told.detail).chain(&told.booking).map(|own| own.text.as_str()).collect()
}

#[test]
fn an_intro_comes_first_and_nothing_hangs_in_the_air() {
    let mut seen = BTreeSet::new();
    for number in 0..40 {
        let told = told(Some("Chess"), "Lawyer", Step::Open, Tone::Light, number);
        let texts = texts(&told);
        assert_eq!(texts[0], "The Chess Course lasts five weeks.");
        assert_eq!((told.interest.as_deref(), told.is_own), (Some("Chess Course"), false));
        seen.insert(texts[1].to_owned());
    }
    // `The game` leans on one that was told of before, and `Write to us` asks for something else.
    assert_eq!(
        seen.iter().map(String::as_str).collect::<Vec<_>>(),
        ["Each lesson ends with a game.", "It has ten lessons."]
    );
}

#[test]
fn a_job_is_spoken_to_only_by_its_name() {
    for number in 0..10 {
        let told = |job| told(Some("Chess"), job, Step::Open, Tone::Helpful, number);
        let teacher = told("Teacher");
        assert!(
            teacher.is_own
                && texts(&teacher).contains(&"Teachers can take the Chess Course with a class of their own.")
        );
        // The same group by another word, and a group that is named second.
        assert!(!told("Lecturer").is_own);
        assert!(!told("Lawyer").is_own);
    }
}

#[test]
fn a_demo_is_told_with_the_way_to_book_it() {
    for number in 0..10 {
        let asked = told(Some("Chess"), "Lawyer", Step::DemoAsked, Tone::Direct, number);
        assert_eq!(
            texts(&asked),
            ["A demo lesson takes half an hour.", "You pick a day on the booking page."]
        );
        assert!(asked.is_demo && asked.booking.is_some());
        let booked = told(Some("Chess"), "Lawyer", Step::Booked, Tone::Direct, number);
        assert_eq!(texts(&booked), ["A demo lesson takes half an hour."]);
    }
}

#[test]
fn without_an_interest_something_is_introduced() {
    for number in 0..10 {
        let told = told(None, "Lawyer", Step::Open, Tone::Helpful, number);
        assert!(!told.knows_interest && told.interest.is_none());
        assert_eq!(texts(&told)[0], "The Chess Course lasts five weeks.");
    }
}
