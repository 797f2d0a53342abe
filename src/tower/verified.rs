//! Who sent a request, for handlers.

use std::{any::Any, ops::Deref, sync::Arc};

use http::Extensions;
use serde::de::DeserializeOwned;

use super::{Rejection, verify::Seen};
use crate::jwt::Claims;

/// The verified claims of whoever sent the request. Needs a [`VerifyLayer`](super::VerifyLayer).
///
/// With feature `axum` it is an argument of a handler, which answers 401 to a request without a good token.
/// `Option<Verified>` lets one without any token pass; a bad one is refused all the same.
///
/// A type of your own in the place of [`Claims`] reads the claims as a hook of the server has made them:
///
/// ```
/// # use gotrue::tower::{Rejection, Verified};
/// #[derive(serde::Deserialize)]
/// struct OfTeam {
///     sub: gotrue::uuid::Uuid,
///     team: String,
/// }
///
/// fn team(request: &http::Request<()>) -> Result<String, Rejection> {
///     let user: Verified<OfTeam> = Verified::of(request.extensions())?;
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
    /// What the layer has found, without a look at what it says.
    pub(super) fn claims(extensions: &Extensions) -> Result<Arc<Claims>, Rejection> {
        let Some(Seen(found)) = extensions.get::<Seen>() else {
            tracing::error!("Verified is asked for where there is no VerifyLayer");
            return Err(Rejection::NotLayered);
        };
        found.clone()
    }
}

impl<C: DeserializeOwned + Send + Sync + 'static> Verified<C> {
    /// Who sent the request with these extensions.
    ///
    /// # Errors
    /// [`Rejection`]: there is no token, or it is not good; or, as [`Rejection::Insufficient`], it does not have the
    /// claims of this type.
    pub fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        let claims = Verified::claims(extensions)?;
        let same: Arc<dyn Any + Send + Sync> = claims.clone();
        // Mostly it is the type that is there already.
        same.downcast().map(Self).or_else(|_| read(&claims))
    }
}

fn read<C: DeserializeOwned>(claims: &Claims) -> Result<Verified<C>, Rejection> {
    let read = serde_json::to_value(claims).and_then(C::deserialize);
    read.map(|claims| Verified(Arc::new(claims))).map_err(|error| {
        // What serde says may quote a claim; its category does not.
        tracing::debug!(error = ?error.classify(), "the claims are not of the type that is asked for");
        Rejection::Insufficient
    })
}

impl<C> Deref for Verified<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}
