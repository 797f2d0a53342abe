//! The schemas that schemars derives from the generated types equal those of the document, field by field, so that the
//! Rust types and the YAML cannot diverge.

use std::collections::BTreeSet;

use gotrue::schemars::generate::SchemaSettings;
use gotrue_openapi::document::{self, components, elements, entries, known_values, resolve};
use serde_json::{Map, Value};

/// The document and the derived definitions.
struct Both {
    document: Value,
    derived: Map<String, Value>,
    differences: Vec<String>,
}

impl Both {
    fn new() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let all = gotrue::types::schemas(&mut generator);
        let mut derived = generator.take_definitions(true);
        for (name, schema) in all {
            // A schema that is not referenced is inlined where it is used.
            derived.entry(name).or_insert_with(|| schema.to_value());
        }
        Self { document: document::gotrue().unwrap(), derived, differences: Vec::new() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "the arguments are created for the comparison")]
    fn require_same<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, documented: T, derived: T) {
        if documented != derived {
            self.differences.push(format!("{place}: documented {documented:?}, derived {derived:?}"));
        }
    }

    fn compare_all(&mut self) {
        let document = self.document.clone();
        for (name, schema) in components(&document, "schemas").filter(|(name, _)| *name != "Metadata") {
            let Some(derived) = self.derived.get(name).cloned() else {
                self.differences.push(format!("{name}: not derived"));
                continue;
            };
            self.compare(name, schema, &derived);
        }
    }

    fn compare(&mut self, place: &str, documented: &Value, derived: &Value) {
        let derived = &not_null(derived);
        if documented["x-free-form"] == true {
            return self.compare_reference(place, "Metadata", derived);
        }
        if let Some(name) = documented["$ref"].as_str() {
            let name = name.trim_start_matches("#/components/schemas/");
            return self.compare_reference(place, name, derived);
        }
        if documented.get("oneOf").is_some() {
            return self.compare_union(place, documented, derived);
        }
        let documented = &self.merged(documented);
        match documented["type"].as_str() {
            Some("object") => self.compare_object(place, documented, derived),
            Some("array") => {
                self.require_same(place, "array", type_of(derived));
                self.compare(&format!("{place}[]"), &documented["items"], &derived["items"]);
            }
            Some(kind) => self.compare_scalar(place, kind, documented, derived),
            None => self.require_same(place, None, derived["type"].as_str()),
        }
    }

    fn compare_reference(&mut self, place: &str, name: &str, derived: &Value) {
        if name == "Metadata" {
            // Free-form data has no schema.
            return self.require_same(place, None, derived["type"].as_str());
        }
        match derived["$ref"].as_str() {
            Some(reference) => self.require_same(place, name, reference.trim_start_matches("#/$defs/")),
            None => self.differences.push(format!("{place}: documented {name}, derived {derived}")),
        }
    }

    fn compare_union(&mut self, place: &str, documented: &Value, derived: &Value) {
        let variants: Vec<Value> = elements(&derived["anyOf"]).cloned().collect();
        self.require_same(place, elements(&documented["oneOf"]).count(), variants.len());
        for (index, (one, other)) in elements(&documented["oneOf"]).zip(&variants).enumerate() {
            self.compare(&format!("{place}|{index}"), one, other);
        }
    }

    fn compare_object(&mut self, place: &str, documented: &Value, derived: &Value) {
        self.require_same(place, "object", type_of(derived));
        let names = |schema: &Value| entries(&schema["properties"]).map(|(name, _)| name.to_owned()).collect();
        let (there, here): (BTreeSet<String>, BTreeSet<String>) = (names(documented), names(derived));
        self.require_same(place, &there, &here);
        let required = |schema: &Value| elements(&schema["required"]).map(Value::to_string).collect();
        let (there, here): (BTreeSet<String>, BTreeSet<String>) = (required(documented), required(derived));
        self.require_same(&format!("{place} requires"), there, here);
        for (name, property) in entries(&documented["properties"]) {
            self.compare(&format!("{place}.{name}"), property, &derived["properties"][name]);
        }
        let values = &documented["additionalProperties"];
        if documented.get("properties").is_none() && values.get("type").is_some() && values["x-free-form"] != true {
            self.compare(&format!("{place}.*"), values, &derived["additionalProperties"]);
        }
    }

    fn compare_scalar(&mut self, place: &str, kind: &str, documented: &Value, derived: &Value) {
        self.require_same(place, kind, type_of(derived));
        let closed = |schema: &Value| -> BTreeSet<String> {
            let listed = elements(&schema["enum"]).map(Value::to_string);
            let single = elements(&schema["oneOf"]).map(|variant| variant["const"].to_string());
            listed.chain(single).collect()
        };
        // With known values, the type is open even if the server's set is closed.
        let is_open = known_values(documented).is_some();
        let there = if is_open { BTreeSet::new() } else { closed(documented) };
        self.require_same(&format!("{place} enum"), there, closed(derived));
        let format = |schema: &Value| schema["format"].as_str().map(|format| format.replace("uint", "int"));
        if !is_open {
            self.require_same(&format!("{place} format"), format(documented), format(derived));
        }
    }

    /// A schema merged with the parts of its `allOf`.
    fn merged(&self, schema: &Value) -> Value {
        let mut whole = schema.clone();
        for part in elements(&schema["allOf"]) {
            let part = self.merged(resolve(&self.document, part));
            whole["type"] = part["type"].clone();
            for (name, property) in entries(&part["properties"]) {
                whole["properties"][name] = property.clone();
            }
            let required: Vec<Value> =
                elements(&whole["required"]).chain(elements(&part["required"])).cloned().collect();
            whole["required"] = required.into();
        }
        whole
    }
}

