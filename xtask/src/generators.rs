//! `generators`: generators of other projects, each with a driver in `openapi/generators` that calls the fake server with
//! the generated client.

mod fake;
mod table;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use fake::Fake;
use table::{GENERATORS, Generator};

use crate::{
    outcome::{Outcome, Result},
    workspace,
};

/// Which generators to try.
pub enum Selection {
    /// Those that are quick enough for CI.
    Ci,
    All,
    Named(Vec<String>),
}

impl Selection {
    fn generators(&self) -> Result<Vec<&'static Generator>> {
        if let Self::Named(names) = self {
            let unknown = names.iter().find(|name| GENERATORS.iter().all(|generator| generator.name != **name));
            if let Some(unknown) = unknown {
                let known: Vec<_> = GENERATORS.iter().map(|generator| generator.name).collect();
                return Err(format!("unknown generator {unknown}; expected one of {}", known.join(", ")).into());
            }
        }
        let is_selected = |generator: &&Generator| match self {
            Self::Ci => generator.in_ci,
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == generator.name),
        };
        Ok(GENERATORS.iter().filter(is_selected).collect())
    }
}

/// Generates clients, compiles them and calls the fake server with them. Prints a Markdown table.
pub fn run(selection: &Selection, out: &mut dyn Write) -> Result<Outcome> {
    let generators = selection.generators()?;
    let fake = Fake::start()?;
    writeln!(out, "| generator | version | generates | compiles | works | remarks |\n|---|---|---|---|---|---|")?;
    let mut outcome = Outcome::Fine;
    for generator in generators {
        let Generator { name, version, remark, .. } = generator;
        if !generator.needs.provide() {
            writeln!(out, "| {name} | {version} | | | | skipped: {} is not available |", generator.needs.name)?;
            continue;
        }
        match attempt(generator, &fake)? {
            Attempt::Works => writeln!(out, "| {name} | {version} | yes | yes | yes | {remark} |")?,
            Attempt::Fails { stage, output } => {
                writeln!(out, "{name}: `{}` failed:\n{output}", generator.stages[stage])?;
                let passed = "yes | ".repeat(stage);
                let left = " | ".repeat(generator.stages.len() - stage);
                writeln!(out, "| {name} | {version} | {passed}no{left}|")?;
                outcome = Outcome::Findings;
            }
        }
        out.flush()?;
    }
    Ok(outcome)
}

enum Attempt {
    Works,
    /// A stage failed, by its index, with its output.
    Fails {
        stage: usize,
        output: String,
    },
}

fn attempt(generator: &Generator, fake: &Fake) -> Result<Attempt> {
    let directory = prepare(generator.name)?;
    for (stage, command) in generator.stages.iter().enumerate() {
        let output = Command::new("sh")
            .args(["-euc", command])
            .current_dir(&directory)
            .env("VERSION", generator.version)
            .env("GOTRUE_DOCUMENT", workspace::root().join("openapi/bundle/gotrue.json"))
            .env("GOTRUE_URL", &fake.url)
            .env("GOTRUE_SERVICE_KEY", &fake.service_key)
            .output()?;
        if !output.status.success() {
            let output = [output.stdout, output.stderr].concat();
            return Ok(Attempt::Fails { stage, output: String::from_utf8_lossy(&output).into_owned() });
        }
    }
    Ok(Attempt::Works)
}

/// Copies the driver to a directory below `target`, which keeps what an earlier run installed.
fn prepare(name: &str) -> Result<PathBuf> {
    let directory = workspace::root().join("target/generators").join(name);
    let generated = directory.join("generated");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }
    fs::create_dir_all(&generated)?;
    copy(&workspace::root().join("openapi/generators").join(name), &directory)?;
    Ok(directory)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let entries = fs::read_dir(from).map_err(|error| format!("{}: {error}", workspace::shown(from)))?;
    for entry in entries {
        let file = entry?.path();
        if let Some(name) = file.file_name() {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_generator_has_a_driver_and_each_driver_a_generator() {
        let directory = workspace::root().join("openapi/generators");
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut drivers: Vec<_> = entries.collect();
        let mut names: Vec<_> = GENERATORS.iter().map(|generator| generator.name).collect();
        drivers.sort();
        names.sort_unstable();
        assert_eq!(drivers, names);
    }

    #[test]
    fn an_unknown_generator_is_an_error() {
        let error = Selection::Named(vec!["none".to_owned()]).generators().err().unwrap();
        assert!(error.to_string().starts_with("unknown generator none; expected one of openapi-typescript, "));
        let named = Selection::Named(vec!["ogen".to_owned()]).generators().unwrap();
        assert_eq!(named.len(), 1);
        assert!(Selection::Ci.generators().unwrap().len() < Selection::All.generators().unwrap().len());
    }

    #[test]
    fn a_failure_names_its_stage() {
        let fake = Fake::at("http://127.0.0.1:1");
        let generator = |stages| Generator { stages, ..GENERATORS[0] };
        let failing = generator(["test -n \"$GOTRUE_DOCUMENT\"", "echo \"$GOTRUE_URL\"; false", "true"]);
        let Attempt::Fails { stage, output } = attempt(&failing, &fake).unwrap() else { panic!("it works") };
        assert_eq!((stage, output.as_str()), (1, "http://127.0.0.1:1\n"));
        assert!(matches!(attempt(&generator(["true"; 3]), &fake).unwrap(), Attempt::Works));
    }
}
