//! The models generated from `openapi/gotrue.yaml`: what requests and responses carry.
//!
//! Strings to which a newer server may add values are open types, such as [`ErrorCode`]: enums of the known values that
//! also keep any other value.

mod jwk_set;
mod open;

pub use jwk_set::JwkSet;
pub use models::*;
pub use open::*;
#[cfg(feature = "schemars")]
pub use schemas::schemas;

// Generated code is documented by the document; its style is the generator's.
#[allow(missing_docs, unused, rustdoc::all, clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod models {
    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

#[cfg(feature = "schemars")]
#[allow(clippy::too_many_lines, reason = "it is a list")]
mod schemas {
    include!(concat!(env!("OUT_DIR"), "/schemas.rs"));
}

impl Default for SignOutScope {
    /// This session only. The server's own default is all of the user's sessions, which surprises people.
    fn default() -> Self {
        Self::Local
    }
}

impl Provider {
    /// A provider that the server's owner has added, by its name with or without the prefix `custom:`.
    ///
    /// ```
    /// assert_eq!(gotrue::Provider::custom("acme").as_str(), "custom:acme");
    /// ```
    #[must_use]
    pub fn custom(name: &str) -> Self {
        Self::from(format!("custom:{}", name.strip_prefix("custom:").unwrap_or(name)))
    }
}
