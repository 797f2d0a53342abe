//! Changes of the upstream document since its last review.

mod facts;
mod reshaped;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::Path,
};

use crate::{
    outcome::{Outcome, Result},
    workspace, yaml,
};
use facts::Facts;

const HEAD: &str = "\
# The contents of the OpenAPI document of supabase/auth at its last review, one fact per line.
# `cargo xtask drift --upstream FILE` compares another version with it; `--accept` rewrites this file.
";

/// Prints the differences from the digest.
pub fn compare(upstream: &Path, digest: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let before = parse(&workspace::read(digest)?);
    let now = read(upstream)?;
    let mut drift = 0;
    // A component with another name, or in another place, is one line, and not one for each of its fields and uses.
    let (before, now, reshaped) = reshaped::apart(before, now);
    for line in &reshaped {
        writeln!(out, "{line}")?;
        drift += 1;
    }
    for name in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
        match (before.get(name), now.get(name)) {
            (Some(before), Some(now)) if before == now => continue,
            (Some(before), Some(now)) => writeln!(out, "~ {name}: {} -> {}", shown(before), shown(now))?,
            (Some(before), None) => writeln!(out, "- {}", line(name, before))?,
            (None, now) => writeln!(out, "+ {}", line(name, now.map_or("", String::as_str)))?,
        }
        drift += 1;
    }
    writeln!(out, "{drift} differences in {} facts", now.len())?;
    Ok(Outcome::fine_if(drift == 0))
}

/// Writes the digest.
pub fn accept(upstream: &Path, digest: &Path, revision: Option<&str>, out: &mut dyn Write) -> Result<Outcome> {
    let facts = read(upstream)?;
    let revision = revision.map(|revision| format!("# Reviewed: {revision}\n")).unwrap_or_default();
    let lines: String = facts.iter().map(|(name, detail)| line(name, detail) + "\n").collect();
    workspace::write(digest, &format!("{HEAD}{revision}{lines}"))?;
    writeln!(out, "wrote {} facts to {}", facts.len(), workspace::shown(digest))?;
    Ok(Outcome::Fine)
}

fn read(upstream: &Path) -> Result<BTreeMap<String, String>> {
    let text = workspace::read(upstream)?;
    let document = yaml::parse(&text).map_err(|error| format!("{}: {error}", workspace::shown(upstream)))?;
    Ok(Facts::of(&document))
}

/// Returns a fact in one line. Its subject never contains the separator.
fn line(name: &str, detail: &str) -> String {
    if detail.is_empty() { name.to_owned() } else { format!("{name}: {detail}") }
}

fn shown(detail: &str) -> &str {
    if detail.is_empty() { "nothing" } else { detail }
}

fn parse(digest: &str) -> BTreeMap<String, String> {
    let lines = digest.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once(": ").unwrap_or((line, ""))).map(|(n, d)| (n.to_owned(), d.to_owned())).collect()
}
