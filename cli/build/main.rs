//! Generates `gotrue api` from the OpenAPI document: a table of the operations with their flags, and a call of each.

mod flags;
mod operations;

use gotrue_openapi::{Error, document, write};

fn main() {
    println!("cargo::rerun-if-changed=build");
    if let Err(error) = build() {
        println!("cargo::error=openapi/gotrue.yaml: {error}");
    }
}

fn build() -> Result<(), Error> {
    write("api.rs", operations::table(&document::gotrue()?))
}
