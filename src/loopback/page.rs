//! The pages that the browser shows. They load nothing, and their content security policy allows only their own style
//! and script.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{self, HeaderValue},
};

use crate::{auth::callback::Callback, platform::sha256};

/// The form field that contains the fragment.
pub(super) const FIELD: &str = "fragment";

const STYLE: &str = "\
    :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }\
    body { max-width: 32rem; margin: 20vh auto 0; padding: 0 1.5rem; }\
    h1 { font-size: 1.5rem; }";

/// Posts the fragment, so that no token is part of a URL that is sent, and removes it from the browser's history.
const SCRIPT: &str = "\
    const form = document.forms[0], fragment = location.hash.slice(1);\
    if (fragment) {\
    history.replaceState(null, \"\", location.pathname + location.search);\
    form.elements[0].value = fragment;\
    form.submit();\
    } else {\
    document.querySelector(\"h1\").textContent = \"Nothing received\";\
    }";

const CLOSE: &str = "<p>You can close this window and go back to the application.</p>";

/// Returns the page for a callback.
pub(super) fn of(callback: &Callback) -> Response<Full<Bytes>> {
    match callback {
        Callback::Error(error) => {
            let text = [&error.description, &error.error].into_iter().flatten().next();
            let text = text.map_or("The server gave no reason.", String::as_str);
            page(StatusCode::OK, "That did not work", &format!("<p>{}</p>{CLOSE}", escape(text)), false)
        }
        Callback::Message(message) => {
            page(StatusCode::OK, "Nearly there", &format!("<p>{}</p>{CLOSE}", escape(message)), false)
        }
        _ => page(StatusCode::OK, "That worked", CLOSE, false),
    }
}

/// Returns the page that sends the fragment.
pub(super) fn ask_for_fragment() -> Response<Full<Bytes>> {
    let body = format!(
        "<p>If nothing happens, go back to the application and try again.</p>\
         <noscript><p>This page needs JavaScript.</p></noscript>\
         <form method=\"post\"><input type=\"hidden\" name=\"{FIELD}\"></form>\
         <script>{SCRIPT}</script>"
    );
    page(StatusCode::OK, "One moment", &body, true)
}

pub(super) fn not_found() -> Response<Full<Bytes>> {
    page(StatusCode::NOT_FOUND, "Not found", "", false)
}

pub(super) fn bad_request() -> Response<Full<Bytes>> {
    page(StatusCode::BAD_REQUEST, "Nothing received", "<p>Go back to the application and try again.</p>", false)
}

fn page(status: StatusCode, title: &str, body: &str, with_script: bool) -> Response<Full<Bytes>> {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    );
    let mut response = Response::new(Full::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(with_script));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Allows this style, and this script if there is one.
fn policy(with_script: bool) -> HeaderValue {
    let nothing = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    let style = hash(STYLE);
    let policy = if with_script {
        format!("{nothing}; style-src '{style}'; script-src '{}'; form-action 'self'", hash(SCRIPT))
    } else {
        format!("{nothing}; style-src '{style}'; form-action 'none'")
    };
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(sha256(text.as_bytes())))
}

/// Escapes text for HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
