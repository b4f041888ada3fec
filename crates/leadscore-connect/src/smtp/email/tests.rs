use proptest::prelude::*;

use super::*;

/// Puts a text into an e-mail.
type Change = Box<dyn Fn(&mut Email, &str)>;

fn email() -> Email {
    Email::new(
        Mailbox::new("sales@example.com").name("Example"),
        Mailbox::new("ana@example.org"),
        "Hello",
        "Hi!",
    )
}

fn text(email: &Email) -> String {
    String::from_utf8(email.message().unwrap().bytes).unwrap()
}

#[test]
fn a_message_has_the_headers_it_must_have() {
    let email =
        email().html("<p>Hi!</p>").automatic().id("msg_123456789").reply_to(Mailbox::new("help@example.com"));
    let text = text(&email);
    for line in [
        "From: Example <sales@example.com>\r\n",
        "To: ana@example.org\r\n",
        "Subject: Hello\r\n",
        "Message-ID: <msg_123456789@example.com>\r\n",
        "Reply-To: help@example.com\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "MIME-Version: 1.0\r\n",
        "Content-Type: multipart/alternative;",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "Content-Type: text/html; charset=utf-8\r\n",
    ] {
        assert!(text.contains(line), "{line:?} in {text}");
    }
    assert!(text.contains("Date: ") && !text.contains("List-Unsubscribe"));
    assert!(text.find("text/plain") < text.find("text/html"), "the richest part is last");
}

#[test]
fn message_ids_are_unique_and_stay_when_a_message_is_sent_again() {
    let (first, second) = (email().message().unwrap(), email().message().unwrap());
    assert_ne!(first.id(), second.id());
    assert!(String::from_utf8(first.bytes.clone()).unwrap().contains(first.id()));
    assert_eq!(first.clone().bytes(), first.bytes());
}

#[test]
fn unsubscribing_has_both_headers() {
    let long = format!("https://example.com/u/{}?a=1,2", "t".repeat(300));
    let text =
        text(&email().unsubscribe(Unsubscribe::new(long).mailto("mailto:leave@example.com?subject=t1")));
    let expected = format!(
        "List-Unsubscribe: <https://example.com/u/{}?a=1%2C2>,\r\n <mailto:leave@example.com?subject=t1>\r\n",
        "t".repeat(300)
    );
    assert!(text.contains(&expected), "{text}");
    assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{text}");
}

#[test]
fn other_letters_are_encoded() {
    let mut email = email();
    email.subject = "🔥 URGENT: Only 2 Spots Left - 48hrs".to_owned();
    email.to = Mailbox::new("jörg@bücher.example").name("Jörg \"J\" Groß, Sales");
    let text = text(&email);
    assert!(text.contains("@xn--bcher-kva.example"), "{text}");
    let subject = text.lines().find(|line| line.starts_with("Subject: ")).unwrap();
    assert_eq!(subject, "Subject: =?utf-8?b?8J+UpQ==?= URGENT: Only 2 Spots Left - 48hrs");
}

#[test]
fn nothing_becomes_another_header() {
    let attack = "x\r\nBcc: everyone@example.org";
    let cases: [(&str, Change); 9] = [
        ("subject", Box::new(|email, text| email.subject = text.to_owned())),
        ("from.name", Box::new(|email, text| email.from = Mailbox::new("a@example.com").name(text))),
        ("to.name", Box::new(|email, text| email.to = Mailbox::new("a@example.com").name(text))),
        ("from.address", Box::new(|email, text| email.from = Mailbox::new(format!("a@example.com{text}")))),
        ("to.address", Box::new(|email, text| email.to = Mailbox::new(format!("{text}a@example.com")))),
        ("reply_to.address", Box::new(|email, text| email.reply_to = Some(Mailbox::new(text)))),
        ("unsubscribe.https", Box::new(|email, text| email.unsubscribe = Some(Unsubscribe::new(text)))),
        (
            "unsubscribe.mailto",
            Box::new(|email, text| {
                email.unsubscribe = Some(Unsubscribe::new("https://example.com").mailto(text));
            }),
        ),
        ("id", Box::new(|email, text| email.id = Some(text.to_owned()))),
    ];
    for (path, set) in &cases {
        for attack in [attack, "x\rBcc: a", "x\nBcc: a", "x\0", "x\u{202E}y", "x\u{2028}Bcc: a"] {
            let mut email = email();
            set(&mut email, attack);
            assert_eq!(email.message().unwrap_err().path, *path, "{attack:?}");
        }
    }
}

