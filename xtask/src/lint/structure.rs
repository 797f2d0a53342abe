//! Checks that no schema can express: ambiguous paths, duplicate parameters, unused components.

use std::collections::{BTreeMap, BTreeSet};

use gotrue_openapi::{
    Finding,
    document::{self, Operation, elements, entries, references, resolve},
    pointer::{escape, join, unescape},
};
use serde_json::Value;

pub fn lint(document: &Value) -> Vec<Finding> {
    let parameters = document::operations(document).flat_map(|operation| parameters(document, &operation));
    paths(document).into_iter().chain(parameters).chain(unused(document)).collect()
}

/// Reports pairs of paths that match the same request, where neither is more concrete.
fn paths(document: &Value) -> Vec<Finding> {
    let paths: Vec<&str> = entries(&document["paths"]).map(|(path, _)| path).collect();
    let pairs =
        paths.iter().enumerate().flat_map(|(index, path)| paths[..index].iter().map(move |other| (path, other)));
    let problem = |(path, other): (&&str, &&str)| {
        let problem = match overlap(path, other)? {
            Overlap::Same => "is the same path as",
            Overlap::Ambiguous => "is ambiguous with",
        };
        Some(Finding::new(join("/paths", &[path]), format!("{problem} {other}")))
    };
    pairs.filter_map(problem).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Overlap {
    /// They differ only in the names of parameters.
    Same,
    /// Each is more concrete in some segment.
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

/// Reports duplicate parameters of an operation.
fn parameters(document: &Value, operation: &Operation<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for (index, parameter) in elements(&operation.value["parameters"]).enumerate() {
        let parameter = resolve(document, parameter);
        let (name, location) = (parameter["name"].as_str(), parameter["in"].as_str());
        if let (Some(name), Some(location)) = (name, location)
            && !seen.insert((name, location))
        {
            let pointer = join("/paths", &[operation.path, operation.method, "parameters", &index.to_string()]);
            findings.push(Finding::new(pointer, format!("the {location} parameter {name} is not unique")));
        }
    }
    findings
}

/// Reports components that no path uses, except for those of a kind with a broken reference, which may mean any of them.
fn unused(document: &Value) -> Vec<Finding> {
    let mut targets = BTreeSet::new();
    references(document, &document["paths"], &mut targets);
    let is_broken = |target: &&str| target.strip_prefix('#').is_none_or(|pointer| document.pointer(pointer).is_none());
    let broken: BTreeSet<&str> = targets.iter().copied().filter(is_broken).filter_map(kind).collect();
    let pointers = targets.into_iter().filter_map(|target| target.strip_prefix('#'));
    let mut used: BTreeSet<String> = pointers.map(component).collect();
    let schemes = document::operations(document).flat_map(|operation| elements(&operation.value["security"]));
    let schemes = schemes.chain(elements(&document["security"])).flat_map(entries);
    used.extend(schemes.map(|(scheme, _)| join("/components/securitySchemes", &[scheme])));

    let by_kind: BTreeMap<&str, &Value> = entries(&document["components"]).collect();
    let all = by_kind
        .into_iter()
        .filter(|(kind, _)| !kind.starts_with("x-") && !broken.contains(kind))
        .flat_map(|(kind, components)| entries(components).map(move |(name, _)| join("/components", &[kind, name])));
    all.filter(|pointer| !used.contains(pointer)).map(|pointer| Finding::new(pointer, "is never used")).collect()
}

/// Returns the kind of component that a reference names, such as `schemas`.
fn kind(target: &str) -> Option<&str> {
    target.strip_prefix("#/components/")?.split('/').next()
}

/// Returns the component that a pointer leads to or into.
fn component(pointer: &str) -> String {
    pointer.split('/').take(4).map(|step| escape(&unescape(step))).collect::<Vec<_>>().join("/")
}
