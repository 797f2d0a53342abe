//! The list of JSON Schemas of all models.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::FREE_FORM;
use crate::document;

/// Generates the list. It is meant for a module within the module of the models.
pub fn list(document: &Value) -> TokenStream {
    let names = document::components(document, "schemas").map(|(name, _)| name).filter(|name| *name != FREE_FORM);
    let schemas = names.map(|name| {
        let model = format_ident!("{name}");
        quote!((#name, generator.subschema_for::<super::#model>()))
    });
    quote! {
        /// Returns the JSON Schema of every model with its name in the document. Most are references to the definitions
        /// of the generator.
        #[must_use]
        pub fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
            vec![#(#schemas),*]
        }
    }
}
