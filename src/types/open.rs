//! Open strings: enums of the known values that also keep any other value.

// For the generated code: its texts are those of the document, and a match has one arm per value.
#![allow(clippy::doc_markdown, clippy::too_many_lines)]

use std::{
    cmp::Ordering,
    convert::Infallible,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of an open string that this version of the crate does not know.
///
/// It cannot be constructed, so that a known value always has its own variant. Convert a string into the open type
/// instead.
///
/// ```
/// use gotrue::Provider;
///
/// let provider = Provider::from("myspace");
/// assert!(matches!(&provider, Provider::Other(value) if value.as_str() == "myspace"));
/// assert!(matches!(Provider::from("github"), Provider::Github));
/// ```
#[derive(Clone)]
pub struct OtherValue(pub(super) Box<str>);

impl OtherValue {
    /// Returns the value as the server spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OtherValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for OtherValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Implements the traits of a string for an open string type, all in terms of `as_str` and `KNOWN`.
macro_rules! open_string {
    ($name:ident, $about:literal) => {
        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                let known = Self::KNOWN.iter().find(|known| known.as_str() == value);
                known.cloned().unwrap_or_else(|| Self::Other(OtherValue(value.into())))
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(value: &str) -> Result<Self, Infallible> {
                Ok(Self::from(value))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $about })
            }
        }
    };
}

#[cfg(feature = "hooks")]
pub(super) use open_string;

include!(concat!(env!("OUT_DIR"), "/open.rs"));

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_string_has_one_form() {
        for known in ErrorCode::KNOWN {
            assert!(!matches!(ErrorCode::from(known.as_str()), ErrorCode::Other(_)), "{known}");
        }
        assert!(matches!(ErrorCode::from("bad_jwt".to_owned()), ErrorCode::BadJwt));
        assert!(
            matches!("code_of_tomorrow".parse(), Ok(ErrorCode::Other(value)) if value.as_str() == "code_of_tomorrow")
        );
    }

    #[test]
    fn comparisons_are_those_of_the_string() {
        let [known, other] = [Provider::Github, Provider::from("acme")];
        assert!(known == "github" && known != other && other < known);
        assert_eq!(HashSet::from([known.clone(), known, other]).len(), 2);
    }

    #[test]
    fn the_json_is_a_plain_string() {
        for value in ["aal2", "aal9"] {
            let level: AssuranceLevel = serde_json::from_value(value.into()).unwrap();
            assert_eq!(level, value);
            assert_eq!(serde_json::to_value(&level).unwrap(), value);
            assert_eq!(level.to_string(), value);
        }
    }
}
