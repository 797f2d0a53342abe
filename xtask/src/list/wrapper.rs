//! The methods that call each operation, found in the source as `….raw.operation_id(…)`.
//!
//! Calls in the arguments of macros are not found.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use syn::{
    Expr, ExprMethodCall, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, Member, Type, Visibility,
    visit::{self, Visit},
};

use crate::{
    outcome::Result,
    source::is_test_only,
    workspace::{self, shown},
};

/// The callers of each operation.
#[derive(Debug, Default)]
pub struct Calls {
    of_operations: BTreeMap<String, BTreeSet<String>>,
    of_methods: BTreeMap<String, BTreeSet<String>>,
    /// The methods that users of the crate cannot call.
    restricted: BTreeSet<String>,
}

impl Calls {
    /// Reads every source file under a directory.
    pub fn read(directory: &Path, ids: &BTreeSet<&str>) -> Result<Self> {
        let mut calls = Self::default();
        for file in workspace::files(directory, "rs")? {
            let text = workspace::read(&file)?;
            calls.parse(&module(directory, &file), &text, ids).map_err(|error| format!("{}: {error}", shown(&file)))?;
        }
        Ok(calls)
    }

    /// Reads the source of one module.
    pub fn parse(&mut self, module: &[String], text: &str, ids: &BTreeSet<&str>) -> syn::Result<()> {
        let mut finder = Finder { ids, within: Within::Module(module.to_vec()), calls: self };
        finder.visit_file(&syn::parse_file(text)?);
        Ok(())
    }

    /// Returns the callers of an operation, separated by commas. If none of them is public, the callers of those.
    pub fn callers(&self, id: &str) -> Option<String> {
        let callers = self.of_operations.get(id)?;
        let (restricted, public): (Vec<_>, Vec<_>) =
            callers.iter().partition(|caller| self.restricted.contains(*caller));
        let indirect =
            restricted.into_iter().filter_map(|caller| self.of_methods.get(caller.rsplit("::").next()?)).flatten();
        let callers: Vec<_> = if public.is_empty() { indirect.collect() } else { public };
        Some(callers.into_iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    }
}

/// Returns the module path of a file: `user` for `src/user/mod.rs`.
fn module(directory: &Path, file: &Path) -> Vec<String> {
    let path: PathBuf = file.strip_prefix(directory).unwrap_or(file).with_extension("");
    let steps = path.iter().map(|step| step.to_string_lossy().into_owned());
    steps.filter(|step| !matches!(step.as_str(), "mod" | "lib")).collect()
}

/// The item around the expression that is visited.
#[derive(Clone)]
enum Within {
    Module(Vec<String>),
    Impl(String),
    TraitImpl(String),
    Function(String),
}

struct Finder<'a> {
    ids: &'a BTreeSet<&'a str>,
    within: Within,
    calls: &'a mut Calls,
}

impl Finder<'_> {
    fn enter(&mut self, within: Within, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.within, within);
        visit(self);
        self.within = outer;
    }

    fn enter_function(&mut self, name: &str, visit: impl FnOnce(&mut Self)) {
        let within = match &self.within {
            Within::Module(module) => module.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("::"),
            Within::Impl(kind) => format!("{kind}::{name}"),
            Within::TraitImpl(both) => both.clone(),
            // A nested function belongs to the outer one.
            Within::Function(outer) => outer.clone(),
        };
        self.enter(Within::Function(within), visit);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let Within::Module(outer) = &self.within else { return visit::visit_item_mod(self, item) };
        let module = outer.iter().cloned().chain([item.ident.to_string()]).collect();
        self.enter(Within::Module(module), |finder| visit::visit_item_mod(finder, item));
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let kind = type_name(&item.self_ty);
        let within = match item.trait_.as_ref().and_then(|(path, _)| path.segments.last()) {
            Some(of) => Within::TraitImpl(format!("{kind} ({})", of.ident)),
            None => Within::Impl(kind),
        };
        self.enter(within, |finder| visit::visit_item_impl(finder, item));
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.enter_function(&item.sig.ident.to_string(), |finder| visit::visit_item_fn(finder, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if let (Within::Impl(kind), Visibility::Restricted(_)) = (&self.within, &item.vis) {
            self.calls.restricted.insert(format!("{kind}::{}", item.sig.ident));
        }
        self.enter_function(&item.sig.ident.to_string(), |finder| visit::visit_impl_item_fn(finder, item));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        if let Within::Function(caller) = &self.within {
            let is_operation = is_raw(&call.receiver) && self.ids.contains(name.as_str());
            let calls = if is_operation { &mut self.calls.of_operations } else { &mut self.calls.of_methods };
            calls.entry(name).or_default().insert(caller.clone());
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Returns whether an expression is `….raw`.
fn is_raw(receiver: &Expr) -> bool {
    matches!(receiver, Expr::Field(field) if matches!(&field.member, Member::Named(name) if name == "raw"))
}

/// Returns the last name of a type: `Client` of `crate::Client<T>`.
fn type_name(kind: &Type) -> String {
    let name = match kind {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => Some(type_name(&reference.elem)),
        _ => None,
    };
    name.unwrap_or_else(|| "?".to_owned())
}
