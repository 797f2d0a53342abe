//! The lowered document through progenitor.

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;
use schemars_08::schema::{InstanceType, SchemaObject};
use serde_json::Value;

use super::open;

/// The code of the raw client: a method an operation, a type a schema.
pub fn client(document: &Value) -> Result<TokenStream, String> {
    let spec: openapiv3::OpenAPI = serde_json::from_value(document.clone()).map_err(|e| e.to_string())?;
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::transport::Transport))
        .with_conversion(password(), "crate::Secret", std::iter::empty())
        // Free-form: whatever the server keeps there, it is not for us to refuse.
        .with_replacement("Metadata", "::serde_json::Value", std::iter::empty());
    for name in open::names(document) {
        let path = format!("crate::raw::{name}");
        settings.with_replacement(name, path, [TypeImpl::Display, TypeImpl::FromStr].into_iter());
    }
    Generator::new(&settings).generate_tokens(&spec).map_err(|e| e.to_string())
}

/// The schema of every secret: `{type: string, format: password}`.
fn password() -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some("password".to_owned()),
        ..SchemaObject::default()
    }
}
