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

const METHODS: &[(&str, &str)] = &[
    ("Get", "GET"),
    ("Post", "POST"),
    ("Put", "PUT"),
    ("Patch", "PATCH"),
    ("Delete", "DELETE"),
    ("Head", "HEAD"),
    ("Options", "OPTIONS"),
    ("Handle", "ANY"),
    ("HandleFunc", "ANY"),
];

/// Methods that return a router or change one.
const ROUTERS: &[&str] = &["Group", "Mount", "Route", "Use", "UseBypass", "With", "WithBypass"];

/// A router as it is in one place: the path so far, and the guards.
#[derive(Clone, Default)]
struct Router<'s> {
    path: String,
    guards: Vec<Code<'s>>,
}

pub fn read<'s>(index: &Index<'s>) -> Vec<Route<'s>> {
    let mut reader =
        Reader { index, builder: String::new(), within: Vec::new(), mounted: BTreeSet::new(), routes: Vec::new() };
    let builders: Vec<_> = index.functions().filter(|function| builds_router(function)).collect();
    let mut found = Vec::new();
    for function in builders {
        reader.builder.clone_from(&function.name);
        reader.body(function.file, function.node, &mut HashMap::new());
        found.push((function.name.clone(), std::mem::take(&mut reader.routes)));
    }
    // What another router mounts is below its path, and not at the top.
    let is_top = |(builder, _): &(String, Vec<Route<'_>>)| !reader.mounted.contains(builder);
    found.into_iter().filter(is_top).flat_map(|(_, routes)| routes).collect()
}

/// Returns whether a function makes a router, instead of being given one.
fn builds_router(function: &Declaration<'_>) -> bool {
    all(function.node, "short_var_declaration").any(|made| makes_router(function.file, made))
}

fn makes_router(file: &File, made: Node<'_>) -> bool {
    let made = field(made, "right").map(|right| file.text(right).to_lowercase());
    made.is_some_and(|made| made.ends_with("newrouter()"))
}

struct Reader<'i, 's> {
    index: &'i Index<'s>,
    builder: String,
    /// The functions that are being followed.
    within: Vec<String>,
    /// The functions whose routers are mounted.
    mounted: BTreeSet<String>,
    routes: Vec<Route<'s>>,
}

