//! The names of types.

use tree_sitter::Node;

use super::{File, children, field};

/// The types of Go that are no declarations.
const BUILT_IN: &[&str] = &[
    "any", "bool", "byte", "error", "float32", "float64", "int", "int16", "int32", "int64", "int8", "rune", "string",
    "uint", "uint16", "uint32", "uint64", "uint8",
];

/// Returns the name of a type with its package. Of a pointer, a slice or a map, it is the name of what it contains.
pub fn type_name(file: &File, node: Node<'_>) -> Option<String> {
    match node.kind() {
        "type_identifier" => {
            let name = file.text(node);
            (!BUILT_IN.contains(&name)).then(|| format!("{}.{name}", file.package))
        }
        "qualified_type" => {
            let package = file.imports.get(file.text(field(node, "package")?))?;
            Some(format!("{package}.{}", file.text(field(node, "name")?)))
        }
        "slice_type" | "array_type" => type_name(file, field(node, "element")?),
        "map_type" => type_name(file, field(node, "value")?),
        "generic_type" => type_name(file, field(node, "type")?),
        "pointer_type" | "parenthesized_type" => type_name(file, children(node).next()?),
        _ => None,
    }
}
