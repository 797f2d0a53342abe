//! The gateway of a Supabase project: its path prefix, API keys and CORS.

use gotrue::Secret;
use http::{HeaderValue, Method, header};
use serde_json::json;

use crate::{
    api_keys::ApiKeys,
    handlers::provider_page,
    keys::Keys,
    wire::{Request, Response, json_response},
};

/// The path below which the gateway passes requests to the server.
pub(crate) const PREFIX: &str = "/auth/v1";

/// The secret of every local project.
pub(crate) const LOCAL_JWT_SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";

/// The paths below the prefix that need no API key: a browser opens them, or they are public.
const OPEN: [&str; 5] = ["/authorize", "/callback", "/verify", "/.well-known/jwks.json", provider_page::PATH];

/// The paths that the gateway passes on as they are, without an API key.
const OUTSIDE: [&str; 3] = ["/.well-known/oauth-authorization-server", "/sso/saml/acs", "/sso/saml/metadata"];

const METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT";

/// Returns the request as the server receives it, or the response of the gateway itself.
pub(crate) fn pass(
    request: &Request,
    api_keys: &ApiKeys,
    keys: &Keys,
    needs_key: bool,
) -> Result<Request, Box<Response>> {
    if is_preflight(request) {
        let mut response = Response::new(200).header("access-control-allow-methods", METHODS);
        if let Some(headers) = request.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            response.headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
        }
        return Err(Box::new(response));
    }
    let path = request.path();
    if OUTSIDE.contains(&path) {
        return Ok(request.clone());
    }
    let Some(mut passed) = request.below(PREFIX) else {
        return Err(Box::new(json_response(404, &json!({ "message": "no Route matched with those values" }))));
    };
    let key = request.header("apikey").map(str::to_owned).or_else(|| request.query("apikey")).map(Secret::from);
    let authorization = key.as_ref().and_then(|key| api_keys.authorization_of(key, keys));
    let is_open = !needs_key || OPEN.contains(&passed.path().trim_end_matches('/'));
    match (&key, &authorization) {
        _ if is_open => {}
        (None, _) => {
            let hint = "No `apikey` request header or url param was found.";
            return Err(refused("No API key found in request", hint, "UNAUTHORIZED_MISSING_API_KEY"));
        }
        (Some(_), None) => {
            let hint = "Double check your Supabase `anon` or `service_role` API key.";
            return Err(refused("Invalid API key", hint, "UNAUTHORIZED_INVALID_API_KEY"));
        }
        (Some(_), Some(_)) => {}
    }
    let has_token = request.header("authorization").is_some_and(|value| !value.starts_with("Bearer sb_"));
    if let Some(authorization) = authorization.filter(|_| !has_token)
        && let Ok(value) = HeaderValue::try_from(authorization)
    {
        passed.headers.insert(header::AUTHORIZATION, value);
    }
    Ok(passed)
}

/// Adds the CORS headers of the gateway in place of the server's own.
pub(crate) fn add_headers(request: &Request, mut response: Response) -> Response {
    if request.headers.contains_key(header::ORIGIN) {
        response.headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let exposed = HeaderValue::from_static("X-Total-Count, Link, X-Supabase-Api-Version");
        response.headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    request.method == Method::OPTIONS
        && request.headers.contains_key(header::ORIGIN)
        && request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn refused(message: &str, hint: &str, code: &str) -> Box<Response> {
    Box::new(json_response(401, &json!({ "message": message, "hint": hint })).header("sb-error-code", code))
}
