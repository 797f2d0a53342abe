//! Lowering: from the document, which describes the server in full, to one that generates a tolerant client.
//!
//! Lowering moves releases of the server (`x-since`) to descriptions, and drops what the generator does not support:
//! - responses other than the success, so that they reach the caller whole, with status, headers and body;
//! - the exact status of the success, so that a 200 is as good as a 204;
//! - the parameters of a path, which the transport sends with every request;
//! - the other media types of a request that can be sent as a form;
//! - special kinds of JSON (SCIM's), since only `application/json` gets a type;
//! - whether a request is required, since the client always sends it;
//! - `nullable` of a whole schema: its fields are optional, and an optional field accepts null anyway;
//! - the difference between a list or map that is null and one that is absent;
//! - the type of a value with `x-free-form`, which may be stored with any other.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::FREE_FORM;
use crate::{
    document::{self, elements, is_success, resolve},
    since,
};

const FORM: &str = "application/x-www-form-urlencoded";

/// Lowers the document.
pub fn lower(document: &Value) -> Value {
    let mut lowered = document.clone();
    since::describe(document, &mut lowered);
    for path in members(&mut lowered["paths"]) {
        if let Some(path) = path.as_object_mut() {
            path.remove("parameters");
        }
        for operation in members(path).filter(|value| value.get("operationId").is_some()) {
            describe_other_responses(document, operation);
            keep_success(operation);
            keep_form(operation);
        }
    }
    for schema in members(&mut lowered["components"]["schemas"]) {
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("nullable");
        }
        admit_null(schema);
        free_form(schema);
    }
    lowered
}

/// Lists the responses other than the success in the description, which documents the generated method.
fn describe_other_responses(document: &Value, operation: &mut Value) {
    let mut text = operation["description"].as_str().unwrap_or_default().to_owned();
    text.push_str("\n\n# Other responses\n");
    for (status, response) in document::entries(&operation["responses"]).filter(|(status, _)| !is_success(status)) {
        let about = resolve(document, response)["description"].as_str().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(text, "\n- {status}: {about}");
    }
    operation["description"] = text.into();
}

/// Keeps only the success, as a range of statuses.
fn keep_success(operation: &mut Value) {
    if let Some(responses) = operation["responses"].as_object_mut() {
        let mut success = responses.iter().find(|(status, _)| is_success(status)).map(|(_, response)| response.clone());
        if let Some(content) = success.as_mut().and_then(|response| response.pointer_mut("/content")?.as_object_mut())
            && let Some(scim) = content.remove("application/scim+json")
        {
            content.insert("application/json".to_owned(), scim);
        }
        *responses = success.map(|response| ("2XX".to_owned(), response)).into_iter().collect::<Map<_, _>>();
    }
}

/// Keeps only the form of a request that can be sent as a form.
fn keep_form(operation: &mut Value) {
    if let Some(content) = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut)
        && content.contains_key(FORM)
    {
        content.retain(|media_type, _| media_type == FORM);
    }
}

/// Makes every optional list and map nullable.
fn admit_null(schema: &mut Value) {
    let required = schema["required"].clone();
    let Some(properties) = schema["properties"].as_object_mut() else { return };
    for (name, property) in properties {
        let optional = !elements(&required).any(|r| r == name.as_str());
        if optional && (property["type"] == "array" || property["type"] == "object") {
            property["nullable"] = json!(true);
        }
    }
}

/// Replaces every schema with `x-free-form` by the one that admits any JSON.
fn free_form(schema: &mut Value) {
    if schema["x-free-form"] == true {
        *schema = json!({ "$ref": format!("#/components/schemas/{FREE_FORM}") });
    }
    match schema {
        Value::Object(parts) => parts.values_mut().for_each(free_form),
        Value::Array(parts) => parts.iter_mut().for_each(free_form),
        _ => {}
    }
}

fn members(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}
