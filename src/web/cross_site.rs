//! Protection against cross-site request forgery.

use http::{Method, Request, header, uri::Authority};
use url::Url;

/// Returns whether a request may come from a page of another origin and may change something.
///
/// Browsers state the relation of the two sites in `Sec-Fetch-Site`; older ones only state the origin of the page in
/// `Origin`, which is then compared with the host. A request without either is not from a browser, or from one that is
/// older than 2020.
pub(super) fn is_forged<B>(request: &Request<B>, trusted_origins: &[String]) -> bool {
    let (method, headers) = (request.method(), request.headers());
    // A page of any origin can open a WebSocket, and read what it sends.
    let is_upgrade = headers.contains_key(header::UPGRADE);
    let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) && !is_upgrade;
    if is_safe {
        return false;
    }
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    if origin.is_some_and(|origin| trusted_origins.iter().any(|trusted| trusted == origin)) {
        return false;
    }
    match headers.get("sec-fetch-site") {
        // `none`: the user has typed the address or opened a bookmark.
        Some(site) => site != "same-origin" && site != "none",
        None => origin.is_some_and(|origin| !is_of_host(origin, host_of(request))),
    }
}

/// Returns the host and port that a request was sent to. HTTP/2 has them in the URI.
fn host_of<B>(request: &Request<B>) -> Option<&str> {
    let in_uri = request.uri().authority().map(Authority::as_str);
    in_uri.or_else(|| request.headers().get(header::HOST)?.to_str().ok())
}

/// Returns whether an origin has this host and port.
fn is_of_host(origin: &str, host: Option<&str>) -> bool {
    // An opaque origin, `null`, is not a URL.
    let Some((host, origin)) = host.zip(Url::parse(origin).ok()) else { return false };
    let of_host = Url::parse(&format!("{}://{host}", origin.scheme())).ok();
    of_host.is_some_and(|of_host| of_host.origin() == origin.origin() && origin.origin().is_tuple())
}
