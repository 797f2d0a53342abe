//! Headers and parameters that functions read and write.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{fact::Facts, is_of_the_api, reach::Reach};
use crate::golang::{Declaration, Index, Kind, Scope, children, every, field};

pub fn facts(index: &Index<'_>, reach: &Reach, facts: &mut Facts) {
    let code = |declaration: &&Declaration<'_>| {
        matches!(declaration.kind, Kind::Function | Kind::Variable) && is_of_the_api(declaration)
    };
    for declaration in index.declarations.values().filter(code) {
        let scope = Scope::of(index, declaration.file, declaration.node);
        let mut reader = Reader { index, scope, declaration, operations: reach.operations(&declaration.name), facts };
        every(declaration.node).for_each(|node| reader.node(node));
    }
}

struct Reader<'a, 'i, 's> {
    index: &'a Index<'s>,
    scope: Scope<'i, 's>,
    declaration: &'a Declaration<'s>,
    operations: &'a BTreeSet<String>,
    facts: &'a mut Facts,
}

impl Reader<'_, '_, '_> {
    fn node(&mut self, node: Node<'_>) {
        let found = match node.kind() {
            "call_expression" => self.call(node),
            "index_expression" => self.index(node),
            _ => None,
        };
        let Some((kind, name)) = found else { return };
        let Some(name) = self.index.value(self.declaration.file, name).filter(|name| !name.is_empty()) else { return };
        let subject = format!("{kind} {name} in {}", self.declaration.name);
        let place = self.declaration.file.place(node);
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

    /// `query["sort"]`
    fn index<'t>(&self, index: Node<'t>) -> Option<(&'static str, Node<'t>)> {
        let of = self.scope.type_of(field(index, "operand")?)?;
        (of == "url.Values").then(|| Some(("parameter", field(index, "index")?)))?
    }
}
