//! `layers`: a module names only modules of the layers below its own.
//!
//! The check reads `use` declarations and paths in code, for each package in [`table`]. Naming the root is a finding
//! too: items there are re-exported for users of the package. Modules that share a parent must not form a cycle, at any
//! depth. Only the module `platform` may depend on the architecture. Tests are exempt, and so are doc comments and the
//! root module itself, which may name everything.

mod cycles;
mod modules;
mod names;
mod table;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    io::Write,
    path::{Path, PathBuf},
};

use cycles::Graph;
use modules::{Files, ModulePath, Modules, NameUse};
use table::PACKAGES;

use crate::{
    outcome::{Outcome, Result},
    workspace,
};

/// A problem at a position in the source.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: PathBuf,
    line: usize,
    problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.problem)
    }
}

/// Prints the findings of every package.
pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    let mut findings = 0;
    for package in PACKAGES {
        let root = Path::new(package.root);
        let files = files_of(root).map_err(|error| format!("{}: {error}", package.name))?;
        let found = check(root, package.rows, &files).map_err(|error| format!("{}: {error}", package.name))?;
        for finding in &found {
            writeln!(out, "{finding}")?;
        }
        findings += found.len();
    }
    let packages = PACKAGES.iter().map(|package| package.name).collect::<Vec<_>>().join(", ");
    writeln!(out, "{findings} findings in {packages}")?;
    Ok(Outcome::fine_if(findings == 0))
}

/// Returns the source files below the directory of a root module, by their path in the workspace.
fn files_of(root: &Path) -> Result<Files> {
    let directory = workspace::root().join(root.parent().unwrap_or(root));
    let files = workspace::files(&directory, "rs")?.into_iter();
    files
        .map(|file| {
            let text = workspace::read(&file)?;
            Ok((file.strip_prefix(workspace::root()).unwrap_or(&file).to_owned(), text))
        })
        .collect()
}

/// The only module that may depend on the architecture.
const PLATFORM: &str = "platform";

/// Returns the places outside the module `platform`, if there is one, that depend on the architecture.
fn targets(root: &Path, modules: &Modules, files: &Files) -> Vec<Finding> {
    if !modules.top().any(|module| module == PLATFORM) {
        return Vec::new();
    }
    let directory = root.parent().unwrap_or(root).join(PLATFORM);
    let others = files.iter().filter(|(file, _)| !file.starts_with(&directory));
    let lines = others.flat_map(|(file, text)| (1..).zip(text.lines()).map(move |(line, text)| (file, line, text)));
    lines
        .filter(|(_, _, text)| ["target_arch", "target_family"].iter().any(|name| text.contains(name)))
        .map(|(file, line, _)| {
            let problem = format!("depends on the architecture, which only {PLATFORM} may");
            Finding { file: file.clone(), line, problem }
        })
        .collect()
}

fn check(root: &Path, rows: &[&[&str]], files: &Files) -> syn::Result<Vec<Finding>> {
    let modules = Modules::read(root, files)?;
    let uses: Vec<NameUse> = modules.uses().collect();
    let mut findings = incomplete(root, rows, &modules);
    findings.extend(uses.iter().filter_map(|name_use| breach(name_use, rows, &modules)));
    findings.extend(cyclic(&uses, &modules));
    findings.extend(targets(root, &modules, files));
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// Returns the differences between the table and the actual modules.
fn incomplete(root: &Path, rows: &[&[&str]], modules: &Modules) -> Vec<Finding> {
    let missing = modules.top().filter(|name| row(rows, name).is_none()).map(|name| {
        let file = modules.file_of(&[name.to_owned()]).unwrap_or(root);
        (file.to_owned(), format!("{name} is not in the table of layers"))
    });
    let stale = rows.iter().copied().flatten().filter(|name| !modules.contains(&[(**name).to_owned()]));
    let stale = stale.map(|name| (root.to_owned(), format!("{name} is in the table of layers but not in the package")));
    let without_file =
        modules.without_file.iter().map(|(file, name)| (file.clone(), format!("module {name} has no file")));
    missing.chain(stale).chain(without_file).map(|(file, problem)| Finding { file, line: 1, problem }).collect()
}

fn row(rows: &[&[&str]], module: &str) -> Option<usize> {
    rows.iter().position(|row| row.contains(&module))
}

/// Checks a name against the rows of the table.
fn breach(name_use: &NameUse, rows: &[&[&str]], modules: &Modules) -> Option<Finding> {
    let by = &name_use.module[0];
    let name = name_use.name.join("::");
    let finding = |problem| Some(Finding { file: name_use.file.clone(), line: name_use.line, problem });
    let first = name_use.name.first()?;
    if !modules.contains(std::slice::from_ref(first)) {
        return finding(format!("{by} names crate::{name}, which is re-exported at the root: name its module"));
    }
    // A module that is not in the table is a finding of its own.
    let (above, below) = (row(rows, by)?, row(rows, first)?);
    if by == first || above < below {
        return None;
    }
    finding(format!("{by} names crate::{name}, but {first} is not below {by}"))
}

/// Returns the shortest cycle of each set of modules that share a parent.
fn cyclic(uses: &[NameUse], modules: &Modules) -> Vec<Finding> {
    // For each parent, the edges between its children, each with the first place where it occurs.
    let mut edges: BTreeMap<ModulePath, BTreeMap<(String, String), &NameUse>> = BTreeMap::new();
    for name_use in uses {
        for target in [modules.written_module(&name_use.name), modules.defining_module(&name_use.name)] {
            let shared = name_use.module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            // The rows of the table leave no cycle among the modules below the root.
            if let (1.., Some(from), Some(to)) = (shared, name_use.module.get(shared), target.get(shared)) {
                let siblings = edges.entry(target[..shared].to_vec()).or_default();
                siblings.entry((from.clone(), to.clone())).or_insert(name_use);
            }
        }
    }
    edges.iter().flat_map(|(parent, edges)| cycles_among(parent, edges)).collect()
}

fn cycles_among(parent: &[String], edges: &BTreeMap<(String, String), &NameUse>) -> Vec<Finding> {
    let mut graph = Graph::new();
    for (from, to) in edges.keys() {
        graph.entry(from).or_default().insert(to);
    }
    let describe = |cycle: Vec<&str>| {
        let next = cycle.iter().cycle().skip(1);
        let mut places = cycle.iter().zip(next).map(|(from, to)| {
            let name_use = edges[&((*from).to_owned(), (*to).to_owned())];
            (name_use, format!("{from} names {to}"))
        });
        let (first, mut steps) = places.next()?;
        for (name_use, step) in places {
            steps = format!("{steps}, {step} ({}:{})", name_use.file.display(), name_use.line);
        }
        let problem = format!("cycle in {}: {steps}", parent.join("::"));
        Some(Finding { file: first.file.clone(), line: first.line, problem })
    };
    cycles::find(&graph).into_iter().filter_map(describe).collect()
}
