//! The names of secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{elements, entries};

/// Returns the names of all properties and parameters with secret values (`format: password`), or lists of them.
#[must_use]
pub fn names(document: &Value) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    collect(document, &mut names);
    names
}

fn collect<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    let is_secret = |schema: &Value| schema["format"] == "password" || schema["items"]["format"] == "password";
    names.extend(entries(&value["properties"]).filter(|(_, property)| is_secret(property)).map(|(name, _)| name));
    if is_secret(&value["schema"]) {
        names.extend(value["name"].as_str());
    }
    for part in elements(value).chain(entries(value).map(|(_, part)| part)) {
        collect(part, names);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_and_parameters_can_be_secret() {
        let secret = json!({ "type": "string", "format": "password" });
        let document = json!({
            "parameters": [{ "name": "code", "schema": secret }, { "name": "page", "schema": { "type": "integer" } }],
            "schemas": {
                "User": { "properties": { "password": secret, "email": { "type": "string" } } },
                "Codes": { "properties": { "codes": { "type": "array", "items": secret } } },
            },
        });
        assert_eq!(names(&document), BTreeSet::from(["code", "codes", "password"]));
    }
}
