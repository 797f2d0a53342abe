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
    let Some(url) = url else { return Ok(()) };
    not_empty("redirect URL", url)?;
    Url::parse(url).map(drop).map_err(|error| Error::invalid("redirect URL", format!("is not valid: {error}")))
}

/// They are joined by spaces.
pub(crate) fn scopes(scopes: &[String]) -> Result<()> {
    if scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
        return Err(Error::invalid("scope", "is empty or holds a space"));
    }
    Ok(())
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
