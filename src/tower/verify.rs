//! The layer that verifies.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Request, header};
use tower_layer::Layer;
use tower_service::Service;

use super::Rejection;
use crate::{
    error::Error,
    jwt::{Claims, JwtVerifier},
    secret::Secret,
};

/// Verifies the access token of each request, from `Authorization: Bearer`, or from a cookie if one is named.
///
/// It lets every request pass, and leaves what it has found for [`Verified`](super::Verified) and
/// [`RequireLayer`](super::RequireLayer). All clones share the verifier's keys.
#[derive(Clone, Debug)]
pub struct VerifyLayer {
    verifier: JwtVerifier,
    cookie: Option<String>,
}

impl VerifyLayer {
    /// With this verifier.
    #[must_use]
    pub fn new(verifier: JwtVerifier) -> Self {
        Self { verifier, cookie: None }
    }

    /// Takes the token from this cookie where there is no `Authorization`. Mind that browsers send cookies by
    /// themselves: requests that change something need a guard against forgery (CSRF).
    #[must_use]
    pub fn cookie(mut self, name: impl Into<String>) -> Self {
        self.cookie = Some(name.into());
        self
    }

    async fn look(&self, headers: &HeaderMap) -> Seen {
        let Some(token) = bearer(headers).or_else(|| cookie(headers, self.cookie.as_deref()?)) else {
            return Seen(Err(Rejection::Missing));
        };
        Seen(match self.verifier.verify(&token).await {
            Ok(claims) => Ok(Arc::new(claims.into_claims())),
            Err(error) => {
                tracing::debug!(%error, "an access token was refused");
                Err(if is_verdict(&error) { Rejection::Invalid } else { Rejection::Unavailable })
            }
        })
    }
}

/// Whether it is about the token. Otherwise nobody could be asked: no network, a gateway that refuses the API key.
fn is_verdict(error: &Error) -> bool {
    error.token().is_some() || error.ends_session()
}

/// What was found of a request.
#[derive(Clone, Debug)]
pub(super) struct Seen(pub(super) Result<Arc<Claims>, Rejection>);

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.trim().into())
}

fn cookie(headers: &HeaderMap, wanted: &str) -> Option<Secret> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| value.trim_matches('"').into())
}

impl<S> Layer<S> for VerifyLayer {
    type Service = Verify<S>;

    fn layer(&self, inner: S) -> Verify<S> {
        Verify { inner, layer: self.clone() }
    }
}

/// The service that [`VerifyLayer`] makes.
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
        // The one that is ready, not its clone.
        let mut ready = mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            let seen = layer.look(request.headers()).await;
            request.extensions_mut().insert(seen);
            ready.call(request).await
        })
    }
}
