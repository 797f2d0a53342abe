//! What can be seen to be wrong before a request is sent.

use serde_json::Value;
use url::Url;

use crate::{
    error::{Error, Result},
    secret::Secret,
};

pub(crate) fn not_empty(what: &'static str, value: &str) -> Result<()> {
    if value.trim().is_empty() { Err(Error::invalid(what, "is empty")) } else { Ok(()) }
}

pub(crate) fn secret(what: &'static str, value: &Secret) -> Result<()> {
    if value.is_empty() { Err(Error::invalid(what, "is empty")) } else { Ok(()) }
}

/// An absolute URL, of any scheme: applications have their own.
pub(crate) fn redirect_to(url: Option<&str>) -> Result<()> {
    url.map_or(Ok(()), |text| self::url("redirect URL", text).map(drop))
}

/// An absolute URL.
pub(crate) fn url(what: &'static str, text: &str) -> Result<Url> {
    not_empty(what, text)?;
    Url::parse(text).map_err(|error| Error::invalid(what, format!("is not valid: {error}")))
}

/// The server takes an object only.
pub(crate) fn metadata(data: Option<&Value>) -> Result<()> {
    match data {
        None | Some(Value::Object(_)) => Ok(()),
        Some(_) => Err(Error::invalid("metadata", "is not a JSON object")),
    }
}

/// Goes into a header.
pub(crate) fn audience(audience: Option<&str>) -> Result<()> {
    match audience {
        Some(audience) if audience.is_empty() || audience.chars().any(|c| !c.is_ascii_graphic()) => {
            Err(Error::invalid("audience", "is empty or has characters that cannot be sent in a header"))
        }
        _ => Ok(()),
    }
}
