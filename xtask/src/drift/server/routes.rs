//! The routes of the server with their guards, as its router is built.
//!
//! A guard is a middleware: `With` and `Use` add one, for the routes that follow in the chain or in the function.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tree_sitter::Node;

use super::fact::Facts;
use crate::golang::{Declaration, File, Index, Place, Scope, all, children, every, field};

pub struct Route<'s> {
    /// `POST`
    pub method: &'static str,
    pub path: String,
    pub handler: Code<'s>,
    pub guards: Vec<Code<'s>>,
    /// The function that builds the router.
    pub builder: String,
    pub place: Place,
}

/// An expression with its file.
#[derive(Clone, Copy)]
pub struct Code<'s> {
    pub file: &'s File,
    pub node: Node<'s>,
}

impl Route<'_> {
    /// `POST /signup`
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

const METHODS: &[(&str, &str)] =
    &[("Get", "GET"), ("Post", "POST"), ("Put", "PUT"), ("Patch", "PATCH"), ("Delete", "DELETE"), ("Head", "HEAD")];

/// A router as it is in one place: the path so far, and the guards.
#[derive(Clone, Default)]
struct Router<'s> {
    path: String,
    guards: Vec<Code<'s>>,
}

pub fn read<'s>(index: &Index<'s>) -> Vec<Route<'s>> {
    let mut reader = Reader { index, builder: String::new(), routes: Vec::new() };
    for function in index.functions().filter(|function| builds_router(function)) {
        reader.builder.clone_from(&function.name);
        reader.body(function.file, function.node, &mut HashMap::new());
    }
    reader.routes
}

/// Returns whether a function makes a router, instead of being given one.
fn builds_router(function: &Declaration<'_>) -> bool {
    all(function.node, "short_var_declaration").any(|made| {
        let made = field(made, "right").map(|right| function.file.text(right).to_lowercase());
        made.is_some_and(|made| made.ends_with("newrouter()"))
    })
}

struct Reader<'i, 's> {
    index: &'i Index<'s>,
    builder: String,
    routes: Vec<Route<'s>>,
}

