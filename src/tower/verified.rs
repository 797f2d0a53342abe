//! The user of a request, for handlers.

use std::{any::Any, ops::Deref, sync::Arc};

use http::Extensions;
use serde::de::DeserializeOwned;

use super::{Rejection, verify::Verification};
use crate::jwt::Claims;

/// The verified claims of the user who sent a request. Needs a [`VerifyLayer`](super::VerifyLayer).
///
/// With feature `axum` it is an extractor: as a handler's argument, it rejects requests without a valid token with 401.
/// `Option<Verified>` accepts requests without credentials; invalid credentials are rejected as well.
///
/// `C` can be any type that deserializes from the claims, for example to read claims that an auth hook has added:
///
/// ```
/// # use gotrue::tower::{Rejection, Verified};
/// #[derive(serde::Deserialize)]
/// struct TeamClaims {
///     sub: gotrue::uuid::Uuid,
///     team: String,
/// }
///
/// fn team(request: &http::Request<()>) -> Result<String, Rejection> {
///     let user: Verified<TeamClaims> = Verified::of(request.extensions())?;
///     Ok(format!("{} of {}", user.sub, user.team))
/// }
/// ```
#[derive(Debug)]
pub struct Verified<C = Claims>(Arc<C>);

impl<C> Clone for Verified<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Verified {
    /// Returns the claims that the layer has verified.
    pub(super) fn claims(extensions: &Extensions) -> Result<Arc<Claims>, Rejection> {
        let Some(Verification(result)) = extensions.get::<Verification>() else {
            tracing::error!("there is no VerifyLayer around the handler");
            return Err(Rejection::NotLayered);
        };
        result.clone()
    }
}

impl<C: DeserializeOwned + Send + Sync + 'static> Verified<C> {
    /// Returns the user of the request with these extensions.
    ///
    /// # Errors
    /// The [`Rejection`] of a request without a valid token; [`Rejection::Insufficient`] if the claims do not
    /// deserialize as `C`.
    pub fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        let claims = Verified::claims(extensions)?;
        let same: Arc<dyn Any + Send + Sync> = claims.clone();
        // If `C` is `Claims`, as usual, no conversion is needed.
        same.downcast().map(Self).or_else(|_| read(&claims))
    }
}

fn read<C: DeserializeOwned>(claims: &Claims) -> Result<Verified<C>, Rejection> {
    let read = serde_json::to_value(claims).and_then(C::deserialize);
    read.map(|claims| Verified(Arc::new(claims))).map_err(|error| {
        // The message of a serde error may contain a claim; its category does not.
        tracing::debug!(error = ?error.classify(), "the claims do not have the type that the handler expects");
        Rejection::Insufficient
    })
}

impl<C> Deref for Verified<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}
