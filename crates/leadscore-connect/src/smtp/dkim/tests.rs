use super::*;

/// RFC 8463, appendix A: the key, the message and its signature by Ed25519.
const KEY: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC_KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const BODY_HASH: &str = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";
const SIGNATURE: &str =
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==";
const UNSIGNED: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; \
    i=@football.example.com;\r\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : \
    from : subject : date;\r\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
const MESSAGE: &str = "From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\n\
    Subject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
    Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\nHi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

/// PKCS#8 of an Ed25519 key is these bytes and the key.
fn pem() -> String {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend(STANDARD.decode(KEY).unwrap());
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

fn dkim() -> Dkim {
    Dkim::new("football.example.com", "brisbane", &pem().into()).unwrap()
}

#[test]
fn the_published_signature_is_ours() {
    let (headers, body) = parts(MESSAGE.as_bytes());
    assert_eq!(STANDARD.encode(digest(&SHA256, &relaxed_body(body))), BODY_HASH);
    let names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];
    let data = signed_data(&fields(headers), &names, UNSIGNED.as_bytes());
    assert_eq!(STANDARD.encode(dkim().key.sign(&data)), SIGNATURE);
    let record = format!("v=DKIM1; k=ed25519; p={PUBLIC_KEY}");
    assert_eq!(dkim().dns_record(), ("brisbane._domainkey.football.example.com".to_owned(), record));
}

#[test]
fn the_published_canonical_forms_are_ours() {
    // RFC 6376, 3.4.5 and 3.4.4.
    let (headers, body) = parts(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
    let headers: Vec<String> = fields(headers)
        .iter()
        .map(|(name, value)| String::from_utf8(relaxed_header(name, value)).unwrap())
        .collect();
    assert_eq!(headers, ["a:X", "b:Y Z"]);
    assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
    for (body, relaxed) in [
        ("", ""),
        ("\r\n", ""),
        (" \t\r\n\r\n", ""),
        ("a", "a\r\n"),
        ("a\r\n\r\n", "a\r\n"),
        ("\r\na\r\n", "\r\na\r\n"),
        // A line feed alone ends no line.
        ("a\n b\r\n", "a\n b\r\n"),
    ] {
        assert_eq!(relaxed_body(body.as_bytes()), relaxed.as_bytes(), "{body:?}");
    }
    assert_eq!(
        STANDARD.encode(digest(&SHA256, &relaxed_body(b""))),
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    );
}

#[test]
fn a_signature_covers_what_is_there_and_what_could_be_added() {
    let at = UNIX_EPOCH + std::time::Duration::from_secs(1_528_637_909);
    let signed = String::from_utf8(dkim().signed(MESSAGE.as_bytes(), at)).unwrap();
    assert!(
        signed.ends_with(MESSAGE) && signed.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; "),
        "{signed}"
    );
    let unfolded = signed.replace("\r\n ", " ").replace(' ', "");
    assert!(unfolded.contains(&format!("bh={BODY_HASH};b=")), "{unfolded}");
    assert!(unfolded.contains("h=from:from:to:to:reply-to:subject:subject:date:date:"), "{unfolded}");
    assert!(signed.lines().all(|line| line.len() <= 80), "{signed}");
    // The signature hangs on every signed header, on the body and on nothing else.
    let value = |message: &str| {
        let signed = String::from_utf8(dkim().signed(message.as_bytes(), at)).unwrap();
        signed[signed.find(" b=").unwrap()..signed.find("\r\nFrom").unwrap()].to_owned()
    };
    let own = value(MESSAGE);
    assert_eq!(
        own,
        value(&MESSAGE.replace("game.  Are", "game. Are").replace("To: Suzie Q", "TO:  Suzie\r\n Q"))
    );
    for (from, to) in [
        ("Joe Six", "Jo Six"),
        ("dinner", "lunch"),
        ("lost", "won"),
        ("Date: F", "Reply-To: x@y.z\r\nDate: F"),
    ] {
        assert_ne!(own, value(&MESSAGE.replace(from, to)), "{from}");
    }
}

#[test]
fn what_cannot_sign_is_refused_and_no_key_is_shown() {
    for domain in
        ["", "localhost", "a..b", "127.0.0.1", "ex ample.com", "a.b;x=y", &format!("{}.com", "a".repeat(64))]
    {
        assert_eq!(Dkim::new(domain, "s", &pem().into()).unwrap_err(), DkimError::BadDomain, "{domain}");
    }
    for selector in ["", "a b", "a;b", ".", "a\r\nb", "-a", &"a".repeat(64)] {
        assert_eq!(
            Dkim::new("example.com", selector, &pem().into()).unwrap_err(),
            DkimError::BadSelector,
            "{selector}"
        );
    }
    assert_eq!(Dkim::new("bücher.example", "s", &pem().into()).unwrap().domain, "xn--bcher-kva.example");
    let elliptic = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n";
    let broken = "-----BEGIN PRIVATE KEY-----\nMHcCAQEE\n-----END PRIVATE KEY-----\n";
    let short = "-----BEGIN RSA PRIVATE KEY-----\nMHcCAQEE\n-----END RSA PRIVATE KEY-----\n";
    for key in ["", "secret", elliptic, broken, short] {
        let error = Dkim::new("example.com", "s", &key.to_owned().into()).unwrap_err();
        assert!(matches!(error, DkimError::BadKey { .. }) && !error.to_string().contains("MHcC"), "{error}");
    }
    let shown = format!("{:?}", dkim());
    assert!(shown.contains("brisbane") && !shown.contains("key"), "{shown}");
}
