use std::{collections::BTreeSet, sync::LazyLock};

use quote::quote;
use serde_json::json;

use super::*;
use crate::document;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::gotrue().unwrap());

/// Formats code as a build script writes it.
fn formatted(code: &TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(code.clone()).unwrap())
}

#[test]
fn the_document_becomes_code() {
    let options = Options { secret: "vault::Secret", types: "vault::types", ..Options::default() };
    let code = generate(&DOCUMENT, &options).unwrap();
    let (types, client) = (formatted(&code.types), formatted(&code.client));
    for operation in document::operations(&DOCUMENT) {
        let id = operation.id().unwrap();
        assert!(client.contains(&format!("pub async fn {id}<")), "{id} is not a method");
    }
    assert!(types.contains("pub struct User {"), "the models are in a module");
    assert!(types.contains("pub access_token: vault::Secret,"));
    assert!(types.contains("pub aal: ::std::option::Option<vault::types::AssuranceLevel>,"));
    assert!(!client.contains("pub struct User {") && !client.contains("pub mod prelude"));
    assert!(!types.contains("JsonSchema"));
    let timestamp = r#"#[serde(default, deserialize_with = "crate::timestamp::optional")]
    pub created_at: ::std::option::Option<"#;
    assert!(types.contains(timestamp));
    assert_eq!(types.matches("DateTime<").count(), types.matches("crate::timestamp::").count());
}

