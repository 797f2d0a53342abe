//! The names of secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{elements, entries};

/// Returns the names of all properties and parameters with secret values (`format: password`).
#[must_use]
pub fn names(document: &Value) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    collect(document, &mut names);
    names
}

fn collect<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    let secrets = entries(&value["properties"]).filter(|(_, property)| property["format"] == "password");
    names.extend(secrets.map(|(name, _)| name));
    if value["schema"]["format"] == "password" {
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
            "schemas": { "User": { "properties": { "password": secret, "email": { "type": "string" } } } },
        });
        assert_eq!(names(&document), BTreeSet::from(["code", "password"]));
    }
}
