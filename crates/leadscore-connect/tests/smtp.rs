//! The dialogue with servers that refuse, lie, fall silent or go away at every step; all of them are scripts on loopback.

#![cfg(feature = "smtp")]

use std::time::Duration;

use leadscore_connect::smtp::{Email, Mailbox, Mailer, Message, SendError, SendFailure, Settings, Timeouts};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const EHLO: &str = "250-mail.example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n";
const EHLO_STARTTLS: &str = "250-mail.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n";
const OK: &str = "250 OK\r\n";

/// Answers the greeting and then each line that comes with the next text; `""` means silence, and the end of the texts that the
/// connection is closed. A message is one line: its end. Gives what came.
async fn server(answers: Vec<String>) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (read, mut write) = socket.split();
        let mut lines = BufReader::new(read).split(b'\n');
        let (mut heard, mut in_message) = (Vec::new(), false);
        for answer in answers {
            if answer.is_empty() {
                // Until the other side has had enough.
                while let Ok(Some(line)) = lines.next_segment().await {
                    heard.push(String::from_utf8_lossy(&line).trim_end().to_owned());
                }
                return heard;
            }
            if write.write_all(answer.as_bytes()).await.is_err() {
                return heard;
            }
            loop {
                let Ok(Some(line)) = lines.next_segment().await else { return heard };
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                if !in_message || line == "." {
                    in_message = line == "DATA";
                    heard.push(line);
                    break;
                }
            }
        }
        heard
    });
    (port, task)
}

fn message() -> Message {
    let to = Mailbox::new("ana@example.org");
    Email::new(Mailbox::new("sales@example.com"), to, "Hello", "Hi!\n.\nBye").message().unwrap()
}

fn mailer(url: &str) -> Mailer {
    Mailer::new(Settings::from_url(url).unwrap()).unwrap()
}

/// One that waits for nothing.
fn hasty(url: &str) -> Mailer {
    let mut timeouts = Timeouts::default();
    let short = Duration::from_millis(200);
    (timeouts.greeting, timeouts.command, timeouts.message) = (short, short, short);
    Mailer::new(Settings::from_url(url).unwrap().timeouts(timeouts)).unwrap()
}

/// What comes of a dialogue, and what the server heard.
async fn dialogue(login: &str, query: &str, answers: &[&str]) -> (Result<String, SendError>, Vec<String>) {
    let (port, task) = server(answers.iter().map(|&answer| answer.to_owned()).collect()).await;
    let sent = mailer(&format!("smtp://{login}127.0.0.1:{port}{query}")).send(&message()).await;
    (sent.map(|receipt| receipt.response), task.await.unwrap())
}

