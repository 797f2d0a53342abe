//! Rules for keywords wherever they appear: extensions, formats, known values and releases.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Linter;
use crate::{
    document::{self, elements, entries},
    pointer::join,
};

/// The extensions of the specification that this crate knows.
const EXTENSIONS: [&str; 8] =
    ["x-free-form", "x-gotrue", "x-hook", "x-known-values", "x-safe", "x-since", "x-values-since", "x-verifies"];

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
const DATA: [&str; 7] = ["default", "enum", "example", "examples", "mapping", "x-known-values", "x-values-since"];

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

    /// A release is a version that is not newer than the document. A value has one release at most.
    fn since(&mut self, value: &Value, pointer: &str) {
        if let Some(release) = value.get("x-since") {
            let pointer = join(pointer, &["x-since"]);
            match release.as_str() {
                Some(release) => self.release(release, &pointer),
                None => self.report(&pointer, format!("{release} is not a release, such as 2.197.0")),
            }
        }
        let (closed, open) = (&value["enum"], document::known_values(value));
        let mut seen = BTreeSet::new();
        for (release, values) in entries(&value["x-values-since"]) {
            let pointer = join(pointer, &["x-values-since", release]);
            self.release(release, &pointer);
            self.require(elements(values).next().is_some(), &pointer, "expected a list of values");
            for value in elements(values) {
                let is_open = value.as_str().is_some_and(|value| open.is_some_and(|open| open.contains_key(value)));
                let is_value = is_open || elements(closed).any(|closed| closed == value);
                self.require(is_value, &pointer, format!("{value} is not a value of this schema"));
                self.require(seen.insert(value.to_string()), &pointer, format!("{value} has more than one release"));
            }
        }
    }

    fn release(&mut self, release: &str, pointer: &str) {
        let version = self.document["info"]["version"].as_str().and_then(numbers);
        match numbers(release) {
            None => self.report(pointer, format!("{release:?} is not a release, such as 2.197.0")),
            Some(release) => {
                let is_described = version.is_none_or(|version| release <= version);
                self.require(is_described, pointer, "is newer than info.version");
            }
        }
    }
}

/// Returns the numbers of a release.
fn numbers(release: &str) -> Option<[u32; 3]> {
    let numbers: Vec<u32> = release.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}
