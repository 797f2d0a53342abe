//! Authentication for tower services by access token.
//!
//! A [`VerifyLayer`] verifies the access token of each request. A handler gets the user with [`Verified::of`]; a
//! [`RequireLayer`] states the requirements of a group of routes. With feature `axum`, [`Verified`] is also an
//! extractor.
//!
//! Set the [audience](crate::JwtVerifier::audience) of the verifier, so that only tokens for this service are accepted.
//! [`JwtVerifier`](crate::JwtVerifier#requests) documents how many requests forged tokens can cause at the auth server.
//!
//! ```
//! use gotrue::tower::{RequireLayer, Verified, VerifyLayer};
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, service_fn};
//!
//! # fn f(client: gotrue::Client) {
//! let service = ServiceBuilder::new()
//!     .layer(VerifyLayer::new(client.jwt_verifier().audience("authenticated")))
//!     .layer(RequireLayer::new().role("authenticated"))
//!     .service(service_fn(async |request: Request<String>| {
//!         let user: Verified = Verified::of(request.extensions())?;
//!         Ok::<_, gotrue::tower::Rejection>(Response::new(format!("signed in as {}", user.sub)))
//!     }));
//! # let _ = service;
//! # }
//! ```

mod protected_resource;
mod reject;
mod require;
mod verified;
mod verify;

pub use protected_resource::{ProtectedResource, ProtectedResourceLayer};
pub use reject::Rejection;
pub use require::{Require, RequireLayer};
pub use verified::Verified;
#[cfg(feature = "web")]
pub(crate) use verify::{TokenCookies, Verification, is_about_token};
pub use verify::{Verify, VerifyLayer};
