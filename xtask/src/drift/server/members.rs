//! The JSON members of structs, and the keys of maps.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{fact::Facts, is_of_the_api, reach::Reach};
use crate::golang::{Declaration, File, Index, Kind, Scope, children, every, field, type_name};

pub fn facts(index: &Index<'_>, reach: &Reach, facts: &mut Facts) {
    for declaration in index.declarations.values().filter(|declaration| is_of_the_api(declaration)) {
        let operations = match declaration.kind {
            Kind::Type => reach.bodies(&declaration.name),
            Kind::Function => reach.operations(&declaration.name),
            Kind::Variable if !reach.operations(&declaration.name).is_empty() => reach.operations(&declaration.name),
            Kind::Constant | Kind::Variable => continue,
        };
        let is_carried = reach.is_carried(&declaration.name);
        let mut reader = Reader { index, declaration, operations, is_carried, facts };
        reader.named();
        reader.structs(declaration.node, &declaration.name);
        reader.keys();
    }
}

struct Reader<'a, 's> {
    index: &'a Index<'s>,
    declaration: &'a Declaration<'s>,
    operations: &'a BTreeSet<String>,
    /// Whether values of the declared type are sent or received as JSON.
    is_carried: bool,
    facts: &'a mut Facts,
}

impl Reader<'_, '_> {
    /// Adds what a type with a name is: `type AssuranceLevel int`.
    fn named(&mut self) {
        let (file, node) = (self.declaration.file, self.declaration.node);
        let Some(of) = field(node, "type").filter(|_| self.declaration.kind == Kind::Type && self.is_carried) else {
            return;
        };
        if !["struct_type", "interface_type", "function_type"].contains(&of.kind()) {
            self.facts.add(
                &format!("type {}", self.declaration.name),
                &file.line(of),
                file.place(node),
                self.operations,
            );
        }
    }

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
        let name = field(member, "name");
        if name.is_none() && json.is_none_or(|json| json.starts_with(',')) {
            // A struct that is embedded has its members at the same level.
            if self.is_carried || self.is_body(member) {
                let subject = format!("member {of} & {}", file.line(kind));
                self.facts.add(&subject, "", file.place(member), self.operations);
            }
            return;
        }
        let own = file.text(name.unwrap_or(kind));
        // Without a tag, a member has the name of the field if that is exported.
        let is_named = self.is_carried && tag.is_empty() && own.starts_with(char::is_uppercase);
        let Some(json) = json.or_else(|| is_named.then_some("")).filter(|json| *json != "-") else { return };
        let (key, options) = json.split_once(',').unwrap_or((json, ""));
        let key = if key.is_empty() { own } else { key };
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

    /// Adds the keys of maps with string keys, such as `map[string]any{"items": providers}` and `user["email"] = email`.
    fn keys(&mut self) {
        let (file, node) = (self.declaration.file, self.declaration.node);
        let scope = Scope::of(self.index, file, node);
        for part in every(node) {
            match part.kind() {
                "composite_literal" if field(part, "type").is_some_and(|of| is_json(self.index, file, of)) => {
                    for element in field(part, "body").into_iter().flat_map(children) {
                        self.key(children(element).next(), element);
                    }
                }
                "assignment_statement" => {
                    let targets = field(part, "left").into_iter().flat_map(children);
                    for target in targets.filter(|target| target.kind() == "index_expression") {
                        let of = field(target, "operand").and_then(|of| scope.type_of(of));
                        if !of.is_some_and(|of| ["url.Values", "http.Header"].contains(&of.as_str())) {
                            self.key(field(target, "index"), target);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn key(&mut self, key: Option<Node<'_>>, place: Node<'_>) {
        let file = self.declaration.file;
        let Some(key) = key.and_then(|key| self.index.value(file, key)) else { return };
        let subject = format!("key {key} in {}", self.declaration.name);
        self.facts.add(&subject, "", file.place(place), self.operations).wording = Some(key);
    }
}

/// Returns whether a type is a map from strings to anything, by itself or by its name.
pub fn is_json(index: &Index<'_>, file: &File, of: Node<'_>) -> bool {
    if of.kind() == "map_type" {
        let text = |part: &str| field(of, part).map(|part| file.line(part)).unwrap_or_default();
        return text("key") == "string" && ["any", "interface{}", "string"].contains(&text("value").as_str());
    }
    let name = type_name(file, of).unwrap_or_default();
    let declared = index.declarations.get(&name);
    let of = declared.and_then(|declared| Some((declared.file, field(declared.node, "type")?)));
    name.ends_with(".MapClaims") || of.is_some_and(|(file, of)| of.kind() == "map_type" && is_json(index, file, of))
}

/// Returns the value of a key of a struct tag: `json:"email,omitempty"`.
pub fn tag_value<'t>(tag: &'t str, key: &str) -> Option<&'t str> {
    let start = tag.find(&format!("{key}:\""))? + key.len() + 2;
    tag[start..].split('"').next()
}
