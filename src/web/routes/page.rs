//! The pages of the routes: the button that confirms a link, and the way on after a sign-in.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Response, header};

use crate::{platform, web::LocalPath};

const STYLE: &str = "\
    :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }\
    body { max-width: 32rem; margin: 20vh auto 0; padding: 0 1.5rem; }\
    h1 { font-size: 1.5rem; }\
    button { font: inherit; padding: 0.5rem 1.5rem; }";

/// Returns the page for a link of this type. The form is sent to the same URL.
pub(super) fn confirm(otp_type: Option<&str>) -> Response<String> {
    let (title, button) = match otp_type {
        Some("signup") => ("Confirm your email address", "Confirm"),
        Some("recovery") => ("Reset your password", "Continue"),
        Some("invite") => ("Accept the invitation", "Accept"),
        Some("email_change") => ("Confirm the new email address", "Confirm"),
        _ => ("Sign in", "Continue"),
    };
    page(title, "", &format!("<form method=\"post\"><button>{button}</button></form>"))
}

/// Returns a page that opens another one at once. The browser then sends cookies with `SameSite=Strict`, which it does not
/// after a redirect that began at another site.
pub(super) fn go_on(next: &LocalPath) -> Response<String> {
    // The path is percent-encoded, so it contains no quotation marks.
    let next = next.as_str().replace('&', "&amp;");
    let refresh = format!("<meta http-equiv=\"refresh\" content=\"0; url={next}\">\n");
    page("You are signed in", &refresh, &format!("<a href=\"{next}\">Continue</a>"))
}

fn page(title: &str, head: &str, content: &str) -> Response<String> {
    let mut response = Response::new(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{head}\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<h1>{title}</h1>\n{content}\n</body>\n</html>\n"
    ));
    let headers = response.headers_mut();
    let hash = STANDARD.encode(platform::sha256(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; style-src 'sha256-{hash}'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
        // The URL contains the token. The form needs its origin for the protection against cross-site requests.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
