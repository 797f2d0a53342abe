//! The session as cookies contain it: the JSON object that auth-js stores.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::RawValue;

use crate::{
    error::{Error, Result},
    secret::Secret,
    session::Session,
};

/// The members that a [`Session`] has. Any other member is kept unchanged.
const KNOWN: [&str; 9] = [
    "access_token",
    "token_type",
    "expires_in",
    "expires_at",
    "refresh_token",
    "user",
    "provider_token",
    "provider_refresh_token",
    "weak_password",
];

/// A session as it is kept in cookies. What it states is not verified: the browser's user can change most cookies.
///
/// It is a JSON object, the one that auth-js stores: `access_token`, `refresh_token` and `expires_at` (seconds since
/// 1970), and usually `token_type`, `expires_in` and `user`. Members that this crate does not know are kept.
#[derive(Clone)]
pub struct CookieSession {
    access_token: Secret,
    refresh_token: Secret,
    members: Members,
}

impl fmt::Debug for CookieSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSession").finish_non_exhaustive()
    }
}

impl CookieSession {
    /// Reads the JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if it is not a JSON object, or has no `access_token`, `refresh_token` or `expires_at`.
    pub fn from_json(json: &str) -> Result<Self> {
        let members: Members =
            serde_json::from_str(json).map_err(|_| Error::invalid("session cookie", "must be a JSON object"))?;
        let token = |name| members.text(name).filter(|token| !token.is_empty());
        let tokens = token("access_token").zip(token("refresh_token")).filter(|_| members.get("expires_at").is_some());
        let (access_token, refresh_token) =
            tokens.ok_or_else(|| Error::invalid("session cookie", "must have the tokens and their expiry"))?;
        Ok(Self { access_token, refresh_token, members })
    }

    /// Returns the JSON object, with the members in their order.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        // A list of strings and JSON texts always serializes.
        serde_json::to_string(&self.members).unwrap_or_default().into()
    }

    /// Creates the content of the cookies from a session that the server returned.
    #[must_use]
    pub fn new(session: &Session) -> Self {
        let mut members = Members::default();
        members.set("access_token", session.access_token());
        members.set("token_type", session.token_type());
        members.set("expires_in", &session.expires_in());
        members.set("expires_at", &session.expires_at().timestamp());
        members.set("refresh_token", session.refresh_token());
        members.set("user", session.user());
        members.set_optional("provider_token", session.provider_token());
        members.set_optional("provider_refresh_token", session.provider_refresh_token());
        members.set_optional("weak_password", session.weak_password());
        let (access_token, refresh_token) = (session.access_token().clone(), session.refresh_token().clone());
        Self { access_token, refresh_token, members }
    }

    /// Adds the members of a previous state of the same session that a [`Session`] does not have.
    pub(super) fn continuing(mut self, before: &Self) -> Self {
        let unknown = before.members.0.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str()));
        self.members.0.extend(unknown.cloned());
        self
    }

    /// Returns the session without the member `user`, which is the largest one.
    #[must_use]
    pub fn without_user(mut self) -> Self {
        self.members.0.retain(|(name, _)| name != "user");
        self
    }

    /// Returns the access token.
    #[must_use]
    pub fn access_token(&self) -> &Secret {
        &self.access_token
    }

    /// Returns the refresh token.
    #[must_use]
    pub fn refresh_token(&self) -> &Secret {
        &self.refresh_token
    }

    /// Returns the token of this name, if there is one.
    pub(super) fn token(&self, name: &str) -> Option<Secret> {
        self.members.text(name)
    }
}

/// The members of a JSON object, in their order.
#[derive(Clone, Default)]
struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    fn get(&self, name: &str) -> Option<&RawValue> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)?;
        (value.get() != "null").then_some(value)
    }

    fn text(&self, name: &str) -> Option<Secret> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    fn set(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        // Strings, numbers and models always serialize.
        if let Ok(value) = serde_json::value::to_raw_value(value) {
            self.put(name.to_owned(), value);
        }
    }

    fn set_optional(&mut self, name: &str, value: Option<&impl Serialize>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// The last value of a name counts, in the place of the first, as in JavaScript.
    fn put(&mut self, name: String, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, former)) => *former = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry()? {
                    members.put(name, value);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}
