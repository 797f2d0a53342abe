//! Go source, parsed by tree-sitter: its declarations, what they refer to, and the types of its expressions.
//!
//! The types are found without a compiler, from declarations and assignments. What cannot be told from them has no type.

mod names;
mod scope;
mod syntax;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use tree_sitter::{Node, Parser, Tree};

use crate::{outcome::Result, workspace};

pub use names::type_name;
pub use scope::Scope;
use syntax::string;
pub use syntax::{all, children, every, field};

/// The Go files of a directory and of the directories in it, without tests.
pub struct Source {
    files: Vec<File>,
}

/// A Go file.
pub struct File {
    /// Relative to the directory, with `/`.
    pub path: String,
    /// The last part of the package's import path.
    pub package: String,
    /// The packages that the file imports, by the name that it uses for them.
    pub imports: HashMap<String, String>,
    text: String,
    tree: Tree,
}

impl Source {
    /// Reads the directory `below` of `root`.
    pub fn read(root: &Path, below: &str) -> Result<Self> {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_go::LANGUAGE.into()).map_err(|error| error.to_string())?;
        let mut files = Vec::new();
        for path in workspace::files(&root.join(below), "go")? {
            let text = workspace::read(&path)?;
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if !path.ends_with("_test.go") && !path.contains("/testdata/") {
                let tree = parser.parse(&text, None).ok_or_else(|| format!("{path}: not parsed"))?;
                files.push(File::new(path, text, tree)?);
            }
        }
        Ok(Self { files })
    }
}

impl File {
    fn new(path: String, text: String, tree: Tree) -> Result<Self> {
        if tree.root_node().has_error() {
            return Err(format!("{path}: not valid Go").into());
        }
        let directory = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
        let mut file = Self { path, package: directory, imports: HashMap::new(), text, tree };
        file.imports = all(file.tree.root_node(), "import_spec").filter_map(|import| file.import(import)).collect();
        Ok(file)
    }

    /// Returns the name of an import in the file, and the last part of its path.
    fn import(&self, import: Node<'_>) -> Option<(String, String)> {
        let path = string(field(import, "path")?, &self.text)?;
        let package = path.rsplit('/').next()?.to_owned();
        let name = field(import, "name").map_or_else(|| package.clone(), |name| self.text(name).to_owned());
        Some((name, package))
    }

    pub fn text(&self, node: Node<'_>) -> &str {
        node.utf8_text(self.text.as_bytes()).unwrap_or_default()
    }

    /// Returns the text of a node in one line.
    pub fn line(&self, node: Node<'_>) -> String {
        self.text(node).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Returns the value of a string literal.
    pub fn string(&self, node: Node<'_>) -> Option<String> {
        string(node, &self.text)
    }

    pub fn place(&self, node: Node<'_>) -> Place {
        Place { file: self.path.clone(), line: node.start_position().row + 1 }
    }
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

/// A declaration at the top level of a package.
pub struct Declaration<'s> {
    /// `api.SignupParams`, `api.API.Signup`
    pub name: String,
    pub file: &'s File,
    pub node: Node<'s>,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Function,
    Type,
    Constant,
    Variable,
}

/// Returns the value that a constant or variable is declared with.
fn assigned<'t>(file: &File, spec: Node<'t>, name: &str) -> Option<Node<'t>> {
    let mut cursor = spec.walk();
    let names = spec.children_by_field_name("name", &mut cursor).filter(|name| name.kind() == "identifier");
    let at = names.map(|found| file.text(found)).position(|found| found == name)?;
    children(field(spec, "value")?).nth(at)
}

/// All declarations, by name.
pub struct Index<'s> {
    pub declarations: BTreeMap<String, Declaration<'s>>,
    /// The methods with a name, of all types.
    methods: HashMap<String, Vec<String>>,
}

impl<'s> Index<'s> {
    pub fn of(source: &'s Source) -> Self {
        let mut index = Self { declarations: BTreeMap::new(), methods: HashMap::new() };
        for file in &source.files {
            for node in children(file.tree.root_node()) {
                index.add(file, node);
            }
        }
        index
    }

    fn add(&mut self, file: &'s File, node: Node<'s>) {
        match node.kind() {
            "function_declaration" | "method_declaration" => self.declare(file, node, Kind::Function),
            "type_declaration" => children(node).for_each(|spec| self.declare(file, spec, Kind::Type)),
            "const_declaration" => children(node).for_each(|spec| self.declare_all(file, spec, Kind::Constant)),
            "var_declaration" => all(node, "var_spec").for_each(|spec| self.declare_all(file, spec, Kind::Variable)),
            _ => {}
        }
    }

