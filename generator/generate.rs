//! Code generation from the lowered document, by progenitor.

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::{ToTokens, quote};
use schemars_08::schema::{InstanceType, SchemaObject};
use serde_json::Value;

use super::open;

/// The schema that admits every JSON value.
pub const FREE_FORM: &str = "Metadata";

/// The generated code, in two modules so that the client can stand above what it names, and the models below it.
pub struct Generated {
    /// One type for each schema.
    pub types: TokenStream,
    /// One method for each operation.
    pub client: TokenStream,
}

/// Generates the raw client and its models; with `with_schemars`, each model derives `JsonSchema`.
pub fn generate(document: &Value, with_schemars: bool) -> Result<Generated, String> {
    let spec: openapiv3::OpenAPI = serde_json::from_value(document.clone()).map_err(|e| e.to_string())?;
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::transport::Transport))
        .with_conversion(password(), "crate::secret::Secret", std::iter::empty())
        // Free-form: whatever the server keeps there, it is not for us to refuse.
        .with_replacement(FREE_FORM, "::serde_json::Value", std::iter::empty());
    if with_schemars {
        settings.with_derive("::schemars::JsonSchema");
    }
    for name in open::names(document) {
        let path = format!("crate::types::{name}");
        settings.with_replacement(name, path, [TypeImpl::Display, TypeImpl::FromStr].into_iter());
    }
    let code = Generator::new(&settings).generate_tokens(&spec).map_err(|e| e.to_string())?;
    split(syn::parse2(code).map_err(|e| format!("the generated code does not parse: {e}"))?)
}

/// Separates the models, which progenitor puts into a module `types` within the client, from the client.
fn split(code: syn::File) -> Result<Generated, String> {
    let (mut types, mut client) = (
        None,
        quote!(
            use crate::types;
        ),
    );
    for item in code.items {
        match item {
            syn::Item::Mod(module) if module.ident == "types" => types = module.content,
            // It re-exports the client.
            syn::Item::Mod(module) if module.ident == "prelude" => {}
            item => item.to_tokens(&mut client),
        }
    }
    let (_, types) = types.ok_or("the generated code has no module `types`")?;
    Ok(Generated { types: quote!(#(#types)*), client })
}

/// The schema of every secret: `{type: string, format: password}`.
fn password() -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some("password".to_owned()),
        ..SchemaObject::default()
    }
}
