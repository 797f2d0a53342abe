//! What no schema can see: paths that cannot be told apart, parameters that stand twice, components without a use.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::place;
use crate::{
    generator::{
        document::{self, Operation, elements, entries, resolve},
        lint::Finding,
    },
    yaml::{escape, unescape},
};

pub fn lint(document: &Value) -> Vec<Finding> {
    let parameters = document::operations(document).flat_map(|operation| parameters(document, &operation));
    paths(document).into_iter().chain(parameters).chain(unused(document)).collect()
}

/// Pairs of paths that one request may mean both of, neither being the more concrete.
fn paths(document: &Value) -> Vec<Finding> {
    let paths: Vec<&str> = entries(&document["paths"]).map(|(path, _)| path).collect();
    let pairs =
        paths.iter().enumerate().flat_map(|(index, path)| paths[..index].iter().map(move |other| (path, other)));
    let problem = |(path, other): (&&str, &&str)| {
        let problem = match overlap(path, other)? {
            Overlap::Same => "is the same path as",
            Overlap::Ambiguous => "cannot be told from",
        };
        Some(place::finding(&format!("/paths/{}", escape(path)), format!("{problem} {other}")))
    };
    pairs.filter_map(problem).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Overlap {
    /// They differ in the names of parameters only.
    Same,
    /// Each is the more concrete in some segment.
    Ambiguous,
}

fn overlap(one: &str, other: &str) -> Option<Overlap> {
    let (one, other) = (segments(one), segments(other));
    let is_parameter = |segment: &str| segment.starts_with('{');
    let pairs = || one.iter().zip(&other).map(|(a, b)| (is_parameter(a), is_parameter(b), a == b));
    let apart = one.len() != other.len() || pairs().any(|pair| pair == (false, false, false));
    match (pairs().any(|(a, b, _)| a && !b), pairs().any(|(a, b, _)| b && !a)) {
        _ if apart => None,
        (false, false) => Some(Overlap::Same),
        (true, true) => Some(Overlap::Ambiguous),
        _ => None,
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.trim_end_matches('/').split('/').collect()
}

/// Parameters of one name in one place, of an operation.
fn parameters(document: &Value, operation: &Operation<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for (index, parameter) in elements(&operation.value["parameters"]).enumerate() {
        let parameter = resolve(document, parameter);
        let (name, location) = (parameter["name"].as_str(), parameter["in"].as_str());
        if let (Some(name), Some(location)) = (name, location)
            && !seen.insert((name, location))
        {
            let pointer = format!("/paths/{}/{}/parameters/{index}", escape(operation.path), operation.method);
            findings.push(place::finding(&pointer, format!("the {location} parameter {name} stands twice")));
        }
    }
    findings
}

/// Components that no path leads to.
fn unused(document: &Value) -> Vec<Finding> {
    let mut used = BTreeSet::new();
    follow(document, &document["paths"], &mut used);
    let schemes = document::operations(document).flat_map(|operation| elements(&operation.value["security"]));
    let schemes = schemes.chain(elements(&document["security"])).flat_map(entries);
    used.extend(schemes.map(|(scheme, _)| format!("/components/securitySchemes/{}", escape(scheme))));

    let by_kind: BTreeMap<&str, &Value> = entries(&document["components"]).collect();
    let all = by_kind.into_iter().filter(|(kind, _)| !kind.starts_with("x-")).flat_map(|(kind, components)| {
        entries(components).map(move |(name, _)| format!("/components/{kind}/{}", escape(name)))
    });
    all.filter(|pointer| !used.contains(pointer)).map(|pointer| place::finding(&pointer, "is never used")).collect()
}

/// Collects what the references in a value point at, and those in there.
fn follow(document: &Value, value: &Value, used: &mut BTreeSet<String>) {
    if let Some(pointer) = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'))
        && used.insert(component(pointer))
        && let Some(target) = document.pointer(pointer)
    {
        follow(document, target, used);
    }
    entries(value).map(|(_, v)| v).chain(elements(value)).for_each(|value| follow(document, value, used));
}

/// The component that a pointer leads to or into.
fn component(pointer: &str) -> String {
    pointer.split('/').take(4).map(|step| escape(&unescape(step))).collect::<Vec<_>>().join("/")
}
