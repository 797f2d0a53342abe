//! `bundle`: the document for the build of the client and for other tools, as JSON and as YAML without aliases.

use std::{io::Write, path::PathBuf};

use serde_json::Value;

use crate::{
    outcome::{Outcome, Result},
    workspace, yaml,
};

/// The first line of the YAML, since JSON has no comments.
const HEAD: &str = "# Written by `cargo xtask bundle` from openapi/gotrue.yaml.\n";

/// Writes the files.
pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    for (file, text) in files()? {
        workspace::write(&file, &text)?;
        writeln!(out, "wrote {}", workspace::shown(&file))?;
    }
    Ok(Outcome::Fine)
}

/// Reports the files that are not up to date.
pub fn check(out: &mut dyn Write) -> Result<Outcome> {
    let mut outcome = Outcome::Fine;
    for (file, text) in files()? {
        // A missing file is not up to date either.
        if workspace::read(&file).ok() != Some(text) {
            writeln!(out, "{} is not up to date; run: cargo xtask bundle", workspace::shown(&file))?;
            outcome = Outcome::Findings;
        }
    }
    Ok(outcome)
}

/// Returns the files with their text.
fn files() -> Result<[(PathBuf, String); 2]> {
    let document = document()?;
    let directory = workspace::root().join("openapi/bundle");
    let json = serde_json::to_string_pretty(&document)? + "\n";
    let yaml = HEAD.to_owned() + &yaml::write(&document)?;
    Ok([(directory.join("gotrue.json"), json), (directory.join("gotrue.yaml"), yaml)])
}

/// Returns the document that is bundled.
fn document() -> Result<Value> {
    yaml::parse(&workspace::read(&workspace::document())?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn both_files_equal_the_document() {
        let document = document().unwrap();
        let [json, yaml] = files().unwrap().map(|(file, _)| workspace::read(&file).unwrap());
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), document);
        assert_eq!(yaml::parse(&yaml).unwrap(), document);
        assert!(!yaml.contains(": *") && !yaml.contains(": &"), "no aliases");
    }
}
