//! Cross-origin requests of browsers (CORS), as the server's library `rs/cors` handles them.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::wire::{request::Request, response::Response};

/// The methods that a browser may use.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The headers that a browser may send.
const REQUEST_HEADERS: [&str; 8] = [
    "accept",
    "authorization",
    "content-type",
    "x-client-info",
    "x-client-ip",
    "x-jwt-aud",
    "x-supabase-api-version",
    "x-use-cookie",
];

/// The headers that a browser may read.
const EXPOSED_HEADERS: &str = "X-Total-Count, Link, X-Supabase-Api-Version";

/// Returns the response to a preflight request, or `None` for any other request.
pub(crate) fn preflight(request: &Request, more_headers: &[String]) -> Option<Response> {
    let method = request.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    if request.method != Method::OPTIONS {
        return None;
    }
    let mut response =
        Response::new(204).header("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    let headers = request.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let is_granted = request.headers.contains_key(header::ORIGIN)
        && METHODS.iter().any(|known| method.as_bytes() == known.as_str().as_bytes())
        && headers.is_none_or(|headers| are_allowed(headers, more_headers));
    if is_granted {
        grant(&mut response.headers);
        response.headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        if let Some(headers) = headers.filter(|headers| !headers.is_empty()) {
            response.headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
        }
    }
    Some(response)
}

/// Adds the CORS headers to the response to any other request.
pub(crate) fn add_headers(request: &Request, mut response: Response) -> Response {
    response.headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if request.headers.contains_key(header::ORIGIN)
        && (request.method == Method::OPTIONS || METHODS.contains(&request.method))
    {
        grant(&mut response.headers);
        let exposed = HeaderValue::from_static(EXPOSED_HEADERS);
        response.headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}

fn grant(headers: &mut HeaderMap) {
    let values: [(HeaderName, &str); 2] =
        [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true")];
    for (name, value) in values {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Returns whether all headers of a list are allowed. The library accepts only what browsers send: sorted, in lower
/// case and without spaces.
fn are_allowed(list: &HeaderValue, more_headers: &[String]) -> bool {
    let Ok(list) = list.to_str() else { return false };
    let names: Vec<&str> = list.split(',').collect();
    let is_allowed = |name: &&str| REQUEST_HEADERS.contains(name) || more_headers.iter().any(|more| more == name);
    list.is_empty() || (names.is_sorted() && names.iter().all(is_allowed))
}
