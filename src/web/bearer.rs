//! Access tokens from the cookies of a session, for services that only verify them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderMap;

use super::{RequestCookies, SessionCookies};
use crate::{
    error::Result,
    secret::Secret,
    tower::{TokenCookies, VerifyLayer},
};

impl VerifyLayer {
    /// Takes the token from the cookies of a session if the request has no `Authorization` header. The session is
    /// neither refreshed nor changed; an application that signs people in uses [`SessionLayer`](super::SessionLayer).
    ///
    /// Browsers also send cookies with requests from other sites. Use this for requests that change nothing.
    ///
    /// ```
    /// # fn f(client: gotrue::Client) {
    /// use gotrue::{axum::VerifyLayer, web::SsrCookies};
    ///
    /// let verifier = client.jwt_verifier().audience("authenticated");
    /// let layer = VerifyLayer::new(verifier).session_cookies(SsrCookies::new(&client));
    /// # }
    /// ```
    #[must_use]
    pub fn session_cookies(self, cookies: impl SessionCookies) -> Self {
        self.token_cookies(Arc::new(TokenOfSession(cookies)))
    }
}

#[derive(Debug)]
struct TokenOfSession<C>(C);

impl<C: SessionCookies> TokenCookies for TokenOfSession<C> {
    fn token<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Option<Secret>>> {
        Box::pin(async move {
            let session = self.0.read(&RequestCookies::of(headers)).await?;
            Ok(session.map(|session| session.access_token().clone()))
        })
    }
}
