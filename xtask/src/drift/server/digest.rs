//! The digest: the facts of the last review in a text file.
//!
//! The facts are grouped by the operations that they touch, so that these are not repeated in each line.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::{Fact, Facts};
use crate::{golang::Place, outcome::Result};

const HEAD: &str = "\
# The facts of the source of supabase/auth at its last review, below the operations that they touch: the file, the line,
# and the fact. A fact with `!` is not in openapi/gotrue.yaml.
# `cargo xtask drift --server DIR` compares another version with it; `--accept` rewrites this file.
";

const EVERY: &str = "every operation";
const NONE: &str = "no operation";

pub fn text(facts: &Facts, revision: Option<&str>) -> String {
    let mut groups: BTreeMap<String, Vec<&Fact>> = BTreeMap::new();
    for fact in facts.iter() {
        groups.entry(operations(&fact.operations, facts)).or_default().push(fact);
    }
    let revision = revision.map(|revision| format!("# Reviewed: {revision}\n")).unwrap_or_default();
    let groups = groups.into_iter().map(|(operations, facts)| {
        let lines: String = facts.into_iter().map(line).collect();
        format!("\n[{operations}]\n{lines}")
    });
    format!("{HEAD}{revision}{}", groups.collect::<String>())
}

fn line(Fact { subject, detail, place, undocumented, .. }: &Fact) -> String {
    let mark = if *undocumented { "! " } else { "" };
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    format!("{}:{} {mark}{subject}{detail}\n", place.file, place.line)
}

/// Returns operations in one line.
pub fn operations(operations: &BTreeSet<String>, of: &Facts) -> String {
    if operations.is_empty() {
        NONE.to_owned()
    } else if of.operations.is_subset(operations) {
        EVERY.to_owned()
    } else {
        operations.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

pub fn parse(text: &str) -> Result<Facts> {
    let lines = || text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let heads = || lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    let listed = |head: &str| head.split(", ").map(str::to_owned).collect::<BTreeSet<_>>();
    let every: BTreeSet<String> = heads().filter(|head| ![EVERY, NONE].contains(head)).flat_map(listed).collect();
    let mut facts = Facts::new(every.clone());
    let mut touched = BTreeSet::new();
    for line in lines() {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(EVERY) => touched.clone_from(&every),
            Some(NONE) => touched.clear(),
            Some(head) => touched = listed(head),
            None => facts.insert(fact(line, &touched).ok_or_else(|| format!("not a line of the digest: {line}"))?),
        }
    }
    Ok(facts)
}

fn fact(line: &str, operations: &BTreeSet<String>) -> Option<Fact> {
    let (place, fact) = line.split_once(' ')?;
    let (file, number) = place.rsplit_once(':')?;
    let (undocumented, fact) = fact.strip_prefix("! ").map_or((false, fact), |fact| (true, fact));
    let (subject, detail) = fact.split_once(": ").unwrap_or((fact, ""));
    Some(Fact {
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        place: Place { file: file.to_owned(), line: number.parse().ok()? },
        operations: operations.clone(),
        wording: None,
        undocumented,
    })
}
