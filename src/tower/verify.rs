//! The layer that verifies access tokens.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, header};
use tower_layer::Layer;
use tower_service::Service;

use super::Rejection;
use crate::{
    error::{Error, Result},
    jwt::{Claims, JwtVerifier},
    secret::Secret,
};

/// Verifies the access token of each request, from `Authorization: Bearer` or from a cookie.
///
/// This layer itself rejects no request; [`Verified`](super::Verified) and [`RequireLayer`](super::RequireLayer) do,
/// based on its result. All clones share the verifier's keys.
#[derive(Clone, Debug)]
pub struct VerifyLayer {
    verifier: JwtVerifier,
    cookie: Option<String>,
    token_cookies: Option<Arc<dyn TokenCookies>>,
}

/// Reads an access token from cookies.
pub(crate) trait TokenCookies: fmt::Debug + Send + Sync {
    /// Returns the token, if there is one. Fails if that is unknown.
    fn token<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Option<Secret>>>;
}

impl VerifyLayer {
    /// Creates a layer with this verifier, which should have an [audience](JwtVerifier::audience).
    #[must_use]
    pub fn new(verifier: JwtVerifier) -> Self {
        Self { verifier, cookie: None, token_cookies: None }
    }

    /// Takes the token from this cookie if the request has no `Authorization` header. Default: only the header.
    ///
    /// Browsers also send cookies with requests from other sites, so requests that change something need protection
    /// against cross-site request forgery. A request with several cookies with this name is rejected, because another
    /// subdomain could have set one of them.
    #[must_use]
    pub fn cookie(mut self, name: impl Into<String>) -> Self {
        self.cookie = Some(name.into());
        self
    }

    /// Takes the token from these cookies if there is neither a header nor the other cookie.
    #[cfg(feature = "web")]
    pub(crate) fn token_cookies(mut self, cookies: Arc<dyn TokenCookies>) -> Self {
        self.token_cookies = Some(cookies);
        self
    }

    async fn verify(&self, headers: &HeaderMap) -> Result<Arc<Claims>, Rejection> {
        let token = match (self.token(headers), &self.token_cookies) {
            (Err(Rejection::Missing), Some(cookies)) => match cookies.token(headers).await {
                Ok(token) => token.ok_or(Rejection::Missing)?,
                Err(error) => {
                    tracing::warn!(%error, "the cookies of a session could not be read");
                    return Err(Rejection::Unavailable);
                }
            },
            (token, _) => token?,
        };
        let claims = self.verifier.verify(&token).await.map_err(|error| {
            tracing::debug!(%error, "an access token was refused");
            if is_about_token(&error) { Rejection::Invalid } else { Rejection::Unavailable }
        })?;
        Ok(Arc::new(claims.into_claims()))
    }

    fn token(&self, headers: &HeaderMap) -> Result<Secret, Rejection> {
        let mut tokens = if headers.contains_key(header::AUTHORIZATION) {
            headers.get_all(header::AUTHORIZATION).iter().map(bearer).collect()
        } else {
            self.cookie.as_deref().map(|name| cookies(headers, name)).unwrap_or_default()
        };
        match (tokens.pop(), tokens.is_empty()) {
            (None, _) => Err(Rejection::Missing),
            (Some(Some(token)), true) => Ok(token.into()),
            _ => Err(Rejection::Unusable),
        }
    }
}

/// Returns whether an error means that the token is invalid. Any other error means that it could not be verified.
pub(crate) fn is_about_token(error: &Error) -> bool {
    error.token().is_some() || error.ends_session()
}

/// The result of verifying the token of a request.
#[derive(Clone, Debug)]
pub(crate) struct Verification(pub(crate) Result<Arc<Claims>, Rejection>);

/// Returns the token of `Bearer 1*SP token` (RFC 9110, section 11.4; RFC 6750, section 2.1).
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Returns the values of all cookies of this name, except for empty ones.
fn cookies<'a>(headers: &'a HeaderMap, name: &str) -> Vec<Option<&'a str>> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let values = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('"'));
    values.filter(|value| !value.is_empty()).map(Some).collect()
}

impl<S> Layer<S> for VerifyLayer {
    type Service = Verify<S>;

    fn layer(&self, inner: S) -> Verify<S> {
        Verify { inner, layer: self.clone() }
    }
}

/// The service that [`VerifyLayer`] returns.
#[derive(Clone, Debug)]
pub struct Verify<S> {
    inner: S,
    layer: VerifyLayer,
}

impl<S, B> Service<Request<B>> for Verify<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let next = self.inner.clone();
        // `poll_ready` was called on this service, not on its clone.
        let mut ready = mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            let verification = Verification(layer.verify(request.headers()).await);
            request.extensions_mut().insert(verification);
            ready.call(request).await
        })
    }
}
