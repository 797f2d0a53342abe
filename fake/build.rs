//! Generates the models from the OpenAPI document. The client's own cannot be constructed here, as they may grow.

use gotrue_openapi::{Error, Options, document, models, write};

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
        Options { non_exhaustive: false, secret: "gotrue::Secret", open: "gotrue::types", ..Options::default() };
    write("models.rs", models(&document::gotrue()?, &options)?)
}
