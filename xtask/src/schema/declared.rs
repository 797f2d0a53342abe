//! Fields of a body that the document does not declare.

use std::collections::{BTreeMap, BTreeSet};

use gotrue_openapi::document::{elements, entries};
use serde_json::Value;

use super::resolve;

/// The fields of a value that schemas declare.
#[derive(Default)]
struct Declared<'a> {
    properties: BTreeMap<&'a str, Vec<&'a Value>>,
    items: Vec<&'a Value>,
    /// Whether any field is allowed.
    free: bool,
}

/// Keywords that restrict the fields of a schema. A schema without any of them allows all.
const DECLARING: [&str; 7] = ["properties", "allOf", "oneOf", "anyOf", "items", "additionalProperties", "enum"];

impl<'a> Declared<'a> {
    /// Adds what a schema declares, including the schemas that it is composed of. `within` are the enclosing schemas,
    /// because schemas may be recursive.
    fn add(&mut self, document: &'a Value, schema: &'a Value, within: &mut Vec<*const Value>) {
        let schema = resolve(document, schema);
        if !schema.is_object() || within.contains(&std::ptr::from_ref(schema)) {
            return;
        }
        for (name, property) in entries(&schema["properties"]) {
            self.properties.entry(name).or_default().push(property);
        }
        self.items.extend(schema.get("items").filter(|items| declares_anything(items)));
        let more = !matches!(schema["additionalProperties"], Value::Null | Value::Bool(false));
        let silent = !DECLARING.iter().any(|keyword| schema.get(keyword).is_some());
        self.free |= more || silent && schema.get("type").is_none_or(|kind| kind == "object");

        within.push(schema);
        for composed in ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|keyword| elements(&schema[keyword])) {
            self.add(document, composed, within);
        }
        within.pop();
    }
}

/// Returns whether a schema of items declares anything: an empty one does not.
fn declares_anything(items: &Value) -> bool {
    items.as_object().is_some_and(|schema| !schema.is_empty())
}

/// Returns the fields of a value that its schema does not declare: `.user.identities[].new`.
pub fn undeclared<'a>(document: &'a Value, schema: &'a Value, value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // A body without a schema may have any fields.
    if !schema.is_null() {
        find(document, &[schema], value, "", &mut found);
    }
    found
}

fn find<'a>(document: &'a Value, schemas: &[&'a Value], value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let mut declared = Declared::default();
    for schema in schemas {
        declared.add(document, schema, &mut Vec::new());
    }
    for (name, value) in entries(value) {
        let path = format!("{path}.{name}");
        if let Some(schemas) = declared.properties.get(name) {
            find(document, schemas, value, &path, found);
        } else if !declared.free {
            found.insert(path);
        }
    }
    if !declared.items.is_empty() {
        elements(value).for_each(|value| find(document, &declared.items, value, &format!("{path}[]"), found));
    }
}
