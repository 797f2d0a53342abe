//! `codegen`: the generated code, to read and to compare.

#[cfg(test)]
mod tests;

use std::{fs, io::Write, path::Path, process::Command};

use similar::TextDiff;

use crate::{
    outcome::{Outcome, Result},
    workspace, yaml,
};

/// The files that are compared, of those that `openapi/examples/generate.rs` writes.
const FILES: [&str; 4] = ["types.rs", "open.rs", "operations.rs", "client.rs"];

/// Prints all files.
pub fn print(out: &mut dyn Write) -> Result<Outcome> {
    for (name, code) in generated()? {
        writeln!(out, "// {name}\n\n{code}")?;
    }
    Ok(Outcome::Fine)
}

/// Writes the files to a directory.
pub fn emit(directory: &Path, out: &mut dyn Write) -> Result<Outcome> {
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", workspace::shown(directory)))?;
    for (name, code) in generated()? {
        let file = directory.join(name);
        workspace::write(&file, &code)?;
        writeln!(out, "wrote {}", workspace::shown(&file))?;
    }
    Ok(Outcome::Fine)
}

/// Shows the differences between the code and the files in a directory.
pub fn diff(directory: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let mut same = true;
    for (name, code) in generated()? {
        let file = directory.join(name);
        let before = workspace::read(&file)?;
        same &= before == code;
        let diff = TextDiff::from_lines(&before, &code);
        write!(out, "{}", diff.unified_diff().header(&workspace::shown(&file), &format!("generated {name}")))?;
    }
    Ok(Outcome::fine_if(same))
}

/// Returns the files with their names. Only the document and the generator are needed for them, so that a change can be
/// reviewed before the wrapper compiles with it.
fn generated() -> Result<Vec<(&'static str, String)>> {
    let directory = workspace::root().join("target/codegen");
    fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", workspace::shown(&directory)))?;
    let document = directory.join("gotrue.json");
    workspace::write(&document, &yaml::parse(&workspace::read(&workspace::document())?)?.to_string())?;
    let generator = ["run", "--quiet", "-p", "gotrue-openapi", "--features", "format", "--example", "generate", "--"];
    let mut command = Command::new("cargo");
    command.args(generator).arg(&document).arg(&directory).current_dir(workspace::root());
    if !command.status()?.success() {
        return Err("no code generated; the reason is above".into());
    }
    FILES.into_iter().map(|name| Ok((name, workspace::read(&directory.join(name))?))).collect()
}
