//! The files of the documentation pages, part of the program; `assets/README.md` says where they are from.

use std::io::Read;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::auth::hex;
use crate::fault::{Fault, FaultKind};

/// A file that is served.
pub(super) struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    /// Whether the bytes are compressed with gzip.
    is_gzip: bool,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! bytes {
    ($file:literal) => {
        include_bytes!(concat!("../../../../assets/", $file))
    };
}

static ASSETS: [Asset; 6] = [
    gzip("swagger-ui-5.35.0.js", SCRIPT, bytes!("swagger-ui-bundle.js.gz")),
    gzip("swagger-ui-5.35.0.css", STYLE, bytes!("swagger-ui.css.gz")),
    gzip("redoc-2.5.4.js", SCRIPT, bytes!("redoc.js.gz")),
    plain("swagger-start.js", SCRIPT, bytes!("swagger-start.js")),
    plain("redoc-start.js", SCRIPT, bytes!("redoc-start.js")),
    plain("favicon.png", "image/png", bytes!("favicon.png")),
];

/// A digest of each file's bytes, for `ETag`.
static TAGS: LazyLock<Vec<HeaderValue>> = LazyLock::new(|| ASSETS.iter().map(tag).collect());

const fn gzip(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { name, content_type, bytes, is_gzip: true }
}

const fn plain(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { name, content_type, bytes, is_gzip: false }
}

/// The file of a name.
pub(super) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Weak, as it is the same for the compressed and the plain form.
fn tag(asset: &Asset) -> HeaderValue {
    let digest = Sha256::digest(asset.bytes);
    let text = hex(&digest[..12]);
    HeaderValue::from_str(&format!("W/\"{text}\"")).expect("hexadecimal digits fit a header")
}

impl Asset {
    /// The file, compressed where the caller takes that, or 304 where the caller has it.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Result<Response, Fault> {
        let at = ASSETS.iter().position(|asset| asset.name == self.name).unwrap_or_default();
        let tag = &TAGS[at];
        let is_gzip = self.is_gzip && takes_gzip(asked);
        let mut response = if has(asked, tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else if self.is_gzip && !is_gzip {
            self.unpacked()?.into_response()
        } else {
            self.bytes.into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, tag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        // Those of others have their version in their name.
        let cache = if self.is_gzip { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if response.status() == StatusCode::OK {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if is_gzip {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        Ok(response)
    }

    fn unpacked(&self) -> Result<Vec<u8>, Fault> {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(self.bytes)
            .read_to_end(&mut plain)
            .map_err(|_| Fault::new(FaultKind::Internal, "the file cannot be unpacked"))?;
        Ok(plain)
    }
}

/// Whether the caller has these bytes already.
fn has(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let tags = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|text| text.split(',')).any(|own| own.trim() == "*" || own.trim().as_bytes() == tag)
}

/// Whether `Accept-Encoding` allows gzip: by its name or by `*`, unless its weight is 0.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let mut any = false;
    let values = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for coding in values.flat_map(|text| text.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|text| text.parse::<f32>().ok());
        let is_taken = weight.is_some_and(|weight| weight > 0.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return is_taken,
            "*" => any = is_taken,
            _ => {}
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn gzip_is_sent_where_it_is_taken() {
        for (value, taken) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("br", false),
            ("", false),
        ] {
            assert_eq!(takes_gzip(&asking(header::ACCEPT_ENCODING, value)), taken, "{value}");
        }
    }

    #[test]
    fn every_file_unpacks_and_no_page_names_another_host() {
        for asset in &ASSETS {
            if asset.is_gzip {
                assert!(asset.unpacked().unwrap().len() > asset.bytes.len(), "{}", asset.name);
            }
        }
        for page in
            [include_str!("../../../../assets/swagger.html"), include_str!("../../../../assets/redoc.html")]
        {
            assert!(!page.contains("//"), "{page}");
            for name in page.split("docs/assets/").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(find(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        let asset = find("redoc-2.5.4.js").unwrap();
        let first = asset.answer(&HeaderMap::new()).unwrap_or_else(|_| panic!("unpacks"));
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let second = asset.answer(&asked).unwrap_or_else(|_| panic!("unpacks"));
        assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED));
    }
}
