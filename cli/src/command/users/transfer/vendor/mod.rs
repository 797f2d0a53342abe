//! Exports of other services, converted to rows.

mod auth0;
mod clerk;
mod cognito;
mod firebase;
mod keycloak;
mod records;

use std::path::Path;

use clap::ValueEnum;
use gotrue::{
    chrono::{DateTime, Utc},
    serde_json::{Map, Value, json},
};
use serde::de::DeserializeOwned;

use self::firebase::HashConfig;
use super::row::Row;
use crate::{
    command::users::ban::FOREVER,
    failure::{Failure, Result},
};

/// A service whose exports can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VendorName {
    /// JSON lines or CSV of a user export, or the export of password hashes
    Auth0,
    /// JSON of `firebase auth:export`
    Firebase,
    /// CSV of the dashboard, or JSON of the API
    Clerk,
    /// JSON of `aws cognito-idp list-users`, or CSV
    Cognito,
    /// JSON of `kc.sh export`: a realm, or its users
    Keycloak,
}

/// A service, with what is needed to read its exports.
#[derive(Clone, Debug)]
pub struct Vendor {
    name: VendorName,
    hash_config: Option<HashConfig>,
}

impl Vendor {
    /// Reads the configuration of Firebase's hashes from its file, if there is one.
    pub fn new(name: VendorName, hash_config: Option<&Path>) -> Result<Self> {
        Ok(Self { name, hash_config: hash_config.map(HashConfig::read).transpose()? })
    }

    /// Reads all users of an export: rows, or what is wrong with them.
    pub fn read(&self, path: &Path, is_csv: bool) -> Result<Vec<Result<Row, String>>> {
        let records = records::read(path, is_csv)?;
        if self.name == VendorName::Firebase
            && self.hash_config.is_none()
            && records.iter().any(|record| record.get("passwordHash").is_some())
        {
            return Err(Failure::usage("the password hashes of Firebase need the project's hash parameters")
                .hint("copy them from the Firebase console to a file, and pass it: --firebase-hash-config FILE"));
        }
        Ok(records.into_iter().map(|record| self.row(record)).collect())
    }

    fn row(&self, record: Map<String, Value>) -> Result<Row, String> {
        match self.name {
            VendorName::Auth0 => parse(record).map(auth0::row),
            VendorName::Firebase => parse(record).map(|user| firebase::row(user, self.hash_config.as_ref())),
            VendorName::Clerk => parse(record).map(clerk::row),
            VendorName::Cognito => Ok(cognito::row(&record)),
            VendorName::Keycloak => parse(record).map(keycloak::row),
        }
    }
}

/// Decodes a record. An error names the member, without its value.
fn parse<T: DeserializeOwned>(record: Map<String, Value>) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::Object(record)).map_err(|error| format!("{}: cannot be read", error.path()))
}

/// Returns metadata with these members added. Empty values are left out, and those that exist are kept.
fn metadata<const N: usize>(stored: Option<Value>, members: [(&str, Value); N]) -> Option<Value> {
    let mut metadata = match stored {
        Some(Value::Object(metadata)) => metadata,
        _ => Map::new(),
    };
    for (name, value) in members {
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        if !is_empty {
            metadata.entry(name).or_insert(value);
        }
    }
    (!metadata.is_empty()).then(|| metadata.into())
}

/// Returns the profile of a user as user metadata, with the names that the server uses for the profiles of providers.
fn profile(
    stored: Option<Value>,
    names: [Option<&str>; 3],
    user_name: Option<&str>,
    picture: Option<&str>,
) -> Option<Value> {
    let [full, given, family] = names;
    let joined = || [given, family].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let full = full.map_or_else(joined, str::to_owned);
    metadata(stored, [("full_name", full.into()), ("user_name", json!(user_name)), ("avatar_url", json!(picture))])
}

/// The end of the ban of a user who is disabled.
fn ban(is_disabled: bool) -> Option<DateTime<Utc>> {
    is_disabled.then(|| Utc::now() + FOREVER)
}
