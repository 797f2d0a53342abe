//! Rules for schemas: names, keywords, properties, secrets and unions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Linter;
use crate::{
    document::{components, elements, entries, known_values, received_schemas, resolve, sent_schemas},
    names::{self, is_pascal_case},
    pointer::join,
};

/// Keywords that the generator rejects or gets wrong.
const UNSUPPORTED: [&str; 8] =
    ["anyOf", "not", "pattern", "patternProperties", "discriminator", "optional", "const", "examples"];

/// Where a schema appears.
#[derive(Clone, Copy)]
struct Usage {
    is_sent: bool,
    is_received: bool,
}

impl<'a> Linter<'a> {
    pub(super) fn schemas(&mut self) {
        let (sent, received) = (sent_schemas(self.document), received_schemas(self.document));
        for (name, schema) in components(self.document, "schemas") {
            let pointer = join("/components/schemas", &[name]);
            self.require(is_pascal_case(name), &pointer, "the name of a schema is in PascalCase");
            self.require(schema["description"].is_string(), &pointer, "has no description");
            let usage = Usage { is_sent: sent.contains(name), is_received: received.contains(name) };
            self.schema(schema, &pointer, usage);
        }
    }

    fn schema(&mut self, schema: &'a Value, pointer: &str, usage: Usage) {
        for keyword in UNSUPPORTED {
            self.require(schema.get(keyword).is_none(), pointer, format!("{keyword} is not supported"));
        }
        if let Some(kind) = schema.get("type") {
            let is_known =
                ["string", "integer", "number", "boolean", "array", "object"].iter().any(|known| kind == known);
            self.require(is_known, pointer, format!("{kind} is not a type of OpenAPI 3.0"));
        }
        let has_default = schema.get("default").is_some();
        self.require(!(usage.is_sent && has_default), pointer, "default in a request is always sent; describe it");
        let is_closed = schema.get("enum").is_some();
        let problem = "enum in a response breaks with a new value; use x-known-values";
        self.require(!(usage.is_received && is_closed), pointer, problem);
        let is_strict = schema["additionalProperties"] == false;
        let problem = "additionalProperties: false in a response breaks with a new field";
        self.require(!(usage.is_received && is_strict), pointer, problem);
        let has_items = schema["type"] != "array" || schema.get("items").is_some();
        self.require(has_items, pointer, "an array without items");
        self.values(schema, pointer);
        self.union(schema, pointer);
        self.properties(schema, pointer, usage);
        for part in ["items", "additionalProperties"] {
            if schema[part].is_object() {
                self.schema(&schema[part], &join(pointer, &[part]), usage);
            }
        }
    }

    fn properties(&mut self, schema: &'a Value, pointer: &str, usage: Usage) {
        for required in elements(&schema["required"]).filter_map(Value::as_str) {
            let is_declared = schema["properties"].get(required).is_some() || schema.get("allOf").is_some();
            self.require(is_declared, pointer, format!("required {required} is not declared"));
        }
        for (name, property) in entries(&schema["properties"]) {
            let pointer = join(pointer, &["properties", name]);
            let is_described = property["description"].is_string() || property["$ref"].is_string();
            self.require(is_described, &pointer, "has no description");
            self.secret(name, property, &pointer);
            let is_required = elements(&schema["required"]).any(|required| required == name);
            let is_nullable = resolve(self.document, property)["nullable"] == true;
            let problem = "is nullable but required; the generated type rejects null";
            self.require(!(is_required && is_nullable), &pointer, problem);
            self.schema(property, &pointer, usage);
        }
    }

    /// Secrets have `format: password`, which becomes `Secret`, and no length, which would hide the format from the
    /// generator.
    fn secret(&mut self, name: &str, property: &Value, pointer: &str) {
        let is_secret = property["format"] == "password";
        let has_length = property.get("minLength").is_some() || property.get("maxLength").is_some();
        self.require(!(is_secret && has_length), pointer, "a secret with a length is not redacted");
        let looks_secret = ["token", "password", "secret", "verifier"].iter().any(|end| name.ends_with(end));
        let is_open = looks_secret && !is_secret && property["type"] == "string";
        self.require(!is_open, pointer, "looks secret; use format: password");
    }

    /// The values of a string become the variants of an enum, and need distinct names there.
    fn values(&mut self, schema: &Value, pointer: &str) {
        let mut closed: BTreeSet<&str> = elements(&schema["enum"]).filter_map(Value::as_str).collect();
        let open: BTreeSet<&str> =
            known_values(schema).into_iter().flatten().map(|(value, _)| value.as_str()).collect();
        if !closed.is_empty() && !open.is_empty() {
            self.require(closed == open, pointer, "enum and x-known-values differ");
            closed.clear();
        }
        let mut seen = BTreeSet::from(["other".to_owned()]);
        for value in closed.into_iter().chain(open) {
            let name = names::variant(value);
            self.require(is_pascal_case(&name), pointer, format!("value {value:?} cannot be the name of a variant"));
            let is_new = seen.insert(name.to_lowercase());
            self.require(is_new, pointer, format!("value {value} has the same name in Rust as another, or `Other`"));
        }
    }

    /// The variants of a union are distinct: objects by a required field that no other variant has, others by type.
    fn union(&mut self, schema: &'a Value, pointer: &str) {
        let variants: Vec<&Value> = elements(&schema["oneOf"]).collect();
        for (index, variant) in variants.iter().enumerate() {
            if self.is_broken(variant) {
                continue;
            }
            let pointer = join(pointer, &["oneOf", &index.to_string()]);
            let is_named = variant["$ref"].is_string() || variant["title"].is_string();
            self.require(is_named, &pointer, "a variant without a name; use a component or a title");
            let variant = resolve(self.document, variant);
            let others =
                || variants.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, v)| resolve(self.document, v));
            let is_distinct = if variant["type"] == "object" {
                elements(&variant["required"])
                    .filter_map(Value::as_str)
                    .any(|field| others().all(|other| other["properties"].get(field).is_none()))
            } else {
                others().all(|other| other["type"] != variant["type"])
            };
            let problem = "a variant that no required field tells apart from the others";
            self.require(is_distinct, &pointer, problem);
        }
    }
}
