//! What a group of routes asks for.

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

/// Lets only requests pass whose token is good, and says what the route asks for: a role, an assurance level, an
/// audience. Goes inside of a [`VerifyLayer`](super::VerifyLayer), best by `Router::route_layer`.
#[derive(Clone, Debug, Default)]
pub struct RequireLayer {
    role: Option<String>,
    assurance_level: Option<AssuranceLevel>,
    audience: Option<String>,
}

impl RequireLayer {
    /// A good token is enough.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The role for the database that the token must have, such as `authenticated`.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// The assurance level that the session must have, or a higher one.
    #[must_use]
    pub fn assurance_level(mut self, level: AssuranceLevel) -> Self {
        self.assurance_level = Some(level);
        self
    }

    /// For whom the token must be.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    fn is_met_by(&self, claims: &Claims) -> bool {
        // Their names are in the order of their levels: aal1, aal2, aal3.
        let is_sure = self.assurance_level.as_ref().is_none_or(|wanted| claims.aal.as_ref() >= Some(wanted));
        let has_role = self.role.as_ref().is_none_or(|role| claims.role.as_ref() == Some(role));
        let is_for = self.audience.as_ref().is_none_or(|audience| claims.aud.contains(audience));
        is_sure && has_role && is_for
    }

    fn check<B>(&self, request: &Request<B>) -> Result<(), Rejection> {
        let claims = Verified::claims(request.extensions())?;
        if self.is_met_by(&claims) {
            return Ok(());
        }
        tracing::debug!(require = ?self, "an access token is not enough");
        Err(Rejection::Insufficient)
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require { inner, layer: self.clone() }
    }
}

/// The service that [`RequireLayer`] makes.
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
