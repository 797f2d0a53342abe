//! The models generated from `openapi/gotrue.yaml`: the bodies of requests and responses.
//!
//! Strings to which a newer server may add values are open types, such as [`ErrorCode`]: enums of the known values that
//! also keep any other value.
//!
//! Free-form data, such as the metadata of a user, is a [`serde_json::Value`]. The server accepts values that are
//! nested up to 10,000 levels deep. A value more than 100 levels deep in a response is represented by a string that
//! contains its JSON text, so that every value can be decoded, cloned, printed and dropped on any thread. Writing such
//! a value back would store the text: send only the members of the metadata that change, since the server keeps the
//! others.

mod generate_link_result;
#[cfg(feature = "hooks")]
pub mod hooks;
mod jwk_set;
mod open;

pub use generate_link_result::GenerateLinkResult;
pub use jwk_set::JwkSet;
pub use models::*;
pub use open::*;
#[cfg(feature = "schemars")]
pub use schemas::schemas;

// The generated code takes its docs from the document and its style from the generator.
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
    /// Returns [`Local`](Self::Local), the current session only. The server's own default is all of the user's
    /// sessions.
    fn default() -> Self {
        Self::Local
    }
}

impl Settings {
    /// Returns whether a sign-in method is enabled, by its name in [`external`](Self::external): a provider, `email`,
    /// `phone` or `anonymous_users`.
    ///
    /// ```
    /// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
    /// let settings = client.settings().await?;
    /// println!("GitHub: {}, email: {}", settings.is_enabled("github"), settings.is_enabled("email"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn is_enabled(&self, method: &str) -> bool {
        self.external.get(method).and_then(serde_json::Value::as_bool).unwrap_or(false)
    }
}

impl Provider {
    /// Returns a custom provider of the server, by its name with or without the prefix `custom:`.
    ///
    /// ```
    /// assert_eq!(gotrue::Provider::custom("acme").as_str(), "custom:acme");
    /// ```
    #[must_use]
    pub fn custom(name: &str) -> Self {
        Self::from(format!("custom:{}", name.strip_prefix("custom:").unwrap_or(name)))
    }
}
