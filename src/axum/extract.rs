//! Who sent a request, for handlers.

use std::{ops::Deref, sync::Arc};

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::{Extensions, request::Parts};

use super::{Rejection, verify::Seen};
use crate::jwt::{Claims, VerifiedClaims};

/// The verified claims of whoever sent the request. Needs a [`VerifyLayer`](super::VerifyLayer).
///
/// As an argument of a handler it answers 401 to a request without a good token. `Option<Verified>` lets one without any
/// token pass; a bad one is refused all the same.
#[derive(Clone, Debug)]
pub struct Verified(Arc<VerifiedClaims>);

impl Verified {
    pub(super) fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        let Some(Seen(found)) = extensions.get::<Seen>() else {
            tracing::error!("Verified is asked for where there is no VerifyLayer");
            return Err(Rejection::NotLayered);
        };
        found.clone().map(Self)
    }
}

impl Deref for Verified {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Verified {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        match Self::of(&parts.extensions) {
            Err(Rejection::Missing) => Ok(None),
            found => found.map(Some),
        }
    }
}
