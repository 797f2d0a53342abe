//! `bundle`: the documents for the build of the client and for other tools, as JSON and as YAML without aliases, with
//! examples.

use std::{io::Write, path::PathBuf};

use serde_json::Value;

use crate::{
    examples,
    outcome::{Outcome, Result},
    workspace, yaml,
};

/// The first line of the YAML, since JSON has no comments.
const HEAD: &str = "# Written by `cargo xtask bundle` from openapi/";

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
fn files() -> Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for source in workspace::documents() {
        let mut document = document(&workspace::read(&source)?)?;
        if source == workspace::document() {
            examples::add(&mut document, &yaml::parse(&workspace::read(&workspace::examples())?)?);
        }
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let bundled = source.with_file_name("bundle").join(source.file_name().unwrap_or_default());
        files.push((bundled.with_extension("json"), serde_json::to_string_pretty(&document)? + "\n"));
        files.push((bundled, format!("{HEAD}{name}.\n{}", yaml::write(&document)?)));
    }
    Ok(files)
}

/// Returns a document from its text, together with the schemas of `gotrue.yaml` to which it refers.
pub fn document(text: &str) -> Result<Value> {
    let mut document = yaml::parse(text)?;
    if text.contains("gotrue.yaml#") {
        gotrue_openapi::document::embed_schemas(
            &mut document,
            &yaml::parse(&workspace::read(&workspace::document())?)?,
        );
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Removes all examples. No schema has properties of these names.
    fn remove_examples(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| name != "example" && name != "examples");
                members.values_mut().for_each(remove_examples);
            }
            Value::Array(elements) => elements.iter_mut().for_each(remove_examples),
            _ => {}
        }
    }

    #[test]
    fn the_files_equal_the_documents() {
        let files = files().unwrap();
        let names: Vec<_> = files.iter().map(|(file, _)| file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["gotrue.json", "gotrue.yaml", "hooks.json", "hooks.yaml"]);
        for (file, _) in files {
            let text = workspace::read(&file).unwrap();
            let source = workspace::root().join("openapi").join(file.file_name().unwrap()).with_extension("yaml");
            let mut document = document(&workspace::read(&source).unwrap()).unwrap();
            remove_examples(&mut document);
            let mut bundled = yaml::parse(&text).unwrap();
            remove_examples(&mut bundled);
            assert_eq!(bundled, document, "{}", file.display());
            assert!(
                !text.contains(": *") && !text.contains(": &") && !text.contains("gotrue.yaml#"),
                "{}",
                file.display()
            );
        }
    }
}
