#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use gotrue_openapi::document;
use syn::visit::{self, Visit};

use super::*;
use crate::source::is_test_only;

/// Finds code that names every field of a model.
struct Exhaustive<'a> {
    models: &'a BTreeSet<&'a str>,
    found: Vec<String>,
}

impl Exhaustive<'_> {
    fn check(&mut self, path: &syn::Path, is_open: bool) {
        let Some(name) = path.segments.last().map(|segment| segment.ident.to_string()) else { return };
        if !is_open && self.models.contains(name.as_str()) {
            self.found.push(name);
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

    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(item) {
            visit::visit_item(self, item);
        }
    }
}

fn exhaustive(code: &str, models: &BTreeSet<&str>) -> Vec<String> {
    let mut finder = Exhaustive { models, found: Vec::new() };
    finder.visit_file(&syn::parse_file(code).unwrap());
    finder.found
}

#[test]
fn the_wrapper_compiles_with_a_new_field_of_any_response() {
    let document = document::gotrue().unwrap();
    let requests = document::request_schemas(&document);
    let mut models: BTreeSet<_> = document::response_schemas(&document).difference(&requests).copied().collect();
    // Written by hand of two models, which are its fields. `admin::GeneratedLink` is of the wrapper.
    models.remove("GenerateLinkResult");
    models.remove("GeneratedLink");
    assert!(models.contains("User"), "{models:?}");
    for file in workspace::files(&workspace::root().join("src"), "rs").unwrap() {
        let found = exhaustive(&workspace::read(&file).unwrap(), &models);
        assert!(found.is_empty(), "{} names every field of {found:?}", workspace::shown(&file));
    }
}

#[test]
fn code_that_names_every_field_is_found() {
    let models = BTreeSet::from(["User"]);
    for code in ["let user = User { id };", "let types::User { id } = user;", "if let User { id } = user {}"] {
        assert_eq!(exhaustive(&format!("fn f() {{ {code} }}"), &models), ["User"], "{code}");
    }
    for code in ["let User { id, .. } = user;", "let user = User { id, ..user };", "let user = Other { id };"] {
        assert!(exhaustive(&format!("fn f() {{ {code} }}"), &models).is_empty(), "{code}");
    }
}
