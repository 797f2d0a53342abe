//! Builds the pages of this workspace for a browser, into `target/browser/`: WebAssembly, its JavaScript bindings, and
//! the files next to them.
//!
//! `cargo run --package gotrue-browser-bundler` builds all of them; with the argument `--release`, as small as possible.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use wasm_bindgen_cli_support::Bindgen;

/// A page: the package, the directory of its files, and the name of its output.
struct Page {
    package: &'static str,
    files: &'static str,
    output: &'static str,
}

const PAGES: [Page; 2] = [
    Page { package: "gotrue-browser-page", files: "tests/browser/page", output: "page" },
    Page { package: "gotrue-browser-example", files: "examples/browser", output: "example" },
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize()?;
    let is_release = std::env::args().any(|argument| argument == "--release");
    let profile = if is_release { "small" } else { "dev" };
    build(&root, profile)?;
    let directory = if is_release { "small" } else { "debug" };
    for page in &PAGES {
        bundle(&root, directory, page)?;
    }
    Ok(())
}

fn build(root: &Path, profile: &str) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--target", "wasm32-unknown-unknown", "--profile", profile]).current_dir(root);
    for page in &PAGES {
        cargo.args(["--package", page.package]);
    }
    if cargo.status()?.success() { Ok(()) } else { Err("cargo build failed".into()) }
}

fn bundle(root: &Path, directory: &str, page: &Page) -> Result<(), Box<dyn Error>> {
    let output: PathBuf = root.join("target/browser").join(page.output);
    fs::create_dir_all(&output)?;
    let name = page.package.replace('-', "_");
    let wasm = root.join("target/wasm32-unknown-unknown").join(directory).join(&name).with_extension("wasm");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).web(true)?.omit_default_module_path(false).typescript(false).out_name("page");
    bindgen.generate(&output)?;
    fs::copy(root.join(page.files).join("index.html"), output.join("index.html"))?;
    println!("{}: {} kB", output.display(), fs::metadata(output.join("page_bg.wasm"))?.len() / 1000);
    Ok(())
}
