//! The table of operations: their help, their flags, and the call of the raw client.

use gotrue_openapi::document::{self, Operation, elements, entries, is_success};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::flags::{self, Parameter, Passing};

/// Generates the table.
pub fn table(document: &Value) -> TokenStream {
    let mut operations: Vec<_> = document::operations(document).collect();
    let groups: Vec<_> = elements(&document["tags"]).map(|tag| &tag["name"]).collect();
    operations.sort_by_key(|operation| groups.iter().position(|group| **group == operation.value["tags"][0]));
    let rows = operations.iter().filter_map(|operation| row(document, operation));
    quote! {
        /// Every operation, by group.
        pub static OPERATIONS: &[Operation] = &[#(#rows),*];
    }
}

fn row(document: &Value, operation: &Operation<'_>) -> Option<TokenStream> {
    let id = operation.id()?;
    let name = flags::kebab(id);
    let about = operation.value["summary"].as_str().unwrap_or_default();
    let (description, endpoint) = (document::description(document, operation.value), operation.name());
    let group = operation.value["tags"][0].as_str().unwrap_or_default();
    let parameters = flags::parameters(document, operation.path, operation.value);
    let body = flags::body(document, operation.value);
    let fields = body.map(|schema| flags::fields(document, schema)).unwrap_or_default();
    // If a parameter and a field have the same name, the flag sets the parameter; `--body` can still contain the field.
    let is_parameter = |name: &str| parameters.iter().any(|p| flags::kebab(p.name) == flags::kebab(name));
    let of_fields = fields
        .iter()
        .filter(|(name, _)| !is_parameter(name))
        .filter_map(|(name, schema)| flags::field_flag(document, name, schema));
    let flags = parameters.iter().filter_map(|parameter| parameter.flag(document)).chain(of_fields);
    let names = fields.iter().map(|(name, _)| name);
    let fields = if body.is_some() { quote!(Some(&[#(#names),*])) } else { quote!(None) };
    let call = call(document, operation, &parameters, body.is_some());
    Some(quote! {
        Operation {
            id: #id, name: #name, group: #group, about: #about, description: #description, endpoint: #endpoint,
            flags: &[#(#flags),*], fields: #fields, call: #call,
        }
    })
}

fn call(document: &Value, operation: &Operation<'_>, parameters: &[Parameter<'_>], has_body: bool) -> TokenStream {
    let method = format_ident!("{}", operation.id().unwrap_or_default());
    let mut lets = Vec::new();
    let mut arguments = Vec::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let (name, variable) = (parameter.name, format_ident!("p{index}"));
        let (value, argument) = argument(&parameter.passing(document), name, parameter.required, &variable);
        lets.push(quote!(let #variable = #value;));
        arguments.push(argument);
    }
    if has_body {
        lets.push(quote!(let body = given.body()?;));
        arguments.push(quote!(&body));
    }
    let given = if lets.is_empty() { quote!(_) } else { quote!(given) };
    let read = if is_json(operation) { quote!(reply::json) } else { quote!(reply::text) };
    quote! {
        |raw, #given| Box::pin(async move {
            #(#lets)*
            #read(raw.#method(#(#arguments),*).await).await
        })
    }
}

fn argument(
    passing: &Passing,
    name: &str,
    required: bool,
    variable: &proc_macro2::Ident,
) -> (TokenStream, TokenStream) {
    match (passing, required) {
        (Passing::Text, true) => (quote!(given.text(#name)?), quote!(#variable)),
        (Passing::Text, false) => (quote!(given.optional_text(#name)), quote!(#variable)),
        (Passing::Reference, true) => (quote!(given.value(#name)?), quote!(&#variable)),
        (Passing::Reference, false) => (quote!(given.optional_value(#name)?), quote!(#variable.as_ref())),
        (Passing::Value, true) => (quote!(given.value(#name)?), quote!(#variable)),
        (Passing::Value, false) => (quote!(given.optional_value(#name)?), quote!(#variable)),
    }
}

/// Returns whether the raw client decodes the response; it returns other responses as byte streams.
fn is_json(operation: &Operation<'_>) -> bool {
    let Some((_, response)) = operation.responses().find(|(status, _)| is_success(status)) else { return false };
    let mut content = entries(&response["content"]).peekable();
    content.peek().is_none() || content.any(|(media_type, _)| media_type.ends_with("json"))
}
