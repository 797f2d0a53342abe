//! Generates `gotrue api` from the OpenAPI document: a table of the operations with their flags, and a call of each. Also
//! generates the examples of `gotrue hooks`.

mod flags;
mod hooks;
mod operations;

use gotrue_openapi::{Error, document, write};

fn main() {
    println!("cargo::rerun-if-changed=build");
    if let Err(error) = build() {
        println!("cargo::error=openapi: {error}");
    }
}

fn build() -> Result<(), Error> {
    write("api.rs", operations::table(&document::gotrue()?))?;
    write("hooks.rs", hooks::table(&document::hooks()?))
}
