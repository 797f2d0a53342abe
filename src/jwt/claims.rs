//! The claims of an access token.

use chrono::{DateTime, Utc, serde::ts_seconds, serde::ts_seconds_option};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::compact::CompactToken;
use crate::{
    error::{Error, Result, TokenError},
    nesting,
    secret::Secret,
    types::{AssuranceLevel, AuthenticationMethod},
};

/// The claims of an access token.
///
/// Only `sub` and `exp` are in every token: older servers omit many claims, and an auth hook may change most of them. A
/// claim that is missing or null is `None`, empty or null here; an empty email address or phone number counts as
/// missing. A claim of an unexpected type is one of the [custom](Self::custom) claims, except that `sub`, `exp`, `nbf`
/// and `is_anonymous` must be of their type: a token in which one of them is not is malformed.
///
/// Claims by themselves prove nothing. Those that [`JwtVerifier::verify`](crate::JwtVerifier::verify) returns are
/// [`VerifiedClaims`](crate::jwt::VerifiedClaims).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
#[non_exhaustive]
pub struct Claims {
    /// The id of the user.
    pub sub: Uuid,
    /// When the token expires.
    #[serde(with = "ts_seconds")]
    pub exp: DateTime<Utc>,
    /// When the token was issued.
    #[serde(with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    pub iat: Option<DateTime<Utc>>,
    /// When the token becomes valid. Set only by an auth hook.
    #[serde(with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<DateTime<Utc>>,
    /// The issuer, if the server has one configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The audience, usually `authenticated`.
    pub aud: Audience,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number, digits only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Metadata that only administrators can change.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub app_metadata: Value,
    /// Metadata that users can change themselves. Do not base permissions on it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub user_metadata: Value,
    /// The database role, usually `authenticated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The assurance level of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aal: Option<AssuranceLevel>,
    /// How the user authenticated in this session, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<Authentication>,
    /// The id of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// Whether the user signed in anonymously.
    pub is_anonymous: bool,
    /// The OAuth client that the session belongs to, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The scopes that the user granted to the OAuth client, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(flatten)]
    custom: Map<String, Value>,
}

impl Claims {
    /// Reads the claims of a token without verifying it: neither the signature nor the times. Anyone can make up such a
    /// token, so use this only for a token that you got from the server yourself. For any other token, use
    /// [`Client::jwt_verifier`](crate::Client::jwt_verifier).
    ///
    /// ```
    /// # fn f(session: gotrue::Session) -> Result<(), gotrue::Error> {
    /// let claims = gotrue::Claims::read_unverified(session.access_token())?;
    /// println!("session {:?} until {}", claims.session_id, claims.exp);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`TokenError::Malformed`] if it is not a JWT, or not that of a user.
    pub fn read_unverified(token: &Secret) -> Result<Self> {
        let token = CompactToken::split(token.expose())?;
        let mut buffer = token.buffer();
        token.header(&mut buffer)?;
        Ok(Self::from_payload(token.payload(&mut buffer)?)?)
    }

    /// Reads the payload of a token, which may be forged.
    pub(super) fn from_payload(payload: &[u8]) -> Result<Self, TokenError> {
        serde_json::from_slice(&nesting::bounded(payload))
            .map_err(|_| TokenError::Malformed("expected the claims of a user"))
    }

    /// Returns a claim that has no field of its own, such as one that an auth hook has added.
    #[must_use]
    pub fn custom(&self, name: &str) -> Option<&Value> {
        self.custom.get(name)
    }

    /// Deserializes a [custom](Self::custom) claim. Returns `None` if there is no such claim.
    ///
    /// ```
    /// # fn f(claims: gotrue::Claims) -> Result<(), gotrue::Error> {
    /// let teams: Vec<String> = claims.custom_as("teams")?.unwrap_or_default();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the claim is of another type.
    pub fn custom_as<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.custom.get(name) else { return Ok(None) };
        // The message of serde may contain the claim.
        T::deserialize(value).map(Some).map_err(|_| Error::invalid("custom claim", "has another type"))
    }

    /// Returns all claims that have no field of their own.
    #[must_use]
    pub fn all_custom(&self) -> &Map<String, Value> {
        &self.custom
    }
}

impl TryFrom<Map<String, Value>> for Claims {
    type Error = TokenError;