#[test]
fn a_method_only_builds_its_request() {
    let client = formatted(&generate(&DOCUMENT, &Options::default()).unwrap().client);
    for repeated in ["api-version", "baseurl", "with_capacity", "OperationInfo {", ".pre(", "fn new", "status()"] {
        let count = client.matches(repeated).count();
        assert_eq!(count, usize::from(repeated == "baseurl"), "{repeated}");
    }
    let index = document::operations(&DOCUMENT).position(|operation| operation.id() == Some("verify_factor")).unwrap();
    let start = client.find("pub async fn verify_factor<").unwrap();
    let method: String = client[start..].split_once('{').unwrap().1.split_whitespace().collect();
    let expected = r#"
        let request = {
            let url = self.inner.url(&format!("/factors/{}/verify", encode_path(&factor_id.to_string())),);
            self.client.post(url)
                .header(::reqwest::header::ACCEPT, ::reqwest::header::HeaderValue::from_static("application/json"),)
                .json(&body)
                .build()?
        };
        self.inner.json(&self.client, &crate::operation::OPERATIONS[INDEX], request).await
    }"#;
    let expected = expected.split_whitespace().collect::<String>().replace("INDEX", &format!("{index}usize"));
    assert!(method.starts_with(&expected), "{expected} in {}", &method[..expected.len()]);
    // A header that is a parameter stays.
    assert!(client.contains(r#"header_map.append("X-JWT-AUD", value.to_string().try_into()?)"#));
    assert!(client.contains(".headers(header_map)"));
}

#[test]
fn a_method_of_another_form_is_rejected() {
    let shortened = |body: TokenStream| {
        let client: syn::File = syn::parse_quote!(impl Client { pub async fn health(&self) -> () { #body } });
        shorten::shorten(client, &["health"], &syn::parse_quote!(OPERATIONS)).map(|code| code.to_string())
    };
    let url = quote!(let url = format!("{}/health", self.baseurl,););
    let headers = quote!(let mut header_map = HeaderMap::new(); header_map.append("api-version", version););
    let request = quote!(let mut request = self.client.get(url).headers(header_map).build()?;);
    let response = quote!(let info = OperationInfo {}; ResponseValue::from_response(response).await);
    let code = shortened(quote!(#url #headers #request #response)).unwrap();
    assert!(code.contains(r#"self . inner . url ("/health")"#) && !code.contains("header_map"), "{code}");
    for (body, expected) in [
        (quote!(#url #headers #request), "method health has no operation info"),
        (quote!(#url #headers #request let info = 1; Ok(())), "method health must have one kind of response"),
        (quote!(#url #request #response), "method health does not build a request"),
        (
            quote!(#url let mut header_map = 1; begin(); #request #response),
            "method health does not start with its URL and headers",
        ),
        (quote!(let url = base(); #headers #request #response), "method health does not format its URL"),
        (quote!(#url #headers let request = get(url); #response), "method health does not set its headers"),
    ] {
        assert_eq!(shortened(body).unwrap_err().to_string(), expected);
    }
    let unknown = syn::parse_quote!(impl Client { pub async fn other(&self) -> () {} });
    let error = shorten::shorten(unknown, &["health"], &syn::parse_quote!(OPERATIONS)).unwrap_err();
    assert_eq!(error.to_string(), "method other is not an operation");
}

#[test]
fn a_new_optional_field_is_one_line_of_its_model() {
    let mut document = DOCUMENT.clone();
    document["components"]["schemas"]["User"]["properties"]["shoe_size"] =
        json!({ "type": "integer", "description": "The size of the user's shoes." });
    let (before, after) =
        (generate(&DOCUMENT, &Options::default()).unwrap(), generate(&document, &Options::default()).unwrap());
    let new: Vec<_> = formatted(&after.types).lines().map(str::trim).map(str::to_owned).collect();
    let field = "pub shoe_size: ::std::option::Option<i64>,";
    assert_eq!(new.iter().filter(|line| *line == field).count(), 1);
    assert_eq!(formatted(&before.client), formatted(&after.client));
}

#[test]
fn models_that_are_in_no_request_can_grow() {
    let growing = |options: &Options| {
        let file: syn::File = syn::parse2(generate(&DOCUMENT, options).unwrap().types).unwrap();
        let growing = file.items.iter().filter_map(|item| match item {
            syn::Item::Struct(item) => Some((&item.ident, &item.attrs)),
            syn::Item::Enum(item) => Some((&item.ident, &item.attrs)),
            _ => None,
        });
        let growing = growing.filter(|(_, attrs)| attrs.iter().any(|attr| attr.path().is_ident("non_exhaustive")));
        growing.map(|(name, _)| name.to_string()).collect::<BTreeSet<_>>()
    };
    let names = growing(&Options::default());
    assert!(["Session", "User", "UserList", "SignUpResult"].iter().all(|name| names.contains(*name)), "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with("Request") || name == "PasswordGrant"), "{names:?}");
    assert!(growing(&Options { non_exhaustive: false, ..Options::default() }).is_empty());
}

#[test]
fn response_models_refer_to_the_others() {
    let options = Options { secret: "gotrue::Secret", types: "gotrue::types", ..Options::default() };
    let models = formatted(&response_models(&DOCUMENT, &options).unwrap());
    assert!(!models.contains("crate::") && !models.contains("struct Client "));
    assert!(models.contains("pub struct User {") && !models.contains("SignUpRequest"));
    assert!(models.contains("::std::option::Option<gotrue::types::AssuranceLevel>"));
    assert!(models.contains("gotrue::types::FactorType"));
}

#[test]
fn a_document_that_breaks_its_rules_is_rejected() {
    let mut document = DOCUMENT.clone();
    document["paths"]["/logout"]["post"]["summary"] = Value::Null;
    let error = generate(&document, &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "POST /logout: has no summary");
}

#[test]
fn an_open_string_becomes_an_enum() {
    let level = json!({ "description": "A level.", "x-known-values": { "aal1": "One.", "aal2": "Two." } });
    let document = json!({ "components": { "schemas": { "Level": level } } });
    let code = formatted(&open::types(&document));
    let expected = r#"/// A level.
///
/// A value that this version does not know is kept as [`Other`](Self::Other).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Level {
    /// `aal1`: One.
    Aal1,
    /// `aal2`: Two.
    Aal2,
    /// A value that this version does not know.
    Other(OtherValue),
}
impl Level {
    /// The known values.
    pub const KNOWN: &[Self] = &[Self::Aal1, Self::Aal2];
    /// Returns the value as the server spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
            Self::Other(value) => value.as_str(),
        }
    }
}
open_string!(Level, "A level.");
"#;
    assert_eq!(code, expected);
}

#[test]
fn the_table_has_a_row_for_each_operation() {
    let operation = json!({ "operationId": "get_user", "security": [{ "apiKey": [], "userToken": [] }] });
    let document = json!({ "paths": { "/user": { "get": operation } } });
    let code = formatted(&operations::table(&document));
    assert!(code.contains(r#"id: "get_user""#), "{code}");
    assert!(code.contains("credential: Credential::User"), "{code}");
    assert!(code.contains("safe: true"), "{code}");
}

#[test]
fn lowering_keeps_the_success_and_the_form() {
    let mut document = json!({
        "paths": { "/token": { "post": {
            "operationId": "token",
            "description": "Issues a token.",
            "requestBody": { "content": { "application/json": {}, "application/x-www-form-urlencoded": {} } },
            "responses": {
                "200": { "content": { "application/scim+json": {} } },
                "400": { "description": "`invalid_grant`." },
            },
        } } },
        "components": { "schemas": { "User": {
            "type": "object",
            "nullable": true,
            "required": ["roles"],
            "properties": { "roles": { "type": "array" }, "keys": { "type": "array" }, "name": { "type": "string" } },
        } } },
    });
    let lowered = lower::lower(&document);
    let operation = &mut document["paths"]["/token"]["post"];
    operation["description"] = "Issues a token.\n\n# Other responses\n\n- 400: `invalid_grant`.".into();
    operation["requestBody"] = json!({ "content": { "application/x-www-form-urlencoded": {} } });
    operation["responses"] = json!({ "2XX": { "content": { "application/json": {} } } });
    let user = &mut document["components"]["schemas"]["User"];
    user.as_object_mut().unwrap().remove("nullable");
    user["properties"]["keys"]["nullable"] = true.into();
    assert_eq!(lowered, document);
}
