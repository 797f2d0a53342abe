//! Releases of the server in descriptions: those of `x-since`, and of values (`x-values-since`).

use serde_json::{Value, json};

use crate::document::{self, elements, entries};

/// Returns the first release of the server with a value of a schema, if the schema names it.
#[must_use]
pub fn of_value<'a>(schema: &'a Value, value: &str) -> Option<&'a str> {
    let releases = entries(&schema["x-values-since"]);
    releases.into_iter().find(|(_, values)| elements(values).any(|v| v == value)).map(|(release, _)| release)
}

/// Returns the meaning of a known value, followed by the first release with it.
#[must_use]
pub fn known_value(schema: &Value, value: &str) -> String {
    let meaning = schema["x-known-values"][value].as_str().unwrap_or_default();
    match of_value(schema, value) {
        Some(release) => format!("{meaning} Since v{release}."),
        None => meaning.to_owned(),
    }
}

/// Moves the releases in a part of the document to its descriptions. A field that is a reference gets a description of
/// its own.
pub fn describe(document: &Value, value: &mut Value) {
    let description = document::description(document, value);
    if let Some(parts) = value.as_object_mut() {
        let is_closed = parts.contains_key("enum");
        let values = parts.remove("x-values-since").filter(|_| is_closed).map(|values| of_values(&values));
        if parts.remove("x-since").is_some() || values.is_some() {
            let description = format!("{description}{}", values.unwrap_or_default());
            parts.insert("description".to_owned(), description.into());
            if let Some(target) = parts.remove("$ref") {
                parts.insert("allOf".to_owned(), json!([{ "$ref": target }]));
            }
        }
    }
    match value {
        Value::Object(parts) => parts.values_mut().for_each(|part| describe(document, part)),
        Value::Array(parts) => parts.iter_mut().for_each(|part| describe(document, part)),
        _ => {}
    }
}

/// Returns the releases of the values of a closed set, which have no descriptions of their own, as sentences.
fn of_values(releases: &Value) -> String {
    let sentence = |(release, values): (&str, &Value)| {
        let values: Vec<_> = elements(values).filter_map(Value::as_str).map(|value| format!("`{value}`")).collect();
        format!(" Since v{release}: {}.", values.join(", "))
    };
    entries(releases).map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(schema: &Value) -> Value {
        let mut described = schema.clone();
        describe(&Value::Null, &mut described);
        described
    }

    #[test]
    fn a_known_value_names_its_release() {
        let schema = json!({ "x-known-values": { "a": "A.", "b": "B." }, "x-values-since": { "2.150.0": ["b"] } });
        assert_eq!([known_value(&schema, "a"), known_value(&schema, "b")], ["A.", "B. Since v2.150.0."]);
        assert_eq!(described(&schema), json!({ "x-known-values": { "a": "A.", "b": "B." } }));
    }

    #[test]
    fn a_closed_set_names_the_releases_of_its_values() {
        let schema = json!({
            "description": "A kind.", "enum": ["a", "b", "c"], "x-values-since": { "2.150.0": ["a", "b"], "2.160.0": ["c"] }
        });
        let description = "A kind. Since v2.150.0: `a`, `b`. Since v2.160.0: `c`.";
        assert_eq!(described(&schema), json!({ "description": description, "enum": ["a", "b", "c"] }));
    }

    #[test]
    fn a_reference_with_a_release_has_a_description_of_its_own() {
        let field = json!({ "$ref": "#/components/schemas/Kind", "x-since": "2.150.0" });
        let target = json!([{ "$ref": "#/components/schemas/Kind" }]);
        assert_eq!(described(&field), json!({ "allOf": target, "description": "Since v2.150.0." }));
    }
}
