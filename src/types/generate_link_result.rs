//! The response of `POST /admin/generate_link`: two models in one object.

use serde::{Deserialize, Serialize};

use super::{GeneratedLink, User};

/// A user with a generated link.
///
/// The server returns the fields of both in one object.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct GenerateLinkResult {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// The link and its codes.
    #[serde(flatten)]
    pub link: GeneratedLink,
}
