//! The application: its state, its routes, and what all responses have in common.

mod account;
mod code;
mod home;
mod page;
mod password;
mod second_factor;
mod sign_in;
mod sign_up;
mod words;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
use gotrue::{
    Client, Error,
    axum::{Rejection, RequireLayer},
    types::AssuranceLevel,
    web::{CurrentUser, LocalPath, SealedCookies, SessionLayer},
};
use maud::html;

use page::{alert, page};
use words::in_words;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct App {
    pub client: Client,
    /// Where to read the emails, if the server is a fake one.
    pub mailbox: Option<String>,
}

/// Returns the whole application.
pub fn router(app: App, cookies: SealedCookies) -> Result<Router, Error> {
    let sessions = SessionLayer::new(&app.client, cookies)
        .sign_in_page("/sign-in".parse()?)
        .second_factor_page("/second-factor".parse()?);
    let vault = Router::new()
        .route("/vault", get(home::vault))
        .route_layer(RequireLayer::new().assurance_level(AssuranceLevel::Aal2));
    let pages = Router::new()
        .route("/", get(home::home))
        .merge(vault)
        .merge(sign_up::routes())
        .merge(sign_in::routes())
        .merge(code::routes())
        .merge(password::routes())
        .merge(second_factor::routes())
        .merge(account::routes())
        .fallback(home::not_found)
        .layer(sessions);
    Ok(pages
        // It is the same for everyone, so caches may store it.
        .route("/style.css", get(style))
        .layer(map_response(error_page))
        .layer(map_response(security_headers))
        .with_state(app))
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("style.css"))
}

/// Replaces the response to a request that a layer has rejected by a page.
async fn error_page(response: Response) -> Response {
    let text = match response.extensions().get::<Rejection>() {
        None => return response,
        Some(Rejection::CrossSite) => "This request came from another site, so nothing was done.",
        Some(Rejection::Unavailable) => "We cannot check your sign-in right now. Try again soon.",
        Some(_) => "You are not allowed to open this page.",
    };
    let content = html! { section.card { h1 { "Sorry" } (alert(Some(text))) p.hint { a href="/" { "Home" } } } };
    let (parts, _) = response.into_parts();
    let mut page = (parts.status, page("Sorry", None, &content)).into_response();
    // The layer may have set cookies.
    let kept = [header::SET_COOKIE, header::CACHE_CONTROL, header::VARY];
    for (name, value) in parts.headers.iter().filter(|(name, _)| kept.contains(name)) {
        page.headers_mut().append(name, value.clone());
    }
    page
}

/// Adds headers that a handler has not set itself.
async fn security_headers(mut response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; \
                          frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Returns the page for an error that no form can show.
fn failed(user: Option<&CurrentUser>, error: &Error) -> Response {
    let content = html! {
        section.card { h1 { "Sorry" } (alert(Some(&in_words(error)))) p.hint { a href="/account" { "Your account" } } }
    };
    (StatusCode::BAD_GATEWAY, page("Sorry", user, &content)).into_response()
}

/// Returns a path with the page to return to.
fn with_next(path: &str, next: &LocalPath) -> String {
    let next: String = gotrue::url::form_urlencoded::byte_serialize(next.as_str().as_bytes()).collect();
    format!("{path}?next={next}")
}
