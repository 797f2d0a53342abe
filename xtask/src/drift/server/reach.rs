//! Which operations reach which declarations.
//!
//! An operation reaches what its handler and its guards refer to, what that refers to, and so on. Its bodies are narrower:
//! the types of the values that a function which it reaches sends or receives as JSON.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::routes::{Code, Route};
use crate::golang::{Declaration, File, Index, Kind, Scope, children, every, field, type_name};

/// Functions that write their arguments as JSON, or read JSON into them.
const CARRIERS: &[&str] = &[
    "sendJSON",
    "SendJSON",
    "Send",
    "retrieveRequestParams",
    "Decode",
    "Encode",
    "Unmarshal",
    "Marshal",
    "InvokeHook",
];

/// Methods that are called without being named.
const IMPLICIT: &[&str] = &["MarshalJSON", "UnmarshalJSON", "String"];

/// What a piece of code refers to.
#[derive(Default)]
struct References {
    mentioned: BTreeSet<String>,
    /// The types of what it sends or receives as JSON.
    carried: BTreeSet<String>,
}

/// The operations that reach each declaration.
#[derive(Default)]
pub struct Reach {
    mentioning: BTreeMap<String, BTreeSet<String>>,
    carrying: BTreeMap<String, BTreeSet<String>>,
    none: BTreeSet<String>,
}

impl Reach {
    pub fn of<'s>(index: &Index<'s>, routes: &[Route<'s>]) -> Self {
        let references: BTreeMap<&str, References> = index
            .declarations
            .values()
            .map(|declaration| (declaration.name.as_str(), of_declaration(index, declaration)))
            .collect();
        let mut reach = Self::default();
        for route in routes {
            let builder = &index.declarations[&route.builder];
            let scope = Scope::of(index, builder.file, builder.node);
            let mut start = of_code(&scope, route.handler);
            for guard in &route.guards {
                start.mentioned.extend(of_code(&scope, *guard).mentioned);
            }
            start.mentioned.extend(router_methods(index, &scope, builder));
            reach.follow(index, &references, start, &route.name());
        }
        reach
    }

    fn follow(
        &mut self,
        index: &Index<'_>,
        references: &BTreeMap<&str, References>,
        start: References,
        operation: &str,
    ) {
        let mut carried = start.carried;
        let reached = closure(start.mentioned, |name| {
            let found = references.get(name)?;
            carried.extend(found.carried.iter().cloned());
            Some(found.mentioned.clone())
        });
        let bodies = closure(carried, |name| {
            let is_type = index.declarations.get(name).is_some_and(|found| found.kind == Kind::Type);
            is_type.then(|| references[name].mentioned.clone())
        });
        for (names, all) in [(reached, &mut self.mentioning), (bodies, &mut self.carrying)] {
            for name in names {
                all.entry(name).or_default().insert(operation.to_owned());
            }
        }
    }

    /// Returns the operations that reach a declaration or a field.
    pub fn operations(&self, name: &str) -> &BTreeSet<String> {
        self.mentioning.get(name).unwrap_or(&self.none)
    }

    /// Returns whether values of a type are sent or received as JSON.
    pub fn is_carried(&self, name: &str) -> bool {
        self.carrying.contains_key(name)
    }

    /// Returns the operations whose bodies contain a type; if none is known, those that reach it.
    pub fn bodies(&self, name: &str) -> &BTreeSet<String> {
        self.carrying.get(name).unwrap_or_else(|| self.operations(name))
    }
}

fn closure(start: BTreeSet<String>, mut next: impl FnMut(&str) -> Option<BTreeSet<String>>) -> BTreeSet<String> {
    let mut found = start.clone();
    let mut waiting: Vec<_> = start.into_iter().collect();
    while let Some(name) = waiting.pop() {
        for name in next(&name).unwrap_or_default() {
            if found.insert(name.clone()) {
                waiting.push(name);
            }
        }
    }
    found
}

/// The methods of the router itself wrap each handler.
fn router_methods(index: &Index<'_>, scope: &Scope<'_, '_>, builder: &Declaration<'_>) -> BTreeSet<String> {
    let made = every(builder.node).filter(|node| node.kind() == "call_expression");
    let routers = made.filter(|call| builder.file.text(*call).to_lowercase().ends_with("newrouter()"));
    let types = routers.filter_map(|call| scope.type_of(call));
    types.flat_map(|of| index.methods_of(&of).map(|method| method.name.clone()).collect::<Vec<_>>()).collect()
}

fn of_declaration(index: &Index<'_>, declaration: &Declaration<'_>) -> References {
    let scope = Scope::of(index, declaration.file, declaration.node);
    let code = Code { file: declaration.file, node: declaration.node };
    let mut found = of_code(&scope, code);
    if declaration.kind == Kind::Type {
        let methods = IMPLICIT.iter().map(|method| format!("{}.{method}", declaration.name));
        found.mentioned.extend(methods.filter(|method| index.declarations.contains_key(method)));
    }
    found
}

fn of_code(scope: &Scope<'_, '_>, code: Code<'_>) -> References {
    let mut found = References::default();
    let file = code.file;
    // The receiver is no mention: every method of the API would otherwise mention all that the API has.
    let receiver = field(code.node, "receiver");
    for node in every(code.node).filter(|node| receiver.is_none_or(|receiver| !contains(receiver, *node))) {
        match node.kind() {
            "identifier" if !scope.is_variable(file.text(node)) => {
                found.mentioned.insert(format!("{}.{}", file.package, file.text(node)));
            }
            "type_identifier" | "qualified_type" => found.mentioned.extend(type_name(file, node)),
            "selector_expression" => found.mentioned.extend(scope.target(node)),
            "call_expression" => found.carried.extend(carried(scope, file, node)),
            _ => {}
        }
    }
    found
}

fn contains(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.byte_range().contains(&inner.start_byte())
}

/// Returns the types of the arguments of a call that sends or receives JSON.
fn carried(scope: &Scope<'_, '_>, file: &File, call: Node<'_>) -> BTreeSet<String> {
    let Some(function) = field(call, "function") else { return BTreeSet::new() };
    let name = field(function, "field").unwrap_or(function);
    if !CARRIERS.contains(&file.text(name)) {
        return BTreeSet::new();
    }
    let arguments = field(call, "arguments").into_iter().flat_map(children);
    arguments
        .flat_map(|argument| content(argument).filter_map(|value| scope.type_of(value)).collect::<Vec<_>>())
        .collect()
}

/// Returns an argument and the values of a map in it.
fn content(argument: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let elements = every(argument).filter(|node| node.kind() == "keyed_element");
    let values = elements.filter_map(|element| children(element).last()).filter_map(|value| children(value).next());
    std::iter::once(argument).chain(values)
}
