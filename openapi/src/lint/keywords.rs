//! Rules for keywords wherever they appear: extensions, formats, known values and releases.

use serde_json::Value;

use super::Linter;
use crate::{
    document::{elements, entries},
    pointer::join,
};

/// The extensions of the specification that this crate knows.
const EXTENSIONS: [&str; 7] =
    ["x-free-form", "x-gotrue", "x-hook", "x-known-values", "x-safe", "x-since", "x-verifies"];

/// The formats that the generator or other tools know.
const FORMATS: [&str; 8] = ["date", "date-time", "double", "float", "int32", "int64", "password", "uuid"];

/// Keywords whose value is a map by any names.
const MAPS: [&str; 13] = [
    "callbacks",
    "content",
    "encoding",
    "headers",
    "links",
    "parameters",
    "paths",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
    "variables",
];

/// Keywords whose value is data.
const DATA: [&str; 6] = ["default", "enum", "example", "examples", "mapping", "x-known-values"];

impl Linter<'_> {
    /// Checks the keywords at and below a value.
    pub(super) fn keywords(&mut self, value: &Value, pointer: &str) {
        let is_root = pointer.is_empty();
        for (name, part) in entries(value) {
            let pointer = join(pointer, &[name]);
            // At the top, some extensions hold what aliases refer to.
            let is_anchor = is_root && (name.ends_with("-reply") || name.ends_with("-request"));
            let is_known = is_anchor || !name.starts_with("x-") || EXTENSIONS.contains(&name);
            self.require(is_known, &pointer, format!("{name} is not an extension of this document"));
            if MAPS.contains(&name) && part.is_object() {
                entries(part).for_each(|(name, part)| self.keywords(part, &join(&pointer, &[name])));
            } else if !DATA.contains(&name) {
                self.keywords(part, &pointer);
            }
        }
        for (index, part) in elements(value).enumerate() {
            self.keywords(part, &join(pointer, &[&index.to_string()]));
        }
        if let Some(format) = value["format"].as_str() {
            self.require(FORMATS.contains(&format), pointer, format!("the format {format} is not known"));
        }
        if value.get("x-known-values").is_some() {
            self.require(value["type"] == "string", pointer, "x-known-values on something other than a string");
        }
        self.since(value, pointer);
    }

    /// A release is a version that is not newer than the document.
    fn since(&mut self, value: &Value, pointer: &str) {
        let Some(release) = value.get("x-since") else { return };
        let version = self.document["info"]["version"].as_str().and_then(numbers);
        let pointer = join(pointer, &["x-since"]);
        match release.as_str().and_then(numbers) {
            None => self.report(&pointer, format!("{release} is not a release, such as 2.197.0")),
            Some(release) => {
                let is_described = version.is_none_or(|version| release <= version);
                self.require(is_described, &pointer, "is newer than info.version");
            }
        }
    }
}

/// Returns the numbers of a release.
fn numbers(release: &str) -> Option<[u32; 3]> {
    let numbers: Vec<u32> = release.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}
