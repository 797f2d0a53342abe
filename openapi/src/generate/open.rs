//! Open string types: enums of the known values that also keep any other value, for schemas with `x-known-values`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use crate::{document, names, since};

/// Returns the names of the schemas that become open string types.
pub fn names(document: &Value) -> impl Iterator<Item = &str> {
    document::components(document, "schemas")
        .filter(|(_, schema)| document::known_values(schema).is_some())
        .map(|(name, _)| name)
}

/// Generates all open string types. The type `OtherValue` and the macro `open_string`, which implements the usual
/// traits, are hand-written where the code is included.
pub fn types(document: &Value) -> TokenStream {
    types_except(document, &BTreeSet::new())
}

/// Generates the open string types except for those named.
pub fn types_except(document: &Value, except: &BTreeSet<&str>) -> TokenStream {
    let schemas = document::components(document, "schemas").filter(|(name, _)| !except.contains(name));
    let types = schemas.filter_map(|(name, schema)| {
        let about = schema["description"].as_str().unwrap_or_default();
        Some(open_type(name, about, schema, document::known_values(schema)?))
    });
    quote!(#(#types)*)
}

fn open_type(name: &str, about: &str, schema: &Value, known: &Map<String, Value>) -> TokenStream {
    let name = format_ident!("{name}");
    let doc = about.lines().map(|line| format!(" {line}"));
    let values: Vec<&str> = known.keys().map(String::as_str).collect();
    let variants: Vec<_> = values.iter().map(|value| format_ident!("{}", names::variant(value))).collect();
    let docs = values.iter().map(|value| format!(" `{value}`: {}", since::known_value(schema, value)));
    quote! {
        #(#[doc = #doc])*
        ///
        /// A value that this version does not know is kept as [`Other`](Self::Other).
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #docs] #variants,)*
            /// A value that this version does not know.
            Other(OtherValue),
        }

        impl #name {
            /// The known values.
            pub const KNOWN: &[Self] = &[#(Self::#variants),*];

            /// Returns the value as the server spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #values,)*
                    Self::Other(value) => value.as_str(),
                }
            }
        }

        open_string!(#name, #about);
    }
}
