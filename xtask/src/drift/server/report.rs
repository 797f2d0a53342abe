//! The changes since the last review, one line each.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    digest,
    fact::{Fact, Facts},
    routes::{GUARD, IN_PLACE, ROUTE},
};
use crate::golang::Place;

/// Returns the changes, sorted by what they are about.
pub fn changes(before: &Facts, now: &Facts) -> Vec<String> {
    let (mut gone, mut new) = (missing_in(now, before), missing_in(before, now));
    let moved = |facts: &[&Fact]| facts.iter().filter_map(|fact| elsewhere(fact, before, now)).collect::<BTreeSet<_>>();
    let (left, arrived) = (moved(&gone), moved(&new));
    gone.retain(|fact| elsewhere(fact, before, now).is_none_or(|key| !arrived.contains(&key)));
    new.retain(|fact| elsewhere(fact, before, now).is_none_or(|key| !left.contains(&key)));
    let renamed = renamed(&gone, &new);
    let mut lines = BTreeMap::new();
    for fact in &gone {
        if !renamed.iter().any(|(old, _)| old.subject == fact.subject) {
            lines.insert((fact.subject.clone(), '-'), line('-', fact, before));
        }
    }
    for fact in &new {
        let line = match renamed.iter().find(|(_, new)| new.subject == fact.subject) {
            Some((old, _)) => changed(&old.subject, &fact.subject, fact, now),
            None => line('+', &guarded(fact, now), now),
        };
        lines.insert((fact.subject.clone(), '+'), line);
    }
    for fact in now.iter() {
        let Some(former) = before.get(&fact.subject) else { continue };
        if former.detail != fact.detail {
            let (old, new) = (shown(&former.detail), shown(&fact.detail));
            lines.insert((fact.subject.clone(), '~'), changed(&format!("{}: {old}", fact.subject), new, fact, now));
        } else if fact.undocumented && !former.undocumented && fact.operations.is_superset(&former.operations) {
            // With fewer operations, the document may have it at those that are gone.
            lines.insert((fact.subject.clone(), '!'), line('!', fact, now));
        }
        if fact.subject.starts_with(GUARD) {
            for (sign, line) in regrouped(former, fact, before, now) {
                lines.insert((fact.subject.clone(), sign), line);
            }
        }
    }
    lines.into_values().collect()
}

fn missing_in<'f>(other: &Facts, facts: &'f Facts) -> Vec<&'f Fact> {
    facts.iter().filter(|fact| other.get(&fact.subject).is_none()).collect()
}

/// Returns what a fact of a function is without the name of the function, with the operations of both versions. The
/// same in another function is no change of the API.
fn elsewhere(fact: &Fact, before: &Facts, now: &Facts) -> Option<(String, BTreeSet<String>)> {
    let (kind, function) = fact.subject.split_once(" in ")?;
    let rest = function.split_once(' ').map_or("", |(_, rest)| rest);
    let is_common = |operation: &&String| before.operations.contains(*operation) && now.operations.contains(*operation);
    Some((format!("{kind} {rest}"), fact.operations.iter().filter(is_common).cloned().collect()))
}

/// Returns the members and the routes that have another name: the only one gone and the only new one of a struct with
/// the same type, or with the same handler.
fn renamed<'f>(gone: &[&'f Fact], new: &[&'f Fact]) -> Vec<(&'f Fact, &'f Fact)> {
    let key = |fact: &Fact| {
        let of = match fact.subject.strip_prefix("member ") {
            Some(member) => member.rsplit_once('.')?.0,
            // A function in place has no name.
            None => fact.subject.strip_prefix(ROUTE).filter(|_| fact.detail != IN_PLACE).map(|_| ROUTE)?,
        };
        Some((of.to_owned(), fact.detail.clone()))
    };
    let only = |facts: &[&'f Fact], wanted: &(String, String)| -> Option<&'f Fact> {
        let mut found = facts.iter().filter(|fact| key(fact).as_ref() == Some(wanted));
        found.next().copied().filter(|_| found.next().is_none())
    };
    let pairs = new.iter().filter_map(|fact| {
        let key = key(fact)?;
        Some((only(gone, &key)?, only(new, &key)?))
    });
    pairs.collect()
}

/// The operations that have gained or lost a guard. New and removed operations are changes of their own.
fn regrouped(before: &Fact, now: &Fact, all_before: &Facts, all_now: &Facts) -> Vec<(char, String)> {
    let gained: BTreeSet<_> =
        now.operations.difference(&before.operations).filter(|o| all_before.operations.contains(*o)).cloned().collect();
    let lost: BTreeSet<_> =
        before.operations.difference(&now.operations).filter(|o| all_now.operations.contains(*o)).cloned().collect();
    [('+', gained), ('-', lost)]
        .into_iter()
        .filter(|(_, operations)| !operations.is_empty())
        .map(|(sign, operations)| {
            // The guard itself may be where it was; the route says where it is missing.
            let route = operations.iter().next().and_then(|first| all_now.get(&format!("{ROUTE}{first}")));
            let place = route.map_or_else(|| now.place.clone(), |route| route.place.clone());
            (sign, line(sign, &Fact { place, operations, ..now.clone() }, all_now))
        })
        .collect()
}

/// Returns a new route with its guards, which are no changes of their own.
fn guarded(fact: &Fact, now: &Facts) -> Fact {
    let mut fact = fact.clone();
    if fact.subject.starts_with(ROUTE) {
        let is_of =
            |guard: &&Fact| guard.operations.is_superset(&fact.operations) && guard.operations != now.operations;
        let guards = now.iter().filter(is_of).filter_map(|guard| guard.subject.strip_prefix(GUARD));
        let guards: Vec<_> = guards.collect();
        if !guards.is_empty() {
            fact.detail = format!("{} behind {}", fact.detail, guards.join(", "));
        }
    }
    fact
}

fn changed(old: &str, new: &str, fact: &Fact, all: &Facts) -> String {
    let new = new.strip_prefix("member ").or_else(|| new.strip_prefix(ROUTE)).unwrap_or(new);
    format!("~ {}: {old} -> {new}{}", shown_place(&fact.place), end(fact, all))
}

/// Returns a fact in one line, after a sign.
pub fn line(sign: char, fact: &Fact, all: &Facts) -> String {
    let detail = if fact.detail.is_empty() { String::new() } else { format!(": {}", fact.detail) };
    format!("{sign} {}: {}{detail}{}", shown_place(&fact.place), fact.subject, end(fact, all))
}

fn shown_place(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

fn end(fact: &Fact, all: &Facts) -> String {
    let undocumented = if fact.undocumented { ", not in the document" } else { "" };
    format!(" ({}){undocumented}", operations(&fact.operations, all))
}

/// Returns operations in one line. Those of the whole server, and more than six, are not listed in full.
fn operations(operations: &BTreeSet<String>, all: &Facts) -> String {
    const SHOWN: usize = 6;
    if operations.len() <= SHOWN || all.operations.is_subset(operations) {
        return digest::operations(operations, all);
    }
    let first: Vec<_> = operations.iter().take(SHOWN).map(String::as_str).collect();
    format!("{} and {} more", first.join(", "), operations.len() - SHOWN)
}

fn shown(detail: &str) -> &str {
    if detail.is_empty() { "nothing" } else { detail }
}
