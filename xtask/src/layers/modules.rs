//! The modules of a package, and the names that each uses from the others.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use syn::{Item, ItemMod};

use super::names;
use crate::source::is_test_only;

/// The path of a module below the root, which is empty itself.
pub type ModulePath = Vec<String>;

/// A package may not import a name through more re-exports than these.
const MAX_REEXPORTS: usize = 16;

/// The source files of a package.
pub type Files = BTreeMap<PathBuf, String>;

/// A place where a module uses a name of this package.
#[derive(Debug)]
pub struct NameUse {
    pub file: PathBuf,
    pub line: usize,
    /// The module that uses it.
    pub module: ModulePath,
    /// The absolute path of the name as it is written.
    pub name: Vec<String>,
}

#[derive(Default)]
pub struct Modules {
    modules: BTreeMap<ModulePath, Module>,
    /// Modules that are declared but have no file.
    pub without_file: Vec<(PathBuf, String)>,
}

#[derive(Default)]
struct Module {
    file: PathBuf,
    names: Vec<names::Written>,
}

impl Modules {
    /// Reads a package from its root module on.
    pub fn read(root: &Path, files: &Files) -> syn::Result<Self> {
        let mut modules = Self::default();
        let directory = root.parent().unwrap_or(root);
        modules.read_file(&[], root, directory, files)?;
        Ok(modules)
    }

    fn read_file(&mut self, path: &[String], file: &Path, directory: &Path, files: &Files) -> syn::Result<()> {
        let items = syn::parse_file(files.get(file).map_or("", String::as_str))?.items;
        self.read_items(path, file, directory, &items, files)
    }

    /// `directory` is where the files of child modules are.
    fn read_items(
        &mut self,
        path: &[String],
        file: &Path,
        directory: &Path,
        items: &[Item],
        files: &Files,
    ) -> syn::Result<()> {
        self.modules.insert(path.to_vec(), Module { file: file.to_owned(), names: names::read(items) });
        for item in items.iter().filter(|item| !is_test_only(item)) {
            let Item::Mod(ItemMod { ident, content, .. }) = item else { continue };
            let name = ident.to_string();
            let (child, below) = ([path, std::slice::from_ref(&name)].concat(), directory.join(&name));
            if let Some((_, items)) = content {
                self.read_items(&child, file, &below, items, files)?;
                continue;
            }
            let candidates = [below.with_extension("rs"), below.join("mod.rs")];
            match candidates.iter().find(|file| files.contains_key(*file)) {
                Some(file) => self.read_file(&child, file, &below, files)?,
                None => self.without_file.push((file.to_owned(), name)),
            }
        }
        Ok(())
    }

    /// Returns the modules right below the root.
    pub fn top(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().filter(|path| path.len() == 1).map(|path| path[0].as_str())
    }

    pub fn contains(&self, path: &[String]) -> bool {
        self.modules.contains_key(path)
    }

    pub fn file_of(&self, path: &[String]) -> Option<&Path> {
        self.modules.get(path).map(|module| module.file.as_path())
    }

    /// Returns every name that a module other than the root uses from this package.
    pub fn uses(&self) -> impl Iterator<Item = NameUse> {
        let below_root = self.modules.iter().filter(|(path, _)| !path.is_empty());
        below_root.flat_map(|(path, module)| {
            module.names.iter().filter_map(|written| {
                let name = self.absolute(path, &written.segments)?;
                Some(NameUse { file: module.file.clone(), line: written.line, module: path.clone(), name })
            })
        })
    }

    /// Returns the absolute form of a path that a module writes, if it belongs to this package.
    fn absolute(&self, module: &[String], segments: &[String]) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([module, rest].concat()),
            "super" => {
                let (mut outer, mut rest) = (&module[..module.len().saturating_sub(1)], rest);
                while let Some(("super", more)) = rest.split_first().map(|(first, more)| (first.as_str(), more)) {
                    (outer, rest) = (&outer[..outer.len().saturating_sub(1)], more);
                }
                Some([outer, rest].concat())
            }
            _ => {
                let path = [module, segments].concat();
                self.contains(&path[..=module.len()]).then_some(path)
            }
        }
    }

    /// Returns the module that an absolute path names.
    pub fn written_module(&self, path: &[String]) -> ModulePath {
        let depth = (0..=path.len()).rev().find(|&depth| self.contains(&path[..depth])).unwrap_or_default();
        path[..depth].to_vec()
    }

    /// Returns the module that defines the target of an absolute path, following re-exports.
    pub fn defining_module(&self, path: &[String]) -> ModulePath {
        let mut path = path.to_vec();
        for _ in 0..MAX_REEXPORTS {
            let module = self.written_module(&path);
            let Some((name, rest)) = path[module.len()..].split_first() else { return module };
            let Some(imported) = self.import(&module, name) else { return module };
            path = [&imported[..], rest].concat();
        }
        self.written_module(&path)
    }

    /// Returns the absolute path that a module imports under a name.
    fn import(&self, module: &ModulePath, name: &str) -> Option<Vec<String>> {
        let names = &self.modules.get(module)?.names;
        let written = names.iter().find(|written| written.imported_as.as_deref() == Some(name))?;
        self.absolute(module, &written.segments)
    }
}
