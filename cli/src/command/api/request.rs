//! The parameters and body of an operation, as the raw client takes them.

use gotrue::serde_json::{self, Map, Value};
use serde::de::DeserializeOwned;

use crate::failure::{Failure, Result};

/// Parameters and body, by their names in the document. Has no `Debug`, since it contains secrets.
pub struct Request {
    pub parameters: Map<String, Value>,
    pub body: Map<String, Value>,
}

impl Request {
    /// Returns a required parameter of type string.
    pub fn text(&self, name: &str) -> Result<&str> {
        self.optional_text(name).ok_or_else(|| invalid(name, "is missing"))
    }

    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// Returns a required parameter.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        self.optional_value(name)?.ok_or_else(|| invalid(name, "is missing"))
    }

    pub fn optional_value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let value = self.parameters.get(name).cloned();
        value.map(serde_json::from_value).transpose().map_err(|error| invalid(name, &without_value(&error)))
    }

    pub fn body<T: DeserializeOwned>(&self) -> Result<T> {
        let body = Value::Object(self.body.clone());
        serde_path_to_error::deserialize(body).map_err(|error| {
            let path = error.path().to_string();
            let what = if path == "." { "the body".to_owned() } else { format!("the body's {path}") };
            invalid(&what, &without_value(error.inner()))
        })
    }
}

/// The text of a serde error without the offending value, which may be a secret.
pub fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(", expected ") {
        Some((found, expected)) if found.contains("invalid") => format!("expected {expected}"),
        _ => text,
    }
}

/// The error for arguments that do not make a valid request.
pub fn invalid(what: &str, why: &str) -> Failure {
    Failure::usage(format!("{what}: {why}"))
}
