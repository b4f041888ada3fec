//! E-mail taken by aiosmtpd and read by Python's `email` package. The certificates are made by Python's `cryptography` for each run.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use leadscore_connect::smtp::{
    Dkim, DkimError, Email, Mailbox, Mailer, SendError, SendFailure, Settings, Unsubscribe,
};
use serde_json::{Value, json};

use crate::program::node;
use crate::reporter::Reporter;

/// `sales@example.com` and `p:ä/ss wörd`, as in the server's script.
const LOGIN: &str = "sales%40example.com:p%3A%C3%A4%2Fss%20w%C3%B6rd";
const WRONG_LOGIN: &str = "sales%40example.com:wrong";

struct Server {
    program: Reporter,
    root: Vec<u8>,
    port: u16,
}

impl Server {
    fn start(mode: &str, mechanism: &str) -> Server {
        let program = Reporter::python("smtp_server.py", &[mode, mechanism]);
        let root = STANDARD.decode(program.said("ROOT")).unwrap();
        let port = program.said("PORT").parse().unwrap();
        Server { program, root, port }
    }

    fn mailer(&self, scheme: &str, login: &str) -> Mailer {
        Mailer::new(self.settings(scheme, login, "")).unwrap()
    }

    fn settings(&self, scheme: &str, login: &str, query: &str) -> Settings {
        let url = format!("{scheme}://{login}@127.0.0.1:{}{query}", self.port);
        Settings::from_url(&url).unwrap().root_certificates(&self.root).unwrap()
    }

    fn received(&self) -> Value {
        serde_json::from_str(&self.program.said("MESSAGE")).unwrap()
    }
}

fn email(to: &str) -> Email {
    let text = "Grüß dich, Ana!\n.\nA line with one dot above, and ..two here.\n\nFrom here on: ✓";
    let from = Mailbox::new("sales@example.com").name("Müller & Söhne, \"Sales\" <team>");
    Email::new(from, Mailbox::new(to).name("Ana 🔥 Núñez"), "🔥 URGENT: Only 2 Spots Left - 48hrs", text)
}

