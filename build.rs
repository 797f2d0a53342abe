//! Turns `openapi/gotrue.yaml` into the raw client: read ▶ lint ▶ tables ▶ lower ▶ generate.
//!
//! Five files are left in `OUT_DIR`: `types.rs` (the models), `open.rs` (string types that are open to values of
//! tomorrow's server), `schemas.rs` (the list of models, for feature `schemars`), `operations.rs` (method, path and
//! credential of each operation, and the names of secrets) and `client.rs` (one method for each operation).

#[path = "generator/mod.rs"]
mod generator;

use std::{env, fs, path::Path};

use generator::{document, generate, lint, lower, models, open, operations, secrets};
use proc_macro2::TokenStream;

const DOCUMENT: &str = "openapi/gotrue.yaml";

fn main() {
    for input in [DOCUMENT, "build.rs", "generator"] {
        println!("cargo::rerun-if-changed={input}");
    }
    for problem in build().err().into_iter().flatten() {
        println!("cargo::error={DOCUMENT}: {problem}");
    }
}

fn build() -> Result<(), Vec<String>> {
    let document = document::read(Path::new(DOCUMENT)).map_err(|e| vec![e])?;
    let findings = lint::lint(&document);
    if !findings.is_empty() {
        return Err(findings.iter().map(ToString::to_string).collect());
    }
    let mut operations = operations::table(&document);
    operations.extend(secrets::names(&document));
    let open = open::types(&document);
    let models = models::list(&document);
    let with_schemars = env::var_os("CARGO_FEATURE_SCHEMARS").is_some();
    let generated = generate::generate(&lower::lower(document), with_schemars).map_err(|e| vec![e])?;
    let files = [
        ("types.rs", generated.types),
        ("open.rs", open),
        ("schemas.rs", models),
        ("operations.rs", operations),
        ("client.rs", generated.client),
    ];
    for (name, code) in files {
        write(name, code).map_err(|e| vec![format!("{name}: {e}")])?;
    }
    Ok(())
}

/// Formats and writes a generated file.
fn write(name: &str, code: TokenStream) -> Result<(), String> {
    let file = syn::parse2(code).map_err(|e| format!("the generated code does not parse: {e}"))?;
    let directory = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&directory).join(name), prettyplease::unparse(&file)).map_err(|e| e.to_string())
}
