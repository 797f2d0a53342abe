//! The methods that call each operation, found in the source as `….raw.operation_id(…)`.
//!
//! Calls in the arguments of macros are not found.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use syn::{
    Expr, ExprCall, ExprMethodCall, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, Member, Signature, Type, UseName,
    Visibility,
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
    /// By the name alone, for imported functions and those that are called by a longer path, or else by the whole path.
    of_functions: BTreeMap<String, BTreeSet<String>>,
    /// The callers that users of the crate cannot call.
    restricted: BTreeMap<String, Kind>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Function,
    Method,
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
        let module = module.join("::");
        let mut finder = Finder { ids, module, imports: BTreeSet::new(), within: Within::Module, calls: self };
        finder.visit_file(&syn::parse_file(text)?);
        Ok(())
    }

    /// Returns the callers of an operation, separated by commas. If none of them is public, the callers of those.
    pub fn callers(&self, id: &str) -> Option<String> {
        let callers = self.of_operations.get(id)?;
        let mut public: BTreeSet<_> = callers.iter().filter(|caller| !self.restricted.contains_key(*caller)).collect();
        if public.is_empty() {
            for caller in callers {
                match self.restricted.get(caller) {
                    Some(Kind::Method) => public.extend(callers_of(&self.of_methods, name(caller))),
                    _ => self.reach(caller, &mut public),
                }
            }
            public.retain(|caller| !self.restricted.contains_key(*caller));
        }
        let callers = if public.is_empty() { callers.iter().collect() } else { public };
        Some(callers.into_iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    }

    /// Collects a caller and, as long as that is a restricted function, its callers. Methods end the search, because a
    /// call of a method does not say of which type.
    fn reach<'a>(&'a self, caller: &'a String, seen: &mut BTreeSet<&'a String>) {
        if seen.insert(caller) && matches!(self.restricted.get(caller), Some(Kind::Function)) {
            for key in [caller, name(caller)] {
                callers_of(&self.of_functions, key).for_each(|caller| self.reach(caller, seen));
            }
        }
    }
}

fn callers_of<'a>(calls: &'a BTreeMap<String, BTreeSet<String>>, key: &str) -> impl Iterator<Item = &'a String> {
    calls.get(key).into_iter().flatten()
}

fn name(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
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
    Module,
    Impl(String),
    TraitImpl(String),
    Function(String),
}

struct Finder<'a> {
    ids: &'a BTreeSet<&'a str>,
    module: String,
    imports: BTreeSet<String>,
    within: Within,
    calls: &'a mut Calls,
}

impl Finder<'_> {
    fn enter(&mut self, within: Within, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.within, within);
        visit(self);
        self.within = outer;
    }

    fn path(&self, name: &str) -> String {
        if self.module.is_empty() { name.to_owned() } else { format!("{}::{name}", self.module) }
    }

    fn enter_function(&mut self, signature: &Signature, visibility: &Visibility, visit: impl FnOnce(&mut Self)) {
        let name = signature.ident.to_string();
        let (within, kind) = match &self.within {
            Within::Module => (self.path(&name), Some(Kind::Function)),
            Within::Impl(of) => (format!("{of}::{name}"), Some(Kind::Method)),
            Within::TraitImpl(both) => (both.clone(), None),
            // A nested function belongs to the outer one.
            Within::Function(outer) => (outer.clone(), None),
        };
        if let (Some(kind), false) = (kind, matches!(visibility, Visibility::Public(_))) {
            self.calls.restricted.insert(within.clone(), kind);
        }
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
        let inner = self.path(&item.ident.to_string());
        let (outer, imports) = (std::mem::replace(&mut self.module, inner), std::mem::take(&mut self.imports));
        visit::visit_item_mod(self, item);
        (self.module, self.imports) = (outer, imports);
    }

    fn visit_use_name(&mut self, import: &'ast UseName) {
        self.imports.insert(import.ident.to_string());
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
        self.enter_function(&item.sig, &item.vis, |finder| visit::visit_item_fn(finder, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.enter_function(&item.sig, &item.vis, |finder| visit::visit_impl_item_fn(finder, item));
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let (Within::Function(caller), Expr::Path(callee)) = (&self.within, &*call.func) {
            let mut path = callee.path.segments.iter().rev().map(|segment| segment.ident.to_string());
            let name = path.next().unwrap_or_default();
            let (calls, key) = match path.next() {
                Some(of) if of.starts_with(char::is_uppercase) => (&mut self.calls.of_methods, name),
                None if !self.imports.contains(&name) => {
                    let path = self.path(&name);
                    (&mut self.calls.of_functions, path)
                }
                _ => (&mut self.calls.of_functions, name),
            };
            calls.entry(key).or_default().insert(caller.clone());
        }
        visit::visit_expr_call(self, call);
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
