//! What an access token says.

use chrono::{DateTime, Utc, serde::ts_seconds, serde::ts_seconds_option};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::token::Token;
use crate::{
    error::{Error, Result, TokenError},
    secret::Secret,
    types::{AssuranceLevel, AuthenticationMethod},
};

/// The claims of an access token.
///
/// Only `sub` and `exp` are in every token: older servers leave many claims out, and a hook of the server's owner may
/// change most of them. What is missing is `None`, empty or null here; an empty address or number counts as missing. A
/// claim that is not of its usual type is among the [custom](Self::custom) ones.
///
/// From [`JwtVerifier::verify`](crate::JwtVerifier::verify) they come as [`VerifiedClaims`](crate::jwt::VerifiedClaims);
/// claims as such prove nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
#[non_exhaustive]
pub struct Claims {
    /// The user's id.
    pub sub: Uuid,
    /// When the token expires, by the server's clock.
    #[serde(with = "ts_seconds")]
    pub exp: DateTime<Utc>,
    /// When it was issued.
    #[serde(with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    pub iat: Option<DateTime<Utc>>,
    /// From when on it is good; only a hook sets it.
    #[serde(with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<DateTime<Utc>>,
    /// Who issued it, when the server has a name for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// For whom it is, mostly `authenticated`.
    pub aud: Audience,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number, digits only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What an administrator has noted down.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub app_metadata: Value,
    /// What the users say of themselves. They may write whatever they like there.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub user_metadata: Value,
    /// The role for the database, mostly `authenticated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How sure the server is that the user is who they say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aal: Option<AssuranceLevel>,
    /// How the user has authenticated in this session, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<Authentication>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// Whether the user signed in anonymously.
    pub is_anonymous: bool,
    /// The OAuth client, when the session is one of its.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What the user has let the OAuth client do, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(flatten)]
    custom: Map<String, Value>,
}

impl Claims {
    /// Reads a token without verifying anything: neither the signature nor the time. Everybody can write such a token,
    /// so that this proves nothing. It is good for a look into one's own token, never into somebody else's; for that
    /// there is [`Client::jwt_verifier`](crate::Client::jwt_verifier).
    ///
    /// ```
    /// # fn f(session: gotrue::Session) -> Result<(), gotrue::Error> {
    /// let claims = gotrue::Claims::read_unverified(session.access_token())?;
    /// println!("session {:?} until {}", claims.session_id, claims.exp);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`TokenError::Malformed`] when it is no JWT, or not one of a user.
    pub fn read_unverified(token: &Secret) -> Result<Self> {
        let token = Token::split(token.expose())?;
        let mut buffer = token.buffer();
        token.header(&mut buffer)?;
        Ok(token.claims(&mut buffer)?)
    }

    /// A claim that has no field of its own, such as one that a hook has added.
    #[must_use]
    pub fn custom(&self, name: &str) -> Option<&Value> {
        self.custom.get(name)
    }

    /// The same as a type of yours. `None` when there is no such claim.
    ///
    /// ```
    /// # fn f(claims: gotrue::Claims) -> Result<(), gotrue::Error> {
    /// let teams: Vec<String> = claims.custom_as("teams")?.unwrap_or_default();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when the claim is of another type.
    pub fn custom_as<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.custom.get(name) else { return Ok(None) };
        // What serde says may quote the claim.
        T::deserialize(value).map(Some).map_err(|_| Error::invalid("custom claim", "has another type"))
    }

    /// All claims that have no field of their own.
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
            sub: take(claims, "sub", uuid).ok_or(TokenError::Malformed("it names no user"))?,
            exp: take(claims, "exp", moment).ok_or(TokenError::Malformed("it does not say when it expires"))?,
            iat: take(claims, "iat", moment),
            nbf: take(claims, "nbf", moment),
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
            is_anonymous: take(claims, "is_anonymous", |value| value.as_bool()).unwrap_or_default(),
            client_id: take(claims, "client_id", text),
            scope: take(claims, "scope", text),
            custom: std::mem::take(claims),
        })
    }
}

/// Takes a claim out, if it is of its type. Null is as good as nothing.
fn take<T>(claims: &mut Map<String, Value>, name: &str, read: impl Fn(&mut Value) -> Option<T>) -> Option<T> {
    let value = claims.get_mut(name)?;
    let read = if value.is_null() { None } else { Some(read(value)?) };
    claims.remove(name);
    read
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

/// Seconds since 1970, which may have a fraction (RFC 7519, 2). What no date can hold is the end of time.
fn moment(value: &mut Value) -> Option<DateTime<Utc>> {
    let seconds = value.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "it ends at the ends of the range, as it should")]
    let millis = value.as_i64().map_or((seconds * 1000.0) as i64, |whole| whole.saturating_mul(1000));
    let end = if seconds < 0.0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    Some(DateTime::from_timestamp_millis(millis).unwrap_or(end))
}

/// For whom a token is: one name mostly, several by a hook, none from a server that leaves it out.
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
    /// Whether it is for that one, too.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }

    /// All names.
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

/// One step of authentication: how and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Authentication {
    /// How.
    pub method: AuthenticationMethod,
    /// When. A hook may leave it out.
    #[serde(default, with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<DateTime<Utc>>,
    /// The id of the SSO provider, with [`AuthenticationMethod::SsoSaml`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

impl Authentication {
    /// All, if each of them is one: with all that the server writes, or a bare name from a hook.
    fn read_all(value: &mut Value) -> Option<Vec<Self>> {
        let steps = value.as_array()?;
        steps.iter().map(Self::read).collect()
    }

    fn read(step: &Value) -> Option<Self> {
        let method = step.as_str().or_else(|| step["method"].as_str())?.into();
        let timestamp = step.get("timestamp").and_then(|value| moment(&mut value.clone()));
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
