//! `lint`: checks the document against the rules of this repository and of OpenAPI 3.0, and finds problems that neither
//! covers.

mod schemas;
mod specification;
mod structure;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, io::Write, path::Path};

use gotrue_openapi::Finding;

use crate::{
    bundle, examples,
    outcome::{Outcome, Result},
    workspace,
    yaml::{self, Layout, Position},
};

/// Prints the findings of all documents of this repository.
pub fn all(out: &mut dyn Write) -> Result<Outcome> {
    let mut outcome = Outcome::Fine;
    for file in workspace::documents() {
        if run(&file, out)? == Outcome::Findings {
            outcome = Outcome::Findings;
        }
    }
    Ok(outcome)
}

/// Prints the findings of a document, in the order of its lines. For a document of this repository, also reports a bundle
/// that is not up to date.
pub fn run(file: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let shown = workspace::shown(file);
    let findings = findings(&workspace::read(file)?).map_err(|error| format!("{shown}: {error}"))?;
    for (position, finding) in &findings {
        writeln!(out, "{shown}:{}: {finding}", position.line)?;
    }
    writeln!(out, "{} in {shown}", count(findings.len()))?;
    if findings.is_empty() && file == workspace::document() && !examples(out)? {
        return Ok(Outcome::Findings);
    }
    if findings.is_empty() && workspace::documents().contains(&file.to_owned()) {
        return bundle::check(out);
    }
    Ok(Outcome::fine_if(findings.is_empty()))
}

/// Prints the findings of the examples, and returns whether there are none.
fn examples(out: &mut dyn Write) -> Result<bool> {
    let file = workspace::examples();
    let (shown, text) = (workspace::shown(&file), workspace::read(&file)?);
    let layout = Layout::read(&text)?;
    let document = bundle::document(&workspace::read(&workspace::document())?)?;
    let findings = examples::findings(&document, &yaml::parse(&text)?)?;
    for finding in &findings {
        writeln!(out, "{shown}:{}: {finding}", layout.position(&finding.pointer).line)?;
    }
    writeln!(out, "{} in {shown}", count(findings.len()))?;
    Ok(findings.is_empty())
}

fn count(findings: usize) -> String {
    match findings {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        more => format!("{more} findings"),
    }
}

/// Returns the findings of a document's text, each with its position.
fn findings(text: &str) -> Result<Vec<(Position, Finding)>> {
    let layout = Layout::read(text)?;
    let document = bundle::document(text)?;
    let mut findings = gotrue_openapi::lint(&document);
    findings.extend(layout.duplicates.iter().map(|pointer| Finding::new(pointer, "the key is not unique")));
    // What a rule of this repository says of a place, OpenAPI's schema may say again, of the place or of its keyword.
    let own: BTreeSet<String> = findings.iter().map(|finding| finding.pointer.clone()).collect();
    let is_new = |finding: &Finding| {
        let parent = finding.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        !own.contains(&finding.pointer) && !own.contains(parent)
    };
    findings.extend(specification::lint(&document)?.into_iter().filter(is_new));
    findings.extend(structure::lint(&document));
    findings.extend(schemas::lint(&document));
    let mut findings: Vec<_> = findings.into_iter().map(|f| (layout.position(&f.pointer), f)).collect();
    findings.sort_by(|(a, one), (b, other)| (a, &one.problem).cmp(&(b, &other.problem)));
    // A finding within an anchor appears again at each alias.
    findings.dedup_by(|(a, one), (b, other)| a == b && one.problem == other.problem);
    Ok(findings)
}