#[test]
fn only_one_plain_address_is_an_address() {
    for text in [
        "",
        "ana",
        "@example.org",
        "ana@",
        "a@b@example.org",
        "a@example.org,b@example.org",
        "a@example.org;b@example.org",
        "Ana <ana@example.org>",
        "<ana@example.org>",
        "ana(comment)@example.org",
        "\"ana b\"@example.org",
        "ana@[127.0.0.1]",
        "ana@127.0.0.1",
        "ana@2130706433",
        ".ana@example.org",
        "ana.@example.org",
        "ana@example..org",
        "ana@-example.org",
        "ana @example.org",
        "ana@exa mple.org",
        "mailto:ana@example.org",
        "ana@example.org\u{200f}",
    ] {
        let mut email = email();
        email.to = Mailbox::new(text);
        assert_eq!(email.message().map(|_| ()).unwrap_err().path, "to.address", "{text}");
    }
    for (local, domain, fits) in [(64, 11, true), (65, 11, false), (64, 189, true), (64, 190, false)] {
        let domain = format!("{}.ab", "d.".repeat(domain / 2 - 2) + if domain % 2 == 0 { "d" } else { "de" });
        let mut email = email();
        email.to = Mailbox::new(format!("{}@{domain}", "l".repeat(local)));
        assert_eq!(email.message().is_ok(), fits, "{local} {}", domain.len());
    }
}

#[test]
fn parts_and_addresses_are_checked() {
    let mut changed = email();
    changed.text = " ".to_owned();
    assert_eq!(changed.message().unwrap_err().to_string(), "text: is empty");
    assert_eq!(email().html("a\0b").message().unwrap_err().to_string(), "html: has a NUL character");
    assert_eq!(email().html("a".repeat(MAX_BODY_BYTES + 1)).message().unwrap_err().path, "html");
    changed = email();
    changed.subject = "  ".to_owned();
    assert_eq!(changed.message().unwrap_err().to_string(), "subject: is empty");
    for (https, problem) in [
        ("http://example.com/u", "has another scheme than https:"),
        ("mailto:leave@example.com", "has another scheme than https:"),
        ("/u/1", "is no URL: relative URL without a base"),
        ("https://user:secret@example.com/", "has a name or password in it"),
    ] {
        let error = email().unsubscribe(Unsubscribe::new(https)).message().unwrap_err();
        assert_eq!((error.path.as_str(), error.problem.as_str()), ("unsubscribe.https", problem));
    }
}

proptest! {
    #[test]
    fn lines_are_whole_and_short_and_headers_stay_what_they_are(
        name in any::<String>(), subject in any::<String>(), text in any::<String>(), html in any::<String>(), local in "\\PC{0,12}",
    ) {
        let mut email = email().html(html);
        email.to = Mailbox::new(format!("{local}@example.org")).name(name);
        email.subject = subject;
        email.text = text;
        if let Ok(message) = email.message() {
            let (headers, _) = split(&message.bytes);
            let names: Vec<&str> = headers.split("\r\n").filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split_once(": ").unwrap().0).collect();
            prop_assert_eq!(names, ["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"]);
            for line in message.bytes.split(|&byte| byte == b'\n') {
                prop_assert!(line.len() <= 998 && !line[..line.len().saturating_sub(1)].contains(&b'\r'));
            }
        }
    }
}

fn split(bytes: &[u8]) -> (String, Vec<u8>) {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(bytes[..at].to_vec()).unwrap(), bytes[at + 4..].to_vec())
}