#[tokio::test]
async fn a_message_is_taken() {
    let answers =
        ["220 ready\r\n", EHLO, "235 ok\r\n", OK, OK, "354 go\r\n", "250-2.0.0 ok\r\n250 queued as 1\r\n"];
    let (sent, heard) = dialogue("u:p@", "?tls=none", &answers).await;
    assert_eq!(sent.unwrap(), "2.0.0 ok queued as 1");
    // NUL u NUL p in base64.
    let expected = [
        "EHLO [127.0.0.1]",
        "AUTH PLAIN AHUAcA==",
        "MAIL FROM:<sales@example.com>",
        "RCPT TO:<ana@example.org>",
        "DATA",
        ".",
        "QUIT",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn the_published_login_is_what_the_server_gets() {
    // Of the vectors: your_email@gmail.com and your_app_password.
    let login = "your_email%40gmail.com:your_app_password@";
    let (_, heard) = dialogue(login, "?tls=none", &["220 ready\r\n", EHLO, "535 no\r\n"]).await;
    assert_eq!(heard[1], "AUTH PLAIN AHlvdXJfZW1haWxAZ21haWwuY29tAHlvdXJfYXBwX3Bhc3N3b3Jk");
    let only_login = "250-mail.example.com\r\n250 AUTH LOGIN\r\n";
    let prompts = ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", "535 no\r\n"];
    let answers: Vec<&str> = ["220 ready\r\n", only_login].into_iter().chain(prompts).collect();
    let (_, heard) = dialogue(login, "?tls=none", &answers).await;
    assert_eq!(heard[1..4], ["AUTH LOGIN", "eW91cl9lbWFpbEBnbWFpbC5jb20=", "eW91cl9hcHBfcGFzc3dvcmQ="]);
}

#[tokio::test]
async fn an_access_token_goes_by_xoauth2_and_its_refusal_is_told() {
    let ehlo = "250-mail.example.com\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n";
    let (login, query) = ("someuser%40example.com:ya29.token@", "?tls=none&auth=xoauth2");
    let command = "AUTH XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnRva2VuAQE=";
    let answers = ["220 ready\r\n", ehlo, "235 ok\r\n", OK, OK, "354 go\r\n", OK];
    let (sent, heard) = dialogue(login, query, &answers).await;
    assert_eq!((sent.unwrap().as_str(), heard[1].as_str()), ("OK", command));

    // {"status":"401","schemes":"bearer"}, as Google says it, and only then the code.
    let challenge = "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n";
    for (code, temporary) in [(535, false), (454, true)] {
        let refusal = format!("{code} 5.7.8 not accepted ya29.token\r\n");
        let (sent, heard) = dialogue(login, query, &["220 ready\r\n", ehlo, challenge, &refusal]).await;
        let error = sent.unwrap_err();
        assert_eq!(
            (error.failure, error.code, error.is_temporary()),
            (SendFailure::Login, Some(code), temporary)
        );
        let message = r#"AUTH: 5.7.8 not accepted [password] {"status":"401","schemes":"bearer"}"#;
        assert_eq!(error.message, message);
        assert_eq!(heard[1..], [command, "", "QUIT"]);
    }
    // A refusal at once, and a server that takes the empty answer for a login.
    let (sent, _) = dialogue(login, query, &["220 ready\r\n", ehlo, "535 5.7.8 no\r\n"]).await;
    assert_eq!(sent.unwrap_err().failure, SendFailure::Login);
    let (sent, heard) = dialogue(login, query, &["220 ready\r\n", ehlo, challenge, "235 ok\r\n"]).await;
    assert_eq!((sent.unwrap_err().failure, heard.len()), (SendFailure::Login, 4));
    // A token is no password: without XOAUTH2 it is not sent.
    let (sent, heard) = dialogue(login, query, &["220 ready\r\n", EHLO]).await;
    assert_eq!(sent.unwrap_err().failure, SendFailure::NoLogin);
    assert_eq!(heard, ["EHLO [127.0.0.1]", "QUIT"]);
}

#[tokio::test]
async fn refusals_at_every_step_say_whether_to_try_again() {
    let good = ["220 ready\r\n", EHLO, "235 ok\r\n", OK, OK, "354 go\r\n"];
    let steps = ["greeting", "greeting", "AUTH", "MAIL FROM", "RCPT TO", "DATA", "message"];
    for (at, step) in steps.into_iter().enumerate() {
        for (code, temporary) in [(421, true), (451, true), (550, false), (554, false)] {
            let refusal = format!("{code} 4.7.0 not now, AHUAc2VjcmV0 secret\r\n");
            let answers: Vec<&str> = good[..at].iter().copied().chain([refusal.as_str()]).collect();
            let (sent, _) = dialogue("u:secret@", "?tls=none", &answers).await;
            let error = sent.unwrap_err();
            assert_eq!((error.code, error.is_temporary()), (Some(code), temporary), "{error}");
            let failure = if step == "AUTH" { SendFailure::Login } else { SendFailure::Refused };
            assert_eq!((error.failure, error.may_have_been_delivered), (failure, false), "{error}");
            assert_eq!(error.message, format!("{step}: 4.7.0 not now, [password] [password]"));
        }
    }
}

#[tokio::test]
async fn silence_and_lost_connections_are_temporary_and_said_to_be_uncertain_after_the_message() {
    let good = ["220 ready\r\n", EHLO, OK, OK, "354 go\r\n"];
    // Answers that are no SMTP, or that never end.
    let endless = ["250-x\r\n".repeat(400_000), "2".repeat(2_000_000)];
    let nonsense = ["\r\n", "hello\r\n", "HTTP/1.1 400 Bad Request\r\n", &endless[0], &endless[1]];
    for at in 0..=good.len() {
        let uncertain = at == good.len();
        let and_then =
            |last: &'static str| good[..at].iter().copied().chain([last]).map(str::to_owned).collect();
        let (port, task) = server(and_then("")).await;
        let error = hasty(&format!("smtp://127.0.0.1:{port}?tls=none")).send(&message()).await.unwrap_err();
        let expected = (SendFailure::Timeout, true, uncertain);
        assert_eq!(
            (error.failure, error.is_temporary(), error.may_have_been_delivered),
            expected,
            "{at} {error}"
        );
        task.await.unwrap();
        if at > 0 {
            let error = dialogue("", "?tls=none", &good[..at]).await.0.unwrap_err();
            let expected = (SendFailure::Connection, true, uncertain);
            assert_eq!(
                (error.failure, error.is_temporary(), error.may_have_been_delivered),
                expected,
                "{at} {error}"
            );
        }
    }
    for at in [0, 3, good.len()] {
        for nonsense in nonsense {
            let answers: Vec<&str> = good[..at].iter().copied().chain([nonsense]).collect();
            let (sent, _) = dialogue("", "?tls=none", &answers).await;
            let error = sent.unwrap_err();
            assert!(error.is_temporary() && error.code.is_none(), "{at} {error:?}");
            assert_eq!(error.may_have_been_delivered, at == good.len(), "{at} {error:?}");
        }
    }
}

#[tokio::test]
async fn nobody_there_is_a_connection_failure() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for url in [
        format!("smtp://127.0.0.1:{port}"),
        format!("smtps://127.0.0.1:{port}"),
        format!("smtp://127.0.0.1:{port}?tls=none"),
    ] {
        let error = mailer(&url).send(&message()).await.unwrap_err();
        assert_eq!((error.failure, error.is_temporary()), (SendFailure::Connection, true), "{url} {error}");
    }
}

#[tokio::test]
async fn without_starttls_neither_password_nor_message_is_sent() {
    for answers in [
        &["220 ready\r\n", EHLO][..],
        &["220 ready\r\n", EHLO_STARTTLS, "454 TLS not available\r\n"],
        &["220 ready\r\n", EHLO_STARTTLS, "500 what?\r\n"],
        // Says that TLS begins, and goes on without.
        &["220 ready\r\n", EHLO_STARTTLS, "220 go\r\n", EHLO],
        // Somebody on the line has put answers behind that to STARTTLS.
        &[
            "220 ready\r\n",
            EHLO_STARTTLS,
            "220 go\r\n250 AUTH PLAIN\r\n235 ok\r\n250 OK\r\n250 OK\r\n354 go\r\n250 OK\r\n",
        ],
    ] {
        let (sent, heard) = dialogue("u:secret@", "", answers).await;
        let error = sent.unwrap_err();
        assert!(matches!(error.failure, SendFailure::NoStartTls | SendFailure::Tls), "{error:?}");
        assert_eq!(error.is_temporary(), error.code == Some(454), "{error:?}");
        let heard = heard.join("\n");
        assert!(
            !heard.contains("AUTH") && !heard.contains("MAIL FROM") && !heard.contains("Hello"),
            "{heard}"
        );
    }
}

#[tokio::test]
async fn a_server_without_a_login_gets_no_password() {
    let ehlo = "250-mail.example.com\r\n250 AUTH GSSAPI\r\n";
    let (sent, heard) = dialogue("u:secret@", "?tls=none", &["220 ready\r\n", ehlo]).await;
    assert_eq!(sent.unwrap_err().failure, SendFailure::NoLogin);
    assert_eq!(heard, ["EHLO [127.0.0.1]", "QUIT"]);
}

#[tokio::test]
async fn letters_beyond_ascii_before_the_at_sign_need_smtputf8() {
    let to = Mailbox::new("jörg@example.org");
    let message = Email::new(Mailbox::new("sales@example.com"), to, "Hello", "Hi!").message().unwrap();
    let (port, task) = server(vec!["220 ready\r\n".to_owned(), EHLO.to_owned()]).await;
    let error = mailer(&format!("smtp://127.0.0.1:{port}?tls=none")).send(&message).await.unwrap_err();
    assert_eq!((error.failure, error.is_temporary()), (SendFailure::Address, false), "{error}");
    assert_eq!(task.await.unwrap(), ["EHLO [127.0.0.1]", "QUIT"]);
}