impl<'s> Reader<'_, 's> {
    /// Follows the calls of a function on its routers, in order.
    fn body(&mut self, file: &'s File, node: Node<'s>, routers: &mut HashMap<String, Router<'s>>) {
        if node.kind() == "call_expression" && self.chain(file, node, routers).is_some() {
            return;
        }
        children(node).for_each(|child| self.body(file, child, routers));
    }

    /// Follows a chain of calls: `r.With(guard).Route("/user", …)`.
    fn chain(&mut self, file: &'s File, call: Node<'s>, routers: &mut HashMap<String, Router<'s>>) -> Option<()> {
        let (base, calls) = unrolled(file, call)?;
        let is_router = ["Route", "Use", "UseBypass", "With", "WithBypass"].contains(&calls.first()?.0);
        if !routers.contains_key(base) && !is_router {
            return None;
        }
        let mut router = routers.entry(base.to_owned()).or_default().clone();
        for (method, arguments) in calls {
            let arguments: Vec<_> = children(arguments).collect();
            match (method, arguments.as_slice()) {
                ("With" | "WithBypass", [guard]) => router.guards.push(Code { file, node: *guard }),
                ("Use" | "UseBypass", [guard]) => {
                    routers.get_mut(base)?.guards.push(Code { file, node: *guard });
                }
                ("Route", [pattern, build]) => {
                    self.nested(file, &router.below(&self.index.value(file, *pattern)?), *build);
                }
                (_, [pattern, handler]) => {
                    let (_, method) = METHODS.iter().find(|(name, _)| *name == method)?;
                    let path = router.below(&self.index.value(file, *pattern)?).path;
                    self.route(file, method, path, *handler, router.guards.clone());
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Follows the function that builds what is below a path, in place or elsewhere.
    fn nested(&mut self, file: &'s File, router: &Router<'s>, build: Node<'s>) {
        let (file, build) = if build.kind() == "func_literal" {
            (file, build)
        } else {
            let scope = Scope::of(self.index, file, build);
            let name = match build.kind() {
                "selector_expression" => scope.target(build),
                _ => Some(format!("{}.{}", file.package, file.text(build))),
            };
            let Some(found) = name.and_then(|name| self.index.declarations.get(&name)) else { return };
            (found.file, found.node)
        };
        let parameter =
            field(build, "parameters").and_then(|parameters| all(parameters, "parameter_declaration").next());
        if let (Some(name), Some(body)) = (parameter.and_then(|p| field(p, "name")), field(build, "body")) {
            self.body(file, body, &mut HashMap::from([(file.text(name).to_owned(), router.clone())]));
        }
    }

    fn route(&mut self, file: &'s File, method: &'static str, path: String, handler: Node<'s>, guards: Vec<Code<'s>>) {
        let path = if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path };
        let (handler, place) = (Code { file, node: handler }, file.place(handler));
        self.routes.push(Route { method, path, handler, guards, builder: self.builder.clone(), place });
    }
}

impl Router<'_> {
    fn below(&self, pattern: &str) -> Self {
        let path = format!("{}/{}", self.path.trim_end_matches('/'), pattern.trim_start_matches('/'));
        Self { path, guards: self.guards.clone() }
    }
}

/// Returns the variable that a chain of calls starts at, and the calls with their arguments, the first one first.
fn unrolled<'s>(file: &'s File, call: Node<'s>) -> Option<(&'s str, Vec<(&'s str, Node<'s>)>)> {
    let mut calls = Vec::new();
    let mut node = call;
    while node.kind() == "call_expression" {
        let function = field(node, "function").filter(|function| function.kind() == "selector_expression")?;
        calls.push((file.text(field(function, "field")?), field(node, "arguments")?));
        node = field(function, "operand")?;
    }
    calls.reverse();
    (node.kind() == "identifier").then(|| (file.text(node), calls))
}

/// Adds the routes and their guards.
pub fn facts(routes: &[Route<'_>], facts: &mut Facts) {
    let mut guards: BTreeMap<String, (Place, BTreeSet<String>)> = BTreeMap::new();
    for route in routes {
        let operation = BTreeSet::from([route.name()]);
        let handler = match route.handler.node.kind() {
            "func_literal" => "in place".to_owned(),
            _ => route.handler.shown(),
        };
        let fact = facts.add(&format!("route {}", route.name()), &handler, route.place.clone(), &operation);
        fact.wording = Some(route.name());
        for guard in &route.guards {
            let place = || (guard.file.place(guard.node), BTreeSet::new());
            guards.entry(guard.shown()).or_insert_with(place).1.insert(route.name());
        }
    }
    for (guard, (place, operations)) in guards {
        facts.add(&format!("{GUARD}{guard}"), "", place, &operations);
    }
}

/// The start of the subject of a guard.
pub const GUARD: &str = "guard ";

impl Code<'_> {
    /// Returns the text of a guard or handler without the variables that it is found through: `limitHandler(Otp)`. A
    /// function in place is left out.
    pub fn shown(&self) -> String {
        let cut = every(self.node).find(|node| node.kind() == "func_literal");
        if cut.is_some()
            && let Some(function) = field(self.node, "function")
        {
            return format!("{}(…)", self.last(function));
        }
        match field(self.node, "function") {
            Some(function) => {
                let arguments = field(self.node, "arguments").into_iter().flat_map(children);
                let arguments: Vec<_> = arguments.map(|argument| self.last(argument)).collect();
                format!("{}({})", self.last(function), arguments.join(", "))
            }
            None => self.last(self.node),
        }
    }

    /// Returns the last part of a selector, or the text of anything else.
    fn last(&self, node: Node<'_>) -> String {
        let node = field(node, "field").filter(|_| node.kind() == "selector_expression").unwrap_or(node);
        self.file.line(node)
    }
}
