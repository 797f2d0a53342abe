//! For services on tower: who sent a request, by a verified access token.
//!
//! A [`VerifyLayer`] looks at the token of each request, and leaves what it has found for [`Verified::of`]. What a group
//! of routes asks for is a [`RequireLayer`]. Feature `axum` has extractors besides.
//!
//! ```
//! use gotrue::tower::{RequireLayer, Verified, VerifyLayer};
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, service_fn};
//!
//! # fn f(client: gotrue::Client) {
//! let service = ServiceBuilder::new()
//!     .layer(VerifyLayer::new(client.jwt_verifier()))
//!     .layer(RequireLayer::new().role("authenticated"))
//!     .service(service_fn(async |request: Request<String>| {
//!         let user: Verified = Verified::of(request.extensions())?;
//!         Ok::<_, gotrue::tower::Rejection>(Response::new(format!("yours, {}", user.sub)))
//!     }));
//! # let _ = service;
//! # }
//! ```

mod reject;
mod require;
mod verified;
mod verify;

pub use reject::Rejection;
pub use require::{Require, RequireLayer};
pub use verified::Verified;
pub use verify::{Verify, VerifyLayer};
