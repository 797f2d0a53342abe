//! String types that name the values known today and take any other: schemas with `x-known-values`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::document;

/// The names of the schemas that become open string types.
pub fn names(document: &Value) -> impl Iterator<Item = &str> {
    document::components(document, "schemas")
        .filter(|(_, schema)| document::known_values(schema).is_some())
        .map(|(name, _)| name)
}

/// The code of all open string types.
pub fn types(document: &Value) -> TokenStream {
    let types = document::components(document, "schemas").filter_map(|(name, schema)| {
        let values = document::known_values(schema)?;
        let about = schema["description"].as_str().unwrap_or_default();
        Some(open_type(name, about, values.iter().map(|(value, about)| (value, about.as_str().unwrap_or_default()))))
    });
    quote!(#(#types)*)
}

/// `smart-card` is `SMART_CARD`; of a URN the last part counts, so that `urn:…:emailAddress` is `EMAIL_ADDRESS`.
fn constant_name(value: &str) -> String {
    let last = value.rsplit(':').next().unwrap_or(value);
    let mut name = String::new();
    for letter in last.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
    }
    name
}

fn open_type<'a>(name: &str, about: &str, values: impl Iterator<Item = (&'a String, &'a str)>) -> TokenStream {
    let name = format_ident!("{name}");
    let about = format!(" {about}\n\n Open: a value that is not among the constants is kept as it is.");
    let (constants, names): (Vec<_>, Vec<_>) = values
        .map(|(value, about)| {
            let constant = format_ident!("{}", constant_name(value));
            let about = format!(" `{value}`: {about}");
            (quote!(#[doc = #about] pub const #constant: Self = Self(Cow::Borrowed(#value));), constant)
        })
        .unzip();
    quote! {
        #[doc = #about]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct #name(Cow<'static, str>);

        impl #name {
            #(#constants)*

            /// The values known today.
            pub const KNOWN: &[Self] = &[#(Self::#names),*];

            /// Any value, known or not.
            pub fn new(value: impl Into<Cow<'static, str>>) -> Self {
                Self(value.into())
            }

            /// The value as the server spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for #name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for #name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for #name {
            fn from(value: &str) -> Self {
                Self(Cow::Owned(value.to_owned()))
            }
        }

        impl From<String> for #name {
            fn from(value: String) -> Self {
                Self(Cow::Owned(value))
            }
        }

        impl std::str::FromStr for #name {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(value))
            }
        }

        impl PartialEq<str> for #name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for #name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    }
}
