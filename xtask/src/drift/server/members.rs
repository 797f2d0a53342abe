//! The JSON members of structs, and the keys of maps.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{fact::Facts, is_of_the_api, reach::Reach};
use crate::golang::{Declaration, Index, Kind, children, every, field};

pub fn facts(index: &Index<'_>, reach: &Reach, facts: &mut Facts) {
    for declaration in index.declarations.values().filter(|declaration| is_of_the_api(declaration)) {
        let operations = match declaration.kind {
            Kind::Type => reach.bodies(&declaration.name),
            Kind::Function => reach.operations(&declaration.name),
            Kind::Constant | Kind::Variable => continue,
        };
        let mut reader = Reader { declaration, operations, facts };
        reader.structs(declaration.node, &declaration.name);
        reader.keys();
    }
}

struct Reader<'a, 's> {
    declaration: &'a Declaration<'s>,
    operations: &'a BTreeSet<String>,
    facts: &'a mut Facts,
}

impl Reader<'_, '_> {
    /// Adds the members of the structs in a node. `name` is what the struct belongs to.
    fn structs(&mut self, node: Node<'_>, name: &str) {
        if node.kind() != "struct_type" {
            return children(node).for_each(|child| self.structs(child, name));
        }
        for member in children(node).flat_map(children) {
            self.member(member, name);
        }
    }

    fn member(&mut self, member: Node<'_>, of: &str) {
        let file = self.declaration.file;
        let Some(kind) = field(member, "type") else { return };
        let tag = field(member, "tag").and_then(|tag| file.string(tag)).unwrap_or_default();
        let json = tag_value(&tag, "json");
        let Some(name) = field(member, "name") else {
            // A struct that is embedded has its members at the same level.
            if json.is_none() && self.is_body(member) {
                let subject = format!("member {of} & {}", file.line(kind));
                self.facts.add(&subject, "", file.place(member), self.operations);
            }
            return;
        };
        let Some(json) = json.filter(|json| *json != "-") else { return };
        let (key, options) = json.split_once(',').unwrap_or((json, ""));
        let key = if key.is_empty() { file.text(name) } else { key };
        let is_struct = every(kind).any(|node| node.kind() == "struct_type");
        let kind_shown = if is_struct { "struct".to_owned() } else { file.line(kind) };
        let detail =
            if options.is_empty() { kind_shown } else { format!("{kind_shown}, {}", options.replace(',', ", ")) };
        let fact = self.facts.add(&format!("member {of}.{key}"), &detail, file.place(member), self.operations);
        fact.wording = Some(key.to_owned());
        self.structs(kind, &format!("{of}.{key}"));
    }

    /// Returns whether a struct has members with a name in JSON.
    fn is_body(&self, member: Node<'_>) -> bool {
        let siblings = member.parent().into_iter().flat_map(children);
        siblings
            .filter_map(|sibling| field(sibling, "tag"))
            .any(|tag| self.declaration.file.text(tag).contains("json:"))
    }

    /// Adds the keys of maps with string keys, such as `map[string]any{"items": providers}`.
    fn keys(&mut self) {
        let file = self.declaration.file;
        for literal in every(self.declaration.node).filter(|node| node.kind() == "composite_literal") {
            let kind = field(literal, "type").map(|kind| file.line(kind)).unwrap_or_default();
            if !["map[string]interface{}", "map[string]any", "map[string]string"].contains(&kind.as_str()) {
                continue;
            }
            for element in field(literal, "body").into_iter().flat_map(children) {
                let key = children(element).next().and_then(|key| children(key).next());
                let Some(key) = key.and_then(|key| file.string(key)) else { continue };
                let subject = format!("key {key} in {}", self.declaration.name);
                self.facts.add(&subject, "", file.place(element), self.operations).wording = Some(key);
            }
        }
    }
}

/// Returns the value of a key of a struct tag: `json:"email,omitempty"`.
pub fn tag_value<'t>(tag: &'t str, key: &str) -> Option<&'t str> {
    let start = tag.find(&format!("{key}:\""))? + key.len() + 2;
    tag[start..].split('"').next()
}
