//! The models of auth hooks, and the table of their claims.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::{Options, check, client, lower, open};
use crate::{
    document::{self, components, elements, entries},
    error::Error,
    names,
};

/// The schema of the claims, which are a map: a hook may add any claim.
const CLAIMS: &str = "HookClaims";

/// The generated code of auth hooks, one part for each file.
#[derive(Clone, Debug)]
pub struct HookCode {
    /// The models that only hooks have, with the name of its hook for each payload. They refer to the others at
    /// [`Options::types`].
    pub types: TokenStream,
    /// The open string types that only hooks have. The code expects the type `OtherValue` and the macro `open_string`
    /// in scope.
    pub open: TokenStream,
    /// The claims of an access token whose type the server checks. The code expects the types `KnownClaim` and `Kind` in
    /// scope.
    pub claims: TokenStream,
}

/// Generates the models that only auth hooks have, for the module [`Options::hooks`].
///
/// # Errors
///
/// [`Error::Rules`] if the document breaks its rules, [`Error::Generator`] if the generator rejects it.
pub fn hooks(options: &Options) -> Result<HookCode, Error> {
    let document = document::hooks()?;
    check(&document)?;
    let gotrue = document::gotrue()?;
    let shared: BTreeSet<&str> = components(&gotrue, "schemas").map(|(name, _)| name).collect();
    let lowered = lower::lower(&document);
    let (models, names) = (client::models(&lowered, options, &shared, options.hooks)?, hook_names(&document));
    Ok(HookCode {
        types: quote!(#models #names),
        open: open::types_except(&document, &shared),
        claims: claims(&document),
    })
}

/// Generates the table of claims: the name, the kinds of JSON that the server accepts for it and for the elements of an
/// array, and whether the server insists on the claim. It is sorted by name, whatever order the parsed document has.
fn claims(document: &Value) -> TokenStream {
    let schema = &document["components"]["schemas"][CLAIMS];
    let properties: BTreeMap<_, _> = entries(&schema["properties"]).collect();
    let claims = properties.into_iter().map(|(name, property)| {
        let is_required = elements(&schema["required"]).any(|required| required == name);
        let (kinds, items) = (kinds(property), kinds(&property["items"]));
        quote!(KnownClaim { name: #name, kinds: &[#(#kinds),*], items: &[#(#items),*], is_required: #is_required })
    });
    quote!(const KNOWN: &[KnownClaim] = &[#(#claims),*];)
}

/// Returns the kinds of JSON that a schema admits: `Kind::Integer` for `integer`. None means any.
fn kinds(schema: &Value) -> Vec<TokenStream> {
    let alternatives = elements(&schema["oneOf"]).chain([schema]);
    let types = alternatives.filter_map(|schema| schema["type"].as_str());
    types.map(|name| format_ident!("{}", names::variant(name))).map(|kind| quote!(Kind::#kind)).collect()
}

/// Names the hook of each model that is the body of a request, by `x-hook`.
fn hook_names(document: &Value) -> TokenStream {
    let names = document::operations(document).filter_map(|operation| {
        let body = operation.value.pointer("/requestBody/content/application~1json/schema/$ref")?.as_str()?;
        let model = format_ident!("{}", body.rsplit('/').next()?);
        let name = operation.value["x-hook"].as_str()?;
        Some(quote! {
            impl #model {
                /// The name of the hook, as in `metadata.name`.
                pub const HOOK: &'static str = #name;
            }
        })
    });
    quote!(#(#names)*)
}
