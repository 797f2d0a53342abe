//! Strings with a meaning: constants, the cases of a `switch`, lists, and the error codes that a function returns.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{fact::Facts, is_of_the_api, members::is_json, reach::Reach};
use crate::golang::{Declaration, File, Index, Kind, all, children, every, field};

/// What a constant of a type is. Any other is a value of its type.
const NAMED: &[(&str, &str)] = &[("ErrorCode", ERROR_CODE), ("AuditAction", AUDIT_ACTION), ("Name", "hook")];

pub const ERROR_CODE: &str = "error code";
pub const AUDIT_ACTION: &str = "audit action";

pub fn facts(index: &Index<'_>, reach: &Reach, facts: &mut Facts) {
    let codes: BTreeSet<&str> = index
        .declarations
        .values()
        .filter(|declaration| type_of(declaration) == Some("ErrorCode"))
        .map(|declaration| declaration.name.as_str())
        .collect();
    for declaration in index.declarations.values() {
        let operations = reach.operations(&declaration.name);
        let mut reader = Reader { index, declaration, operations, facts };
        match declaration.kind {
            Kind::Constant => reader.constant(),
            Kind::Function if is_of_the_api(declaration) => {
                reader.cases();
                reader.lists();
                reader.names();
                reader.codes(&codes);
                reader.given();
            }
            Kind::Variable if is_of_the_api(declaration) && !operations.is_empty() => reader.lists(),
            _ => {}
        }
    }
}

/// Returns the type that a constant is declared with or converted to.
fn type_of<'s>(declaration: &Declaration<'s>) -> Option<&'s str> {
    let Declaration { node, file, .. } = *declaration;
    let converted = || field(children(field(node, "value")?).next()?, "function");
    let kind = field(node, "type").or_else(converted).filter(|_| declaration.kind == Kind::Constant)?;
    file.text(kind).rsplit('.').next()
}

/// Returns which error is made with a code, which decides the status: `NotFound` for `NewNotFoundError(code, …)`.
fn kind_of_error<'f>(file: &'f File, code: Node<'_>) -> Option<&'f str> {
    let call = code.parent().filter(|list| list.kind() == "argument_list")?.parent()?;
    let function = field(call, "function")?;
    let name = file.text(field(function, "field").unwrap_or(function));
    name.strip_prefix("New")?.strip_suffix("Error")
}

/// Returns whether a string can be a name on the wire, unlike a message or a URL.
fn is_name(value: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || "_-/:+".contains(c);
    value.starts_with(|c: char| c.is_ascii_alphabetic()) && value.chars().all(name) && !value.contains("//")
}

struct Reader<'a, 's> {
    index: &'a Index<'s>,
    declaration: &'a Declaration<'s>,
    operations: &'a BTreeSet<String>,
    facts: &'a mut Facts,
}

impl Reader<'_, '_> {
    fn value(&mut self, subject: &str, value: &str, node: Node<'_>) {
        let place = self.declaration.file.place(node);
        let fact = self.facts.add(&format!("{subject} {value:?}"), "", place, self.operations);
        fact.wording = Some(value.to_owned());
    }

    fn constant(&mut self) {
        let name = &self.declaration.name;
        let Some(value) = self.index.constant(name).filter(|value| is_name(value)) else { return };
        let (package, own) = name.split_once('.').unwrap_or(("", name));
        let subject = match type_of(self.declaration) {
            Some(of) => match NAMED.iter().find(|(named, _)| *named == of) {
                Some((_, known)) => (*known).to_owned(),
                None => format!("value of {package}.{of}"),
            },
            None => format!("constant {package}.{own}"),
        };
        // Keys of a context never leave the server.
        if subject.ends_with("contextKey") {
            return;
        }
        // A constant that nothing reaches is no fact of the wire, unless its type says so.
        if !self.operations.is_empty() || NAMED.iter().any(|(_, known)| *known == subject) {
            self.value(&subject, &value, self.declaration.node);
        }
    }

    /// `switch grantType { case "password": … }`, `params.Type == "create"`
    fn cases(&mut self) {
        let (file, node) = (self.declaration.file, self.declaration.node);
        for switch in all(node, "expression_switch_statement") {
            let Some(of) = field(switch, "value").map(|of| file.line(of)) else { continue };
            let cases = children(switch).filter(|case| case.kind() == "expression_case");
            for value in cases.filter_map(|case| field(case, "value")).flat_map(children) {
                if let Some(text) = self.index.value(file, value).filter(|text| is_name(text)) {
                    self.value(&format!("value of {of} in {}", self.declaration.name), &text, value);
                }
            }
        }
        for comparison in all(node, "binary_expression") {
            let sides = (field(comparison, "left"), field(comparison, "right"));
            let (Some(left), Some(right)) = sides else { continue };
            let operator = field(comparison, "operator").map_or("", |operator| file.text(operator));
            for (of, value) in [(left, right), (right, left)] {
                if let Some(text) = self.index.value(file, value).filter(|text| is_name(text))
                    && ["==", "!="].contains(&operator)
                    && !of.kind().ends_with("literal")
                    && of.kind() != "nil"
                {
                    self.value(&format!("value of {} in {}", file.line(of), self.declaration.name), &text, value);
                }
            }
        }
        for call in all(node, "call_expression") {
            // `strings.EqualFold(params.Type, "create")`
            if field(call, "function").is_some_and(|function| file.text(function) == "strings.EqualFold") {
                let arguments: Vec<_> = field(call, "arguments").into_iter().flat_map(children).collect();
                for (at, value) in arguments.iter().enumerate() {
                    if let Some(text) = self.index.value(file, *value).filter(|text| is_name(text)) {
                        let of = arguments.get(1 - at.min(1)).map(|of| file.line(*of)).unwrap_or_default();
                        self.value(&format!("value of {of} in {}", self.declaration.name), &text, *value);
                    }
                }
            }
        }
    }

