//! A request, read whole.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, uri::PathAndQuery};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use url::form_urlencoded;

/// The largest body that the server reads, in bytes.
pub(super) const BODY_LIMIT: usize = 1 << 20;

/// The bytes that Go encodes in a path.
const NOT_IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// A request with its whole body.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body is cut off or malformed, so that `body` is only its beginning.
    pub(crate) is_cut_off: bool,
    /// The id that a proxy gave it, if the server reads ids.
    pub(crate) id: Option<String>,
}

impl Request {
    /// Returns the path as it was sent, with its percent-encoding.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// Returns the request with its path below another one, or `None` if it is not below it.
    pub(crate) fn below(&self, prefix: &str) -> Option<Self> {
        let below = self.path().strip_prefix(prefix).filter(|below| below.is_empty() || below.starts_with('/'))?;
        let below = if below.is_empty() { "/" } else { below };
        let target = self.uri.query().map_or_else(|| below.to_owned(), |query| format!("{below}?{query}"));
        Some(Self { uri: PathAndQuery::try_from(target).ok()?.into(), ..self.clone() })
    }

    /// Returns the path as the server's router reads it: decoded if it is encoded as Go encodes it, or else as it was
    /// sent.
    pub(crate) fn route(&self) -> Cow<'_, str> {
        let path = self.path();
        if !path.contains('%') {
            return path.into();
        }
        let decoded: Cow<'_, [u8]> = percent_decode_str(path).into();
        let is_canonical = percent_encode(&decoded, NOT_IN_PATHS).to_string() == path;
        if is_canonical { String::from_utf8_lossy(&decoded).into_owned().into() } else { path.into() }
    }

    /// Returns a segment of the path by its position; 1 is the first.
    pub(crate) fn segment(&self, position: usize) -> String {
        self.route().split('/').nth(position).unwrap_or_default().to_owned()
    }

    /// Returns the names and values in the query, decoded.
    pub(crate) fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        pairs(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// Returns the first value of that name in the query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Returns a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    /// Returns the first address in `Sb-Forwarded-For`, if it is one.
    pub(crate) fn sb_forwarded_for(&self) -> Option<IpAddr> {
        let first = self.header("sb-forwarded-for")?.split(',').next()?;
        first.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
    }

    /// Returns the first address in `X-Forwarded-For`, or else that of this machine.
    pub(crate) fn forwarded_for(&self) -> IpAddr {
        let mut addresses = self.header("x-forwarded-for").unwrap_or_default().split(',');
        let first = addresses.find_map(|address| address.trim().parse::<IpAddr>().ok());
        first.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.to_canonical())
    }

    /// Returns whether the server has read the body as a form before an operation can read it as JSON.
    pub(crate) fn is_form(&self) -> bool {
        let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        let media_type = self.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        has_body && media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.body.len() > BODY_LIMIT
    }

    /// Returns whether the body cannot be read to its end.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.is_cut_off || self.is_too_large()
    }

    /// Returns the names and values in the body, if it is a form that can be read.
    pub(crate) fn form_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        pairs(self.form())
    }

    /// Returns the first value of that name in the form, or else in the query.
    pub(crate) fn form_value(&self, name: &str) -> Option<String> {
        let value = self.form_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        value.or_else(|| self.query(name))
    }

    fn form(&self) -> &[u8] {
        if self.is_form() && !self.is_unreadable() { &self.body } else { &[] }
    }
}

/// Returns names and values, decoded. Like Go, it skips malformed pairs.
fn pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    text.split(|byte| *byte == b'&').filter(|pair| is_pair(pair)).flat_map(form_urlencoded::parse)
}

/// Returns whether Go reads a pair: it has no semicolon and no stray percent sign.
fn is_pair(pair: &[u8]) -> bool {
    !pair.contains(&b';') && is_encoded(pair)
}

/// Returns whether each percent sign starts an encoded byte.
pub(crate) fn is_encoded(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'%').skip(1).all(|rest| {
        let digits = rest.get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
