//! The types of the variables and expressions of a function.

use std::collections::HashMap;

use tree_sitter::Node;

use super::{File, Index, Kind, children, field, names::type_name, syntax::every};

/// The types of what the standard library has by these names: `r.URL.Query()`, `w.Header()`, `r.Header`, `r.Form`.
const STANDARD: &[(&str, &str)] = &[
    ("Query", "url.Values"),
    ("ParseQuery", "url.Values"),
    ("Form", "url.Values"),
    ("PostForm", "url.Values"),
    ("Header", "http.Header"),
];

/// The variables of a function with their types, as far as they can be told.
pub struct Scope<'i, 's> {
    index: &'i Index<'s>,
    file: &'s File,
    variables: HashMap<String, Option<String>>,
}

impl<'i, 's> Scope<'i, 's> {
    /// Collects the variables of a declaration, including those of the functions in it.
    pub fn of(index: &'i Index<'s>, file: &'s File, declaration: Node<'_>) -> Self {
        let mut scope = Self { index, file, variables: HashMap::new() };
        for node in every(declaration) {
            match node.kind() {
                "parameter_declaration" | "var_spec" => scope.declared(node),
                "short_var_declaration" | "range_clause" => scope.assigned(node),
                _ => {}
            }
        }
        scope
    }

    /// `params *SignupParams`, `var user *models.User`, `var token = issue()`
    fn declared(&mut self, node: Node<'_>) {
        let of = field(node, "type").and_then(|of| type_name(self.file, of));
        let of = of.or_else(|| self.type_of(children(field(node, "value")?).next()?));
        let mut cursor = node.walk();
        for name in node.children_by_field_name("name", &mut cursor).filter(|name| name.kind() == "identifier") {
            self.variables.insert(self.file.text(name).to_owned(), of.clone());
        }
    }

    /// `user, err := models.FindUser(id)`: the first result is what has a type of interest.
    fn assigned(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
        let values: Vec<_> = if right.kind() == "expression_list" { children(right).collect() } else { vec![right] };
        // `for _, user := range users`
        let skipped = usize::from(node.kind() == "range_clause");
        for (at, name) in children(left).enumerate() {
            let of = at.checked_sub(skipped).and_then(|at| self.type_of(*values.get(at)?));
            let known = self.variables.entry(self.file.text(name).to_owned()).or_default();
            *known = of.or(known.take());
        }
    }

    pub fn is_variable(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// Returns the name of the type of an expression, without pointers, slices and maps.
    pub fn type_of(&self, node: Node<'_>) -> Option<String> {
        match node.kind() {
            "identifier" => self.variables.get(self.file.text(node))?.clone(),
            "composite_literal" | "type_assertion_expression" => {
                self.index.resolved(type_name(self.file, field(node, "type")?)?)
            }
            "unary_expression" | "index_expression" | "slice_expression" => self.type_of(field(node, "operand")?),
            "parenthesized_expression" => self.type_of(children(node).next()?),
            "selector_expression" => match self.target(node) {
                Some(target) => self.index.field_type(&target),
                None => self.standard(node),
            },
            "call_expression" => self.result(node),
            _ => None,
        }
        .and_then(|name| self.index.resolved(name))
    }

    fn result(&self, call: Node<'_>) -> Option<String> {
        let function = field(call, "function")?;
        let target = match function.kind() {
            "identifier" if matches!(self.file.text(function), "new" | "make" | "append") => {
                let first = children(field(call, "arguments")?).next()?;
                return type_name(self.file, first).or_else(|| self.type_of(first));
            }
            "identifier" => format!("{}.{}", self.file.package, self.file.text(function)),
            _ => match self.target(function) {
                Some(target) if self.index.declarations.contains_key(&target) => target,
                _ => return self.standard(function),
            },
        };
        let declaration = self.index.declarations.get(&target)?;
        match declaration.kind {
            Kind::Type => Some(target),
            Kind::Function => {
                let result = field(declaration.node, "result")?;
                let first =
                    if result.kind() == "parameter_list" { field(children(result).next()?, "type")? } else { result };
                type_name(declaration.file, first)
            }
            Kind::Constant | Kind::Variable => None,
        }
    }

    fn standard(&self, selector: Node<'_>) -> Option<String> {
        let member = self.file.text(field(selector, "field")?);
        STANDARD.iter().find(|(name, _)| *name == member).map(|(_, of)| (*of).to_owned())
    }

    /// Returns what a selector refers to: a declaration of another package, a method, or a field (`api.API.config`).
    pub fn target(&self, selector: Node<'_>) -> Option<String> {
        let (operand, member) = (field(selector, "operand")?, field(selector, "field")?);
        let member = self.file.text(member);
        let name = self.file.text(operand);
        if operand.kind() == "identifier"
            && !self.is_variable(name)
            && let Some(package) = self.file.imports.get(name)
        {
            return Some(format!("{package}.{member}"));
        }
        match self.type_of(operand) {
            Some(of) => self.index.member(&of, member),
            None => self.index.only_method(member),
        }
    }
}

impl<'s> Index<'s> {
    /// Returns the type that a name stands for: an alias is another name of it.
    fn resolved(&self, name: String) -> Option<String> {
        match self.declarations.get(&name) {
            Some(alias) if alias.node.kind() == "type_alias" => type_name(alias.file, field(alias.node, "type")?),
            _ => Some(name),
        }
    }

    /// Returns the method or field of a type, or of a type that is embedded in it.
    fn member(&self, of: &str, member: &str) -> Option<String> {
        let name = format!("{of}.{member}");
        if self.declarations.contains_key(&name) || self.field(&name).is_some() {
            return Some(name);
        }
        let declaration = self.declarations.get(of)?;
        let embedded = self.fields(of).filter(|field_of| field(*field_of, "name").is_none());
        embedded.into_iter().find_map(|node| {
            let inner = type_name(declaration.file, field(node, "type")?)?;
            (inner != of).then(|| self.member(&inner, member))?
        })
    }

    /// Returns the declarations of the fields of a struct.
    pub fn fields(&self, of: &str) -> impl Iterator<Item = Node<'s>> + use<'s> {
        let declaration = self.declarations.get(of);
        let body = declaration.and_then(|declaration| field(declaration.node, "type"));
        let list = body.filter(|body| body.kind() == "struct_type").and_then(|body| children(body).next());
        list.into_iter().flat_map(children)
    }

    fn field(&self, name: &str) -> Option<Node<'s>> {
        let (of, member) = name.rsplit_once('.')?;
        let file = self.declarations.get(of)?.file;
        self.fields(of).find(|field_of| {
            let mut cursor = field_of.walk();
            field_of.children_by_field_name("name", &mut cursor).any(|name| file.text(name) == member)
        })
    }

    fn field_type(&self, name: &str) -> Option<String> {
        let (of, _) = name.rsplit_once('.')?;
        let file = self.declarations.get(of)?.file;
        self.resolved(type_name(file, field(self.field(name)?, "type")?)?)
    }

    /// Returns the method with a name that no other type has.
    fn only_method(&self, name: &str) -> Option<String> {
        match self.methods.get(name)?.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }
}
