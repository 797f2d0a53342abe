//! The form in which cookies keep a session.

use std::fmt;

use cookie::Cookie;
use futures_util::future::BoxFuture;

use super::{CookieSession, RequestCookies};
use crate::{
    auth::{flow::FlowKind, pkce::PkceVerifier},
    client::Client,
    error::Result,
    session::Session,
};

/// The form in which cookies keep the session of a browser: [`SsrCookies`](super::SsrCookies),
/// [`SealedCookies`](super::SealedCookies), [`OpaqueCookies`](super::OpaqueCookies), or one of your own.
///
/// A form that keeps the session itself elsewhere, such as in a database, and only an id in the cookie, implements
/// [`refresh`](Self::refresh) as well, since several processes may want to refresh the same session at once.
pub trait SessionCookies: fmt::Debug + Send + Sync + 'static {
    /// Reads the session of the browser. Cookies that cannot be read count as absent.
    ///
    /// # Errors
    /// Fails if it is unknown whether there is a session, because a database cannot be reached. The request then counts
    /// as one that could not be verified, and the cookies stay.
    fn read<'a>(&'a self, cookies: &'a RequestCookies) -> BoxFuture<'a, Result<Option<CookieSession>>>;

    /// Returns the cookies that the browser has to set or remove, if any, so that it has the session `after` from now
    /// on, or none. `before` is the session that [`read`](Self::read) returned for the same cookies; cookies that could
    /// not be read are removed.
    ///
    /// # Errors
    /// Fails if the session could not be kept. The response is then replaced by 503.
    fn write<'a>(
        &'a self,
        cookies: &'a RequestCookies,
        before: Option<&'a CookieSession>,
        after: Option<&'a CookieSession>,
    ) -> BoxFuture<'a, Result<Vec<Cookie<'static>>>>;

    /// Exchanges the refresh token for new tokens. All requests in this process with the same refresh token share one
    /// call.
    ///
    /// # Errors
    /// The error of the exchange. If it [ends the session](crate::Error::ends_session), the cookies are removed.
    fn refresh<'a>(
        &'a self,
        client: &'a Client,
        cookies: &'a RequestCookies,
        session: &'a Session,
    ) -> BoxFuture<'a, Result<Session>> {
        let _ = cookies;
        Box::pin(async move { client.refresh_session(session).await?.continuing(session) })
    }

    /// Returns the PKCE flow with this id, or the newest one, that JavaScript has started in the browser. Default: none.
    fn javascript_flow(&self, cookies: &RequestCookies, flow_id: Option<&str>) -> Option<JavaScriptFlow> {
        let _ = (cookies, flow_id);
        None
    }

    /// Returns whether browsers send the cookies over TLS only, which then also holds for the cookies of
    /// [flows](super::BrowserSession::start_flow). Default: `true`.
    fn is_secure(&self) -> bool {
        true
    }

    /// Returns whether browsers send the cookies only with requests that pages of this site cause (`SameSite=Strict`).
    /// [`AuthRoutes`](super::AuthRoutes) then leads the browser on with a page, since a redirect that began at a provider
    /// would arrive without the session. Default: `false`.
    fn is_strict(&self) -> bool {
        false
    }
}

/// A PKCE flow that JavaScript started in this browser.
#[derive(Debug)]
pub struct JavaScriptFlow {
    /// The verifier.
    pub verifier: PkceVerifier,
    /// The purpose: [`FlowKind::Recovery`] if the verifier states it, otherwise [`FlowKind::SignIn`].
    pub kind: FlowKind,
    /// The cookies that remove the flow.
    pub removals: Vec<Cookie<'static>>,
}
