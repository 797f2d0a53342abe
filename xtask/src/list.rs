//! `list`: the operations, with their credential and the methods that call them.

mod browser;
mod table;
#[cfg(test)]
mod tests;
mod wrapper;

use std::{collections::BTreeSet, io::Write, path::Path};

use gotrue_openapi::document::{self, Operation};
use serde_json::Value;

use crate::{
    outcome::{Outcome, Result},
    workspace, yaml,
};
use table::Table;
use wrapper::Calls;

#[derive(Clone, Copy)]
pub enum Format {
    Columns,
    Markdown,
}

impl Format {
    /// Returns the option of the command line that selects it.
    fn option(self) -> &'static str {
        match self {
            Self::Columns => "",
            Self::Markdown => " --markdown",
        }
    }
}

/// Prints the list, or compares it with a file.
pub fn run(format: Format, check: Option<&Path>, out: &mut dyn Write) -> Result<Outcome> {
    let document = yaml::parse(&workspace::read(&workspace::document())?)?;
    let calls = Calls::read(&workspace::root().join("src"), &ids(&document))?;
    let list = list(&document, &calls, format);
    let Some(file) = check else {
        write!(out, "{list}")?;
        return Ok(Outcome::Fine);
    };
    // A missing file is not up to date either.
    let up_to_date = workspace::read(file).is_ok_and(|text| text == list);
    let file = workspace::shown(file);
    if up_to_date {
        writeln!(out, "{file} is up to date")?;
    } else {
        writeln!(out, "{file} is not up to date; run: cargo xtask list{} > {file}", format.option())?;
    }
    Ok(Outcome::fine_if(up_to_date))
}

fn list(document: &Value, calls: &Calls, format: Format) -> String {
    let mut table = Table::new(["Method", "Path", "Operation", "Credential", "Wrapper"]);
    let mut operations: Vec<_> = document::operations(document).collect();
    operations.sort_by_key(|operation| operation.path);
    for operation in &operations {
        table.push(row(operation, calls));
    }
    let table = match format {
        Format::Columns => table.columns(),
        Format::Markdown => table.markdown(),
    };
    format!("{table}\n{} routes\n", routes(document))
}

fn row(operation: &Operation<'_>, calls: &Calls) -> [String; 5] {
    let id = operation.id().unwrap_or("-");
    [
        operation.method.to_uppercase(),
        operation.path.to_owned(),
        id.to_owned(),
        operation.credential().to_string(),
        calls.callers(id).unwrap_or_else(|| browser::methods(id).unwrap_or("-").to_owned()),
    ]
}

fn ids(document: &Value) -> BTreeSet<&str> {
    document::operations(document).filter_map(|operation| operation.id()).collect()
}

/// Returns the number of pairs of method and path. Paths that differ only after `?` or `#` are the same for the server.
fn routes(document: &Value) -> usize {
    let routes = document::operations(document).map(|o| (o.method, o.path.split(['?', '#']).next()));
    routes.collect::<BTreeSet<_>>().len()
}
