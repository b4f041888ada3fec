//! What a browser may do: which token counts, writes that rest on a cookie, and calls without a key.
//!
//! A browser sends cookies, and reaches loopback, for any page that asks. So a write that only a cookie vouches
//! for, and every call that nothing vouches for, must show that no other site's page made it.

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, FORWARDED, HOST, HeaderName, ORIGIN, VIA};
use http::{HeaderMap, HeaderValue, Method};

/// Where the token of a call stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TokenSource<'a> {
    /// In `Authorization: Bearer`, which decides whatever cookies there are.
    Header(&'a str),
    /// In the cookie `token` alone: writes need [`cookie_write_allowed`] too.
    Cookie(&'a str),
    /// Nowhere.
    None,
    /// What was sent does not name one token: two cookies `token`, two `Authorization` headers, or one of
    /// another scheme. The call is refused as one without a valid token.
    Conflict,
}

/// Shows where the token stands and never the token.
impl std::fmt::Debug for TokenSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header(_) => "Header(..)",
            Self::Cookie(_) => "Cookie(..)",
            Self::None => "None",
            Self::Conflict => "Conflict",
        })
    }
}

/// The token of a call that takes `Authorization: Bearer` or the cookie `token`.
///
/// There is no way back from the header to the cookie: a header with a bad token is refused though the cookie
/// might be good.
///
/// ```
/// use http::HeaderMap;
/// use leadscore_server::auth::{TokenSource, token_of};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("cookie", "theme=dark; token=abc".parse()?);
/// assert_eq!(token_of(&headers), TokenSource::Cookie("abc"));
/// headers.insert("authorization", "Bearer def".parse()?);
/// assert_eq!(token_of(&headers), TokenSource::Header("def"));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn token_of(headers: &HeaderMap) -> TokenSource<'_> {
    match Single::from_headers(headers, &AUTHORIZATION) {
        Single::Absent => token_of_cookies(headers),
        Single::Text(text) => bearer(text).map_or(TokenSource::Conflict, TokenSource::Header),
        Single::Unusable => TokenSource::Conflict,
    }
}

/// Whether a call that is authenticated by a cookie alone may do what it asks.
///
/// Safe methods may. Any other needs `Content-Type: application/json`, which a page of another site cannot send
/// without asking first, and if the browser tells where the call comes from, that must be the same origin or one
/// of `allowed_origins` (such as `https://app.example.com`). A client that is no browser tells nothing and may.
/// The answer to a refused call is 403.
pub fn cookie_write_allowed(headers: &HeaderMap, method: &Method, allowed_origins: &[String]) -> bool {
    if method.is_safe() {
        return true;
    }
    is_json(headers) && caller_allowed(headers, allowed_origins, &["same-origin"])
}

/// Whether a call to a route that is open without a key on loopback may be answered.
///
/// `Host` must be `localhost`, `127.0.0.1` or `[::1]`, so that no name which was pointed at loopback gets in. No
/// header of a proxy may be there. `Origin`, or without it `Sec-Fetch-Site`, must be absent, the same origin, one
/// of `allowed_origins`, or a person's own navigation. The answer to a refused call is 403.
pub fn loopback_call_allowed(headers: &HeaderMap, allowed_origins: &[String]) -> bool {
    let Single::Text(host) = Single::from_headers(headers, &HOST) else { return false };
    let Some((name, _)) = host_and_port(host) else { return false };
    let loopback = name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]";
    loopback
        && !came_through_a_proxy(headers)
        && caller_allowed(headers, allowed_origins, &["same-origin", "none"])
}

/// A header that may stand once.
enum Single<'a> {
    Absent,
    Text(&'a str),
    /// It is there twice, or has other bytes than visible ASCII.
    Unusable,
}

impl<'a> Single<'a> {
    fn from_headers(headers: &'a HeaderMap, name: &HeaderName) -> Self {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => value.to_str().map_or(Self::Unusable, Self::Text),
            (Some(_), Some(_)) => Self::Unusable,
        }
    }
}

fn bearer(text: &str) -> Option<&str> {
    let (scheme, token) = text.trim().split_once(' ')?;
    let token = token.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// HTTP/2 may cut cookies into several headers, and other cookies may have any bytes.
fn token_of_cookies(headers: &HeaderMap) -> TokenSource<'_> {
    let pairs =
        headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).flat_map(|line| line.split(|b| *b == b';'));
    let mut tokens = pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(b"token="));
    match (tokens.next(), tokens.next()) {
        (None, _) => TokenSource::None,
        (Some(value), None) => {
            std::str::from_utf8(unquoted(value)).map_or(TokenSource::Conflict, TokenSource::Cookie)
        }
        (Some(_), Some(_)) => TokenSource::Conflict,
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Single::Text(text) = Single::from_headers(headers, &CONTENT_TYPE) else { return false };
    let media_type = text.split_once(';').map_or(text, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Judges `Origin`, and where there is none `Sec-Fetch-Site` by the values that are good.
fn caller_allowed(headers: &HeaderMap, allowed_origins: &[String], sites: &[&str]) -> bool {
    let site = Single::from_headers(headers, &HeaderName::from_static("sec-fetch-site"));
    let good_site = match site {
        Single::Absent => true,
        Single::Text(site) => sites.contains(&site),
        Single::Unusable => return false,
    };
    match Single::from_headers(headers, &ORIGIN) {
        Single::Absent => good_site,
        // Without the scheme of the own address, two origins of one host look alike; the browser knows better.
        Single::Text(origin) => {
            is_listed(origin, allowed_origins) || (good_site && is_same_origin(origin, headers))
        }
        Single::Unusable => false,
    }
}

/// An opaque origin (`null`) is nobody's and a star is no origin, so neither is ever listed.
fn is_listed(origin: &str, allowed_origins: &[String]) -> bool {
    scheme_and_authority(origin).is_some()
        && allowed_origins.iter().any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// Whether an origin is the address that the call itself went to.
fn is_same_origin(origin: &str, headers: &HeaderMap) -> bool {
    let Some((scheme, authority)) = scheme_and_authority(origin) else { return false };
    let Single::Text(host) = Single::from_headers(headers, &HOST) else { return false };
    let default_port = if scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
    let (Some(theirs), Some(ours)) = (host_and_port(authority), host_and_port(host)) else { return false };
    theirs.0.eq_ignore_ascii_case(ours.0)
        && theirs.1.unwrap_or(default_port) == ours.1.unwrap_or(default_port)
}

fn scheme_and_authority(origin: &str) -> Option<(&str, &str)> {
    let (scheme, authority) = origin.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    (web && host_and_port(authority).is_some()).then_some((scheme, authority))
}

/// Cuts `name`, `name:port` or `[address]:port`; nothing where it is none of them.
fn host_and_port(text: &str) -> Option<(&str, Option<&str>)> {
    let name_ends =
        if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (name, rest) = text.split_at(name_ends);
    let named = !name.is_empty() && !name.contains(['/', '@', '?', '#', '\\', ' ', '\t']);
    if !named {
        return None;
    }
    match rest.strip_prefix(':') {
        None => rest.is_empty().then_some((name, None)),
        Some(port) => {
            let digits = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
            digits.then_some((name, Some(port)))
        }
    }
}

fn came_through_a_proxy(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED)
        || headers.contains_key(VIA)
        || headers.contains_key("x-real-ip")
        || headers.keys().any(|name| name.as_str().starts_with("x-forwarded-"))
}

#[cfg(test)]
mod tests;