    /// `GrantTypesSupported: []string{"authorization_code"}`, `map[string]grant{"password": passwordGrant}`
    fn lists(&mut self) {
        let file = self.declaration.file;
        for list in every(self.declaration.node).filter(|node| node.kind() == "composite_literal") {
            let Some(kind) = field(list, "type") else { continue };
            let is_list = ["slice_type", "array_type", "implicit_length_array_type"].contains(&kind.kind());
            if !is_list && (kind.kind() != "map_type" || is_json(self.index, file, kind)) {
                continue;
            }
            let of = self.label(list);
            // The elements of a list, the keys and the values of a map.
            let elements = field(list, "body").into_iter().flat_map(children);
            for element in
                elements.flat_map(|e| if e.kind() == "keyed_element" { children(e).collect() } else { vec![e] })
            {
                if let Some(text) = self.index.value(file, element).filter(|text| is_name(text)) {
                    self.value(&format!("value of {of} in {}", self.declaration.name), &text, element);
                }
            }
        }
    }

    /// Returns the name of what a list is given to: a field, a variable or a function.
    fn label(&self, list: Node<'_>) -> String {
        let file = self.declaration.file;
        let mut node = list;
        while let Some(outer) = node.parent() {
            let name = match outer.kind() {
                "keyed_element" => children(outer).next(),
                "short_var_declaration" | "assignment_statement" => field(outer, "left"),
                "var_spec" => field(outer, "name"),
                _ => None,
            };
            if let Some(name) = name {
                return file.line(name);
            }
            node = outer;
        }
        "a list".to_owned()
    }

    /// The names of an enumeration: what its method `String` returns.
    fn names(&mut self) {
        let (file, name) = (self.declaration.file, &self.declaration.name);
        let Some(of) = name.strip_suffix(".String") else { return };
        for value in all(self.declaration.node, "return_statement").flat_map(every) {
            if let Some(text) = file.string(value).filter(|text| is_name(text)) {
                self.value(&format!("value of {of}"), &text, value);
            }
        }
    }

    /// Adds the codes that a function gives to the constructors of errors: `NewOAuthError("invalid_grant", …)`.
    fn given(&mut self) {
        let file = self.declaration.file;
        for call in every(self.declaration.node) {
            let code = match call.kind() {
                "call_expression" => self.argument(call),
                "keyed_element" => {
                    let (name, value) = (children(call).next(), children(call).last());
                    value.filter(|_| name.is_some_and(|name| file.text(name) == "ErrorCode"))
                }
                _ => None,
            };
            let Some((code, text)) = code.and_then(|code| Some((code, self.index.value(file, code)?))) else {
                continue;
            };
            if is_name(&text) {
                self.code(text, code);
            }
        }
    }

    /// Returns the code among the arguments of a call: that of the type of error codes, or the first for an OAuth error.
    fn argument<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        let file = self.declaration.file;
        let function = field(call, "function")?;
        let name = if function.kind() == "identifier" {
            format!("{}.{}", file.package, file.text(function))
        } else {
            let package = file.imports.get(file.text(field(function, "operand")?))?;
            format!("{package}.{}", file.text(field(function, "field")?))
        };
        let found = self.index.declarations.get(&name).filter(|found| found.kind == Kind::Function)?;
        let mut at = 0;
        for parameter in field(found.node, "parameters").into_iter().flat_map(children) {
            let of = field(parameter, "type").map(|of| found.file.text(of)).unwrap_or_default();
            if of.rsplit('.').next() == Some("ErrorCode") || at == 0 && name.ends_with("OAuthError") {
                return children(field(call, "arguments")?).nth(at);
            }
            let mut cursor = parameter.walk();
            at += parameter.children_by_field_name("name", &mut cursor).count();
        }
        None
    }

    /// Adds the error codes that a function mentions.
    fn codes(&mut self, codes: &BTreeSet<&str>) {
        let file = self.declaration.file;
        for node in every(self.declaration.node) {
            let name = match node.kind() {
                "identifier" => format!("{}.{}", file.package, file.text(node)),
                "selector_expression" => {
                    let (Some(package), Some(member)) = (field(node, "operand"), field(node, "field")) else {
                        continue;
                    };
                    let Some(package) = file.imports.get(file.text(package)) else { continue };
                    format!("{package}.{}", file.text(member))
                }
                _ => continue,
            };
            if codes.contains(name.as_str())
                && let Some(code) = self.index.constant(&name)
            {
                self.code(code, node);
            }
        }
    }

    /// Adds an error code with the kinds of errors that the function makes with it.
    fn code(&mut self, code: String, node: Node<'_>) {
        let file = self.declaration.file;
        let subject = format!("{ERROR_CODE} {code:?} in {}", self.declaration.name);
        let fact = self.facts.add(&subject, "", file.place(node), self.operations);
        fact.wording = Some(code);
        if let Some(kind) = kind_of_error(file, node)
            && !fact.detail.split(", ").any(|known| known == kind)
        {
            let separator = if fact.detail.is_empty() { "" } else { ", " };
            fact.detail += &[separator, kind].concat();
        }
    }
}
