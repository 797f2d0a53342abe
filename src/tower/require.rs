//! Requirements of routes.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{Rejection, Verified};
use crate::{jwt::Claims, types::AssuranceLevel};

/// Rejects requests without a valid token, and requests whose token does not meet the requirements: a role, an
/// assurance level, an audience. It must be inside a [`VerifyLayer`](super::VerifyLayer); in axum, add it with
/// `Router::route_layer`.
#[derive(Clone, Debug, Default)]
pub struct RequireLayer {
    role: Option<String>,
    assurance_level: Option<AssuranceLevel>,
    audience: Option<String>,
}

impl RequireLayer {
    /// Creates a layer that requires a valid token, with any claims.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires this database role, such as `authenticated`. Default: any.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Requires this assurance level or a higher one. Default: any.
    #[must_use]
    pub fn assurance_level(mut self, level: AssuranceLevel) -> Self {
        self.assurance_level = Some(level);
        self
    }

    /// Requires this audience. Default: any that the verifier accepts.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    fn examine(&self, claims: &Claims) -> Result<(), Rejection> {
        // The names of the levels (aal1, aal2, aal3) sort in the order of the levels.
        let has_level = self.assurance_level.as_ref().is_none_or(|wanted| claims.aal.as_ref() >= Some(wanted));
        let has_role = self.role.as_ref().is_none_or(|role| claims.role.as_ref() == Some(role));
        let has_audience = self.audience.as_ref().is_none_or(|audience| claims.aud.contains(audience));
        match (has_role && has_audience, has_level) {
            (false, _) => Err(Rejection::Insufficient),
            (true, false) => Err(Rejection::LowAssurance),
            (true, true) => Ok(()),
        }
    }

    fn check<B>(&self, request: &Request<B>) -> Result<(), Rejection> {
        let claims = Verified::claims(request.extensions())?;
        self.examine(&claims).inspect_err(|_| {
            tracing::debug!(require = ?self, "an access token does not meet the requirements");
        })
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require { inner, layer: self.clone() }
    }
}

/// The service that [`RequireLayer`] returns.
#[derive(Clone, Debug)]
pub struct Require<S> {
    inner: S,
    layer: RequireLayer,
}

impl<S, B, A> Service<Request<B>> for Require<S>
where
    S: Service<Request<B>, Response = Response<A>>,
    S::Future: Send + 'static,
    A: From<String>,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<A>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.layer.check(&request) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(rejection) => Box::pin(async move { Ok(rejection.into_response()) }),
        }
    }
}
