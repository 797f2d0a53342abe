//! For services on axum: who sent a request, by a verified access token.
//!
//! A [`VerifyLayer`] looks at the token of each request; a handler takes [`Verified`], or an `Option` of it. What a group
//! of routes asks for is a [`RequireLayer`].
//!
//! ```
//! use axum::{Router, routing::get};
//! use gotrue::{AssuranceLevel, axum::{RequireLayer, Verified, VerifyLayer}};
//!
//! async fn hello(visitor: Option<Verified>) -> String {
//!     visitor.map_or("hello".to_owned(), |user| format!("hello {}", user.sub))
//! }
//!
//! async fn secrets(user: Verified) -> String {
//!     format!("yours, {}", user.sub)
//! }
//!
//! # fn app(client: gotrue::Client) -> Router {
//! Router::new()
//!     .route("/secrets", get(secrets))
//!     .route_layer(RequireLayer::new().assurance_level(AssuranceLevel::AAL2))
//!     .route("/", get(hello))
//!     .layer(VerifyLayer::new(client.jwt_verifier().audience("authenticated")))
//! # }
//! ```

mod extract;
mod reject;
mod require;
mod verify;

pub use extract::Verified;
pub use reject::Rejection;
pub use require::{Require, RequireLayer};
pub use verify::{Verify, VerifyLayer};
