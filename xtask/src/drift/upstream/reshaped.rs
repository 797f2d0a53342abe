//! Components that have another name, or that are now part of what referred to them, with the same contents.

use std::collections::{BTreeMap, BTreeSet};

type Facts = BTreeMap<String, String>;

/// Returns the facts of two versions without what only moved between components, and a line for each that did.
pub fn apart(before: Facts, now: Facts) -> (Facts, Facts, Vec<String>) {
    let (before, mut lines) = renamed(before, &now);
    let (before, now, inlined) = moved(before, now, "is no longer a component");
    let (now, before, extracted) = moved(now, before, "is now a component");
    lines.extend(inlined);
    lines.extend(extracted);
    (before, now, lines)
}

/// Gives each component that has another name now its new name.
fn renamed(mut before: Facts, now: &Facts) -> (Facts, Vec<String>) {
    let mut lines = Vec::new();
    let gone: Vec<_> = components(&before).difference(&components(now)).cloned().collect();
    let mut new: BTreeSet<_> = components(now).difference(&components(&before)).cloned().collect();
    for old in gone {
        // A recursive component refers to itself.
        let contents = |facts: &Facts, name: &str| -> Vec<_> {
            let of = contents(facts, name);
            of.into_iter().map(|(rest, detail)| (rest, replaced(&detail, name, "itself"))).collect()
        };
        let Some(same) = new.iter().find(|new| contents(&before, &old) == contents(now, new)).cloned() else {
            continue;
        };
        new.remove(&same);
        lines.push(format!("~ {old} -> {same} (renamed)"));
        before = before
            .into_iter()
            .map(|(name, detail)| (named(&name, &old, &same), replaced(&detail, &old, &same)))
            .collect();
    }
    (before, lines)
}

/// Takes out the references of one version whose target is in place in the other.
fn moved(mut from: Facts, mut to: Facts, what: &str) -> (Facts, Facts, Vec<String>) {
    let mut lines = Vec::new();
    let components = components(&from);
    let references: Vec<_> = from
        .iter()
        .filter_map(|(name, detail)| {
            let target = detail.split(", ").next().filter(|target| components.contains(*target))?;
            Some((name.clone(), target.to_owned()))
        })
        .collect();
    for (name, target) in references {
        let inner = contents(&to, &name);
        let mut wanted = contents(&from, &target);
        // Whether a field is required belongs to the place, not to the component.
        let end = from[&name].strip_prefix(&target).unwrap_or_default().to_owned();
        if let Some((_, detail)) = wanted.first_mut() {
            detail.push_str(&end);
        }
        if inner.len() > 1 && inner == wanted {
            lines.push(format!("~ {name}: {target} {what}"));
            from.remove(&name);
            without(&mut to, &name, &inner);
            let is_used = from.values().any(|detail| detail.split(", ").next() == Some(&*target));
            if !is_used && contents(&to, &target).is_empty() {
                let unused = contents(&from, &target);
                without(&mut from, &target, &unused);
            }
        }
    }
    (from, to, lines)
}

/// Returns the names of the components: subjects without a path, up to the first field.
fn components(facts: &Facts) -> BTreeSet<String> {
    let names = facts.keys().filter(|name| !name.contains(' ') && !name.contains(['.', '[']));
    names.cloned().collect()
}

/// Returns the facts of a component or of a place: what follows its name, and the detail.
fn contents(facts: &Facts, name: &str) -> Vec<(String, String)> {
    let of = facts.range(name.to_owned()..).take_while(|(found, _)| found.starts_with(name));
    let of = of.map(|(found, detail)| (found[name.len()..].to_owned(), detail.clone()));
    of.filter(|(rest, _)| rest.is_empty() || rest.starts_with(['.', '[', ' '])).collect()
}

fn without(facts: &mut Facts, name: &str, contents: &[(String, String)]) {
    for (rest, _) in contents {
        facts.remove(&format!("{name}{rest}"));
    }
}

fn named(subject: &str, old: &str, new: &str) -> String {
    match subject.strip_prefix(old) {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[', ' ']) => format!("{new}{rest}"),
        // `POST /signup & parameters/Old`, `GET /health 200 | Old`
        _ => match subject.strip_suffix(old) {
            Some(start) if start.ends_with(' ') => format!("{start}{new}"),
            _ => subject.to_owned(),
        },
    }
}

fn replaced(detail: &str, old: &str, new: &str) -> String {
    match detail.strip_prefix(old) {
        Some(rest) if rest.is_empty() || rest.starts_with(',') => format!("{new}{rest}"),
        _ => detail.to_owned(),
    }
}
