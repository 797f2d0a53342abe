//! The names of what is secret, for whoever prints a request.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::document::{elements, entries};

/// The code of the list.
pub fn names(document: &Value) -> TokenStream {
    let mut names = BTreeSet::new();
    collect(document, &mut names);
    quote! {
        /// The names of all properties and parameters whose values are secrets (`format: password`).
        pub const SECRETS: &[&str] = &[#(#names),*];
    }
}

fn collect<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    let secrets = entries(&value["properties"]).filter(|(_, property)| property["format"] == "password");
    names.extend(secrets.map(|(name, _)| name));
    if value["schema"]["format"] == "password" {
        names.extend(value["name"].as_str());
    }
    for part in elements(value).chain(entries(value).map(|(_, part)| part)) {
        collect(part, names);
    }
}
