//! Walks through a syntax tree.

use tree_sitter::Node;

/// Returns the named children, without comments.
pub fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.named_child_count())
        .filter_map(move |at| node.named_child(u32::try_from(at).ok()?))
        .filter(|child| child.kind() != "comment")
}

/// Returns a field of a node.
pub fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// Returns a node and everything in it of one kind, in the order of the text.
pub fn all<'t>(node: Node<'t>, kind: &str) -> impl Iterator<Item = Node<'t>> {
    every(node).filter(move |node| node.kind() == kind)
}

/// Returns a node and everything in it, in the order of the text.
pub fn every(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut waiting = vec![node];
    std::iter::from_fn(move || {
        let next = waiting.pop()?;
        let inner: Vec<_> = children(next).collect();
        waiting.extend(inner.into_iter().rev());
        Some(next)
    })
}

/// Returns the value of a string literal. Escapes stay as they are.
pub fn string(node: Node<'_>, text: &str) -> Option<String> {
    let literal = matches!(node.kind(), "interpreted_string_literal" | "raw_string_literal");
    let quoted = node.utf8_text(text.as_bytes()).ok().filter(|_| literal)?;
    Some(quoted.get(1..quoted.len() - 1)?.to_owned())
}
