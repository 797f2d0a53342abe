//! What people call a place in the document.

use crate::{generator::lint::Finding, yaml::unescape};

/// A finding at a JSON pointer.
pub fn finding(pointer: &str, problem: impl Into<String>) -> Finding {
    Finding { place: name(pointer), pointer: pointer.to_owned(), problem: problem.into() }
}

/// `POST /logout`, `User.email`, or the path through the document.
fn name(pointer: &str) -> String {
    let steps: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match steps[..] {
        [] => "the document".to_owned(),
        ["paths", path, method, ..] => format!("{} {path}", method.to_uppercase()),
        ["paths", path] => path.to_owned(),
        ["components", _, name, ref deeper @ ..] => [&[name], &properties(deeper)[..]].concat().join("."),
        _ => steps.join("."),
    }
}

/// The names among the steps into a schema.
fn properties<'a>(steps: &[&'a str]) -> Vec<&'a str> {
    match *steps {
        ["properties", name, ref deeper @ ..] => [&[name], &properties(deeper)[..]].concat(),
        [_, ref deeper @ ..] => properties(deeper),
        [] => Vec::new(),
    }
}
