//! `gotrue keys mint`: tokens.

use std::time::Duration;

use clap::Subcommand;
use gotrue::{
    Secret,
    chrono::Utc,
    serde_json::{Value, json},
    uuid::Uuid,
};

use super::jwk::Jwk;
use crate::failure::{Failure, Result};

/// A token to make.
#[derive(Debug, Subcommand)]
pub enum Mint {
    /// API key without rights, for the gateway in front of the server
    Anon {
        /// Lifetime of the key
        #[arg(long, value_parser = humantime::parse_duration, default_value = "10years", value_name = "TIME")]
        expires_in: Duration,
    },
    /// Service key, for admin commands and servers
    ServiceRole {
        /// Lifetime of the key
        #[arg(long, value_parser = humantime::parse_duration, default_value = "10years", value_name = "TIME")]
        expires_in: Duration,
    },
    /// Access token of a user, for tests; it belongs to no session and cannot be refreshed
    User {
        /// ID of the user
        id: Uuid,
        /// Email address of the user
        #[arg(long)]
        email: Option<String>,
        /// Database role of the user
        #[arg(long, default_value = "authenticated")]
        role: String,
        /// Lifetime of the token
        #[arg(long, value_parser = humantime::parse_duration, default_value = "1h", value_name = "TIME")]
        expires_in: Duration,
    },
}

impl Mint {
    /// Signs the token.
    pub fn sign(self, key: &Jwk) -> Result<Secret> {
        let (claims, expires_in) = match self {
            Self::Anon { expires_in } => (json!({ "role": "anon" }), expires_in),
            Self::ServiceRole { expires_in } => (json!({ "role": "service_role" }), expires_in),
            Self::User { id, email, role, expires_in } => {
                let claims = json!({ "sub": id, "aud": "authenticated", "role": role, "email": email.unwrap_or_default(), "aal": "aal1" });
                (claims, expires_in)
            }
        };
        key.sign(&with_times(claims, expires_in)?)
    }
}

fn with_times(mut claims: Value, expires_in: Duration) -> Result<Value> {
    let now = Utc::now().timestamp();
    let lifetime = i64::try_from(expires_in.as_secs()).ok().filter(|seconds| *seconds > 0);
    let end = lifetime.and_then(|lifetime| now.checked_add(lifetime));
    let end = end.ok_or_else(|| Failure::usage("expected a lifetime of at least one second"))?;
    claims["iat"] = now.into();
    claims["exp"] = end.into();
    Ok(claims)
}
