//! Headers and parameters that functions read and write.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::{fact::Facts, is_of_the_api, reach::Reach};
use crate::golang::{Declaration, Index, Kind, Scope, all, children, every, field};

pub fn facts(index: &Index<'_>, reach: &Reach, facts: &mut Facts) {
    let code = |declaration: &&Declaration<'_>| {
        matches!(declaration.kind, Kind::Function | Kind::Variable) && is_of_the_api(declaration)
    };
    let mut given = BTreeMap::new();
    for declaration in index.declarations.values().filter(code) {
        let mut reader = Reader::of(index, reach, declaration, facts);
        every(declaration.node).for_each(|node| reader.node(node, &mut given));
    }
    // A name that a function is given is known where the function is called.
    for declaration in index.declarations.values().filter(code).filter(|_| !given.is_empty()) {
        let mut reader = Reader::of(index, reach, declaration, facts);
        all(declaration.node, "call_expression").for_each(|call| reader.giving(call, &given));
    }
}

/// The parameters of functions that are names, by the name of the function and their index, with the kind of name.
type Given = BTreeMap<(String, usize), &'static str>;

struct Reader<'a, 'i, 's> {
    index: &'a Index<'s>,
    scope: Scope<'i, 's>,
    declaration: &'a Declaration<'s>,
    operations: &'a BTreeSet<String>,
    facts: &'a mut Facts,
}

impl<'a, 'i, 's> Reader<'a, 'i, 's> {
    fn of(index: &'i Index<'s>, reach: &'a Reach, declaration: &'a Declaration<'s>, facts: &'a mut Facts) -> Self
    where
        'i: 'a,
    {
        let scope = Scope::of(index, declaration.file, declaration.node);
        Self { index, scope, declaration, operations: reach.operations(&declaration.name), facts }
    }

    fn node(&mut self, node: Node<'_>, given: &mut Given) {
        let found = match node.kind() {
            "call_expression" => self.call(node),
            "index_expression" => self.index(node),
            _ => None,
        };
        let Some((kind, name)) = found else { return };
        if name.kind() == "identifier"
            && let Some(at) = parameters(self.declaration).iter().position(|p| p == self.declaration.file.text(name))
        {
            given.insert((self.declaration.name.clone(), at), kind);
            return;
        }
        self.add(kind, name, node);
    }

    /// Adds the names that a function is called with.
    fn giving(&mut self, call: Node<'_>, given: &Given) {
        let Some(function) = field(call, "function") else { return };
        let file = self.declaration.file;
        let target = match function.kind() {
            "identifier" => Some(format!("{}.{}", file.package, file.text(function))),
            "selector_expression" => self.scope.target(function),
            _ => None,
        };
        let Some(target) = target else { return };
        for (at, argument) in field(call, "arguments").into_iter().flat_map(children).enumerate() {
            if let Some(kind) = given.get(&(target.clone(), at)) {
                self.add(kind, argument, call);
            }
        }
    }

    fn add(&mut self, kind: &str, name: Node<'_>, place: Node<'_>) {
        let Some(name) = self.index.value(self.declaration.file, name).filter(|name| !name.is_empty()) else { return };
        let subject = format!("{kind} {name} in {}", self.declaration.name);
        let place = self.declaration.file.place(place);
        self.facts.add(&subject, "", place, self.operations).wording = Some(name);
    }

    /// `r.FormValue("token")`, `query.Get("page")`, `w.Header().Set("Link", …)`
    fn call<'t>(&self, call: Node<'t>) -> Option<(&'static str, Node<'t>)> {
        let file = self.declaration.file;
        let function = field(call, "function").filter(|function| function.kind() == "selector_expression")?;
        let (operand, method) = (field(function, "operand")?, file.text(field(function, "field")?));
        let name = children(field(call, "arguments")?).next()?;
        if ["FormValue", "PostFormValue"].contains(&method) {
            return Some(("parameter", name));
        }
        if method == "Cookie" {
            return Some(("cookie", name));
        }
        let kind = match (self.scope.type_of(operand)?.as_str(), method) {
            ("url.Values", "Get" | "Has") => "parameter",
            ("url.Values", "Set" | "Add") => "parameter written",
            ("http.Header", "Get" | "Values") => "header",
            // A request of the server to another one, such as to a hook, has a field with headers.
            ("http.Header", "Set" | "Add") if operand.kind() == "selector_expression" => "header requested",
            ("http.Header", "Set" | "Add") => "header sent",
            _ => return None,
        };
        Some((kind, name))
    }

    /// `query["sort"]`, `w.Header()["Link"] = …`
    fn index<'t>(&self, index: Node<'t>) -> Option<(&'static str, Node<'t>)> {
        let operand = field(index, "operand")?;
        let of = self.scope.type_of(operand)?;
        // A token has a `Header` too.
        let owner = field(operand, "operand").and_then(|owner| self.scope.type_of(owner));
        if operand.kind() == "selector_expression" && of == "http.Header" && owner.as_deref() != Some("http.Request") {
            return None;
        }
        let statement = index.parent().and_then(|list| list.parent());
        let is_target = statement.is_some_and(|statement| {
            statement.kind() == "assignment_statement" && field(statement, "left") == index.parent()
        });
        let kind = match (of.as_str(), is_target) {
            ("url.Values", false) => "parameter",
            ("url.Values", true) => "parameter written",
            ("http.Header", false) => "header",
            ("http.Header", true) => "header sent",
            _ => return None,
        };
        Some((kind, field(index, "index")?))
    }
}

/// Returns the names of the parameters of a function.
fn parameters(function: &Declaration<'_>) -> Vec<String> {
    let list = field(function.node, "parameters").filter(|_| function.kind == Kind::Function);
    let mut names = Vec::new();
    for parameter in list.into_iter().flat_map(children) {
        let mut cursor = parameter.walk();
        let own = parameter.children_by_field_name("name", &mut cursor);
        names.extend(own.map(|name| function.file.text(name).to_owned()));
    }
    names
}
