//! `conformance`: whether the document tells the truth about recorded exchanges of real servers.

mod declared;
mod exchange;
mod judge;
mod schema;
#[cfg(test)]
mod tests;

use std::{io::Write, path::Path};

use gotrue_openapi::document;
use serde_json::Value;

use crate::{
    outcome::{Outcome, Result},
    workspace,
};
use exchange::Exchange;
use judge::Judge;

/// Where the document and an exchange differ.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// `reply.user.email`
    field: String,
    problem: String,
}

impl Finding {
    fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// Prints the findings of all exchanges in a directory, and how many have none.
pub fn run(directory: &Path, document: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let document = document::parse(&workspace::read(document)?)?;
    let registry = schema::registry(&document)?;
    let judge = Judge::new(&document, &registry);
    let (mut conforming, mut all) = (0, 0);
    for file in workspace::files(directory, "json")? {
        let record = record(&file)?;
        let Some(exchange) = Exchange::of(&record) else { continue };
        let findings = judge.findings(&exchange);
        let name = file.strip_prefix(directory).unwrap_or(&file).display();
        for Finding { field, problem } in &findings {
            writeln!(out, "{name}: {exchange}: {field}: {problem}")?;
        }
        all += 1;
        conforming += usize::from(findings.is_empty());
    }
    writeln!(out, "conforming {conforming} of {all}")?;
    Ok(Outcome::fine_if(conforming == all && all > 0))
}

fn record(file: &Path) -> Result<Value> {
    let text = workspace::read(file)?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", workspace::shown(file)).into())
}
