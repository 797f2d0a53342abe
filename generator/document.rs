//! The document as a JSON value, and the few walks that every step needs.

use std::{fs, path::Path};

use serde_json::{Map, Value};

/// The HTTP methods that a path can have, as the document spells them.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// One operation of the document.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    pub path: &'a str,
    pub method: &'a str,
    /// What stands under the method.
    pub value: &'a Value,
}

impl<'a> Operation<'a> {
    /// The `operationId`, or nothing.
    pub fn id(&self) -> Option<&'a str> {
        self.value["operationId"].as_str()
    }

    /// `POST /logout`
    pub fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The responses by status.
    pub fn responses(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        entries(&self.value["responses"])
    }
}

/// Reads the YAML file.
pub fn read(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
    parse(&text)
}

/// Reads YAML text.
pub fn parse(text: &str) -> Result<Value, String> {
    serde_norway::from_str(text).map_err(|e| e.to_string())
}

/// Every operation, by path and method.
pub fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    entries(&document["paths"]).flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some(Operation { path, method, value: item.get(method)? }))
    })
}

/// Every component of a kind (`schemas`, `responses`, …), by name.
pub fn components<'a>(document: &'a Value, kind: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    entries(&document["components"][kind])
}

/// The members of an object; none when it is no object.
pub fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

/// The elements of an array; none when it is no array.
pub fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What a `$ref` points at, or the value itself.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"].as_str().and_then(|target| document.pointer(target.strip_prefix('#')?)).unwrap_or(value)
}

/// The known values of a schema that is open to others, with what each means.
pub fn known_values(schema: &Value) -> Option<&Map<String, Value>> {
    schema["x-known-values"].as_object()
}

/// Whether a status is a success, as a number or as a range.
pub fn is_success(status: &str) -> bool {
    status.starts_with('2')
}
