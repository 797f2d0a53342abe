//! The flags of an operation: its parameters, and the plain fields of its body.

use std::collections::BTreeSet;

use gotrue_openapi::document::{self, elements, entries, resolve};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

/// A parameter, in the order of the raw client's arguments: path, query, header, the latter two by name.
pub struct Parameter<'a> {
    pub name: &'a str,
    pub required: bool,
    schema: &'a Value,
    about: &'a str,
}

/// How the raw client takes a parameter.
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

    /// The code of its flag; nothing when a flag cannot hold it.
    pub fn flag(&self, document: &Value) -> Option<TokenStream> {
        flag(document, self.name, self.schema, self.about, self.required, &quote!(Parameter))
    }
}

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
    all.into_iter().filter_map(parameter).collect()
}

fn parameter(value: &Value) -> Option<Parameter<'_>> {
    Some(Parameter {
        name: value["name"].as_str()?,
        required: value["required"] == true,
        schema: &value["schema"],
        about: value["description"].as_str().unwrap_or_default(),
    })
}

/// The schema of an operation's body. The forms that it may come in have the same.
pub fn body<'a>(document: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    let body = resolve(document, operation.get("requestBody")?);
    let (_, content) = entries(&body["content"]).next()?;
    Some(resolve(document, &content["schema"]))
}

/// The fields of a body, those of its alternatives too.
pub fn fields<'a>(document: &'a Value, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let mut fields: Vec<_> = entries(&schema["properties"]).collect();
    for part in ["allOf", "oneOf", "anyOf"].iter().flat_map(|kind| elements(&schema[kind])) {
        fields.extend(self::fields(document, resolve(document, part)));
    }
    let mut seen = BTreeSet::new();
    fields.retain(|(name, _)| seen.insert(*name));
    fields
}

/// The code of a field's flag; nothing when a flag cannot hold it. None is required, since `--body` may have it.
pub fn field_flag(document: &Value, name: &str, schema: &Value) -> Option<TokenStream> {
    let kind = resolve(document, schema)["type"].as_str();
    if !matches!(kind, Some("string" | "integer" | "boolean")) {
        return None;
    }
    let about = schema["description"].as_str().unwrap_or_default();
    flag(document, name, schema, about, false, &quote!(Body))
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
    let about = if about.is_empty() { schema["description"].as_str().unwrap_or_default() } else { about };
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

/// `X-JWT-AUD` and `user_id` as `x-jwt-aud` and `user-id`.
pub fn kebab(name: &str) -> String {
    name.replace('_', "-").to_lowercase()
}
