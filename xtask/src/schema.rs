//! Schemas of OpenAPI 3.0 as JSON Schema draft 4, on which they are based.
//!
//! In both, a `$ref` overrides its siblings and `exclusiveMinimum` is a boolean. Formats are not asserted.

mod declared;

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use gotrue_openapi::document;
use jsonschema::{Draft, Registry, ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::{
    causes::causes,
    outcome::{Failure, Result},
};
pub use declared::undeclared;

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// `response.user.email`
    pub field: String,
    pub problem: String,
}

impl Finding {
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// The URI of the document as a resource of the validator.
const DOCUMENT: &str = "urn:gotrue:document";

/// Keywords of JSON Schema that have no meaning in OpenAPI 3.0.
const FOREIGN: [&str; 6] = ["$schema", "id", "definitions", "patternProperties", "additionalItems", "dependencies"];

/// Returns the document as a resource that schemas can reference.
pub fn registry(document: &Value) -> Result<Registry<'static>> {
    let registry = Registry::new().draft(Draft::Draft4).add(DOCUMENT, convert(document, false))?;
    Ok(registry.prepare()?)
}

/// Converts schemas, and the values around them, to JSON Schema. In `names`, the members are not keywords.
fn convert(value: &Value, names: bool) -> Value {
    match value {
        Value::Object(members) if names => members.iter().map(|(name, value)| (name, convert(value, false))).collect(),
        Value::Object(members) => object(members),
        Value::Array(elements) => elements.iter().map(|element| convert(element, false)).collect(),
        other => other.clone(),
    }
}

fn object(members: &Map<String, Value>) -> Value {
    if let Some(target) = members.get("$ref").and_then(Value::as_str) {
        let target = if target.starts_with('#') { format!("{DOCUMENT}{target}") } else { target.to_owned() };
        return json!({ "$ref": target });
    }
    let kept = members.iter().filter(|(name, _)| !FOREIGN.contains(&name.as_str()));
    let is_nullable = members.get("nullable") == Some(&Value::Bool(true));
    kept.map(|(name, value)| match name.as_str() {
        "type" if is_nullable && value.is_string() => (name, json!([value, "null"])),
        "enum" | "example" | "default" => (name, value.clone()),
        "properties" | "schemas" => (name, convert(value, true)),
        _ => (name, convert(value, false)),
    })
    .collect()
}

/// Returns the end of a chain of references.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    // A longer chain is a cycle.
    for _ in 0..32 {
        let next = document::resolve(document, value);
        if std::ptr::eq(next, value) {
            break;
        }
        value = next;
    }
    value
}

/// The validators of the schemas, each created once.
pub struct Validators<'a> {
    registry: &'a Registry<'a>,
    made: RefCell<HashMap<*const Value, Rc<Result<Validator>>>>,
}

impl<'a> Validators<'a> {
    pub fn new(registry: &'a Registry<'a>) -> Self {
        Self { registry, made: RefCell::default() }
    }

    /// Returns what is wrong with a value. `schema` is a part of the document.
    pub fn errors(&self, schema: &'a Value, value: &Value) -> Vec<Finding> {
        match &*self.validator(schema) {
            Err(failure) => vec![Finding::new("", format!("its schema cannot be used: {failure}"))],
            Ok(validator) => {
                let errors = validator.iter_errors(value);
                let causes = errors.flat_map(|error| causes(&error).into_iter().map(finding).collect::<Vec<_>>());
                causes.collect()
            }
        }
    }

    fn validator(&self, schema: &'a Value) -> Rc<Result<Validator>> {
        Rc::clone(
            self.made.borrow_mut().entry(std::ptr::from_ref(schema)).or_insert_with(|| Rc::new(self.make(schema))),
        )
    }

    fn make(&self, schema: &Value) -> Result<Validator> {
        let options = jsonschema::options().with_draft(Draft::Draft4).with_registry(self.registry);
        // A body without a schema may be anything.
        let schema = if schema.is_null() { json!({}) } else { convert(schema, false) };
        options.should_validate_formats(false).build(&schema).map_err(Failure::from)
    }
}

fn finding(error: &ValidationError<'_>) -> Finding {
    Finding::new(field(error.instance_path().as_str()), error.masked().to_string())
}

/// `/user/identities/0/id` as `.user.identities[0].id`.
fn field(pointer: &str) -> String {
    let step = |step: &str| {
        if step.bytes().all(|byte| byte.is_ascii_digit()) { format!("[{step}]") } else { format!(".{step}") }
    };
    pointer.split('/').skip(1).map(step).collect()
}
