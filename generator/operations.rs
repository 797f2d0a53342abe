//! The table of operations: method, path, the credential that `security` asks for, and whether it may be sent again.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{self, Operation, elements};

/// The code of the table.
pub fn table(document: &Value) -> TokenStream {
    let rows = document::operations(document).map(|operation| {
        let id = operation.id().unwrap_or_default();
        let method = operation.method.to_uppercase();
        let path = operation.path;
        let credential = format_ident!("{}", credential(&operation));
        let safe = is_safe(&operation);
        quote!(Operation { id: #id, method: #method, path: #path, credential: Credential::#credential, safe: #safe })
    });
    quote! {
        /// Every operation of the document.
        pub const OPERATIONS: &[Operation] = &[#(#rows),*];
    }
}

/// Whether an operation changes nothing at the server: a GET, unless the document says that it does.
fn is_safe(operation: &Operation<'_>) -> bool {
    operation.method == "get" && operation.value["x-safe"] != false
}

/// The name of the credential that an operation takes, a variant of `raw::Credential`.
///
/// `security` is a list of alternatives. A scheme that stands in all of them is required, one that stands in some is
/// welcome.
pub fn credential(operation: &Operation<'_>) -> &'static str {
    let alternatives: Vec<&Value> = elements(&operation.value["security"]).collect();
    let in_some = |scheme: &str| alternatives.iter().any(|a| a.get(scheme).is_some());
    let in_all = |scheme: &str| in_some(scheme) && alternatives.iter().all(|a| a.get(scheme).is_some());
    if in_some("adminToken") {
        "Admin"
    } else if in_all("userToken") {
        "User"
    } else if in_some("userToken") {
        "OptionalUser"
    } else if in_some("clientSecret") {
        "OAuthClient"
    } else {
        "None"
    }
}