async fn failed(mailer: &Mailer, email: Email) -> SendError {
    mailer.send(&email.message().unwrap()).await.unwrap_err()
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn a_whole_message_arrives_as_meant() {
    for (mode, scheme, mechanism) in [
        ("starttls", "smtp", "PLAIN"),
        ("starttls", "smtp", "LOGIN"),
        ("implicit", "smtps", "PLAIN"),
        ("implicit", "smtps", "LOGIN"),
    ] {
        let server = Server::start(mode, mechanism);
        let html = format!("<p>Grüß dich, <b>Ana</b>!</p>\n{}", "ü".repeat(3_000));
        let unsubscribe = format!("https://example.com/u/{}", "tok-En_1".repeat(40));
        let subject =
            "Ein sehr langer Betreff über Größe, Maß und Übermut, der in mehrere Teile zerlegt werden muss: "
                .repeat(2);
        let mut email = email("jörg@bücher.example")
            .html(&html)
            .automatic()
            .id("msg_123456789")
            .reply_to(Mailbox::new("help@example.com"))
            .unsubscribe(Unsubscribe::new(&unsubscribe).mailto("mailto:leave@example.com?subject=t1"));
        email.to = Mailbox::new("ana@bücher.example").name("Ana 🔥 Núñez");
        email.subject.clone_from(&subject);
        let message = email.message().unwrap();
        let receipt = server.mailer(scheme, LOGIN).send(&message).await.unwrap();
        assert_eq!(receipt.response, "2.0.0 Queued as 4XyZ");
        assert_eq!(server.program.said("AUTH"), mechanism);
        let got = server.received();
        assert_eq!(got["envelope"], json!(["sales@example.com", ["ana@xn--bcher-kva.example"], []]));
        assert_eq!((&got["tls"], &got["user"]), (&json!(true), &json!("sales@example.com")));
        assert_eq!(got["from"], json!([["Müller & Söhne, \"Sales\" <team>", "sales@example.com"]]));
        assert_eq!(got["to"], json!([["Ana 🔥 Núñez", "ana@xn--bcher-kva.example"]]));
        assert_eq!(got["reply_to"], json!([["", "help@example.com"]]));
        assert_eq!(got["subject"], subject.trim());
        assert_eq!(got["message_id"], "<msg_123456789@example.com>");
        assert_eq!(got["type"], "multipart/alternative");
        let plain = email.text.clone();
        assert_eq!((&got["parts"][0][0], &got["parts"][0][1]), (&json!("text/plain"), &json!("utf-8")));
        assert_eq!(got["parts"][0][2].as_str().unwrap().trim_end(), plain);
        assert_eq!(got["parts"][1][2].as_str().unwrap().trim_end(), html);
        assert_eq!(got["parts"][1][0], "text/html");
        let addresses: Vec<&str> = got["unsubscribe"].as_str().unwrap().split(", ").collect();
        assert_eq!(
            addresses,
            [format!("<{unsubscribe}>"), "<mailto:leave@example.com?subject=t1>".to_owned()]
        );
        assert_eq!(got["one_click"], "List-Unsubscribe=One-Click");
        assert_eq!(got["auto_submitted"], "auto-generated");
        assert_eq!((&got["defects"], &got["bare"]), (&json!([]), &json!(0)));
        assert!(got["longest_line"].as_u64().unwrap() <= 998, "{got}");
    }
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn the_same_message_sent_again_has_the_same_bytes() {
    let server = Server::start("implicit", "BOTH");
    let mailer = server.mailer("smtps", LOGIN);
    let message = email("ana@example.org").message().unwrap();
    let mut received = Vec::new();
    for _ in 0..2 {
        mailer.send(&message).await.unwrap();
        received.push(server.received());
    }
    assert_eq!(received[0], received[1]);
    assert_eq!(received[0]["message_id"], message.id());
    assert_eq!(received[0]["subject"], "🔥 URGENT: Only 2 Spots Left - 48hrs");
    assert_eq!((&received[0]["type"], &received[0]["unsubscribe"]), (&json!("text/plain"), &Value::Null));
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn letters_before_the_at_sign_need_a_server_that_takes_them() {
    let server = Server::start("implicit", "BOTH");
    let mut email = email("ana@example.org");
    email.to = Mailbox::new("jörg@bücher.example");
    server.mailer("smtps", LOGIN).send(&email.message().unwrap()).await.unwrap();
    let got = server.received();
    assert_eq!(
        got["envelope"],
        json!(["sales@example.com", ["jörg@xn--bcher-kva.example"], ["BODY=8BITMIME", "SMTPUTF8"]])
    );
    assert_eq!(got["to"], json!([["", "jörg@xn--bcher-kva.example"]]));
    // Python names it a defect wherever it is; there is no other.
    let defects = got["defects"].as_array().unwrap();
    assert!(
        defects.len() == 1 && defects[0].as_str().unwrap().starts_with("NonASCIILocalPartDefect"),
        "{got}"
    );
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn refusals_say_whether_to_try_again() {
    let server = Server::start("starttls", "BOTH");
    let mailer = server.mailer("smtp", LOGIN);
    for (to, code, temporary) in [("full@example.org", 452, true), ("nobody@example.org", 550, false)] {
        let error = failed(&mailer, email(to)).await;
        assert_eq!(
            (error.failure, error.code, error.is_temporary()),
            (SendFailure::Refused, Some(code), temporary),
            "{error}"
        );
        assert!(error.message.starts_with("RCPT TO: ") && !error.may_have_been_delivered, "{error}");
    }
    let error = failed(&server.mailer("smtp", WRONG_LOGIN), email("ana@example.org")).await;
    assert_eq!(
        (error.failure, error.code, error.is_temporary()),
        (SendFailure::Login, Some(535), false),
        "{error}"
    );
    let server = Server::start("starttls", "NONE");
    let error = failed(&server.mailer("smtp", LOGIN), email("ana@example.org")).await;
    assert_eq!((error.failure, error.is_temporary()), (SendFailure::NoLogin, false), "{error}");
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn nothing_is_sent_to_a_server_that_is_not_the_one() {
    // Not its own name, not a trusted root, and no STARTTLS at all.
    let server = Server::start("other-name", "BOTH");
    let error = failed(&server.mailer("smtps", LOGIN), email("ana@example.org")).await;
    assert_eq!((error.failure, error.is_temporary()), (SendFailure::Tls, false), "{error}");
    for (mode, scheme) in [("implicit", "smtps"), ("starttls", "smtp")] {
        let server = Server::start(mode, "BOTH");
        let url = format!("{scheme}://{LOGIN}@127.0.0.1:{}", server.port);
        let mailer = Mailer::new(Settings::from_url(&url).unwrap()).unwrap();
        let error = failed(&mailer, email("ana@example.org")).await;
        assert_eq!((error.failure, error.is_temporary()), (SendFailure::Tls, false), "{mode}: {error}");
    }
    // What came in clear behind the answer to STARTTLS is never taken for an answer over TLS.
    let server = Server::start("injected", "BOTH");
    let error = failed(&server.mailer("smtp", LOGIN), email("ana@example.org")).await;
    assert_eq!((error.failure, error.is_temporary()), (SendFailure::Tls, false), "{error}");
    let server = Server::start("plain", "BOTH");
    let error = failed(&server.mailer("smtp", LOGIN), email("ana@example.org")).await;
    assert_eq!((error.failure, error.is_temporary()), (SendFailure::NoStartTls, false), "{error}");
    // Without TLS only where that is asked for.
    let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
    Mailer::new(Settings::from_url(&url).unwrap())
        .unwrap()
        .send(&email("ana@example.org").message().unwrap())
        .await
        .unwrap();
    assert_eq!(server.received()["tls"], json!(false));
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn mailauth_says_that_our_signatures_are_good_and_sees_every_change() {
    let made: Value = serde_json::from_str(&node("dkim.mjs", &[])).unwrap();
    let server = Server::start("implicit", "BOTH");
    let unsubscribe =
        Unsubscribe::new("https://example.com/u/t1").mailto("mailto:leave@example.com?subject=t1");
    let plain = email("ana@example.org");
    let rich = email("ana@example.org")
        .html("<p>Grüß dich,\t <b>Ana</b>!  </p>\n\n \n\n")
        .unsubscribe(unsubscribe)
        .reply_to(Mailbox::new("help@example.com"))
        .automatic();
    for key in made["keys"].as_array().unwrap() {
        let text = |name: &str| key[name].as_str().unwrap();
        let dkim = Dkim::new("example.com", "s1", &text("pem").into()).unwrap();
        let name = "s1._domainkey.example.com";
        assert_eq!(dkim.dns_record(), (name.to_owned(), text("record").to_owned()));
        let mailer = Mailer::new(server.settings("smtps", LOGIN, "").dkim(dkim)).unwrap();
        let mut messages = Vec::new();
        for email in [&plain, &rich] {
            mailer.send(&email.message().unwrap()).await.unwrap();
            let raw = STANDARD.decode(server.received()["raw"].as_str().unwrap()).unwrap();
            messages.push(String::from_utf8(raw).unwrap());
        }
        let good = messages.len();
        let rich = messages[1].clone();
        for (from, to) in [
            ("dots two", "dot two"),
            ("=C3=BC=C3=9F", "=C3=BC=C3=BC"),
            ("ana@example.org", "bob@example.org"),
            ("leave@example.com", "stay@example.com"),
            ("auto-generated", "no"),
            ("\r\nSubject: ", "\r\nSubject: Hello\r\nSubject: "),
            ("\r\nFrom: ", "\r\nFrom: boss@example.com\r\nFrom: "),
            ("multipart/alternative", "multipart/mixed"),
        ] {
            if rich.contains(from) {
                messages.push(rich.replacen(from, to, 1));
            }
        }
        assert!(messages.len() >= good + 6, "{rich}");
        let bytes: Vec<String> = messages.iter().map(|message| STANDARD.encode(message)).collect();
        let given = json!({"name": name, "record": text("record"), "messages": bytes}).to_string();
        let told: Value = serde_json::from_str(&node("dkim.mjs", &[&given])).unwrap();
        for (at, result) in told["results"].as_array().unwrap().iter().enumerate() {
            let result = &result[0];
            assert_eq!(result[0] == "pass", at < good, "{} {at}: {told}\n{}", text("kind"), messages[at]);
            assert_eq!(result[1], "example.com");
        }
        assert_eq!(told["asked"][0], json!([name, "TXT"]));
    }
    // As RFC 8301 has it, nobody shall believe a short key.
    let error = Dkim::new("example.com", "s1", &made["short"].as_str().unwrap().into()).unwrap_err();
    assert!(matches!(error, DkimError::BadKey { .. }), "{error}");
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn an_access_token_logs_in() {
    let server = Server::start("starttls", "XOAUTH2");
    let mailer = |token: &str| {
        let login = format!("sales%40example.com:{token}");
        Mailer::new(server.settings("smtp", &login, "?auth=xoauth2")).unwrap()
    };
    mailer("ya29.t0ken").send(&email("ana@example.org").message().unwrap()).await.unwrap();
    assert_eq!(server.program.said("AUTH"), "XOAUTH2");
    let got = server.received();
    assert_eq!((&got["tls"], &got["user"]), (&json!(true), &json!("sales@example.com")));
    let error = failed(&mailer("expired"), email("ana@example.org")).await;
    assert_eq!(
        (error.failure, error.code, error.is_temporary()),
        (SendFailure::Login, Some(535), false),
        "{error}"
    );
    assert!(error.message.contains(r#""status":"401""#) && !error.message.contains("expired"), "{error}");
    assert_eq!(server.program.said("ANSWER"), "b''");
    // A password is not tried where only tokens are taken, nor the other way round.
    let error = failed(&server.mailer("smtp", LOGIN), email("ana@example.org")).await;
    assert_eq!(error.failure, SendFailure::NoLogin, "{error}");
}
