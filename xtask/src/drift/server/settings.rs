//! The settings that operations read.

use std::collections::BTreeSet;

use super::{fact::Facts, members::tag_value, reach::Reach};
use crate::golang::{Index, Kind, field};

pub fn facts(index: &Index<'_>, reach: &Reach, facts: &mut Facts) {
    for declaration in index.declarations.values() {
        if declaration.file.package != "conf" || declaration.kind != Kind::Type {
            continue;
        }
        let file = declaration.file;
        for setting in index.fields(&declaration.name) {
            let (Some(name), Some(kind)) = (field(setting, "name"), field(setting, "type")) else { continue };
            let subject = format!("{}.{}", declaration.name, file.text(name));
            let operations: &BTreeSet<String> = reach.operations(&subject);
            if operations.is_empty() {
                continue;
            }
            let tag = field(setting, "tag").and_then(|tag| file.string(tag)).unwrap_or_default();
            let options = ["default", "required", "envconfig"].into_iter();
            let options = options.filter_map(|key| Some(format!(", {key} {}", tag_value(&tag, key)?)));
            let detail = file.line(kind) + &options.collect::<String>();
            facts.add(&format!("setting {subject}"), &detail, file.place(setting), operations);
        }
    }
}
