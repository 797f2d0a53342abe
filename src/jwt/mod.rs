//! Access tokens, which are JWTs (RFC 7519): their claims, and their verification.

mod claims;
mod compact;
mod session_checks;
mod shared_secret;
mod verifier;

pub use claims::{Audience, Authentication, Claims};
pub use verifier::{JwtVerifier, VerifiedClaims};