    fn try_from(mut claims: Map<String, Value>) -> Result<Self, TokenError> {
        let claims = &mut claims;
        Ok(Self {
            sub: take(claims, "sub", uuid).ok_or(TokenError::Malformed("expected the id of a user"))?,
            exp: take(claims, "exp", timestamp).ok_or(TokenError::Malformed("expected an expiry"))?,
            iat: take(claims, "iat", timestamp),
            // A restriction that cannot be read must not be ignored.
            nbf: take_or_refuse(claims, "nbf", timestamp)?,
            iss: take(claims, "iss", text),
            aud: take(claims, "aud", Audience::read).unwrap_or_default(),
            email: take(claims, "email", text).filter(|email| !email.is_empty()),
            phone: take(claims, "phone", text).filter(|phone| !phone.is_empty()),
            app_metadata: claims.remove("app_metadata").unwrap_or_default(),
            user_metadata: claims.remove("user_metadata").unwrap_or_default(),
            role: take(claims, "role", text).filter(|role| !role.is_empty()),
            aal: take(claims, "aal", text).map(AssuranceLevel::from),
            amr: take(claims, "amr", Authentication::read_all).unwrap_or_default(),
            session_id: take(claims, "session_id", uuid),
            is_anonymous: take_or_refuse(claims, "is_anonymous", |value| value.as_bool())?.unwrap_or_default(),
            client_id: take(claims, "client_id", text),
            scope: take(claims, "scope", text),
            custom: std::mem::take(claims),
        })
    }
}

/// Removes a claim and returns it if it is of its type. Null counts as missing.
fn take<T>(claims: &mut Map<String, Value>, name: &str, read: impl Fn(&mut Value) -> Option<T>) -> Option<T> {
    let value = claims.get_mut(name)?;
    let read = if value.is_null() { None } else { Some(read(value)?) };
    claims.remove(name);
    read
}

/// The same for a claim that must be of its type.
fn take_or_refuse<T>(
    claims: &mut Map<String, Value>,
    name: &str,
    read: impl Fn(&mut Value) -> Option<T>,
) -> Result<Option<T>, TokenError> {
    let read = take(claims, name, read);
    if claims.contains_key(name) { Err(TokenError::Malformed("a claim is of the wrong type")) } else { Ok(read) }
}

fn text(value: &mut Value) -> Option<String> {
    match value {
        Value::String(text) => Some(std::mem::take(text)),
        _ => None,
    }
}

fn uuid(value: &mut Value) -> Option<Uuid> {
    Uuid::try_parse(value.as_str()?).ok()
}

/// Reads seconds since the Unix epoch, which may have a fraction (RFC 7519, section 2). Saturates.
fn timestamp(value: &mut Value) -> Option<DateTime<Utc>> {
    let seconds = value.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "saturation is intended")]
    let millis = value.as_i64().map_or((seconds * 1000.0) as i64, |whole| whole.saturating_mul(1000));
    let end = if seconds < 0.0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    Some(DateTime::from_timestamp_millis(millis).unwrap_or(end))
}

/// The audience of a token: usually one name, several if an auth hook sets them, none if the server omits it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Names", into = "Names")]
pub struct Audience(Vec<String>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// Returns whether this name is in the audience.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }

    /// Returns all names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn read(value: &mut Value) -> Option<Self> {
        match value {
            Value::String(_) => Some(Self(vec![text(value)?])),
            Value::Array(names) if names.iter().all(Value::is_string) => {
                Some(Self(names.iter_mut().filter_map(text).collect()))
            }
            _ => None,
        }
    }
}

impl From<Names> for Audience {
    fn from(names: Names) -> Self {
        match names {
            Names::One(name) => Self(vec![name]),
            Names::Several(names) => Self(names),
        }
    }
}

impl From<Audience> for Names {
    fn from(Audience(mut names): Audience) -> Self {
        match names.len() {
            1 => Self::One(names.remove(0)),
            _ => Self::Several(names),
        }
    }
}

/// An authentication step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Authentication {
    /// The method.
    pub method: AuthenticationMethod,
    /// When the step took place. An auth hook may omit it.
    #[serde(default, with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<DateTime<Utc>>,
    /// The id of the SSO provider, for [`AuthenticationMethod::SsoSaml`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

impl Authentication {
    /// Reads a list of steps, each an object from the server or a bare name from an auth hook.
    fn read_all(value: &mut Value) -> Option<Vec<Self>> {
        let steps = value.as_array()?;
        steps.iter().map(Self::read).collect()
    }

    fn read(step: &Value) -> Option<Self> {
        let method = step.as_str().or_else(|| step["method"].as_str())?.into();
        let timestamp = step.get("timestamp").and_then(|value| timestamp(&mut value.clone()));
        let provider = step.get("provider").and_then(Value::as_str).map(str::to_owned);
        Some(Self { method, timestamp, provider })
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Claims {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        crate::types::AccessTokenClaims::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::types::AccessTokenClaims::json_schema(generator)
    }
}
