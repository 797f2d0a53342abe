//! Code generation: lint ▶ tables ▶ lower ▶ progenitor ▶ shorten, timestamps.

mod client;
mod hooks;
mod lower;
mod open;
mod operations;
mod schemas;
mod shorten;
#[cfg(test)]
mod tests;
mod timestamps;

use std::{env, fs, io, path::Path};

use proc_macro2::TokenStream;
use quote::ToTokens;
use serde_json::Value;

use crate::{document::request_schemas, error::Error, lint::lint};

pub use hooks::{HookCode, hooks};

/// The schema that admits every JSON value. It becomes `serde_json::Value`.
const FREE_FORM: &str = "Metadata";

/// Options of the generated code. The defaults are those of the crate `gotrue`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Derives `schemars::JsonSchema` for every model. Default: false.
    pub schemars: bool,
    /// Marks every model that is in no request as `#[non_exhaustive]`, so that a new field is not a breaking change.
    /// Default: true.
    pub non_exhaustive: bool,
    /// The path of the type of secrets. Default: `crate::secret::Secret`.
    pub secret: &'static str,
    /// The path of the module of the models and the open string types. Default: `crate::types`.
    pub types: &'static str,
    /// The path of the module of the open string types that only auth hooks have. Default: `crate::types::hooks`.
    pub hooks: &'static str,
    /// The models that are written by hand, each with the path of its type. Default: `JwkSet`, which skips invalid
    /// keys, and `GenerateLinkResult`, whose parts are models of their own.
    pub hand_written: &'static [(&'static str, &'static str)],
    /// The path of the module with the functions `required` and `optional`, which deserialize timestamps. Default:
    /// `crate::timestamp`.
    pub timestamps: &'static str,
    /// The path of the table of operations. Default: `crate::operation::OPERATIONS`.
    pub operations: &'static str,
    /// The path of the type that sends the requests. Default: `crate::transport::Transport`.
    pub transport: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            schemars: false,
            non_exhaustive: true,
            secret: "crate::secret::Secret",
            types: "crate::types",
            hooks: "crate::types::hooks",
            hand_written: &[
                ("JwkSet", "crate::types::JwkSet"),
                ("GenerateLinkResult", "crate::types::GenerateLinkResult"),
            ],
            timestamps: "crate::timestamp",
            operations: "crate::operation::OPERATIONS",
            transport: "crate::transport::Transport",
        }
    }
}

/// The generated code, one part for each file.
#[derive(Clone, Debug)]
pub struct Code {
    /// The models: one type for each schema, except for the open strings.
    pub types: TokenStream,
    /// The open string types: one enum for each schema with `x-known-values`. The code expects the type `OtherValue`
    /// and the macro `open_string` in scope.
    pub open: TokenStream,
    /// A function that returns the JSON Schema of every model, for use with [`Options::schemars`].
    pub schemas: TokenStream,
    /// The table of operations, and the names of secrets. The code expects the types `Operation` and `Credential` in
    /// scope.
    pub operations: TokenStream,
    /// The client: one method for each operation.
    pub client: TokenStream,
}

impl Code {
    /// Returns each part with the name of its file.
    #[must_use]
    pub fn files(self) -> [(&'static str, TokenStream); 5] {
        [
            ("types.rs", self.types),
            ("open.rs", self.open),
            ("schemas.rs", self.schemas),
            ("operations.rs", self.operations),
            ("client.rs", self.client),
        ]
    }
}

/// Generates the client, its models and its tables.
///
/// # Errors
///
/// [`Error::Rules`] if the document breaks its rules, [`Error::Generator`] if the generator rejects it.
pub fn generate(document: &Value, options: &Options) -> Result<Code, Error> {
    check(document)?;
    let (types, client) = client::generate(&lower::lower(document), options)?;
    Ok(Code {
        types,
        open: open::types(document),
        schemas: schemas::list(document),
        operations: operations::table(document),
        client,
    })
}

/// Generates only the models that are in no request, for a server, which constructs its responses: none is written by
/// hand. They refer to the other models and to the open string types at [`Options::types`].
///
/// # Errors
///
/// As [`generate`].
pub fn response_models(document: &Value, options: &Options) -> Result<TokenStream, Error> {
    check(document)?;
    let options = Options { hand_written: &[], ..options.clone() };
    let lowered = lower::lower(document);
    client::models(&lowered, &options, &request_schemas(&lowered), options.types)
}

fn check(document: &Value) -> Result<(), Error> {
    let findings = lint(document);
    if findings.is_empty() { Ok(()) } else { Err(Error::Rules(findings)) }
}

/// Writes code to a file in `OUT_DIR`, the output directory of the running build script, with each item on a line.
///
/// # Errors
///
/// [`Error::Generator`] if the code is not valid Rust, [`Error::Write`] if the file cannot be written or `OUT_DIR` is
/// not set.
pub fn write(name: &str, code: TokenStream) -> Result<(), Error> {
    let directory = env::var_os("OUT_DIR").ok_or_else(|| Error::Write(io::Error::other("OUT_DIR is not set")))?;
    fs::write(Path::new(&directory).join(name), lines(code)?).map_err(Error::Write)
}

/// Returns the code with each item on a line, which is enough for the compiler.
fn lines(code: TokenStream) -> Result<String, Error> {
    let file: syn::File = syn::parse2(code).map_err(|error| Error::Generator(error.into()))?;
    let lines: Vec<String> = file.items.iter().map(|item| item.to_token_stream().to_string()).collect();
    Ok(lines.join("\n"))
}

/// Formats code, to be read.
///
/// # Errors
///
/// [`Error::Generator`] if the code is not valid Rust.
#[cfg(feature = "format")]
pub fn format(code: TokenStream) -> Result<String, Error> {
    let file = syn::parse2(code).map_err(|error| Error::Generator(error.into()))?;
    Ok(prettyplease::unparse(&file))
}