/// The schema of an optional field without its null.
fn not_null(schema: &Value) -> Value {
    let null = serde_json::json!({ "type": "null" });
    let variants: Vec<&Value> = elements(&schema["anyOf"]).filter(|variant| **variant != null).collect();
    match variants[..] {
        [only] if elements(&schema["anyOf"]).count() == 2 => only.clone(),
        _ => schema.clone(),
    }
}

fn type_of(schema: &Value) -> &str {
    let listed = elements(&schema["type"]).find(|kind| *kind != "null");
    let closed = elements(&schema["oneOf"]).next().map_or(&Value::Null, |variant| &variant["type"]);
    listed.unwrap_or(&schema["type"]).as_str().or(closed.as_str()).unwrap_or("any")
}

#[test]
fn the_derived_schemas_equal_those_of_the_document() {
    let mut both = Both::new();
    both.compare_all();
    assert!(both.differences.is_empty(), "{}", both.differences.join("\n"));
}

#[test]
fn a_difference_is_found() {
    let mut both = Both::new();
    let user = &mut both.document["components"]["schemas"]["User"];
    user["properties"]["email"]["type"] = "integer".into();
    user["properties"]["phone"] = serde_json::json!({ "$ref": "#/components/schemas/Factor" });
    user["properties"]["nickname"] = serde_json::json!({ "type": "string" });
    user["properties"]["id"]["format"] = "date-time".into();
    user["required"] = serde_json::json!(["id", "aud"]);
    both.document["components"]["schemas"]["GrantType"]["enum"] = serde_json::json!(["password"]);
    both.compare_all();
    let found = both.differences.join("\n");
    for place in ["User:", "User requires", "User.email", "User.phone", "User.id format", "GrantType enum"] {
        assert!(found.contains(place), "{place} is not in {found}");
    }
}

#[test]
fn the_session_has_a_schema() {
    let schema = gotrue::schemars::schema_for!(gotrue::Session).to_value();
    assert_eq!(schema["properties"]["access_token"]["format"], "password");
    assert_eq!(schema["properties"]["user"]["$ref"], "#/$defs/User");
}
