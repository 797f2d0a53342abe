//! From the document, which describes the server, to one that generates a tolerant client.
//!
//! The document tells the whole truth; the generator can take only part of it. What is dropped here:
//! - replies that are no success, so that they reach us whole, with status, headers and body;
//! - which success it was, so that a 200 is as good as a 204;
//! - the other forms of a request that the server takes as a form too;
//! - that a reply is JSON of a special kind (SCIM's), since only `application/json` gets a type;
//! - `nullable` of a schema as a whole: its fields are optional, and an optional field takes null anyway;
//! - the difference between a list or map that is null and one that is left out.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::document::{self, is_success, resolve};

/// The lowered document.
pub fn lower(mut document: Value) -> Value {
    let original = document.clone();
    for path in members(&mut document["paths"]) {
        for operation in members(path).filter(|value| value.get("operationId").is_some()) {
            describe_other_replies(&original, operation);
            keep_success(operation);
            keep_form(operation);
        }
    }
    for schema in members(&mut document["components"]["schemas"]) {
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("nullable");
        }
        admit_null(schema);
    }
    document
}

/// Lists what is no success in the description, which becomes the documentation of the operation.
fn describe_other_replies(document: &Value, operation: &mut Value) {
    let mut text = operation["description"].as_str().unwrap_or_default().to_owned();
    text.push_str("\n\n# Other replies\n");
    for (status, response) in document::entries(&operation["responses"]).filter(|(status, _)| !is_success(status)) {
        let about = resolve(document, response)["description"].as_str().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(text, "\n- {status}: {about}");
    }
    operation["description"] = text.into();
}

/// Keeps the one success, as a range.
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

/// Keeps the form of a request that may be sent as a form or otherwise.
fn keep_form(operation: &mut Value) {
    if let Some(content) = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut)
        && content.contains_key(FORM)
    {
        content.retain(|media_type, _| media_type == FORM);
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Lets every optional list and map be null.
fn admit_null(schema: &mut Value) {
    let required = schema["required"].clone();
    let Some(properties) = schema["properties"].as_object_mut() else { return };
    for (name, property) in properties {
        let optional = !document::elements(&required).any(|r| r == name.as_str());
        if optional && (property["type"] == "array" || property["type"] == "object") {
            property["nullable"] = json!(true);
        }
    }
}

fn members(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}
