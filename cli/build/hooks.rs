//! The table of hooks, with an example of each.

use gotrue_openapi::document;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

/// Generates the table. The code expects the type `Example` in scope.
pub fn table(document: &Value) -> TokenStream {
    let examples = document::operations(document).filter_map(|operation| {
        let name = operation.path.trim_start_matches('/');
        let variable = format!("GOTRUE_HOOK_{}_SECRETS", operation.id()?.to_uppercase());
        let payload = operation.value.pointer("/requestBody/content/application~1json/example")?;
        let event = payload.pointer("/metadata/name")?.as_str()?;
        let payload = payload.to_string();
        Some(quote!(Example { name: #name, event: #event, secrets_variable: #variable, payload: #payload }))
    });
    quote!(pub const EXAMPLES: &[Example] = &[#(#examples),*];)
}
