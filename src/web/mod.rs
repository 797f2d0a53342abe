//! Sessions in cookies, for server-rendered web applications.
//!
//! A [`SessionLayer`] gives each request the session of its browser, and keeps it fresh. Handlers take [`CurrentUser`]
//! for the verified claims of the user, and [`BrowserSession`] to sign in and out and to act as the user.
//!
//! [`AuthRoutes`] has the routes that need no page of the application: providers, the callback, confirmation links, and
//! the sign-out.
//!
//! The session is kept in cookies of one of two forms, or of [one of your own](SessionCookies):
//!
//! | form | for |
//! |---|---|
//! | [`SsrCookies`] | an application whose pages also use `@supabase/ssr` in the browser: both see the same session |
//! | [`SealedCookies`] | any other application: the tokens are encrypted, and scripts cannot read them |
//!
//! The layer works with any tower service (feature `web`). With feature `axum`, [`CurrentUser`] and [`BrowserSession`]
//! are extractors.

mod attributes;
#[cfg(feature = "axum")]
mod axum;
mod browser_session;
mod chunks;
mod cookie_session;
mod cross_site;
mod flows;
mod layer;
mod local_path;
mod notice;
mod open;
mod redirect;
mod refreshes;
mod request_cookies;
mod routes;
mod sealed;
mod session_cookies;
mod ssr;
mod ssr_encoding;
mod ssr_flows;

pub use browser_session::BrowserSession;
pub use cookie_session::CookieSession;
pub use flows::CompletedFlow;
pub use layer::{SessionLayer, WithSession};
pub use local_path::LocalPath;
pub use notice::SignInNotice;
pub use request_cookies::RequestCookies;
pub use routes::AuthRoutes;
pub use sealed::SealedCookies;
pub use session_cookies::{JavaScriptFlow, SessionCookies};
pub use ssr::{SsrCookies, SsrEncoding};

use crate::jwt::Claims;

/// The user who sent a request: [`Verified`](crate::tower::Verified), by the name that web applications use.
///
/// As a handler's argument, it rejects requests without a session; [`SessionLayer::sign_in_page`] turns that into a
/// redirect. `Option<CurrentUser>` also accepts visitors.
pub type CurrentUser<C = Claims> = crate::tower::Verified<C>;
