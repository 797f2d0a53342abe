//! The facts of a document: names, types, limits and values. Of its prose, only the words that look like error codes.
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
        facts.security("document", &document["security"]);
        facts.0
    }

    fn add(&mut self, name: impl Into<String>, detail: impl Into<String>) {
        self.0.insert(name.into().replace(": ", ":"), detail.into());
    }

    fn operation(&mut self, document: &Value, operation: &Operation<'_>) {
        let name = operation.name();
        self.add(&name, if is_deprecated(operation.value) { "deprecated" } else { "" });
        self.codes(&name, operation.value);
        let of_path = &document["paths"][operation.path]["parameters"];
        for parameter in elements(of_path).chain(elements(&operation.value["parameters"])) {
            self.parameter(&name, parameter);
        }
        self.body(&format!("{name} body"), &operation.value["requestBody"]);
        for (status, response) in operation.responses() {
            self.response(&format!("{name} {status}"), response);
        }
        self.security(&name, &operation.value["security"]);
    }

    fn security(&mut self, of: &str, security: &Value) {
        for (index, alternative) in elements(security).enumerate() {
            let schemes: Vec<_> = entries(alternative).map(|(scheme, _)| scheme).collect();
            self.add(format!("{of} security {index}"), schemes.join(" + "));
        }
    }

    /// `POST /signup names weak_password`: the words of the prose that look like error codes.
    fn codes(&mut self, of: &str, value: &Value) {
        for text in ["summary", "description"].iter().filter_map(|key| value[*key].as_str()) {
            for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| is_code(word)) {
                self.add(format!("{of} names {word}"), "");
            }
        }
    }

    fn component(&mut self, kind: &str, name: &str, component: &Value) {
        match kind {
            "schemas" => self.schema(name, component, ""),
            "parameters" => self.parameter(&format!("{kind}/{name}"), component),
            "responses" => self.response(&format!("{kind}/{name}"), component),
            "requestBodies" => self.body(&format!("{kind}/{name}"), component),
            "headers" => self.schema(&format!("{kind}/{name}"), &component["schema"], ""),
            "securitySchemes" => self.scheme(&format!("{kind}/{name}"), component),
            _ => self.add(format!("{kind}/{name}"), ""),
        }
    }

    /// `securitySchemes/UserAuth: http, scheme bearer, bearerFormat JWT`, and the URLs and scopes of OAuth flows
    fn scheme(&mut self, name: &str, scheme: &Value) {
        let details = ["scheme", "bearerFormat", "in", "name", "openIdConnectUrl"];
        let details = details.iter().filter_map(|key| Some(format!(", {key} {}", scheme[*key].as_str()?)));
        self.add(name, text(&scheme["type"]).to_owned() + &details.collect::<String>());
        for (flow, value) in entries(&scheme["flows"]) {
            for (key, value) in entries(value) {
                match value.as_str() {
                    Some(url) => self.add(format!("{name} {flow}.{key}"), url),
                    None => {
                        entries(value).for_each(|(scope, _)| self.add(format!("{name} {flow}.{key} = {scope}"), ""));
                    }
                }
            }
        }
    }

    /// `POST /token query.grant_type: string, required`
    fn parameter(&mut self, of: &str, parameter: &Value) {
        if let Some(target) = reference(parameter) {
            return self.add(format!("{of} & {target}"), "");
        }
        let name = format!("{of} {}.{}", text(&parameter["in"]), text(&parameter["name"]));
        let deprecated = if is_deprecated(parameter) { ", deprecated" } else { "" };
        self.schema(&name, &parameter["schema"], &format!("{}{deprecated}", required(parameter["required"] == true)));
        self.codes(&name, parameter);
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
        self.codes(name, response);
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
        self.add(name, kind(schema) + nullable + &limits(schema) + required);
        self.codes(name, schema);
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

/// Keywords that restrict or complete a value.
const LIMITS: &[&str] = &[
    "default",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "uniqueItems",
    "writeOnly",
];

fn limits(schema: &Value) -> String {
    let limits = LIMITS.iter().filter_map(|limit| Some(format!(", {limit} {}", schema.get(limit)?)));
    let deprecated = if is_deprecated(schema) { ", deprecated" } else { "" };
    limits.collect::<String>() + deprecated
}

fn is_deprecated(value: &Value) -> bool {
    value["deprecated"] == true
}

/// Returns whether a word looks like an error code: lower case, in parts.
fn is_code(word: &str) -> bool {
    word.split('_').count() > 1
        && word
            .split('_')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

fn required(required: bool) -> &'static str {
    if required { ", required" } else { "" }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
