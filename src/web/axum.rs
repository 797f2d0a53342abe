//! The extractor for axum.

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::BrowserSession;
use crate::tower::Rejection;

impl<S: Sync> FromRequestParts<S> for BrowserSession {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions)
    }
}
