#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;

const ROWS: &[&[&str]] = &[&["high"], &["middle", "beside"], &["low"]];

/// Returns the findings of a package of these files and of modules that are empty.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let mut all: Files = [("src/high.rs", ""), ("src/middle.rs", ""), ("src/beside.rs", ""), ("src/low.rs", "")]
        .into_iter()
        .chain([("src/lib.rs", "mod high; mod middle; mod beside; mod low; pub use low::Thing;")])
        .chain(files.iter().copied())
        .map(|(name, text)| (name.into(), text.to_owned()))
        .collect();
    if files.iter().any(|(name, _)| name.starts_with("src/middle/")) {
        all.remove(Path::new("src/middle.rs"));
    }
    check(Path::new("src/lib.rs"), ROWS, &all).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn a_module_may_name_what_is_below_it() {
    let text = "use crate::{low::{self, Thing}, middle::Other as _}; fn f(_: crate::low::Thing) { low::f(); }";
    assert!(findings(&[("src/high.rs", text)]).is_empty());
    assert!(
        findings(&[("src/high.rs", "use std::fmt; use other::high; use ::low::Thing; fn f(_: fmt::Error) {}")])
            .is_empty()
    );
    assert!(
        findings(&[("src/low.rs", "pub(in crate::low) struct Thing; /// See [`crate::high::Thing`].\nstruct T;")])
            .is_empty()
    );
}

#[test]
fn only_the_platform_depends_on_the_architecture() {
    let text = "fn f() {}\n#[cfg(target_arch = \"wasm32\")]\nfn g() {}";
    let rows: &[&[&str]] = &[&["high"], &["platform"]];
    let files = [("src/lib.rs", "mod high; mod platform;"), ("src/high.rs", text), ("src/platform/mod.rs", text)];
    let files = files.into_iter().map(|(name, text)| (name.into(), text.to_owned())).collect();
    let found = check(Path::new("src/lib.rs"), rows, &files).unwrap();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["src/high.rs:2: depends on the architecture, which only platform may"]);
    // A package without this module may do so anywhere.
    assert!(findings(&[("src/low.rs", text)]).is_empty());
}

#[test]
fn generated_code_is_exempt() {
    let text = "fn f() -> TokenStream { quote! { use crate::high::Thing; } }";
    assert!(findings(&[("src/low.rs", text)]).is_empty());
}

#[test]
fn a_breach_is_named_in_one_line() {
    let expected = ["src/low.rs:2: low names crate::middle::f, but middle is not below low"];
    for text in [
        "\nuse crate::middle::f;",
        "use crate::{\nmiddle::f};",
        "fn g() {\ncrate::middle::f(); }",
        "fn g() { println!(\"{}\",\nsuper::middle::f()); }",
        "fn g() {\nuse super::middle::f; }",
        "impl\ncrate::middle::f for () {}",
    ] {
        assert_eq!(findings(&[("src/low.rs", text)]), expected, "{text}");
    }
    let finding = "src/low.rs:1: low names crate::high, but high is not below low";
    assert_eq!(findings(&[("src/low.rs", "use crate::high::*;")]), [finding]);
}

#[test]
fn modules_of_one_row_do_not_know_each_other() {
    let finding = "src/middle.rs:1: middle names crate::beside::Thing, but beside is not below middle";
    assert_eq!(findings(&[("src/middle.rs", "use crate::beside::Thing;")]), [finding]);
}

#[test]
fn a_name_of_the_root_is_a_finding() {
    let finding = "src/high.rs:1: high names crate::Thing, which is re-exported at the root: name its module";
    assert_eq!(findings(&[("src/high.rs", "use crate::Thing;")]), [finding]);
    assert_eq!(findings(&[("src/high.rs", "use super::Thing;")]), [finding]);
}

#[test]
fn the_table_has_each_module_and_no_other() {
    let root = ("src/lib.rs", "mod high; mod middle; mod low; mod new;");
    let expected = [
        "src/lib.rs:1: beside is in the table of layers but not in the package",
        "src/new.rs:1: new is not in the table of layers",
    ];
    assert_eq!(findings(&[root, ("src/new.rs", "use crate::high::Thing;")]), expected);
}

#[test]
fn a_module_without_a_file_is_a_finding() {
    let finding = "src/low.rs:1: module gone has no file";
    assert_eq!(findings(&[("src/low.rs", "mod gone;")]), [finding]);
}

#[test]
fn tests_are_exempt() {
    let text = "#[cfg(test)] mod tests { use crate::high::Thing; } #[cfg(all(test, unix))] use crate::high::Thing;
                #[cfg(test)] mod more;";
    assert!(findings(&[("src/low.rs", text)]).is_empty());
}

#[test]
fn a_cycle_below_the_root_is_found() {
    let parent = ("src/middle/mod.rs", "mod a; mod b; mod c; pub use c::Thing;");
    let cycle = [
        parent,
        ("src/middle/a.rs", "\nuse super::b::{f, g};"),
        ("src/middle/b.rs", "mod d; mod e { fn f() { super::super::a::f() } }"),
        ("src/middle/b/d.rs", "use crate::middle::a::f;"),
        ("src/middle/c.rs", ""),
    ];
    let expected = ["src/middle/a.rs:2: cycle in middle: a names b, b names a (src/middle/b/d.rs:1)"];
    assert_eq!(findings(&cycle), expected);

    // What the parent re-exports belongs to the child that defines it.
    let hidden = [
        parent,
        ("src/middle/a.rs", "use super::Thing;"),
        ("src/middle/b.rs", ""),
        ("src/middle/c.rs", "use super::a;"),
    ];
    assert_eq!(findings(&hidden), ["src/middle/a.rs:1: cycle in middle: a names c, c names a (src/middle/c.rs:1)"]);
}

#[test]
fn the_shortest_cycle_of_each_group_is_named() {
    let graph = |edges: &[(&'static str, &'static str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry(from).or_default().insert(to);
        }
        cycles::find(&graph)
    };
    assert!(graph(&[("a", "b"), ("b", "c"), ("a", "c")]).is_empty());
    let all = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "b"), ("c", "x"), ("x", "y"), ("y", "x")];
    assert_eq!(graph(&all), [vec!["b", "c"], vec!["x", "y"]]);
}
