//! The facts that the document lacks, and what only the document has.

use std::collections::{BTreeMap, BTreeSet};

use gotrue_openapi::document::{self as openapi, Credential, Operation, entries};
use serde_json::Value;

use super::{
    fact::{Fact, Facts},
    routes::Route,
    values::{AUDIT_ACTION, ERROR_CODE},
};
use crate::golang::Place;

/// Guards that the `security` of an operation stands for.
const CREDENTIALS: &[(&str, Credential)] = &[
    ("requireAuthentication", Credential::User),
    ("requireAdminCredentials", Credential::Admin),
    ("requireOAuthClientAuth", Credential::OAuthClient),
];

/// The schemas of the document with the values of a kind of fact.
const VALUES: &[(&str, &str)] = &[(ERROR_CODE, "ErrorCode"), (AUDIT_ACTION, "AuditAction")];

/// Kinds of facts that the document may have at any operation, whichever operations they touch.
const ANYWHERE: &[&str] = &[ERROR_CODE, AUDIT_ACTION, "hook", "value of", "constant"];

/// Returns whether a fact is of a kind, and not of one function.
fn is_of(fact: &Fact, kind: &str) -> bool {
    fact.subject.starts_with(kind) && !fact.subject.contains(" in ")
}

/// Returns the schemas that only tokens have.
fn claims(document: &Value) -> impl Iterator<Item = &Value> {
    let schemas = openapi::components(document, "schemas");
    schemas.filter(|(name, _)| name.ends_with("Claims")).map(|(_, schema)| schema)
}

pub struct Document<'d> {
    document: &'d Value,
    /// The operations, by their names without the names of path parameters.
    operations: BTreeMap<String, Operation<'d>>,
    /// The names that each operation contains: members, parameters, headers, values and error codes.
    words: BTreeMap<String, BTreeSet<String>>,
    /// The names in what is no body of an operation: the claims of tokens, and the payloads of hooks.
    elsewhere: BTreeSet<String>,
}

impl<'d> Document<'d> {
    pub fn new(document: &'d Value, hooks: &Value) -> Self {
        let operations: BTreeMap<_, _> =
            openapi::operations(document).map(|operation| (unnamed(&operation.name()), operation)).collect();
        let words = operations.iter().map(|(name, operation)| (name.clone(), words(document, operation))).collect();
        // The credentials are compared on their own.
        let mut elsewhere = BTreeSet::from(["authorization".to_owned()]);
        claims(document).for_each(|schema| collect(schema, &mut elsewhere));
        collect(hooks, &mut elsewhere);
        Self { document, operations, words, elsewhere }
    }

    /// Marks the facts that the document lacks, and adds what only the document has.
    pub fn compare(&self, routes: &[Route<'_>], facts: &mut Facts) {
        for fact in facts.iter_mut() {
            fact.undocumented = fact.wording.as_ref().is_some_and(|wording| !self.contains(fact, wording));
        }
        self.credentials(routes, facts);
        self.only_here(routes, facts);
    }

    fn contains(&self, fact: &Fact, wording: &str) -> bool {
        if fact.subject.starts_with("route ") {
            return self.operations.contains_key(&unnamed(wording));
        }
        let wording = wording.to_lowercase();
        let words = fact.operations.iter().filter_map(|operation| self.words.get(&unnamed(operation)));
        let mut words: Vec<_> = words.collect();
        // What no known operation reaches, and a value that is not of one function, may be anywhere.
        if words.is_empty() || ANYWHERE.iter().any(|kind| is_of(fact, kind)) {
            words = self.words.values().collect();
        }
        self.elsewhere.contains(&wording) || words.iter().any(|words| words.contains(&wording))
    }

    /// Adds the operations whose guards and `security` differ.
    fn credentials(&self, routes: &[Route<'_>], facts: &mut Facts) {
        for route in routes {
            let Some(operation) = self.operations.get(&unnamed(&route.name())) else { continue };
            let guards: Vec<_> = route.guards.iter().map(super::routes::Code::shown).collect();
            let asked = CREDENTIALS.iter().find(|(guard, _)| guards.iter().any(|found| found == guard));
            let asked = asked.map_or(Credential::None, |(_, credential)| *credential);
            let documented = match operation.credential() {
                Credential::OptionalUser => Credential::None,
                other => other,
            };
            if asked != documented {
                let detail = format!("{asked} at the server, {documented} in the document");
                let operation = BTreeSet::from([route.name()]);
                let subject = format!("credential of {}", route.name());
                facts.add(&subject, &detail, route.place.clone(), &operation).undocumented = true;
            }
        }
    }

    /// Adds the operations and values that the server does not have.
    fn only_here(&self, routes: &[Route<'_>], facts: &mut Facts) {
        let place = Place { file: "openapi/gotrue.yaml".to_owned(), line: 1 };
        let known: BTreeSet<_> = routes.iter().map(|route| unnamed(&route.name())).collect();
        for (_, operation) in self.operations.iter().filter(|(name, _)| !known.contains(*name)) {
            let subject = format!("only in the document {}", operation.name());
            facts.add(&subject, "", place.clone(), &BTreeSet::new());
        }
        for (kind, schema) in VALUES {
            let values = openapi::known_values(&self.document["components"]["schemas"][*schema]);
            for value in values.into_iter().flat_map(serde_json::Map::keys) {
                if facts.get(&format!("{kind} {value:?}")).is_none() {
                    let subject = format!("only in the document {kind} {value:?}");
                    facts.add(&subject, "", place.clone(), &BTreeSet::new());
                }
            }
        }
    }
}

/// Returns the name of an operation without the names of its path parameters: `GET /users/{}`.
fn unnamed(operation: &str) -> String {
    let parts = operation.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Returns the names that an operation contains, in lower case.
fn words(document: &Value, operation: &Operation<'_>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut targets = BTreeSet::new();
    let path = &document["paths"][operation.path]["parameters"];
    for part in [operation.value, path] {
        openapi::references(document, part, &mut targets);
        collect(part, &mut words);
    }
    for target in targets {
        if let Some(referred) = target.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) {
            collect(referred, &mut words);
        }
    }
    words
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    for key in ["properties", "headers", "x-known-values"] {
        words.extend(entries(&value[key]).map(|(name, _)| name.to_lowercase()));
    }
    words.extend(value["name"].as_str().map(str::to_lowercase));
    words.extend(openapi::elements(&value["enum"]).filter_map(Value::as_str).map(str::to_lowercase));
    if let Some(description) = value["description"].as_str() {
        words.extend(description.split('`').skip(1).step_by(2).map(str::to_lowercase));
    }
    for part in openapi::elements(value).chain(entries(value).map(|(_, part)| part)) {
        collect(part, words);
    }
}
