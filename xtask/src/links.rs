//! `links`: checks the links of the Markdown files that point to this repository or its documentation.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
};

use crate::{
    outcome::{Outcome, Result},
    workspace::{self, shown},
};

/// The pages on docs.rs are those of `cargo doc`.
const DOCS: &str = "https://docs.rs/gotrue/latest/";
/// The files of the published package, without the version.
const SOURCE: &str = "https://docs.rs/crate/gotrue/latest/source/";

/// Prints the links whose target does not exist. `cargo doc` must have run with all features.
pub fn run(out: &mut dyn Write) -> Result<Outcome> {
    let root = workspace::root();
    let mut broken = 0;
    for directory in [".", "docs", "openapi", "fake", "cli", "examples/web_app"] {
        for file in workspace::files_in(&root.join(directory), "md")? {
            let text = workspace::read(&file)?;
            let base = file.parent().unwrap_or(root);
            for (line, target) in links(&text) {
                if !exists(root, base, target) {
                    writeln!(out, "{}:{line}: {target} does not exist", shown(&file))?;
                    broken += 1;
                }
            }
        }
    }
    writeln!(out, "{broken} broken links")?;
    Ok(Outcome::fine_if(broken == 0))
}

/// Returns the targets of `[text](target)` and `[name]: target`, with their line numbers. Code blocks are skipped.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    let prose = text.lines().zip(1..).filter(move |(line, _)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !is_fence && !in_code
    });
    prose.flat_map(|(line, number)| {
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let definition =
            line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target.trim());
        inline.chain(definition).map(move |target| (number, target))
    })
}

/// Returns where `cargo doc` writes.
fn target_directory(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn exists(root: &Path, base: &Path, target: &str) -> bool {
    let (page, anchor) = target.split_once('#').unwrap_or((target, ""));
    if let Some(page) = page.strip_prefix(DOCS) {
        let html = workspace::read(&target_directory(root).join("doc").join(page));
        return html.is_ok_and(|html| anchor.is_empty() || html.contains(&format!("id=\"{anchor}\"")));
    }
    match page.strip_prefix(SOURCE) {
        Some(file) => root.join(file).exists(),
        None => page.contains("://") || page.is_empty() || base.join(page).exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_of_code() {
        let text = "[a](b.md) and [`c`](d#e)\n```\n[no](no.md)\n```\n[`f`]: https://example.com\n- [ ]: not one";
        let found: Vec<_> = links(text).collect();
        assert_eq!(found, [(1, "b.md"), (1, "d#e"), (5, "https://example.com")]);
    }

    #[test]
    fn a_link_leads_to_a_file_or_elsewhere() {
        let root = workspace::root();
        let leads = |target| exists(root, &root.join("docs"), target);
        assert!(leads("https://example.com/x") && leads("../README.md#features") && leads("#here"));
        assert!(leads("https://docs.rs/crate/gotrue/latest/source/docs/faults.md"));
        assert!(!leads("README.md") && !leads("https://docs.rs/crate/gotrue/latest/source/faults.md"));
        assert!(!leads("https://docs.rs/gotrue/latest/gotrue/struct.Missing.html"));
    }
}
