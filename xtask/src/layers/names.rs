//! The paths that source code writes: in `use` declarations, in code, and in the arguments of macros.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Item, ItemMod, ItemUse, Macro, Path, UseTree, Visibility,
    visit::{self, Visit},
};

use crate::source::is_test_only;

/// A path as it is written.
pub struct Written {
    pub line: usize,
    pub segments: Vec<String>,
    /// The name that the path is imported as, if it is imported.
    pub imported_as: Option<String>,
}

/// Returns the paths of the items of one module, without those of its child modules and of tests.
pub fn read(items: &[Item]) -> Vec<Written> {
    let mut finder = Finder::default();
    for item in items {
        finder.visit_item(item);
    }
    finder.0
}

#[derive(Default)]
struct Finder(Vec<Written>);

impl Finder {
    fn add(&mut self, line: usize, segments: Vec<String>, imported_as: Option<String>) {
        self.0.push(Written { line, segments, imported_as });
    }

    /// Adds the leaves of a `use` declaration. `prefix` is the path that leads to `tree`.
    fn add_uses(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_uses(&with(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_uses(prefix, tree)),
            UseTree::Glob(glob) => {
                self.add(glob.star_token.spans[0].start().line, prefix.to_vec(), None);
            }
            UseTree::Name(name) if name.ident == "self" => {
                self.add(name.ident.span().start().line, prefix.to_vec(), prefix.last().cloned());
            }
            UseTree::Name(name) => {
                self.add(name.ident.span().start().line, with(&name.ident), Some(name.ident.to_string()));
            }
            UseTree::Rename(name) => {
                let segments = if name.ident == "self" { prefix.to_vec() } else { with(&name.ident) };
                self.add(name.ident.span().start().line, segments, Some(name.rename.to_string()));
            }
        }
    }

    /// Adds everything that looks like a path in the arguments of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<(usize, String)> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.add_path_of(&mut path);
                    }
                    path.push((name.span().start().line, name.to_string()));
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.add_path_of(&mut path);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add_path_of(&mut path);
    }

    fn add_path_of(&mut self, names: &mut Vec<(usize, String)>) {
        if let [(line, _), _, ..] = names[..] {
            self.add(line, names.drain(..).map(|(_, name)| name).collect(), None);
        }
        names.clear();
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(item) {
            visit::visit_item(self, item);
        }
    }

    /// Skips child modules, which are read on their own.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    /// `pub(in path)` restricts, but takes nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.add_uses(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none()
            && path.segments.len() > 1
            && let Some(first) = path.segments.first()
        {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.add(first.ident.span().start().line, segments, None);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        let writes_code = item.path.segments.last().is_some_and(|name| name.ident.to_string().contains("quote"));
        if !writes_code {
            self.add_tokens(item.tokens.clone());
        }
        visit::visit_macro(self, item);
    }
}
