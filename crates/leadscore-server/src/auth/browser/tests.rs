//! Tables of headers and the decisions about them.

use proptest::prelude::*;

use super::*;

const APP: &str = "https://app.example.com";

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers
            .append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

#[test]
fn one_token_counts_or_none() {
    use TokenSource::{Conflict, Cookie, Header};

    let table: &[(&[(&str, &str)], TokenSource<'_>)] = &[
        (&[], TokenSource::None),
        (&[("authorization", "Bearer a.b.c")], Header("a.b.c")),
        (&[("authorization", "bearer   a.b.c ")], Header("a.b.c")),
        (&[("cookie", "token=a.b.c")], Cookie("a.b.c")),
        (&[("cookie", "theme=dark;  token=\"a.b.c\" ; x=y")], Cookie("a.b.c")),
        (&[("cookie", "theme=dark"), ("cookie", "token=a")], Cookie("a")),
        (&[("cookie", "name=Zoë; token=a")], Cookie("a")),
        (&[("cookie", "token=")], Cookie("")),
        (&[("cookie", "Token=a; xtoken=b; token; token =c")], TokenSource::None),
        (&[("x-api-key", "ls_a")], TokenSource::None),
        // The header decides, even over two cookies, and even if it is useless.
        (&[("authorization", "Bearer a"), ("cookie", "token=b")], Header("a")),
        (&[("authorization", "Bearer a"), ("cookie", "token=b; token=c")], Header("a")),
        (&[("authorization", "Basic dTpw"), ("cookie", "token=b")], Conflict),
        (&[("authorization", "Bearer"), ("cookie", "token=b")], Conflict),
        (&[("authorization", "Bearer "), ("cookie", "token=b")], Conflict),
        (&[("authorization", ""), ("cookie", "token=b")], Conflict),
        (&[("authorization", "Bearer é"), ("cookie", "token=b")], Conflict),
        (&[("authorization", "Bearer a"), ("authorization", "Bearer a")], Conflict),
        // Equal cookies are two all the same.
        (&[("cookie", "token=a; token=a")], Conflict),
        (&[("cookie", "token=a"), ("cookie", "token=b")], Conflict),
    ];
    for (lines, expected) in table {
        let headers = headers(lines);
        let found = token_of(&headers);
        assert!(found == *expected, "{lines:?}: {found:?}");
    }
}

#[test]
fn no_token_is_in_debug_output() {
    let headers = headers(&[("authorization", "Bearer eyJ")]);
    assert_eq!(format!("{:?}", token_of(&headers)), "Header(..)");
}

#[test]
fn a_write_by_cookie_comes_from_here_or_from_a_listed_origin() {
    let json = ("content-type", "application/json");
    let host = ("host", "api.example.com");
    let table: &[(bool, &[(&str, &str)])] = &[
        // No browser.
        (true, &[host, json]),
        (true, &[json]),
        (true, &[host, ("content-type", "Application/JSON; charset=utf-8")]),
        // The same origin.
        (true, &[host, json, ("origin", "https://api.example.com")]),
        (true, &[host, json, ("origin", "https://api.example.com"), ("sec-fetch-site", "same-origin")]),
        (true, &[host, json, ("sec-fetch-site", "same-origin")]),
        (true, &[("host", "api.example.com:443"), json, ("origin", "https://api.example.com")]),
        (true, &[("host", "localhost:8000"), json, ("origin", "http://localhost:8000")]),
        (true, &[("host", "[::1]:8000"), json, ("origin", "http://[::1]:8000")]),
        // A listed one, which the browser rightly calls another site.
        (true, &[host, json, ("origin", APP)]),
        (true, &[host, json, ("origin", APP), ("sec-fetch-site", "cross-site")]),
        // The content type of a form, none, two, or one that only contains it.
        (false, &[host]),
        (false, &[host, ("content-type", "text/plain")]),
        (false, &[host, ("content-type", "application/x-www-form-urlencoded")]),
        (false, &[host, ("content-type", "text/plain; application/json")]),
        (false, &[host, ("content-type", "application/json, text/plain")]),
        (false, &[host, json, ("content-type", "text/plain")]),
        (false, &[host, ("content-type", "text/plain"), ("origin", APP)]),
        // Other origins, among them other ports, other schemes by the browser's word, parts and supersets.
        (false, &[host, json, ("origin", "https://evil.example")]),
        (false, &[host, json, ("origin", "https://app.example.com.evil.example")]),
        (false, &[host, json, ("origin", "https://example.com")]),
        (false, &[host, json, ("origin", "http://app.example.com")]),
        (false, &[host, json, ("origin", "https://app.example.com:8443")]),
        (false, &[host, json, ("origin", "https://api.example.com:8443")]),
        (false, &[host, json, ("origin", "http://api.example.com"), ("sec-fetch-site", "cross-site")]),
        (false, &[host, json, ("origin", "http://api.example.com"), ("sec-fetch-site", "same-site")]),
        (false, &[host, json, ("origin", "null")]),
        (false, &[host, json, ("origin", "*")]),
        (false, &[host, json, ("origin", "")]),
        (false, &[host, json, ("origin", APP), ("origin", "https://evil.example")]),
        (false, &[json, ("origin", "https://api.example.com")]),
        (false, &[host, json, ("sec-fetch-site", "cross-site")]),
        (false, &[host, json, ("sec-fetch-site", "same-site")]),
        (false, &[host, json, ("sec-fetch-site", "none")]),
        (false, &[host, json, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]),
    ];
    let allowed = [APP.to_owned(), "*".to_owned(), "null".to_owned()];
    for (expected, lines) in table {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::CONNECT] {
            let found = cookie_write_allowed(&headers(lines), &method, &allowed);
            assert_eq!(found, *expected, "{method} {lines:?}");
        }
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert!(cookie_write_allowed(&headers(lines), &method, &allowed), "{method} {lines:?}");
        }
    }
    let listed = headers(&[host, json, ("origin", APP)]);
    assert!(!cookie_write_allowed(&listed, &Method::POST, &[]));
    assert!(cookie_write_allowed(&listed, &Method::POST, &["https://App.example.com/".to_owned()]));
}

