//! Guards that functions of the server call by themselves.

use std::collections::BTreeSet;

use super::{
    fact::Facts,
    is_of_the_api,
    reach::Reach,
    routes::{Code, Route},
};
use crate::golang::{Index, all, field};

/// Adds the guards that functions call by themselves: `a.requireNotAnonymous(w, r)`.
pub fn facts(index: &Index<'_>, reach: &Reach, routes: &[Route<'_>], facts: &mut Facts) {
    let guards: BTreeSet<_> = routes.iter().flat_map(|route| &route.guards).map(Code::shown).collect();
    // Those of other packages have names that others have too, such as `Handler`.
    let is_own = |name: &str| name.starts_with(char::is_lowercase) && guards.contains(name);
    for function in index.functions().filter(|function| is_of_the_api(function)) {
        for call in all(function.node, "call_expression").filter_map(|call| field(call, "function")) {
            let name = field(call, "field").map_or_else(|| function.file.line(call), |name| function.file.line(name));
            if is_own(&name) {
                let subject = format!("call of guard {name} in {}", function.name);
                facts.add(&subject, "", function.file.place(call), reach.operations(&function.name));
            }
        }
    }
}
