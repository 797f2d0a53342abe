#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use gotrue_openapi::document;
use syn::visit::{self, Visit};

use super::*;
use crate::source::is_test_only;

/// Finds code that names every field of a model.
struct Exhaustive<'a> {
    models: &'a BTreeSet<&'a str>,
    /// The names that are imported from `types`.
    imported: BTreeSet<String>,
    found: Vec<String>,
}

/// Collects the names that a `use` imports from `types`.
fn from_types(tree: &syn::UseTree, in_types: bool, names: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => from_types(&path.tree, in_types || path.ident == "types", names),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| from_types(item, in_types, names)),
        syn::UseTree::Name(name) if in_types => drop(names.insert(name.ident.to_string())),
        _ => {}
    }
}

impl Exhaustive<'_> {
    fn check(&mut self, path: &syn::Path, is_open: bool) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let name = match &*names {
            [name] if self.imported.contains(name) => name,
            [.., module, name] if module == "types" => name,
            _ => return,
        };
        if !is_open && self.models.contains(name.as_str()) {
            self.found.push(name.clone());
        }
    }
}

impl<'ast> Visit<'ast> for Exhaustive<'_> {
    fn visit_expr_struct(&mut self, literal: &'ast syn::ExprStruct) {
        self.check(&literal.path, literal.dot2_token.is_some());
        visit::visit_expr_struct(self, literal);
    }

    fn visit_pat_struct(&mut self, pattern: &'ast syn::PatStruct) {
        self.check(&pattern.path, pattern.rest.is_some());
        visit::visit_pat_struct(self, pattern);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        from_types(&item.tree, false, &mut self.imported);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(item) {
            visit::visit_item(self, item);
        }
    }
}

fn exhaustive(code: &str, models: &BTreeSet<&str>) -> Vec<String> {
    let mut finder = Exhaustive { models, imported: BTreeSet::new(), found: Vec::new() };
    finder.visit_file(&syn::parse_file(code).unwrap());
    finder.found
}

/// Code that has to name every field: a session that is made of the parameters of a URL.
const EXPECTED: &[(&str, &[&str])] = &[("src/auth/grant/callback.rs", &["Session"])];

#[test]
fn the_wrapper_compiles_with_a_new_field_of_any_response() {
    let document = document::gotrue().unwrap();
    let requests = document::request_schemas(&document);
    let mut models: BTreeSet<_> = document::response_schemas(&document).difference(&requests).copied().collect();
    // Written by hand of two models, which are its fields.
    models.remove("GenerateLinkResult");
    assert!(models.contains("User"), "{models:?}");
    for file in workspace::files(&workspace::root().join("src"), "rs").unwrap() {
        let found = exhaustive(&workspace::read(&file).unwrap(), &models);
        let expected =
            EXPECTED.iter().find(|(expected, _)| file.ends_with(expected)).map_or(&[][..], |(_, names)| names);
        assert_eq!(found, expected, "{} names every field", workspace::shown(&file));
    }
}

#[test]
fn code_that_names_every_field_is_found() {
    let models = BTreeSet::from(["User"]);
    let with = |import: &str, code: &str| exhaustive(&format!("use {import}; fn f() {{ {code} }}"), &models);
    for code in ["let user = User { id };", "let types::User { id } = user;", "if let User { id } = user {}"] {
        assert_eq!(with("crate::{error, types::{Provider, User}}", code), ["User"], "{code}");
    }
    for code in ["let User { id, .. } = user;", "let user = User { id, ..user };", "let user = Other { id };"] {
        assert!(with("crate::types::User", code).is_empty(), "{code}");
    }
    assert!(with("crate::row::User", "let user = User { id };").is_empty());
}
