//! The document as a JSON value, and the functions that walk it.

use std::{collections::BTreeSet, fmt};

use serde_json::{Map, Value};

use crate::{error::Error, pointer::METHODS};

/// Returns the document of the GoTrue server, which is `bundle/gotrue.json` in this crate.
///
/// # Errors
///
/// [`Error::Json`] if the file in this crate is not valid JSON.
pub fn gotrue() -> Result<Value, Error> {
    serde_json::from_str(include_str!("../bundle/gotrue.json")).map_err(Error::Json)
}

/// Returns the document of auth hooks, which is `bundle/hooks.json` in this crate. In it, the server is the client.
///
/// # Errors
///
/// [`Error::Json`] if the file in this crate is not valid JSON.
pub fn hooks() -> Result<Value, Error> {
    serde_json::from_str(include_str!("../bundle/hooks.json")).map_err(Error::Json)
}

/// One operation of the document.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The path, with `{…}` for its parameters.
    pub path: &'a str,
    /// The HTTP method, lower case.
    pub method: &'a str,
    /// The operation object, which is the value of the method.
    pub value: &'a Value,
}

impl<'a> Operation<'a> {
    /// Returns the `operationId`.
    #[must_use]
    pub fn id(&self) -> Option<&'a str> {
        self.value["operationId"].as_str()
    }

    /// Returns the method and path, such as `POST /logout`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// Returns the responses with their statuses.
    pub fn responses(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        entries(&self.value["responses"])
    }

    /// Returns the credential that the operation takes.
    ///
    /// `security` is a list of alternatives. A scheme in all of them is required, a scheme in some of them is optional.
    #[must_use]
    pub fn credential(&self) -> Credential {
        let in_some = |scheme: &str| elements(&self.value["security"]).any(|a| a.get(scheme).is_some());
        let in_all = |scheme: &str| elements(&self.value["security"]).all(|a| a.get(scheme).is_some());
        if in_some("adminToken") {
            Credential::Admin
        } else if in_some("userToken") {
            if in_all("userToken") { Credential::User } else { Credential::OptionalUser }
        } else if in_some("clientSecret") {
            Credential::OAuthClient
        } else {
            Credential::None
        }
    }

    /// Returns whether the operation changes nothing at the server: a GET without `x-safe: false`.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.method == "get" && self.value["x-safe"] != false
    }
}

/// The credential that an operation takes, besides the API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// No credential.
    None,
    /// The access token of the signed-in user.
    User,
    /// The access token of the signed-in user, if there is one.
    OptionalUser,
    /// The service key.
    Admin,
    /// The id and secret of an OAuth client.
    OAuthClient,
}

impl fmt::Display for Credential {
    /// Writes the name of the variant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Returns every operation, by path and method.
pub fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    entries(&document["paths"]).flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some(Operation { path, method, value: item.get(method)? }))
    })
}

/// Returns every component of a kind (`schemas`, `responses`, …), by name.
pub fn components<'a>(document: &'a Value, kind: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    entries(&document["components"][kind])
}

/// Returns the members of an object; nothing for any other value.
pub fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

/// Returns the elements of an array; nothing for any other value.
pub fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns the target of a `$ref`, or the value itself if it is not a reference to a part of the document.
#[must_use]
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"].as_str().and_then(|target| document.pointer(target.strip_prefix('#')?)).unwrap_or(value)
}

/// Returns the description of an operation, a parameter or a field, or that of the target of a `$ref`, followed by the
/// release of the server that first has it (`x-since`).
#[must_use]
pub fn description(document: &Value, value: &Value) -> String {
    let text = value["description"].as_str().or_else(|| resolve(document, value)["description"].as_str());
    let text = text.unwrap_or_default();
    match value["x-since"].as_str() {
        Some(release) => format!("{text} Since v{release}.").trim_start().to_owned(),
        None => text.to_owned(),
    }
}

/// Returns the known values of an open string (`x-known-values`), with the meaning of each. Those with a release are in
/// `x-values-since`.
#[must_use]
pub fn known_values(schema: &Value) -> Option<&Map<String, Value>> {
    schema["x-known-values"].as_object()
}

/// Returns whether a status is a success, as a number or as a range.
#[must_use]
pub fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// Collects the targets of all `$ref` that a value leads to, directly or through other references.
pub fn references<'a>(document: &'a Value, value: &'a Value, found: &mut BTreeSet<&'a str>) {
    if let Some(target) = value["$ref"].as_str()
        && found.insert(target)
        && let Some(referred) = target.strip_prefix('#').and_then(|pointer| document.pointer(pointer))
    {
        references(document, referred, found);
    }
    for part in entries(value).map(|(_, part)| part).chain(elements(value)) {
        references(document, part, found);
    }
}

/// Copies the schemas of `gotrue.yaml` to which another document refers into that document, so that all of its references
/// are within itself.
pub fn embed_schemas(document: &mut Value, gotrue: &Value) {
    localize_references(document);
    let mut targets = BTreeSet::new();
    references(gotrue, document, &mut targets);
    let names = targets.iter().filter_map(|target| target.strip_prefix("#/components/schemas/"));
    let shared: Vec<_> =
        names.filter_map(|name| Some((name.to_owned(), gotrue["components"]["schemas"].get(name)?.clone()))).collect();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        for (name, schema) in shared {
            schemas.entry(name).or_insert(schema);
        }
    }
}

fn localize_references(value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::Array(elements) => elements.iter_mut().for_each(localize_references),
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref")
                && let Some(local) = target.strip_prefix("gotrue.yaml")
            {
                *target = local.to_owned();
            }
            members.values_mut().for_each(localize_references);
        }
    }
}

/// Returns the names of the schemas that appear in requests.
#[must_use]
pub fn request_schemas(document: &Value) -> BTreeSet<&str> {
    reachable_schemas(document, &["requestBody", "parameters"])
}

/// Returns the names of the schemas that appear in responses.
#[must_use]
pub fn response_schemas(document: &Value) -> BTreeSet<&str> {
    reachable_schemas(document, &["responses"])
}

/// Returns the names of the schemas that an application sends: those in requests, or, where the server is the client
/// (`x-gotrue: client`), those in responses.
#[must_use]
pub fn sent_schemas(document: &Value) -> BTreeSet<&str> {
    if is_gotrue_client(document) { response_schemas(document) } else { request_schemas(document) }
}

/// Returns the names of the schemas that an application receives, as the counterpart of [`sent_schemas`].
#[must_use]
pub fn received_schemas(document: &Value) -> BTreeSet<&str> {
    if is_gotrue_client(document) { request_schemas(document) } else { response_schemas(document) }
}

/// Returns whether the server sends the requests of this document, as it does for auth hooks.
#[must_use]
pub fn is_gotrue_client(document: &Value) -> bool {
    document["x-gotrue"] == "client"
}

fn reachable_schemas<'a>(document: &'a Value, parts: &[&str]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for operation in operations(document) {
        for part in parts {
            references(document, &operation.value[part], &mut found);
        }
    }
    found.into_iter().filter_map(|target| target.strip_prefix("#/components/schemas/")).collect()
}
