//! Generates the client from the OpenAPI document. `gotrue_openapi::Code` documents the content of each file.

use std::env;

use gotrue_openapi::{Error, Options, document, generate, write};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error=openapi/gotrue.yaml: {line}");
        }
    }
}

fn build() -> Result<(), Error> {
    let options = Options { schemars: env::var_os("CARGO_FEATURE_SCHEMARS").is_some(), ..Options::default() };
    for (name, code) in generate(&document::gotrue()?, &options)?.files() {
        write(name, code)?;
    }
    Ok(())
}