#[test]
fn only_programs_of_this_machine_and_listed_pages_call_without_a_key() {
    let host = ("host", "localhost:8000");
    let table: &[(bool, &[(&str, &str)])] = &[
        (true, &[host]),
        (true, &[("host", "localhost")]),
        (true, &[("host", "LOCALHOST:1")]),
        (true, &[("host", "127.0.0.1:8000")]),
        (true, &[("host", "127.0.0.1")]),
        (true, &[("host", "[::1]:8000")]),
        (true, &[("host", "[::1]")]),
        (true, &[host, ("origin", "http://localhost:8000")]),
        (true, &[host, ("origin", APP), ("sec-fetch-site", "cross-site")]),
        // The documents' own page, and an address that a person typed.
        (true, &[host, ("sec-fetch-site", "same-origin")]),
        (true, &[host, ("sec-fetch-site", "none")]),
        // A name pointed at loopback, or none.
        (false, &[]),
        (false, &[("host", "")]),
        (false, &[("host", "evil.example")]),
        (false, &[("host", "evil.example:8000"), ("origin", "http://evil.example:8000")]),
        (false, &[("host", "localhost.evil.example")]),
        (false, &[("host", "localhost."), ("origin", "http://localhost.")]),
        (false, &[("host", "127.0.0.1.evil.example")]),
        (false, &[("host", "localhost:80@evil.example")]),
        (false, &[("host", "localhost:")]),
        (false, &[("host", "localhost:8000x")]),
        (false, &[("host", "[::1]x")]),
        (false, &[("host", "[::1")]),
        (false, &[("host", "127.0.0.2")]),
        (false, &[("host", "0.0.0.0:8000")]),
        (false, &[host, ("host", "evil.example")]),
        // A proxy stands before the server, so its callers are anybody.
        (false, &[host, ("forwarded", "for=192.0.2.1")]),
        (false, &[host, ("x-forwarded-for", "192.0.2.1")]),
        (false, &[host, ("x-forwarded-for", "")]),
        (false, &[host, ("x-forwarded-host", "example.com")]),
        (false, &[host, ("x-forwarded-proto", "https")]),
        (false, &[host, ("x-real-ip", "192.0.2.1")]),
        (false, &[host, ("via", "1.1 proxy")]),
        // Pages of others: they send Origin with scripts and forms, and only Sec-Fetch-Site with pictures.
        (false, &[host, ("origin", "https://evil.example")]),
        (false, &[host, ("origin", "http://localhost:3000")]),
        (false, &[host, ("origin", "http://127.0.0.1:8000")]),
        (false, &[host, ("origin", "null")]),
        (false, &[host, ("sec-fetch-site", "cross-site")]),
        (false, &[host, ("sec-fetch-site", "same-site")]),
    ];
    for (expected, lines) in table {
        assert_eq!(loopback_call_allowed(&headers(lines), &[APP.to_owned()]), *expected, "{lines:?}");
    }
    assert!(!loopback_call_allowed(&headers(&[host, ("origin", APP)]), &[]));
}

proptest! {
    #[test]
    fn no_header_makes_it_panic(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..24), 6)) {
        let names = ["authorization", "cookie", "host", "origin", "content-type", "sec-fetch-site"];
        let mut headers = HeaderMap::new();
        for (name, value) in names.into_iter().zip(&values) {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(name, value);
            }
        }
        let _ = token_of(&headers);
        let origins = [APP.to_owned()];
        let write = cookie_write_allowed(&headers, &Method::POST, &origins);
        // Six random texts are no JSON from an allowed place and no loopback host.
        prop_assert!(!write && !loopback_call_allowed(&headers, &origins));
    }

    #[test]
    fn hosts_of_any_form_are_cut_without_panic(text in "[\\[\\]:a-z0-9.é]{0,12}") {
        if let Some((name, port)) = host_and_port(&text) {
            let whole = port.map_or(name.to_owned(), |port| format!("{name}:{port}"));
            prop_assert_eq!(whole, text);
        }
    }
}
