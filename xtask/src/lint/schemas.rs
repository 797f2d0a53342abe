//! Checks of what the JSON Schema of OpenAPI 3.0 accepts although it means nothing: keywords of another type, repeated
//! values, references in a circle, a body of a request that has none.

use std::collections::BTreeSet;

use gotrue_openapi::{
    Finding,
    document::{self, elements, entries},
    pointer::join,
};
use serde_json::Value;

/// Keywords that apply to values of some types only.
const KEYWORDS: &[(&str, &[&str])] = &[
    ("items", &["array"]),
    ("maxItems", &["array"]),
    ("minItems", &["array"]),
    ("uniqueItems", &["array"]),
    ("additionalProperties", &["object"]),
    ("properties", &["object"]),
    ("required", &["object"]),
    ("maxLength", &["string"]),
    ("minLength", &["string"]),
    ("maximum", &["integer", "number"]),
    ("minimum", &["integer", "number"]),
    ("multipleOf", &["integer", "number"]),
];

/// Formats that apply to values of some types only.
const FORMATS: &[(&str, &[&str])] = &[
    ("date", &["string"]),
    ("date-time", &["string"]),
    ("double", &["number"]),
    ("float", &["number"]),
    ("int32", &["integer"]),
    ("int64", &["integer"]),
    ("password", &["string"]),
    ("uuid", &["string"]),
];

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

pub fn lint(document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    walk(document, "", &mut findings);
    findings.extend(circles(document));
    findings.extend(bodies(document));
    findings
}

/// Checks the schemas at and below a value.
fn walk(value: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    if let Some(kind) = value["type"].as_str().filter(|kind| TYPES.contains(kind)) {
        schema(value, kind, pointer, findings);
    }
    for (name, part) in entries(value) {
        if !["default", "enum", "example"].contains(&name) && !name.starts_with("x-") {
            walk(part, &join(pointer, &[name]), findings);
        }
    }
    for (index, part) in elements(value).enumerate() {
        walk(part, &join(pointer, &[&index.to_string()]), findings);
    }
}

fn schema(schema: &Value, kind: &str, pointer: &str, findings: &mut Vec<Finding>) {
    for (keyword, types) in KEYWORDS {
        if schema.get(*keyword).is_some() && !types.contains(&kind) {
            findings.push(Finding::new(pointer, format!("{keyword} on a value of the type {kind}")));
        }
    }
    let format = FORMATS.iter().find(|(format, _)| schema["format"] == *format);
    if let Some((format, _)) = format.filter(|(_, types)| !types.contains(&kind)) {
        findings.push(Finding::new(pointer, format!("the format {format} on a value of the type {kind}")));
    }
    let mut seen = BTreeSet::new();
    for value in elements(&schema["enum"]).filter(|value| !seen.insert(value.to_string())) {
        findings.push(Finding::new(pointer, format!("{value} is in enum more than once")));
    }
}

/// Reports components that are references which lead back to them, once for each circle.
fn circles(document: &Value) -> Vec<Finding> {
    let mut reported = BTreeSet::new();
    let mut findings = Vec::new();
    for (kind, components) in entries(&document["components"]) {
        for (name, component) in entries(components) {
            let start = join("/components", &[kind, name]);
            let mut circle = BTreeSet::from([start.clone()]);
            let mut next = target(component);
            while let Some(pointer) = next {
                if pointer == start && circle.iter().all(|pointer| reported.insert(pointer.clone())) {
                    findings.push(Finding::new(start, "is a reference that leads back to itself"));
                    break;
                }
                if !circle.insert(pointer.to_owned()) {
                    break;
                }
                next = document.pointer(pointer).and_then(target);
            }
        }
    }
    findings
}

/// Returns the pointer of a reference.
fn target(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.strip_prefix('#')
}

/// Reports bodies of requests that have none by HTTP (RFC 9110, section 9.3).
fn bodies(document: &Value) -> Vec<Finding> {
    let without = |operation: &document::Operation<'_>| ["get", "head"].contains(&operation.method);
    let with_body = |operation: &document::Operation<'_>| operation.value.get("requestBody").is_some();
    document::operations(document)
        .filter(|operation| without(operation) && with_body(operation))
        .map(|operation| {
            let pointer = join("/paths", &[operation.path, operation.method, "requestBody"]);
            Finding::new(pointer, format!("a {} has no body", operation.method.to_uppercase()))
        })
        .collect()
}
