//! The statuses that functions write: `sendJSON(w, http.StatusCreated, user)`.

use super::{fact::Facts, is_of_the_api, reach::Reach};
use crate::golang::{Index, all, field};

/// Adds the statuses of successes and redirects, and of errors that have no code.
pub fn facts(index: &Index<'_>, reach: &Reach, facts: &mut Facts) {
    for function in index.functions().filter(|function| is_of_the_api(function)) {
        let (file, operations) = (function.file, reach.operations(&function.name));
        for status in all(function.node, "selector_expression") {
            let package = field(status, "operand").map(|package| file.text(package));
            let name = field(status, "field").and_then(|name| file.text(name).strip_prefix("Status"));
            if let Some(name) = name.filter(|_| package == Some("http") && !operations.is_empty()) {
                facts.add(&format!("status {name} in {}", function.name), "", file.place(status), operations);
            }
        }
    }
}
