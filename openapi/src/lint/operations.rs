//! Rules for operations: ids, security, parameters, bodies and responses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Linter;
use crate::{
    document::{Operation, components, elements, entries, is_gotrue_client, is_success, known_values, operations},
    names::{self, is_snake_case},
    pointer::join,
};

impl<'a> Linter<'a> {
    pub(super) fn operations(&mut self) {
        let mut ids = BTreeSet::new();
        let schemas: Vec<&str> = components(self.document, "schemas").map(|(name, _)| name).collect();
        for operation in operations(self.document) {
            let pointer = join("/paths", &[operation.path, operation.method]);
            match operation.id() {
                None => self.report(&pointer, "has no operationId"),
                Some(id) => {
                    self.require(is_snake_case(id), &pointer, format!("operationId {id} is not in snake_case"));
                    self.require(ids.insert(id), &pointer, format!("operationId {id} is not unique"));
                    let response = format!("{}Response", names::variant(id));
                    for schema in schemas.iter().filter(|schema| schema.eq_ignore_ascii_case(&response)) {
                        let pointer = join("/components/schemas", &[schema]);
                        let problem = format!("other generators use this name for the response of {id}");
                        self.report(&pointer, problem);
                    }
                }
            }
            self.require(operation.value["summary"].is_string(), &pointer, "has no summary");
            for tag in elements(&operation.value["tags"]) {
                let is_declared = elements(&self.document["tags"]).any(|declared| declared["name"] == *tag);
                self.require(is_declared, &pointer, format!("the tag {tag} is not declared"));
            }
            let safe = &operation.value["x-safe"];
            let is_sensible = safe.is_null() || *safe == false && operation.method == "get";
            self.require(is_sensible, &pointer, "x-safe is only for a GET that changes something, and then false");
            self.security(&operation, &pointer);
            self.parameters(&operation, &pointer);
            self.request_body(&operation, &pointer);
            // The responses of an application to the server have rules of their own.
            if !is_gotrue_client(self.document) {
                self.responses(&operation, &pointer);
            }
        }
    }

    fn security(&mut self, operation: &Operation<'a>, pointer: &str) {
        let pointer = join(pointer, &["security"]);
        let Some(alternatives) = operation.value["security"].as_array() else {
            return self.report(&pointer, "has no security; a public operation has `{}` and `apiKey`");
        };
        for (scheme, _) in alternatives.iter().flat_map(entries) {
            let is_declared = self.document["components"]["securitySchemes"].get(scheme).is_some();
            self.require(is_declared, &pointer, format!("security scheme {scheme} is not declared"));
        }
        // Only gateways ask for the API key.
        for alternative in alternatives.iter().filter(|alternative| alternative.get("apiKey").is_some()) {
            let others = without_key(alternative);
            let is_optional = alternatives.iter().any(|a| a.get("apiKey").is_none() && without_key(a) == others);
            self.require(is_optional, &pointer, "apiKey is optional; add the alternative without it");
        }
    }

