use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn every_form_of_a_local_host_is_refused() {
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0x7f000001",
        "017700000001",
        "127.0.0.1.",
        "１２７.０.０.１",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "[::1]",
        "0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "printer.local",
        "db.internal",
        "metadata.google.internal",
        "metadata.google.internal.",
        "router.home.arpa",
        "intranet",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[::127.0.0.1]",
        "10.0.0.1",
        "0x0a000001",
        "[fe80::1]",
        "%31%32%37.0.0.1",
        // Octal and mixed numbers, and numbers of two and three parts.
        "0177.0.0.1",
        "0300.0250.1.1",
        "0xc0.168.0x101",
        "10.1",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        // IDNA maps other dots, widths, circles and cases to the plain ones, and leaves out what cannot be seen.
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "①②⑦.0.0.1",
        "１６９.254.169.254",
        "ＬＯＣＡＬＨＯＳＴ",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "local\u{ad}host",
        "localhost。",
        "metadata。google。internal",
        "%6c%6f%63alhost",
        // Dots at the end, as often as one likes.
        "127.1.",
        "2130706433.",
        "a.localhost.",
        "db.internal.",
        // IPv4 within IPv6: mapped, compatible, translated, NAT64 of both prefixes, 6to4, Teredo.
        "[0:0:0:0:0:ffff:10.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::10.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::127.0.0.1]",
        "[2002:a9fe:a9fe::1]",
        "[2002:c0a8:101::]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[2001::7f00:1]",
    ] {
        let error = Guard::new().check(&format!("https://{host}/x")).unwrap_err();
        assert!(matches!(error, NotAllowed::LocalName(_) | NotAllowed::LocalAddress(_)), "{host}: {error}");
    }
}

