//! Protection against cross-site request forgery.

use http::{HeaderMap, Method, header};
use url::Url;

/// Returns whether a request may come from a page of another origin and may change something.
///
/// Browsers state the relation of the two sites in `Sec-Fetch-Site`; older ones only state the origin of the page in
/// `Origin`, which is then compared with the host. A request without either is not from a browser, or from one that is
/// older than 2020.
pub(super) fn is_forged(method: &Method, headers: &HeaderMap, trusted_origins: &[String]) -> bool {
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
        None => origin.is_some_and(|origin| !is_of_host(origin, headers)),
    }
}

/// Returns whether an origin has the host and port that the request was sent to.
fn is_of_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // An opaque origin, `null`, is not a URL.
    let Some((host, origin)) = host.zip(Url::parse(origin).ok()) else { return false };
    let of_host = Url::parse(&format!("{}://{host}", origin.scheme())).ok();
    of_host.is_some_and(|of_host| of_host.origin() == origin.origin() && origin.origin().is_tuple())
}
