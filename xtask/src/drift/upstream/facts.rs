//! The facts of a document: names, types and values, without its prose.
//!
//! The document may be invalid. A reference is a fact with the name of its target, and components have facts of their
//! own. A changed field is therefore one difference, however often its schema is used, and schemas may be recursive.

use std::collections::BTreeMap;

use gotrue_openapi::document::{self, Operation, elements, entries};
use serde_json::Value;

#[derive(Default)]
pub struct Facts(BTreeMap<String, String>);

impl Facts {
    /// Returns the facts by subject.
    pub fn of(document: &Value) -> BTreeMap<String, String> {
        let mut facts = Self::default();
        document::operations(document).for_each(|operation| facts.operation(document, &operation));
        for (kind, components) in entries(&document["components"]) {
            entries(components).for_each(|(name, component)| facts.component(kind, name, component));
        }
        facts.0
    }

    fn add(&mut self, name: impl Into<String>, detail: impl Into<String>) {
        self.0.insert(name.into().replace(": ", ":"), detail.into());
    }

    fn operation(&mut self, document: &Value, operation: &Operation<'_>) {
        let name = operation.name();
        let deprecated = if operation.value["deprecated"] == true { "deprecated" } else { "" };
        self.add(&name, deprecated);
        let of_path = &document["paths"][operation.path]["parameters"];
        for parameter in elements(of_path).chain(elements(&operation.value["parameters"])) {
            self.parameter(&name, parameter);
        }
        self.body(&format!("{name} body"), &operation.value["requestBody"]);
        for (status, response) in operation.responses() {
            self.response(&format!("{name} {status}"), response);
        }
        for (index, alternative) in elements(&operation.value["security"]).enumerate() {
            let schemes: Vec<_> = entries(alternative).map(|(scheme, _)| scheme).collect();
            self.add(format!("{name} security {index}"), schemes.join(" + "));
        }
    }

    fn component(&mut self, kind: &str, name: &str, component: &Value) {
        match kind {
            "schemas" => self.schema(name, component, ""),
            "parameters" => self.parameter(&format!("{kind}/{name}"), component),
            "responses" => self.response(&format!("{kind}/{name}"), component),
            "requestBodies" => self.body(&format!("{kind}/{name}"), component),
            "headers" => self.schema(&format!("{kind}/{name}"), &component["schema"], ""),
            "securitySchemes" => self.add(format!("{kind}/{name}"), text(&component["type"])),
            _ => self.add(format!("{kind}/{name}"), ""),
        }
    }

    /// `POST /token query.grant_type: string, required`
    fn parameter(&mut self, of: &str, parameter: &Value) {
        if let Some(target) = reference(parameter) {
            return self.add(format!("{of} & {target}"), "");
        }
        let name = format!("{of} {}.{}", text(&parameter["in"]), text(&parameter["name"]));
        self.schema(&name, &parameter["schema"], required(parameter["required"] == true));
    }

    /// `POST /signup body.email: string`
    fn body(&mut self, name: &str, body: &Value) {
        if let Some(target) = reference(body) {
            return self.add(name, target);
        }
        self.content(name, body, required(body["required"] == true));
    }

    /// `POST /signup 200.user: UserSchema`
    fn response(&mut self, name: &str, response: &Value) {
        if let Some(target) = reference(response) {
            return self.add(name, target);
        }
        // A response without a body is a fact too.
        self.add(name, "");
        self.content(name, response, "");
        for (header, value) in entries(&response["headers"]) {
            self.schema(&format!("{name} header.{header}"), &value["schema"], "");
        }
    }

    /// Adds the schema of each media type. JSON, the usual one, is not named.
    fn content(&mut self, name: &str, value: &Value, required: &str) {
        for (media_type, content) in entries(&value["content"]) {
            let media_type = if media_type == "application/json" { "" } else { &format!(" ({media_type})") };
            self.schema(&format!("{name}{media_type}"), &content["schema"], required);
        }
    }

    fn schema(&mut self, name: &str, schema: &Value, required: &str) {
        if let Some(target) = reference(schema) {
            return self.add(name, target + required);
        }
        let nullable = if schema["nullable"] == true { ", nullable" } else { "" };
        self.add(name, kind(schema) + nullable + required);
        self.values(name, schema);
        self.fields(name, schema);
        for (keyword, sign) in [("allOf", '&'), ("oneOf", '|'), ("anyOf", '|')] {
            self.composed(&format!("{name} {sign}"), &schema[keyword]);
        }
    }

    fn values(&mut self, name: &str, schema: &Value) {
        let known = document::known_values(schema).into_iter().flat_map(|known| known.keys().map(|v| format!("{v:?}")));
        for value in elements(&schema["enum"]).map(Value::to_string).chain(known) {
            self.add(format!("{name} = {value}"), "");
        }
    }

    fn fields(&mut self, name: &str, schema: &Value) {
        for (field, value) in entries(&schema["properties"]) {
            let is_required = elements(&schema["required"]).any(|required| required == field);
            self.schema(&format!("{name}.{field}"), value, required(is_required));
        }
        // Not part of OpenAPI 3.0, but used upstream.
        for (pattern, value) in entries(&schema["patternProperties"]) {
            self.schema(&format!("{name}./{pattern}/"), value, "");
        }
        match &schema["additionalProperties"] {
            Value::Null => {}
            Value::Bool(free) => self.add(format!("{name}.*"), if *free { "anything" } else { "nothing" }),
            other => self.schema(&format!("{name}.*"), other, ""),
        }
        if let Some(items) = schema.get("items") {
            self.schema(&format!("{name}[]"), items, "");
        }
    }

    /// Each schema of an `allOf`, `oneOf` or `anyOf`: its name, or its index and fields.
    fn composed(&mut self, name: &str, schemas: &Value) {
        for (index, schema) in elements(schemas).enumerate() {
            match reference(schema) {
                Some(target) => self.add(format!("{name} {target}"), ""),
                None => self.schema(&format!("{name} {index}"), schema, ""),
            }
        }
    }
}

/// Returns the name of the target of a `$ref`: `User`, `responses/Bad`. The target may be missing or of another kind.
fn reference(value: &Value) -> Option<String> {
    let target = value["$ref"].as_str()?;
    let component = target.strip_prefix("#/components/").unwrap_or(target);
    Some(component.strip_prefix("schemas/").unwrap_or(component).to_owned())
}

fn kind(schema: &Value) -> String {
    let kind = schema["type"].as_str().unwrap_or("any");
    schema["format"].as_str().map_or_else(|| kind.to_owned(), |format| format!("{kind} ({format})"))
}

fn required(required: bool) -> &'static str {
    if required { ", required" } else { "" }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
