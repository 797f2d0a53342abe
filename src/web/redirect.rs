//! Redirects of browsers to pages of the application.

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use url::form_urlencoded;

use super::LocalPath;

/// The query parameter with the page to return to.
const NEXT: &str = "next";

/// A request by which a browser opens a page.
pub(super) struct Navigation {
    /// The page to return to: none for a form that was submitted, since its content is lost.
    next: Option<LocalPath>,
}

impl Navigation {
    /// Returns `None` if a redirect to a page does not help the client, such as a script.
    pub(super) fn of<B>(request: &Request<B>) -> Option<Self> {
        if !is_navigation(request.headers()) {
            return None;
        }
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let next = is_read.then(|| request.uri().path_and_query()?.as_str().parse().ok()).flatten();
        Some(Self { next })
    }

    /// Returns the URL of the page with the page to return to.
    pub(super) fn redirect_to(&self, page: &LocalPath) -> String {
        let Some(next) = &self.next else { return page.to_string() };
        let query = form_urlencoded::Serializer::new(String::new()).append_pair(NEXT, next.as_str()).finish();
        let separator = if page.as_str().contains('?') { '&' } else { '?' };
        format!("{page}{separator}{query}")
    }
}

/// Returns whether the client is a browser that shows the response as a page. Older browsers do not send the metadata.
fn is_navigation(headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get("sec-fetch-mode") {
        return mode == "navigate";
    }
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// Returns a redirect after which the browser sends a GET request.
pub(super) fn see_other<B: From<String>>(location: &str) -> Response<B> {
    let mut response = Response::new(String::new().into());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // Paths and URLs are percent-encoded.
    let location = HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response
}
