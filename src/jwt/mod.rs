//! Access tokens, which are JWTs (RFC 7519): read, and verified by the server's public keys.

mod claims;
mod token;
mod verifier;

pub use claims::{Audience, Authentication, Claims};
pub use verifier::{JwtVerifier, VerifiedClaims};