#[test]
fn the_edges_of_every_block() {
    for (inside, outside) in [
        (["0.0.0.0", "0.255.255.255"], ["1.0.0.0", "1.0.0.0"]),
        (["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]),
        (["100.64.0.0", "100.127.255.255"], ["100.63.255.255", "100.128.0.0"]),
        (["127.0.0.0", "127.255.255.255"], ["126.255.255.255", "128.0.0.0"]),
        (["169.254.0.0", "169.254.255.255"], ["169.253.255.255", "169.255.0.0"]),
        (["172.16.0.0", "172.31.255.255"], ["172.15.255.255", "172.32.0.0"]),
        (["192.0.0.0", "192.0.0.255"], ["191.255.255.255", "192.0.1.0"]),
        (["192.0.2.0", "192.0.2.255"], ["192.0.1.255", "192.0.3.0"]),
        (["192.88.99.0", "192.88.99.255"], ["192.88.98.255", "192.88.100.0"]),
        (["192.168.0.0", "192.168.255.255"], ["192.167.255.255", "192.169.0.0"]),
        (["198.18.0.0", "198.19.255.255"], ["198.17.255.255", "198.20.0.0"]),
        (["198.51.100.0", "198.51.100.255"], ["198.51.99.255", "198.51.101.0"]),
        (["203.0.113.0", "203.0.113.255"], ["203.0.112.255", "203.0.114.0"]),
        (["224.0.0.0", "255.255.255.255"], ["223.255.255.255", "223.255.255.255"]),
        (["::", "::1"], ["2000::", "2606:4700::1"]),
        (["::ffff:127.0.0.1", "::ffff:10.0.0.1"], ["::ffff:8.8.8.8", "::ffff:1.0.0.0"]),
        (["64:ff9b::127.0.0.1", "64:ff9b::192.168.1.1"], ["64:ff9b::8.8.8.8", "64:ff9b::1.1.1.1"]),
        (["::ffff:0:127.0.0.1", "::ffff:0:10.0.0.1"], ["::ffff:0:8.8.8.8", "::fffe:0:808:808"]),
        (["64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"], ["64:ff9b:2::", "64:ff9c::"]),
        (["100::", "100::ffff:ffff:ffff:ffff"], ["ff:ffff::", "100:0:0:1::"]),
        (["2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"], ["2000:ffff::", "2001:200::"]),
        (["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"], ["2001:db7::", "2001:db9::"]),
        (["2002:7f00:1::", "2002:a00:1::"], ["2002:808:808::", "2003::"]),
        (["3fff::", "3fff:fff:ffff::"], ["3ffe::", "3fff:1000::"]),
        (["5f00::", "5f00:ffff::"], ["5eff::", "5f01::"]),
        (["fc00::", "fdff:ffff::"], ["fbff::", "fbff:ffff::"]),
        (["fe80::", "febf::"], ["fe7f::", "fe7f:ffff::"]),
        (["fec0::", "feff::"], ["fe7f::", "fe7f::1"]),
        (["ff00::", "ffff::"], ["fe7f::", "fe00::"]),
    ] {
        for ip in inside {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in outside {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}

#[test]
fn the_rest_of_an_address_is_checked_too() {
    let long = format!("https://example.com/{}", "x".repeat(2_048));
    for (address, error) in [
        ("http://example.com/", NotAllowed::Scheme("http".into())),
        ("ftp://example.com/", NotAllowed::Scheme("ftp".into())),
        ("file:///etc/passwd", NotAllowed::Scheme("file".into())),
        ("https://u@example.com/", NotAllowed::Credentials),
        ("https://:p@example.com/", NotAllowed::Credentials),
        // What looks like a host before the @ is a name, and the host is behind it.
        ("https://example.com@127.0.0.1/", NotAllowed::Credentials),
        ("https://example.com:443@127.0.0.1/", NotAllowed::Credentials),
        ("https://example.com%2f@127.0.0.1/", NotAllowed::Credentials),
        ("https://127.0.0.1\\@example.com/", NotAllowed::LocalAddress("127.0.0.1".parse().unwrap())),
        ("https://@127.0.0.1/", NotAllowed::LocalAddress("127.0.0.1".parse().unwrap())),
        ("gopher://example.com/", NotAllowed::Scheme("gopher".into())),
        ("data:text/plain,x", NotAllowed::Scheme("data".into())),
        ("HTTP://example.com/", NotAllowed::Scheme("http".into())),
        ("https://example.com/#x", NotAllowed::Fragment),
        ("https://example.com/#", NotAllowed::Fragment),
        ("https://example.com:0/", NotAllowed::Port(0)),
        ("https://example.com:22/", NotAllowed::Port(22)),
        ("https://example.com:25/", NotAllowed::Port(25)),
        ("https://example.com:80/", NotAllowed::Port(80)),
        ("https://example.com:444/", NotAllowed::Port(444)),
        ("https://example.com:1023/", NotAllowed::Port(1_023)),
        ("https://./", NotAllowed::NoHost),
        (long.as_str(), NotAllowed::TooLong),
    ] {
        assert_eq!(Guard::new().check(address).unwrap_err(), error, "{address}");
    }
    for address in [
        "",
        "example.com",
        "https://",
        "https://exa mple.com/",
        // Zones.
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::1%251]/",
        // Numbers that are no address, and ports that are none.
        "https://4294967296/",
        "https://256.0.0.1/",
        "https://127.0.0.0.1/",
        "https://0x100000000/",
        "https://09.0.0.1/",
        "https://[::ffff:127.0.0.256]/",
        "https://[::1/",
        "https://::1/",
        "https://example.com:65536/",
        "https://example.com:x/",
        // No name of IDNA.
        "https://xn--a/",
        "https://exam\u{200e}\u{2488}ple.com/",
        "https://exa%00mple.com/",
    ] {
        assert!(matches!(Guard::new().check(address), Err(NotAllowed::Unreadable(_))), "{address}");
    }
    for address in [
        "https://example.com/",
        "https://example.com:8443/a?b",
        "https://8.8.8.8/",
        "https://134744072/",
        "https://8.8.8.8./",
        "https://[2606:4700::1111]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::8.8.8.8]/",
        "https://[2002:808:808::]/",
        "https://example.com./",
        "https://example.com:443/",
        "https://example.com:1024/",
        "https://example.com:65535/",
        "https://bücher.example/",
        "https://notlocalhost.example/",
        "https://internal.example.com/",
        "https://local.example/",
    ] {
        assert!(Guard::new().check(address).is_ok(), "{address}");
    }
    let guard = Guard::new().allow(["127.0.0.1/32".parse().unwrap()]).allow_http();
    assert!(guard.check("http://127.0.0.1:80/").is_ok() && guard.check("http://127.0.0.2:80/").is_err());
    for text in ["", "10.0.0.0/33", "x/8", "::/129", "10.0.0.0/-1"] {
        assert!(text.parse::<Network>().is_err(), "{text}");
    }
}

/// Names whose addresses change with every question.
struct Rebinding {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl ResolveNames for Rebinding {
    fn resolve(&self, _: &str) -> Addresses {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers[at.min(self.answers.len() - 1)].clone();
        Box::pin(async { Ok(answer) })
    }
}

fn client(guard: Guard, answers: &[&[&str]]) -> (reqwest::Client, Arc<Rebinding>) {
    let answers = answers.iter().map(|own| own.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
    let resolver = Arc::new(Rebinding { answers, asked: AtomicUsize::new(0) });
    let guard = guard.resolver(resolver.clone());
    (guard.client(Duration::from_millis(500), Duration::from_millis(800)).unwrap(), resolver)
}

#[tokio::test]
async fn a_name_that_changes_its_address_reaches_nothing() {
    let server = wiremock::MockServer::start().await;
    let port = server.address().port();
    let address = format!("http://rebind.example:{port}/");
    // First an allowed address that nobody answers at, then a local one. The first is the one that is connected to, and the
    // second is refused.
    let guard = Guard::new().allow_http().allow(["192.0.2.1/32".parse().unwrap()]);
    let (client, resolver) = client(guard, &[&["192.0.2.1"], &["127.0.0.1"]]);
    let error = client.get(&address).send().await.unwrap_err();
    assert_eq!((resolve::refusal(&error), resolver.asked.load(Ordering::SeqCst)), (None, 1), "{error:?}");
    for asked in 2..5 {
        let error = client.get(&address).send().await.unwrap_err();
        assert!(matches!(resolve::refusal(&error), Some(NotAllowed::LocalAddress(_))), "{error:?}");
        assert_eq!(resolver.asked.load(Ordering::SeqCst), asked);
    }
    // One local address among public ones is enough.
    let (client, _) = self::client(Guard::new().allow_http(), &[&["8.8.8.8", "127.0.0.1"]]);
    let error = client.get(&address).send().await.unwrap_err();
    assert_eq!(resolve::refusal(&error), Some(&NotAllowed::LocalAddress("127.0.0.1".parse().unwrap())));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_checked_address_is_the_one_that_is_connected_to() {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1/"))
        .mount(&server)
        .await;
    let guard = Guard::new().allow_http().allow(["127.0.0.0/8".parse().unwrap()]);
    // The name exists in no other resolver, and its second answer is never asked for.
    let (client, resolver) = client(guard, &[&["127.0.0.1"], &["127.9.9.9"]]);
    let address = format!("http://pinned.invalid.example:{}/", server.address().port());
    let response = client.get(&address).send().await.unwrap();
    // A redirect is an answer like any other.
    assert_eq!((response.status().as_u16(), resolver.asked.load(Ordering::SeqCst)), (302, 1));
    let sent = &server.received_requests().await.unwrap()[0];
    let host = sent.headers["host"].to_str().unwrap();
    assert!(host.starts_with("pinned.invalid.example:"), "{host}");
}

#[tokio::test]
async fn no_address_that_a_name_has_leads_home() {
    // As answers to AAAA questions these are as good as the IPv4 address in them.
    for ip in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fd00:ec2::254",
        "fe80::1",
    ] {
        let (client, resolver) = client(Guard::new(), &[&["8.8.8.8", ip]]);
        let error = client.get("https://one.example/").send().await.unwrap_err();
        assert_eq!(resolve::refusal(&error), Some(&NotAllowed::LocalAddress(ip.parse().unwrap())), "{ip}");
        assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
    }
    // Names of one's own network are not even asked for, and a name without an address is a failure as any other.
    let (client, resolver) = client(Guard::new(), &[&[]]);
    for name in ["localhost", "db.internal", "printer.local.", "intranet"] {
        let error = client.get(format!("https://{name}/")).send().await.unwrap_err();
        assert!(matches!(resolve::refusal(&error), Some(NotAllowed::LocalName(_))), "{name}: {error:?}");
    }
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 0);
    let error = client.get("https://one.example/").send().await.unwrap_err();
    assert!(resolve::refusal(&error).is_none() && error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let inside = wiremock::MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let outside = wiremock::MockServer::start().await;
        let answer = wiremock::ResponseTemplate::new(status).insert_header("location", inside.uri().as_str());
        wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&outside).await;
        let guard = Guard::new().allow_http().allow(["127.0.0.1".parse().unwrap()]);
        let (client, _) = client(guard, &[&["127.0.0.1"]]);
        let address = format!("http://hooks.example:{}/", outside.address().port());
        assert_eq!(client.post(&address).send().await.unwrap().status().as_u16(), status);
    }
    assert!(inside.received_requests().await.unwrap().is_empty());
}

#[test]
fn whoever_supplied_an_address_learns_nothing_of_the_network() {
    let mut reasons = std::collections::BTreeSet::new();
    for address in
        ["https://10.0.0.1/", "https://db.internal/", "http://example.com/", "https://example.com:22/"]
    {
        reasons.insert(Guard::new().check(address).unwrap_err().to_string());
    }
    // Each has a reason of its own for the log, and none is what goes out.
    assert_eq!(reasons.len(), 4);
    assert_eq!(NotAllowed::PUBLIC_MESSAGE, "url is not allowed");
}

#[tokio::test]
async fn a_name_is_registered_by_its_addresses_of_now() {
    let with = |answers: &[&str]| {
        let answers = vec![answers.iter().map(|ip| ip.parse().unwrap()).collect()];
        Guard::new().resolver(Arc::new(Rebinding { answers, asked: AtomicUsize::new(0) }))
    };
    let address = "https://hooks.example/";
    assert!(with(&["8.8.8.8", "2606:4700::1"]).check_resolved(address).await.is_ok());
    let refused = NotAllowed::LocalAddress("10.0.0.1".parse().unwrap());
    assert_eq!(with(&["8.8.8.8", "10.0.0.1"]).check_resolved(address).await, Err(refused));
    // Nobody has it yet, or nobody can say.
    assert!(with(&[]).check_resolved(address).await.is_ok());
    assert!(Guard::new().resolver(Arc::new(Unknown)).check_resolved(address).await.is_ok());
    assert!(with(&["8.8.8.8"]).check_resolved("https://10.0.0.1/").await.is_err());
}

struct Unknown;

impl ResolveNames for Unknown {
    fn resolve(&self, _: &str) -> Addresses {
        Box::pin(async { Err(std::io::ErrorKind::NotFound.into()) })
    }
}

#[tokio::test]
async fn an_allowed_host_is_reached_whatever_its_addresses_are() {
    let server = wiremock::MockServer::start().await;
    let port = server.address().port();
    let guard = Guard::new().allow_http().allow_hosts(["Hooks.Internal.".to_owned()]);
    let (client, _) = client(guard.clone(), &[&["127.0.0.1"]]);
    let address = format!("http://hooks.internal:{port}/");
    assert!(guard.check(&address).is_ok());
    assert_eq!(client.get(&address).send().await.unwrap().status().as_u16(), 404);
    // It alone: not what ends with it, nor its address.
    for other in ["http://a.hooks.internal/", "http://internal/", "http://127.0.0.1/", "http://localhost/"] {
        assert!(guard.check(other).is_err(), "{other}");
    }
    let error = client.get(format!("http://others.example:{port}/")).send().await.unwrap_err();
    assert!(resolve::refusal(&error).is_some(), "{error:?}");
}
