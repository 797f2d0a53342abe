//! The list of all models, for feature `schemars`: a schema of each, for documents of other people.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::{document, generate::FREE_FORM};

/// The code of the list.
pub fn list(document: &Value) -> TokenStream {
    let names = document::components(document, "schemas").map(|(name, _)| name).filter(|name| *name != FREE_FORM);
    let calls = names.map(|name| {
        let kind = format_ident!("{name}");
        quote!((#name, generator.subschema_for::<super::#kind>()))
    });
    quote! {
        /// The schema of every model, by its name in the document. Most are references to definitions, which the
        /// generator holds.
        #[must_use]
        pub fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
            vec![#(#calls),*]
        }
    }
}
