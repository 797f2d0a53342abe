//! Flows as cookie values: JSON in base64url, which needs no quoting (RFC 6265, 4.1.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    secret::Secret,
};

/// Returns a flow as a cookie value. Flows are structs of strings, which always serialize.
pub(crate) fn encode(flow: &impl Serialize) -> Secret {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(flow).unwrap_or_default()).into()
}

pub(crate) fn decode<T: DeserializeOwned>(value: &Secret) -> Result<T> {
    let json = URL_SAFE_NO_PAD.decode(value.expose()).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Error::invalid("flow cookie", "must be an unchanged cookie_value"))
}
