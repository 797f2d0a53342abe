//! The rules of the document, as the README of this crate states them: what the generator rejects or gets wrong, and
//! what a reader needs.

mod keywords;
mod operations;
mod schemas;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    document::{elements, entries},
    finding::Finding,
    pointer::join,
};

/// Checks the document against its rules and returns all breaches. A breach in a component is reported once, at the
/// component. What a broken reference would lead to is not checked.
#[must_use]
pub fn lint(document: &Value) -> Vec<Finding> {
    let mut linter = Linter { document, findings: Vec::new() };
    linter.info();
    linter.references(document, "");
    linter.keywords(document, "");
    linter.operations();
    linter.schemas();
    let mut seen = BTreeSet::new();
    linter.findings.retain(|finding| seen.insert((finding.pointer.clone(), finding.problem.clone())));
    linter.findings
}

struct Linter<'a> {
    document: &'a Value,
    findings: Vec<Finding>,
}

impl<'a> Linter<'a> {
    fn report(&mut self, pointer: &str, problem: impl Into<String>) {
        self.findings.push(Finding::new(pointer, problem));
    }

    /// Reports a problem unless the rule is met.
    fn require(&mut self, rule: bool, pointer: &str, problem: impl Into<String>) {
        if !rule {
            self.report(pointer, problem);
        }
    }

    /// Returns the target of a `$ref` with its pointer, or the value itself with its own. `None` if the reference is
    /// broken.
    fn follow(&self, value: &'a Value, pointer: &str) -> Option<(&'a Value, String)> {
        match value["$ref"].as_str() {
            None => Some((value, pointer.to_owned())),
            Some(target) => {
                let pointer = target.strip_prefix('#')?;
                Some((self.document.pointer(pointer)?, pointer.to_owned()))
            }
        }
    }

    fn is_broken(&self, value: &'a Value) -> bool {
        self.follow(value, "").is_none()
    }

    fn info(&mut self) {
        let version = self.document["info"]["version"].as_str().unwrap_or_default();
        self.require(!version.is_empty() && version.is_ascii(), "/info/version", "expected a version in ASCII");
    }

    /// Each `$ref` has a target, and where a schema is expected the target is a schema.
    fn references(&mut self, value: &Value, pointer: &str) {
        if let Some(target) = value["$ref"].as_str() {
            let found = target.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            self.require(found.is_some(), pointer, format!("$ref {target} has no target"));
            let needs_schema = pointer.ends_with("/schema") || pointer.starts_with("/components/schemas/");
            let is_schema = target.starts_with("#/components/schemas/");
            self.require(is_schema || !needs_schema, pointer, format!("$ref {target} is not a schema"));
        }
        for (name, value) in entries(value) {
            self.references(value, &join(pointer, &[name]));
        }
        for (index, value) in elements(value).enumerate() {
            self.references(value, &join(pointer, &[&index.to_string()]));
        }
    }
}
