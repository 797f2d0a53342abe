//! The source of the server, compared with its last review and with the document.

mod digest;
mod document;
mod fact;
mod guard_calls;
mod members;
mod reach;
mod report;
mod routes;
mod settings;
mod statuses;
#[cfg(test)]
mod tests;
mod traffic;
mod values;

use std::{collections::BTreeSet, io::Write, path::Path};

use serde_json::Value;

use crate::{
    golang::{Declaration, Index, Source},
    outcome::{Outcome, Result},
    workspace, yaml,
};
use document::Document;
use fact::Facts;
use reach::Reach;

/// Packages with other JSON, headers and values than those of the API: clients of other services, email templates, the
/// database, logs.
const ELSEWHERE: &[&str] = &[
    "conf",
    "e2e",
    "e2eapi",
    "e2ehooks",
    "godotenv",
    "indexworker",
    "mailmeclient",
    "metering",
    "observability",
    "provider",
    "reloader",
    "sms_provider",
    "storage",
    "taskclient",
    "templatemailer",
    "validateclient",
];

/// Prints the changes since the last review.
pub fn compare(server: &Path, document: &Path, digest: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let before = digest::parse(&workspace::read(digest)?)?;
    let now = read(server, document)?;
    let changes = report::changes(&before, &now);
    for change in &changes {
        writeln!(out, "{change}")?;
    }
    let undocumented = now.iter().filter(|fact| fact.undocumented).count();
    writeln!(out, "{} changes in {} facts, of which the document lacks {undocumented}", changes.len(), now.len())?;
    Ok(Outcome::fine_if(changes.is_empty()))
}

/// Prints the facts that the document lacks, reviewed or not.
pub fn undocumented(server: &Path, document: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let now = read(server, document)?;
    let lacking: Vec<_> = now.iter().filter(|fact| fact.undocumented).collect();
    for fact in &lacking {
        writeln!(out, "{}", report::line('!', fact, &now))?;
    }
    writeln!(out, "the document lacks {} of {} facts", lacking.len(), now.len())?;
    Ok(Outcome::fine_if(lacking.is_empty()))
}

/// Writes the digest.
pub fn accept(
    server: &Path,
    document: &Path,
    digest: &Path,
    revision: Option<&str>,
    out: &mut dyn Write,
) -> Result<Outcome> {
    let facts = read(server, document)?;
    workspace::write(digest, &digest::text(&facts, revision))?;
    writeln!(out, "wrote {} facts to {}", facts.len(), workspace::shown(digest))?;
    Ok(Outcome::Fine)
}

fn read(server: &Path, document: &Path) -> Result<Facts> {
    if !server.join("internal").is_dir() {
        return Err(format!("{}: expected a checkout of supabase/auth", workspace::shown(server)).into());
    }
    let source = Source::read(server, "internal")?;
    let index = Index::of(&source);
    let routes = routes::read(&index);
    if routes.is_empty() {
        return Err(format!("{}: no routes found", workspace::shown(server)).into());
    }
    let reach = Reach::of(&index, &routes);
    let mut facts = Facts::new(routes.iter().map(routes::Route::name).collect::<BTreeSet<_>>());
    routes::facts(&routes, &mut facts);
    guard_calls::facts(&index, &reach, &routes, &mut facts);
    members::facts(&index, &reach, &mut facts);
    values::facts(&index, &reach, &mut facts);
    statuses::facts(&index, &reach, &mut facts);
    traffic::facts(&index, &reach, &mut facts);
    settings::facts(&index, &reach, &mut facts);
    // The payloads of hooks have a document of their own.
    let hooks = document.with_file_name("hooks.yaml");
    let hooks = if hooks.exists() { parse(&hooks)? } else { Value::Null };
    Document::new(&parse(document)?, &hooks).compare(&routes, &mut facts);
    Ok(facts)
}

fn parse(document: &Path) -> Result<Value> {
    let text = workspace::read(document)?;
    yaml::parse(&text).map_err(|error| format!("{}: {error}", workspace::shown(document)).into())
}

/// Returns whether a declaration may be about the API.
fn is_of_the_api(declaration: &Declaration<'_>) -> bool {
    !ELSEWHERE.contains(&declaration.file.package.as_str())
}
