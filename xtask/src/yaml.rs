//! YAML: values, and the layout of a text, which is the positions of JSON pointers and duplicate keys.

use std::{collections::HashMap, rc::Rc};

use gotrue_openapi::pointer::{join, unescape};
use saphyr_parser::{Event, Marker, Parser, ScanError, Span, StrInput};
use serde_json::Value;

use crate::outcome::Result;

/// Parses a YAML text.
pub fn parse(text: &str) -> Result<Value> {
    // The default budget is for untrusted text; the document has more aliases than that allows. Duplicate keys are
    // findings of the lint.
    let options = serde_saphyr::options! { budget: None, duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| format!("not valid YAML: {error}").into())
}

/// Writes a value as YAML, without aliases.
pub fn write(value: &Value) -> Result<String> {
    Ok(serde_saphyr::to_string(value)?)
}

/// A place in the text: line and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    column: usize,
}

impl From<Marker> for Position {
    fn from(marker: Marker) -> Self {
        Self { line: marker.line(), column: marker.col() }
    }
}

/// The layout of a YAML text.
pub struct Layout {
    root: Rc<Node>,
    /// The JSON pointers of duplicate keys in one mapping.
    pub duplicates: Vec<String>,
}

#[derive(Default)]
struct Node {
    children: Vec<Child>,
}

struct Child {
    name: String,
    position: Position,
    node: Rc<Node>,
}

impl Layout {
    pub fn read(text: &str) -> Result<Self> {
        let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), duplicates: Vec::new() };
        let root = loop {
            match reader.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (Event::StreamEnd | Event::DocumentEnd, _) => break Rc::default(),
                (event, _) => break reader.node(event, "")?,
            }
        };
        Ok(Self { root, duplicates: reader.duplicates })
    }

    /// Returns the position of the target of a JSON pointer, or of its nearest existing ancestor. The target of an
    /// alias is at its anchor.
    pub fn position(&self, pointer: &str) -> Position {
        let (mut node, mut position) = (&self.root, Position { line: 1, column: 0 });
        for step in pointer.split('/').skip(1).map(unescape) {
            // The last of duplicate keys takes effect.
            let Some(child) = node.children.iter().rev().find(|child| child.name == step) else { break };
            (node, position) = (&child.node, child.position);
        }
        position
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Rc<Node>>,
    duplicates: Vec<String>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        let event = self.parser.next_event().ok_or("the YAML ends too early")?;
        event.map_err(|error: ScanError| error.to_string().into())
    }

    /// Reads the node that an event starts.
    fn node(&mut self, event: Event<'a>, pointer: &str) -> Result<Rc<Node>> {
        let (node, anchor) = match event {
            Event::Alias(anchor) => return Ok(self.anchors.get(&anchor).cloned().unwrap_or_default()),
            Event::MappingStart(anchor, _) => (self.mapping(pointer)?, anchor),
            Event::SequenceStart(anchor, _) => (self.sequence(pointer)?, anchor),
            Event::Scalar(_, _, anchor, _) => (Rc::default(), anchor),
            other => return Err(format!("unexpected YAML event: {other:?}").into()),
        };
        // The parser numbers anchors from 1; 0 means no anchor.
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn mapping(&mut self, pointer: &str) -> Result<Rc<Node>> {
        let mut children: Vec<Child> = Vec::new();
        loop {
            let (name, position) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Rc::new(Node { children })),
                (Event::Scalar(name, ..), span) => (name.into_owned(), span.start.into()),
                (_, span) => return Err(format!("line {}: a key must be a scalar", span.start.line()).into()),
            };
            let pointer = join(pointer, &[&name]);
            if children.iter().any(|child| child.name == name) {
                self.duplicates.push(pointer.clone());
            }
            let (event, _) = self.next()?;
            let node = self.node(event, &pointer)?;
            children.push(Child { name, position, node });
        }
    }

    fn sequence(&mut self, pointer: &str) -> Result<Rc<Node>> {
        let mut children = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Rc::new(Node { children }));
            }
            let name = children.len().to_string();
            let node = self.node(event, &join(pointer, &[&name]))?;
            children.push(Child { name, position: span.start.into(), node });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const TEXT: &str = "a: &anchor\n  b: 1\n  c/d:\n    - x\n    - { y: 2 }\ne: *anchor\na: 3\n";

    #[test]
    fn a_pointer_has_a_position() {
        let layout = Layout::read(TEXT).unwrap();
        for (pointer, line) in [("", 1), ("/a", 7), ("/e", 6), ("/e/b", 2), ("/e/c~1d/1/y", 5), ("/e/c~1d/7", 3)] {
            assert_eq!(layout.position(pointer).line, line, "{pointer}");
        }
    }

    #[test]
    fn a_duplicate_key_is_found() {
        assert_eq!(Layout::read(TEXT).unwrap().duplicates, ["/a"]);
    }

    #[test]
    fn broken_yaml_is_an_error() {
        assert!(Layout::read("a: [1").is_err());
    }
}
