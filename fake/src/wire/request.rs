//! A request, read whole.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, uri::PathAndQuery};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use url::form_urlencoded;

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

    /// Returns the names and values in the query, decoded. Like Go, it skips pairs with a semicolon or a stray percent
    /// sign.
    pub(crate) fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let pairs = self.uri.query().unwrap_or_default().split('&');
        let pairs = pairs.filter(|pair| !pair.contains(';') && is_encoded(pair));
        pairs.flat_map(|pair| form_urlencoded::parse(pair.as_bytes()))
    }

    /// Returns the first value of that name in the query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Returns a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
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

    /// Returns the body as an operation that expects JSON finds it.
    pub(crate) fn json(&self) -> &[u8] {
        if self.is_form() { &[] } else { &self.body }
    }

    /// Returns the names and values in the body, if it is a form.
    pub(crate) fn form_body(&self) -> form_urlencoded::Parse<'_> {
        form_urlencoded::parse(if self.is_form() { &self.body } else { &[] })
    }

    /// Returns the names and values in a form body.
    pub(crate) fn form_pairs(&self) -> form_urlencoded::Parse<'_> {
        form_urlencoded::parse(&self.body)
    }
}

/// Returns whether each percent sign starts an encoded byte.
pub(crate) fn is_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
