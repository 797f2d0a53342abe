//! The claims of an access token, as a hook gets and returns them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The claims of an access token that is about to be issued.
///
/// A hook may add, change and remove claims, except that the server insists on some claims and on the types of some, and
/// refuses to issue a token otherwise. [`set`](Self::set) and [`remove`](Self::remove) enforce this.
///
/// ```
/// use gotrue::hooks::HookClaims;
///
/// fn add_team(mut claims: HookClaims) -> Result<HookClaims, gotrue::hooks::InvalidClaim> {
///     claims.set("team", "blue")?;
///     Ok(claims)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct HookClaims(Map<String, Value>);

impl HookClaims {
    /// Returns a claim.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns all claims by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds or replaces a claim.
    ///
    /// # Errors
    ///
    /// [`InvalidClaim`] if the server does not accept this type of value for the claim.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Result<(), InvalidClaim> {
        let (name, value) = (name.into(), value.into());
        if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
            known.check(&value)?;
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// Removes a claim and returns it.
    ///
    /// # Errors
    ///
    /// [`InvalidClaim`] if the server insists on the claim.
    pub fn remove(&mut self, name: &str) -> Result<Option<Value>, InvalidClaim> {
        match KNOWN.iter().find(|known| known.is_required && known.name == name) {
            Some(known) => Err(InvalidClaim::Missing { name: known.name }),
            None => Ok(self.0.remove(name)),
        }
    }

    /// Checks all claims as the server does.
    ///
    /// # Errors
    ///
    /// [`InvalidClaim`] for the first claim that is missing or has another type.
    pub fn validate(&self) -> Result<(), InvalidClaim> {
        KNOWN.iter().try_for_each(|known| match self.get(known.name) {
            Some(value) => known.check(value),
            None if known.is_required => Err(InvalidClaim::Missing { name: known.name }),
            None => Ok(()),
        })
    }
}

/// A claim with which the server would not issue an access token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClaim {
    /// The server insists on this claim.
    #[error("the server requires the claim `{name}`")]
    Missing {
        /// The name of the claim.
        name: &'static str,
    },
    /// The server insists on another type for this claim.
    #[error("the claim `{name}` has a type that the server does not accept")]
    Type {
        /// The name of the claim.
        name: &'static str,
    },
}

/// A claim that the server checks.
struct KnownClaim {
    name: &'static str,
    /// The accepted kinds. Empty: all.
    kinds: &'static [Kind],
    /// The accepted kinds of the elements of an array. Empty: all.
    items: &'static [Kind],
    is_required: bool,
}

impl KnownClaim {
    fn check(&self, value: &Value) -> Result<(), InvalidClaim> {
        let is_valid = Kind::admit(self.kinds, value)
            && value.as_array().is_none_or(|items| items.iter().all(|item| Kind::admit(self.items, item)));
        if is_valid { Ok(()) } else { Err(InvalidClaim::Type { name: self.name }) }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Array,
    Integer,
    Object,
    String,
}

impl Kind {
    fn admit(kinds: &[Self], value: &Value) -> bool {
        kinds.is_empty() || kinds.iter().any(|kind| kind.is_of(value))
    }

    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Array => value.is_array(),
            // A number without a fraction is an integer, however it is written.
            Self::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            Self::Object => value.is_object(),
            Self::String => value.is_string(),
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/hook_claims.rs"));
