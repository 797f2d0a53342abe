//! Timestamps are read by the crate's own functions, which are faster than those of chrono.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Field, Item, Result, parse_quote};

/// Lets the functions `required` and `optional` of a module read the timestamps of models.
pub fn read_by(module: &str, models: TokenStream) -> Result<TokenStream> {
    let mut models: syn::File = syn::parse2(models)?;
    for item in &mut models.items {
        if let Item::Struct(model) = item {
            model.fields.iter_mut().for_each(|field| read_field_by(module, field));
        }
    }
    Ok(models.into_token_stream())
}

fn read_field_by(module: &str, field: &mut Field) {
    let time = quote!(::chrono::DateTime<::chrono::offset::Utc>);
    let field_type = field.ty.to_token_stream().to_string();
    if field_type == time.to_string() {
        let function = format!("{module}::required");
        field.attrs.push(parse_quote!(#[serde(deserialize_with = #function)]));
    } else if field_type == quote!(::std::option::Option<#time>).to_string() {
        let function = format!("{module}::optional");
        field.attrs.push(parse_quote!(#[serde(default, deserialize_with = #function)]));
    }
}
