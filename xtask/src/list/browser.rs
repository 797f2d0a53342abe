//! The operations that only a browser calls, and what the wrapper has for each: the builder of the URL that it opens, or
//! the parser of the callback that it ends at.

const OPERATIONS: &[(&str, &str)] = &[
    ("authorize", "AuthorizeUrl::pkce, AuthorizeUrl::url"),
    ("callback", "Callback::parse"),
    ("callback_form", "Callback::parse"),
    ("oauth_authorize", "OAuthAuthorizeUrl::start"),
    ("saml_acs", "Callback::parse"),
    ("verify_link", "Callback::parse"),
];

/// Returns the methods that stand for an operation.
pub fn methods(id: &str) -> Option<&'static str> {
    OPERATIONS.iter().find(|(operation, _)| *operation == id).map(|(_, methods)| *methods)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::workspace;

    /// The public functions of the wrapper, as `Type::function`.
    fn functions() -> Vec<String> {
        let mut functions = Vec::new();
        for file in workspace::files(&workspace::root().join("src"), "rs").unwrap() {
            let code = syn::parse_file(&workspace::read(&file).unwrap()).unwrap();
            for item in code.items {
                let syn::Item::Impl(item) = item else { continue };
                let syn::Type::Path(of) = *item.self_ty else { continue };
                let name = of.path.segments.last().unwrap().ident.to_string();
                functions.extend(item.items.iter().filter_map(|item| match item {
                    syn::ImplItem::Fn(function) if matches!(function.vis, syn::Visibility::Public(_)) => {
                        Some(format!("{name}::{}", function.sig.ident))
                    }
                    _ => None,
                }));
            }
        }
        functions
    }

    #[test]
    fn the_methods_exist() {
        let functions = functions();
        for method in OPERATIONS.iter().flat_map(|(_, methods)| methods.split(", ")) {
            assert!(functions.iter().any(|function| function == method), "{method} is not a public function");
        }
    }
}