    fn parameters(&mut self, operation: &Operation<'a>, pointer: &str) {
        let (mut in_path, mut has_broken) = (BTreeSet::new(), false);
        let of_path = join("/paths", &[operation.path]);
        let of_path = (of_path.as_str(), &self.document["paths"][operation.path]["parameters"]);
        let listed = [of_path, (pointer, &operation.value["parameters"])].into_iter();
        let listed = listed.flat_map(|(pointer, list)| elements(list).enumerate().map(move |entry| (pointer, entry)));
        for (pointer, (index, parameter)) in listed {
            let pointer = join(pointer, &["parameters", &index.to_string()]);
            let Some((parameter, pointer)) = self.follow(parameter, &pointer) else {
                has_broken = true;
                continue;
            };
            let name = parameter["name"].as_str().unwrap_or_default();
            let location = parameter["in"].as_str().unwrap_or_default();
            if location == "path" {
                in_path.insert(name);
                self.require(parameter["required"] == true, &pointer, format!("path parameter {name} is not required"));
            }
            let is_supported = matches!(location, "path" | "query" | "header") && parameter["style"] != "deepObject";
            has_broken |= !is_supported;
            self.require(is_supported, &pointer, format!("parameter {name}: cookies and deepObject are not supported"));
            let is_credential = name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("apikey");
            self.require(!is_credential, &pointer, format!("parameter {name} is a credential; use security"));
            let is_described = parameter["description"].is_string();
            self.require(is_described, &pointer, format!("parameter {name} has no description"));
        }
        for segment in operation.path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
            let is_declared = in_path.contains(segment) || has_broken;
            self.require(is_declared, pointer, format!("path parameter {segment} is not declared"));
        }
    }

    fn request_body(&mut self, operation: &Operation<'a>, pointer: &str) {
        let Some(body) = operation.value.get("requestBody") else { return };
        let pointer = join(pointer, &["requestBody"]);
        let Some((body, pointer)) = self.follow(body, &pointer) else { return };
        let media: Vec<_> = entries(&body["content"]).collect();
        let Some((_, first)) = media.first() else {
            return self.report(&pointer, "the request has no media type");
        };
        let is_same = media.iter().all(|(_, content)| content["schema"] == first["schema"]);
        self.require(is_same, &pointer, "the request's media types have different schemas");
        for (media_type, _) in &media {
            let is_supported = matches!(*media_type, "application/json" | "application/x-www-form-urlencoded");
            self.require(is_supported, &pointer, format!("the request's media type {media_type} is not supported"));
        }
        let is_named = first["schema"]["$ref"].is_string();
        self.require(is_named, &pointer, "the request's schema has no name; use a component");
        self.require(body["required"].is_boolean(), &pointer, "does not say whether the request is required");
    }

    fn responses(&mut self, operation: &Operation<'a>, pointer: &str) {
        let pointer = join(pointer, &["responses"]);
        let mut statuses: Vec<&str> = operation.responses().map(|(status, _)| status).collect();
        statuses.sort_unstable();
        let successes: Vec<&str> =
            statuses.iter().copied().filter(|status| is_status(status) && is_success(status)).collect();
        let redirects = statuses.iter().any(|status| status.starts_with('3'));
        self.require(successes.len() < 2, &pointer, format!("more than one success: {}", successes.join(", ")));
        // A misspelled status may be the one that seems to be missing.
        if statuses.iter().all(|status| is_status(status)) {
            self.require(!successes.is_empty() || redirects, &pointer, "no success and no redirect");
            self.require(statuses.contains(&"5XX"), &pointer, "no 5XX; use the response ServerError");
        }
        for (status, response) in operation.responses() {
            let pointer = join(&pointer, &[status]);
            if !is_status(status) {
                self.report(&pointer, format!("{status} is not an HTTP status; expected 200 to 599, 4XX or 5XX"));
            } else if let Some((response, pointer)) = self.follow(response, &pointer) {
                self.response(status, response, &pointer);
            }
        }
    }

    fn response(&mut self, status: &str, response: &'a Value, pointer: &str) {
        let media: Vec<_> = entries(&response["content"]).collect();
        for (media_type, content) in &media {
            let has_schema = content.get("schema").is_some();
            let pointer = join(pointer, &["content", media_type]);
            self.require(has_schema, &pointer, format!("{media_type} has no schema"));
        }
        if is_success(status) {
            self.require(media.len() < 2, pointer, "a success with more than one media type");
            for (_, content) in media.iter().filter(|(media_type, _)| media_type.ends_with("json")) {
                let schema = &content["schema"];
                let is_named = schema["$ref"].is_string() || schema["items"]["$ref"].is_string();
                self.require(is_named, pointer, "the schema has no name; use a component");
            }
        } else if status.starts_with('3') {
            let has_location = response["headers"].get("Location").is_some();
            self.require(has_location, pointer, "a redirect without the header Location");
        } else {
            let schema = |media_type| &response["content"][media_type]["schema"];
            let is_error = schema("application/json")["$ref"] == "#/components/schemas/Error"
                || schema("application/scim+json")["$ref"] == "#/components/schemas/ScimError"
                || self.is_broken(schema("application/json"));
            // Where the fault is, even if the content is an alias.
            let media_type = media.first().map(|(media_type, _)| *media_type);
            let pointer_of_body = media_type.map(|media_type| join(pointer, &["content", media_type]));
            let pointer_of_body = pointer_of_body.as_deref().unwrap_or(pointer);
            self.require(is_error, pointer_of_body, "the body of an error is the schema Error");
            self.error_codes(response, pointer);
        }
    }

    /// A word in backticks in the description of an error is a known error code, or a field.
    fn error_codes(&mut self, response: &'a Value, pointer: &str) {
        let schemas = &self.document["components"]["schemas"];
        // Without them, that is the fault, not the words.
        let Some(known) = known_values(&schemas["ErrorCode"]) else { return };
        let text = response["description"].as_str().unwrap_or_default();
        for word in text.split('`').skip(1).step_by(2).filter(|word| is_snake_case(word) && word.contains('_')) {
            let is_code = known.contains_key(word);
            let is_field = entries(schemas).any(|(_, schema)| schema["properties"].get(word).is_some());
            self.require(is_code || is_field, pointer, format!("`{word}` is not a known value of ErrorCode"));
        }
    }
}

/// Returns the schemes of an alternative of `security`, except for the API key.
fn without_key(alternative: &Value) -> BTreeSet<&str> {
    entries(alternative).map(|(scheme, _)| scheme).filter(|scheme| *scheme != "apiKey").collect()
}

fn is_status(status: &str) -> bool {
    matches!(status, "4XX" | "5XX") || status.parse().is_ok_and(|status: u16| (200..600).contains(&status))
}
