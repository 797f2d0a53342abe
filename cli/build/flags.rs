//! The flags of an operation: its parameters, and the scalar fields of its body.

use std::collections::BTreeSet;

use gotrue_openapi::document::{self, elements, entries, resolve};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

/// A parameter of an operation.
pub struct Parameter<'a> {
    pub name: &'a str,
    pub required: bool,
    schema: &'a Value,
    about: String,
}

/// How the raw client takes a parameter: as `&str`, by reference or by value.
pub enum Passing {
    Text,
    Reference,
    Value,
}

impl Parameter<'_> {
    pub fn passing(&self, document: &Value) -> Passing {
        let schema = resolve(document, self.schema);
        let is_open = document::known_values(schema).is_some();
        match schema["type"].as_str() {
            Some("integer" | "boolean") => Passing::Value,
            Some("string") if schema["enum"].is_array() => Passing::Value,
            Some("string") if schema["format"].is_null() && !is_open => Passing::Text,
            _ => Passing::Reference,
        }
    }

    /// Generates the flag, if the type can be typed on a command line.
    pub fn flag(&self, document: &Value) -> Option<TokenStream> {
        flag(document, self.name, self.schema, &self.about, self.required, &quote!(Parameter))
    }
}

/// Returns the parameters in the order of the raw client's arguments: path, query, header, the latter two by name.
pub fn parameters<'a>(document: &'a Value, path: &str, operation: &'a Value) -> Vec<Parameter<'a>> {
    let mut all: Vec<_> = elements(&operation["parameters"]).map(|parameter| resolve(document, parameter)).collect();
    all.sort_by_key(|parameter| {
        let name = parameter["name"].as_str().unwrap_or_default();
        match parameter["in"].as_str() {
            Some("path") => (0, path.find(&format!("{{{name}}}")).unwrap_or_default(), name),
            Some("query") => (1, 0, name),
            _ => (2, 0, name),
        }
    });
    all.into_iter().filter_map(|parameter| self::parameter(document, parameter)).collect()
}

fn parameter<'a>(document: &Value, value: &'a Value) -> Option<Parameter<'a>> {
    Some(Parameter {
        name: value["name"].as_str()?,
        required: value["required"] == true,
        schema: &value["schema"],
        about: document::description(document, value),
    })
}

/// Returns the schema of the body, which is the same for all media types.
pub fn body<'a>(document: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    let body = resolve(document, operation.get("requestBody")?);
    let (_, content) = entries(&body["content"]).next()?;
    Some(resolve(document, &content["schema"]))
}

/// Returns the fields of a body, including those of all its variants.
pub fn fields<'a>(document: &'a Value, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let mut fields: Vec<_> = entries(&schema["properties"]).collect();
    for part in ["allOf", "oneOf", "anyOf"].iter().flat_map(|kind| elements(&schema[kind])) {
        fields.extend(self::fields(document, resolve(document, part)));
    }
    let mut seen = BTreeSet::new();
    fields.retain(|(name, _)| seen.insert(*name));
    fields
}

/// Generates the flag of a field, if it is a scalar. It is never required, since `--body` may contain the field.
pub fn field_flag(document: &Value, name: &str, schema: &Value) -> Option<TokenStream> {
    let kind = resolve(document, schema)["type"].as_str();
    if !matches!(kind, Some("string" | "integer" | "boolean")) {
        return None;
    }
    flag(document, name, schema, &document::description(document, schema), false, &quote!(Body))
}

fn flag(
    document: &Value,
    name: &str,
    schema: &Value,
    about: &str,
    required: bool,
    place: &TokenStream,
) -> Option<TokenStream> {
    let flag = kebab(name);
    let schema = resolve(document, schema);
    let kind = kind(document, schema)?;
    let about = with_known_values(about, schema);
    Some(quote! {
        Flag { name: #name, flag: #flag, about: #about, required: #required, kind: Kind::#kind, place: Place::#place }
    })
}

fn kind(document: &Value, schema: &Value) -> Option<TokenStream> {
    match schema["type"].as_str()? {
        "string" if schema["format"] == "password" => Some(quote!(Secret)),
        "string" if schema["format"] == "uuid" => Some(quote!(Uuid)),
        "string" if schema["enum"].is_array() => {
            let values = choices(schema);
            Some(quote!(Choice(&[#(#values),*])))
        }
        "string" => Some(quote!(Text)),
        "integer" => {
            let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
            Some(quote!(Integer(#least)))
        }
        "boolean" => Some(quote!(Boolean)),
        "array" => {
            let values = choices(resolve(document, &schema["items"]));
            Some(quote!(List(&[#(#values),*])))
        }
        "object" => Some(quote!(Map)),
        _ => None,
    }
}

fn choices(schema: &Value) -> Vec<&str> {
    elements(&schema["enum"]).filter_map(Value::as_str).collect()
}

fn with_known_values(about: &str, schema: &Value) -> String {
    let known: Vec<_> = document::known_values(schema).into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    match known.as_slice() {
        [] => about.to_owned(),
        known => format!("{about} Known: {}.", known.join(", ")).trim_start().to_owned(),
    }
}

/// Returns a name as a flag: `x-jwt-aud` for `X-JWT-AUD`, `user-id` for `user_id`.
pub fn kebab(name: &str) -> String {
    name.replace('_', "-").to_lowercase()
}
