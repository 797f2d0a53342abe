//! The table of operations, and the names of secrets.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::{document, secrets};

/// Generates the table. Its types `Operation` and `Credential` are hand-written where it is included.
pub fn table(document: &Value) -> TokenStream {
    let rows = document::operations(document).map(|operation| {
        let id = operation.id().unwrap_or_default();
        let method = operation.method.to_uppercase();
        let path = operation.path;
        let credential = format_ident!("{}", operation.credential().to_string());
        let safe = operation.is_safe();
        quote!(Operation { id: #id, method: #method, path: #path, credential: Credential::#credential, safe: #safe })
    });
    let secrets = secrets::names(document).into_iter();
    quote! {
        /// Every operation of the document.
        pub const OPERATIONS: &[Operation] = &[#(#rows),*];
        /// The names of all properties and parameters with secret values (`format: password`).
        pub const SECRETS: &[&str] = &[#(#secrets),*];
    }
}
