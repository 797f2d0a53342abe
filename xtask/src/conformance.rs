//! `conformance`: checks the document against recorded exchanges with real servers.

mod checker;
mod exchange;
#[cfg(test)]
mod tests;

use std::{io::Write, path::Path};

use serde_json::Value;

use crate::{
    outcome::{Outcome, Result},
    schema::{self, Finding},
    workspace, yaml,
};
use checker::Checker;
use exchange::Exchange;

/// Prints the findings of all exchanges in a directory, and the number of exchanges without one.
pub fn run(directory: &Path, document: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let document = yaml::parse(&workspace::read(document)?)?;
    let registry = schema::registry(&document)?;
    let checker = Checker::new(&document, &registry);
    let (mut conforming, mut all) = (0, 0);
    for file in workspace::files(directory, "json")? {
        let record = record(&file)?;
        let Some(exchange) = Exchange::of(&record) else { continue };
        let findings = checker.findings(&exchange);
        let name = file.strip_prefix(directory).unwrap_or(&file).display();
        for Finding { field, problem } in &findings {
            writeln!(out, "{name}: {exchange}: {field}: {problem}")?;
        }
        all += 1;
        conforming += usize::from(findings.is_empty());
    }
    writeln!(out, "{conforming} of {all} exchanges conform")?;
    Ok(Outcome::fine_if(conforming == all && all > 0))
}

fn record(file: &Path) -> Result<Value> {
    let text = workspace::read(file)?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", workspace::shown(file)).into())
}
