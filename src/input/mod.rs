//! Input validation before a request is sent.

pub(crate) mod redirect_uri;

use std::num::NonZeroU64;

use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    secret::Secret,
};

pub(crate) fn not_empty(what: &'static str, value: &str) -> Result<()> {
    if value.trim().is_empty() { Err(Error::invalid(what, "must not be empty")) } else { Ok(()) }
}

pub(crate) fn secret(what: &'static str, value: &Secret) -> Result<()> {
    if value.is_empty() { Err(Error::invalid(what, "must not be empty")) } else { Ok(()) }
}

/// Rejects the nil UUID.
pub(crate) fn id(what: &'static str, id: Uuid) -> Result<()> {
    if id.is_nil() { Err(Error::invalid(what, "must not be the nil UUID")) } else { Ok(()) }
}

/// Rejects URLs that are not `https`, where the server accepts no others.
pub(crate) fn https(what: &'static str, url: &str) -> Result<()> {
    not_empty(what, url)?;
    let parsed = Url::parse(url).map_err(|error| Error::invalid(what, format!("is invalid: {error}")))?;
    if parsed.scheme() == "https" { Ok(()) } else { Err(Error::invalid(what, "must be an https URL")) }
}

/// Rejects zero, for numbers that are counted from one.
pub(crate) fn from_one(what: &'static str, number: u64) -> Result<NonZeroU64> {
    NonZeroU64::new(number).ok_or_else(|| Error::invalid(what, "must be at least 1"))
}

/// Rejects an empty value, but not a missing one.
pub(crate) fn optional(what: &'static str, value: Option<&str>) -> Result<()> {
    value.map_or(Ok(()), |value| not_empty(what, value))
}

/// Rejects a list with an empty entry.
pub(crate) fn none_empty<'a>(what: &'static str, values: impl IntoIterator<Item = &'a String>) -> Result<()> {
    values.into_iter().try_for_each(|value| not_empty(what, value))
}

/// Rejects a redirect URL that is not absolute. Its scheme may be that of an application.
pub(crate) fn redirect_to(url: Option<&str>) -> Result<()> {
    url.map_or(Ok(()), |text| self::url("redirect URL", text).map(drop))
}

/// Parses an absolute URL.
pub(crate) fn url(what: &'static str, text: &str) -> Result<Url> {
    not_empty(what, text)?;
    Url::parse(text).map_err(|error| Error::invalid(what, format!("is invalid: {error}")))
}

/// Rejects scopes with spaces, since scopes are joined by spaces.
pub(crate) fn scopes(scopes: &[String]) -> Result<()> {
    if scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
        return Err(Error::invalid("scope", "must not be empty or contain spaces"));
    }
    Ok(())
}

/// Rejects metadata that is not an object, since the server accepts no other.
pub(crate) fn metadata(data: Option<&Value>) -> Result<()> {
    match data {
        None | Some(Value::Object(_)) => Ok(()),
        Some(_) => Err(Error::invalid("metadata", "must be a JSON object")),
    }
}

/// Rejects an audience that cannot be sent in a header.
pub(crate) fn audience(audience: Option<&str>) -> Result<()> {
    match audience {
        Some(audience) if audience.is_empty() || audience.chars().any(|c| !c.is_ascii_graphic()) => {
            Err(Error::invalid("audience", "must not be empty or contain characters that are not allowed in a header"))
        }
        _ => Ok(()),
    }
}