    fn declare_all(&mut self, file: &'s File, spec: Node<'s>, kind: Kind) {
        let mut cursor = spec.walk();
        let names: Vec<_> = spec.children_by_field_name("name", &mut cursor).collect();
        for name in names.into_iter().filter(|name| name.kind() == "identifier") {
            self.insert(format!("{}.{}", file.package, file.text(name)), file, spec, kind);
        }
    }

    fn declare(&mut self, file: &'s File, node: Node<'s>, kind: Kind) {
        let Some(name) = field(node, "name") else { return };
        let name = file.text(name);
        let receiver = field(node, "receiver").and_then(|receiver| all(receiver, "parameter_declaration").next());
        match receiver.and_then(|receiver| field(receiver, "type")).and_then(|of| type_name(file, of)) {
            Some(of) => {
                let full = format!("{of}.{name}");
                self.methods.entry(name.to_owned()).or_default().push(full.clone());
                self.insert(full, file, node, kind);
            }
            None => self.insert(format!("{}.{name}", file.package), file, node, kind),
        }
    }

    fn insert(&mut self, name: String, file: &'s File, node: Node<'s>, kind: Kind) {
        self.declarations.insert(name.clone(), Declaration { name, file, node, kind });
    }

    pub fn functions(&self) -> impl Iterator<Item = &Declaration<'s>> {
        self.declarations.values().filter(|declaration| declaration.kind == Kind::Function)
    }

    /// Returns the methods of a type.
    pub fn methods_of(&self, of: &str) -> impl Iterator<Item = &Declaration<'s>> {
        let prefix = format!("{of}.");
        self.functions().filter(move |function| function.name.starts_with(&prefix))
    }

    /// Returns the value of a string constant, or of a variable that is declared with one.
    pub fn constant(&self, name: &str) -> Option<String> {
        let Declaration { file, node, kind, .. } = self.declarations.get(name)?;
        let is_value = matches!(kind, Kind::Constant | Kind::Variable);
        self.value(file, assigned(file, *node, name.rsplit('.').next()?).filter(|_| is_value)?)
    }

    /// Returns the value of a string literal, of a constant, or of several of them that are added.
    pub fn value(&self, file: &File, node: Node<'_>) -> Option<String> {
        match node.kind() {
            "identifier" => {
                self.local(file, node).or_else(|| self.constant(&format!("{}.{}", file.package, file.text(node))))
            }
            "binary_expression" if file.text(field(node, "operator")?) == "+" => {
                Some(self.value(file, field(node, "left")?)? + &self.value(file, field(node, "right")?)?)
            }
            "parenthesized_expression" | "literal_element" => self.value(file, children(node).next()?),
            "selector_expression" => {
                let package = file.imports.get(file.text(field(node, "operand")?))?;
                self.constant(&format!("{package}.{}", file.text(field(node, "field")?)))
            }
            "call_expression" if self.is_conversion(file, field(node, "function")?) => {
                let arguments = field(node, "arguments")?;
                let only = children(arguments).next().filter(|_| children(arguments).count() == 1)?;
                self.value(file, only)
            }
            _ => file.string(node),
        }
    }

    /// `string(Name)`, `apierrors.ErrorCode("quota")`, `http.CanonicalHeaderKey(name)`
    fn is_conversion(&self, file: &File, function: Node<'_>) -> bool {
        match function.kind() {
            "identifier" => {
                let name = file.text(function);
                let declared = self.declarations.get(&format!("{}.{name}", file.package));
                name == "string" || declared.is_some_and(|declared| declared.kind == Kind::Type)
            }
            "selector_expression" => {
                field(function, "operand").is_some_and(|of| file.imports.contains_key(file.text(of)))
            }
            _ => false,
        }
    }

    /// Returns the value of a constant of the function that a node is in.
    fn local(&self, file: &File, node: Node<'_>) -> Option<String> {
        let outer = std::iter::successors(Some(node), tree_sitter::Node::parent);
        let is_function = |node: &Node<'_>| matches!(node.kind(), "function_declaration" | "method_declaration");
        let constants = all(outer.into_iter().find(is_function)?, "const_spec");
        let value = constants.into_iter().find_map(|constant| assigned(file, constant, file.text(node)))?;
        self.value(file, value)
    }
}
