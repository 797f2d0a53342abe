//! Generates the models of responses, since those of `gotrue` cannot be constructed outside of that crate.

use gotrue_openapi::{Error, Options, document, response_models, write};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error=openapi/gotrue.yaml: {line}");
        }
    }
}

fn build() -> Result<(), Error> {
    let options =
        Options { non_exhaustive: false, secret: "gotrue::Secret", types: "gotrue::types", ..Options::default() };
    write("types.rs", response_models(&document::gotrue()?, &options)?)
}
