//! A set of keys, as `GOTRUE_JWT_KEYS` lists them: exactly one of them signs.

use gotrue::serde_json::{self, Value, json};
use serde::Serialize;

use super::jwk::Jwk;
use crate::{
    failure::{Failure, Result},
    output::{Output, yes_no},
};

/// The keys of a server.
#[derive(Serialize)]
#[serde(transparent)]
pub struct KeySet(Vec<Jwk>);

impl KeySet {
    pub fn of(key: Jwk) -> Self {
        Self(vec![key])
    }

    /// Parses an array of keys, or an object with the member `keys`.
    pub fn parse(text: &str) -> Result<Self> {
        // Without the cause, which may quote a key.
        let invalid = |_| Failure::usage("expected a JSON array of private keys, as in GOTRUE_JWT_KEYS");
        let value: Value = serde_json::from_str(text).map_err(invalid)?;
        let keys = if value["keys"].is_array() { value["keys"].clone() } else { value };
        let set = Self(serde_json::from_value(keys).map_err(invalid)?);
        set.check()?;
        Ok(set)
    }

    /// The server refuses a set without a signing key, and one with several.
    fn check(&self) -> Result<()> {
        let ids: Vec<_> = self.0.iter().map(Jwk::kid).collect();
        if ids.iter().any(|kid| kid.is_empty()) {
            return Err(Failure::usage("each key needs an ID (kid)"));
        }
        if let Some((_, twice)) = ids.iter().enumerate().find(|(index, kid)| ids[..*index].contains(kid)) {
            return Err(Failure::usage(format!("two keys have the ID {twice}")));
        }
        match self.0.iter().filter(|key| key.signs()).count() {
            1 => Ok(()),
            0 => Err(Failure::usage("no key signs: one needs \"sign\" in its key_ops")),
            count => Err(Failure::usage(format!("{count} keys sign: only one may have \"sign\" in its key_ops"))),
        }
    }

    pub fn signing_key(&self) -> Result<&Jwk> {
        self.0.iter().find(|key| key.signs()).ok_or_else(|| Failure::usage("no key signs"))
    }

    /// Adds a key.
    pub fn with(mut self, key: Jwk) -> Result<Self> {
        self.0.push(key);
        self.check()?;
        Ok(self)
    }

    /// Makes one key sign, and the others only verify.
    pub fn sign_with(self, kid: &str) -> Result<Self> {
        self.find(kid)?;
        let choose = |key: Jwk| if key.kid() == kid { key.signing() } else { key.verifying() };
        Ok(Self(self.0.into_iter().map(choose).collect()))
    }

    /// Removes a key that does not sign.
    pub fn without(mut self, kid: &str) -> Result<Self> {
        if self.find(kid)?.signs() {
            let failure = Failure::usage(format!("key {kid} signs, so it cannot be removed"));
            return Err(failure.hint("choose another first: gotrue keys sign-with"));
        }
        self.0.retain(|key| key.kid() != kid);
        Ok(self)
    }

    /// Returns the public keys as a JSON Web Key Set.
    pub fn public(&self) -> Value {
        json!({ "keys": self.0.iter().filter_map(Jwk::public).collect::<Vec<_>>() })
    }

    /// Prints the keys without their secrets.
    pub fn show(&self, out: Output) -> Result<()> {
        let keys: Vec<_> = self
            .0
            .iter()
            .map(|key| json!({ "kid": key.kid(), "alg": key.algorithm(), "signs": key.signs() }))
            .collect();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        out.list(&["KEY ID", "ALGORITHM", "SIGNS"], &keys, |key| {
            vec![text(&key["kid"]), text(&key["alg"]), yes_no(key["signs"].as_bool())]
        })
    }

    fn find(&self, kid: &str) -> Result<&Jwk> {
        self.0.iter().find(|key| key.kid() == kid).ok_or_else(|| {
            Failure::not_found(format!("there is no key {kid}")).hint("list the keys with gotrue keys list")
        })
    }
}
