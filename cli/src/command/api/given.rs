//! What was given for an operation, as the raw client takes it.

use std::{fs, io};

use clap::ArgMatches;
use gotrue::serde_json::{self, Map, Value};
use serde::de::DeserializeOwned;

use super::{
    arguments, misfit,
    table::{Flag, Kind, Operation, Place},
};
use crate::{
    failure::{Failure, Result},
    prompt,
};

/// The parameters and the body, by the names of the document. It has no Debug, since it has secrets.
pub struct Given {
    parameters: Map<String, Value>,
    body: Map<String, Value>,
}

impl Given {
    /// Reads the flags, then asks for the secrets, then reads the body, which may be the rest of standard input.
    pub fn read(operation: &Operation, matches: &ArgMatches) -> Result<Self> {
        let (mut parameters, mut fields) = (Map::new(), Map::new());
        for flag in operation.flags {
            if let Some(value) = value_of(flag, matches)? {
                let place = if flag.place == Place::Body { &mut fields } else { &mut parameters };
                place.insert(flag.name.to_owned(), value);
            }
        }
        let mut body = match operation.fields {
            Some(known) => typed_body(known, matches)?,
            None => Map::new(),
        };
        body.extend(fields);
        Ok(Self { parameters, body })
    }

    /// A required parameter that is plain text.
    pub fn text(&self, name: &str) -> Result<&str> {
        self.optional_text(name).ok_or_else(|| misfit(name, "is missing"))
    }

    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// A required parameter.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        self.optional_value(name)?.ok_or_else(|| misfit(name, "is missing"))
    }

    pub fn optional_value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let value = self.parameters.get(name).cloned();
        value.map(serde_json::from_value).transpose().map_err(|error| misfit(name, &without_value(&error)))
    }

    pub fn body<T: DeserializeOwned>(&self) -> Result<T> {
        let body = Value::Object(self.body.clone());
        serde_path_to_error::deserialize(body).map_err(|error| {
            let path = error.path().to_string();
            let what = if path == "." { "the body".to_owned() } else { format!("the body's {path}") };
            misfit(&what, &without_value(error.inner()))
        })
    }
}

fn value_of(flag: &Flag, matches: &ArgMatches) -> Result<Option<Value>> {
    if !matches!(flag.kind, Kind::Secret) {
        return Ok(arguments::typed(flag, matches));
    }
    if !flag.required && !matches.get_flag(flag.flag) {
        return Ok(None);
    }
    Ok(Some(prompt::secret(flag.flag)?.expose().into()))
}

fn typed_body(known: &[&str], matches: &ArgMatches) -> Result<Map<String, Value>> {
    let Some(typed) = matches.get_one::<String>(arguments::BODY) else { return Ok(Map::new()) };
    let text = match typed.strip_prefix('@') {
        Some(file) => fs::read_to_string(file).map_err(|error| Failure::from(error).during(file))?,
        None if typed == "-" => io::read_to_string(io::stdin())?,
        None => typed.clone(),
    };
    let body: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| misfit("the body is no JSON object", &without_value(&error)))?;
    match body.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(misfit("the body", &format!("there is no field {name}"))
            .hint(format!("the fields are: {}", known.join(", ")))),
        None => Ok(body),
    }
}

/// What serde says, without the value that it says it of, which may be a secret.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(", expected ") {
        Some((found, expected)) if found.contains("invalid") => format!("expected {expected}"),
        _ => text,
    }
}
