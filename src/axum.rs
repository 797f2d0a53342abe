//! Authentication for axum services by access token.
//!
//! A [`VerifyLayer`] verifies the access token of each request. A handler takes [`Verified`] or `Option<Verified>` as
//! an argument; a [`RequireLayer`] states the requirements of a group of routes. The layers are those of
//! [`tower`](crate::tower).
//!
//! ```
//! use axum::{Router, routing::get};
//! use gotrue::{axum::{RequireLayer, Verified, VerifyLayer}, types::AssuranceLevel};
//!
//! async fn hello(visitor: Option<Verified>) -> String {
//!     visitor.map_or("hello".to_owned(), |user| format!("hello {}", user.sub))
//! }
//!
//! async fn secrets(user: Verified) -> String {
//!     format!("the secrets of {}", user.sub)
//! }
//!
//! # fn app(client: gotrue::Client) -> Router {
//! Router::new()
//!     .route("/secrets", get(secrets))
//!     .route_layer(RequireLayer::new().assurance_level(AssuranceLevel::Aal2))
//!     .route("/", get(hello))
//!     .layer(VerifyLayer::new(client.jwt_verifier().audience("authenticated")))
//! # }
//! ```

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use serde::de::DeserializeOwned;

pub use crate::tower::{
    ProtectedResource, ProtectedResourceLayer, Rejection, Require, RequireLayer, Verified, Verify, VerifyLayer,
};

/// Rejects a request without a valid token.
impl<C: DeserializeOwned + Send + Sync + 'static, S: Sync> FromRequestParts<S> for Verified<C> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions)
    }
}

/// Accepts a request without credentials. Invalid credentials are rejected.
impl<C: DeserializeOwned + Send + Sync + 'static, S: Sync> OptionalFromRequestParts<S> for Verified<C> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        match Self::of(&parts.extensions) {
            Err(Rejection::Missing) => Ok(None),
            found => found.map(Some),
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        Self::into_response(self)
    }
}