impl<'s> Reader<'_, 's> {
    /// Follows the calls of a function on its routers, in order.
    fn body(&mut self, file: &'s File, node: Node<'s>, routers: &mut HashMap<String, Router<'s>>) {
        let is_followed = match node.kind() {
            "call_expression" => {
                self.chain(file, node, routers).is_some() || self.passed(file, node, routers).is_some()
            }
            "short_var_declaration" => Self::named(file, node, routers).is_some(),
            _ => false,
        };
        if !is_followed {
            children(node).for_each(|child| self.body(file, child, routers));
        }
    }

    /// `admin := r.With(guard)`
    fn named(file: &'s File, node: Node<'s>, routers: &mut HashMap<String, Router<'s>>) -> Option<()> {
        let (base, calls) = unrolled(file, children(field(node, "right")?).next()?)?;
        let mut router = routers.get(base)?.clone();
        for (method, arguments) in calls {
            if !["With", "WithBypass"].contains(&method) {
                return None;
            }
            router.guards.extend(children(arguments).map(|guard| Code { file, node: guard }));
        }
        routers.insert(file.text(children(field(node, "left")?).next()?).to_owned(), router);
        Some(())
    }

    /// Follows a function that is given a router: `api.adminRoutes(r)`.
    fn passed(&mut self, file: &'s File, call: Node<'s>, routers: &HashMap<String, Router<'s>>) -> Option<()> {
        let arguments: Vec<_> = children(field(call, "arguments")?).collect();
        let is_router =
            |argument: &Node<'_>| argument.kind() == "identifier" && routers.contains_key(file.text(*argument));
        let at = arguments.iter().position(is_router)?;
        let router = routers[file.text(arguments[at])].clone();
        let (file, function) = self.declared(file, field(call, "function")?)?;
        self.follow(file, function, at, router);
        Some(())
    }

    /// Follows a function whose parameter at an index is a router.
    fn follow(&mut self, file: &'s File, function: Node<'s>, at: usize, router: Router<'s>) {
        let place = format!("{}:{}", file.path, function.start_byte());
        let parameters = field(function, "parameters").into_iter().flat_map(|list| all(list, "parameter_declaration"));
        let mut names = Vec::new();
        for parameter in parameters {
            let mut cursor = parameter.walk();
            names.extend(parameter.children_by_field_name("name", &mut cursor).map(|name| file.text(name).to_owned()));
        }
        if let (Some(name), Some(body)) = (names.into_iter().nth(at), field(function, "body"))
            && !self.within.contains(&place)
        {
            self.within.push(place);
            self.body(file, body, &mut HashMap::from([(name, router)]));
            self.within.pop();
        }
    }

    /// Returns the declaration that an expression names.
    fn declared(&self, file: &'s File, node: Node<'s>) -> Option<(&'s File, Node<'s>)> {
        let name = match node.kind() {
            "selector_expression" => Scope::of(self.index, file, node).target(node)?,
            _ => format!("{}.{}", file.package, file.text(node)),
        };
        self.index.declarations.get(&name).map(|found| (found.file, found.node))
    }

    /// Follows a chain of calls: `r.With(guard).Route("/user", …)`.
    fn chain(&mut self, file: &'s File, call: Node<'s>, routers: &mut HashMap<String, Router<'s>>) -> Option<()> {
        let (base, calls) = unrolled(file, call)?;
        let is_router = ROUTERS.contains(&calls.first()?.0);
        if !routers.contains_key(base) && !is_router {
            return None;
        }
        let mut router = routers.entry(base.to_owned()).or_default().clone();
        for (method, arguments) in calls {
            let arguments: Vec<_> = children(arguments).collect();
            match (method, arguments.as_slice()) {
                ("With" | "WithBypass", guards) => {
                    router.guards.extend(guards.iter().map(|guard| Code { file, node: *guard }));
                }
                ("Use" | "UseBypass", guards) => {
                    routers.get_mut(base)?.guards.extend(guards.iter().map(|guard| Code { file, node: *guard }));
                }
                ("Group", [build]) => self.nested(file, &router, *build),
                ("Route", [pattern, build]) => self.nested(file, &router.below(&self.pattern(file, *pattern)), *build),
                ("Mount", [pattern, other]) => self.mount(file, &router.below(&self.pattern(file, *pattern)), *other),
                ("Method" | "MethodFunc", [method, pattern, handler]) => {
                    let named = self.index.value(file, *method).unwrap_or_else(|| file.line(*method));
                    let named = named.trim_start_matches("http.Method").to_uppercase();
                    let (_, method) = METHODS.iter().find(|(_, method)| *method == named)?;
                    let path = router.below(&self.pattern(file, *pattern)).path;
                    self.route(file, method, path, *handler, router.guards.clone());
                }
                (_, [pattern, handler]) => {
                    let (_, method) = METHODS.iter().find(|(name, _)| *name == method)?;
                    let path = router.below(&self.pattern(file, *pattern)).path;
                    self.route(file, method, path, *handler, router.guards.clone());
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Follows the function that builds what is below a path, in place or elsewhere.
    fn nested(&mut self, file: &'s File, router: &Router<'s>, build: Node<'s>) {
        let found = if build.kind() == "func_literal" { Some((file, build)) } else { self.declared(file, build) };
        if let Some((file, build)) = found {
            self.follow(file, build, 0, router.clone());
        }
    }

    /// Follows a function that makes a router to be mounted: `r.Mount("/admin", api.adminRouter())`.
    fn mount(&mut self, file: &'s File, router: &Router<'s>, other: Node<'s>) {
        let found = field(other, "function").and_then(|function| self.declared(file, function));
        let Some((file, function)) = found else { return };
        let made = all(function, "short_var_declaration").find(|made| makes_router(file, *made));
        let name = made.and_then(|made| field(made, "left")).map(|name| file.text(name).to_owned());
        if let (Some(name), Some(body)) = (name, field(function, "body")) {
            let is_it = |declaration: &&Declaration<'_>| declaration.node == function;
            self.mounted.extend(self.index.functions().find(is_it).map(|declaration| declaration.name.clone()));
            self.body(file, body, &mut HashMap::from([(name, router.clone())]));
        }
    }

    /// Returns a pattern, or the expression for it if its value is not known.
    fn pattern(&self, file: &File, pattern: Node<'_>) -> String {
        self.index.value(file, pattern).unwrap_or_else(|| format!("<{}>", file.line(pattern)))
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
            "func_literal" => IN_PLACE.to_owned(),
            _ => route.handler.shown(),
        };
        let fact = facts.add(&format!("{ROUTE}{}", route.name()), &handler, route.place.clone(), &operation);
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

/// The start of the subject of a route.
pub const ROUTE: &str = "route ";

/// The handler of a route without one of its own.
pub const IN_PLACE: &str = "in place";

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
