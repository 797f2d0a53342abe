//! Turns the document into `gotrue api`: a table of the operations with their flags, and a call of each.

// Each side uses its own part.
#[allow(dead_code)]
#[path = "generator/document.rs"]
mod document;
#[path = "generator/flags.rs"]
mod flags;
#[path = "generator/operations.rs"]
mod operations;

use std::{env, fs, path::Path};

const DOCUMENT: &str = "openapi/gotrue.yaml";

fn main() {
    for input in [DOCUMENT, "build.rs", "generator"] {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Err(problem) = build() {
        println!("cargo::error={DOCUMENT}: {problem}");
    }
}

fn build() -> Result<(), String> {
    let document = document::read(Path::new(DOCUMENT))?;
    let code =
        syn::parse2(operations::table(&document)).map_err(|e| format!("the generated code does not parse: {e}"))?;
    let directory = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&directory).join("api.rs"), prettyplease::unparse(&code)).map_err(|e| e.to_string())
}
