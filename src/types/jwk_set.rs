//! The JSON Web Key Set, decoded key by key.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Jwk;

/// A JSON Web Key Set (RFC 7517).
///
/// Members that are not valid keys are skipped (RFC 7517, section 5), so that an invalid key does not make the others
/// unusable.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct JwkSet {
    /// The public keys. Empty if the server signs with a shared secret.
    #[serde(deserialize_with = "valid_keys")]
    pub keys: Vec<Jwk>,
}

fn valid_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Jwk>, D::Error> {
    let members = Vec::<Value>::deserialize(deserializer)?;
    Ok(members.into_iter().filter_map(|member| Jwk::deserialize(member).ok()).collect())
}
