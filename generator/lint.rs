//! The rules of the document, as openapi/README.md states them: what the generator cannot take or would get wrong at
//! run time, and what a reader needs. Each finding is one line that names the place.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use super::document::{self, Operation, elements, entries, is_success, known_values, operations, resolve};

/// A breach of a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// For people: `POST /logout`, `User.email`.
    pub place: String,
    /// For tools: a JSON pointer into the document (RFC 6901).
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Where in the document the linter is.
#[derive(Clone)]
struct Place {
    name: String,
    pointer: String,
}

impl Place {
    fn operation(operation: &Operation<'_>) -> Self {
        let pointer = format!("/paths/{}/{}", escape(operation.path), operation.method);
        Self { name: operation.name(), pointer }
    }

    fn component(kind: &str, name: &str) -> Self {
        Self { name: name.to_owned(), pointer: format!("/components/{kind}/{}", escape(name)) }
    }

    /// Deeper in the document, at the same place for people.
    fn at(&self, steps: &[&str]) -> Self {
        let steps = steps.iter().fold(String::new(), |path, step| path + "/" + &escape(step));
        Self { name: self.name.clone(), pointer: format!("{}{steps}", self.pointer) }
    }

    fn property(&self, name: &str) -> Self {
        let deeper = self.at(&["properties", name]);
        Self { name: format!("{}.{name}", self.name), ..deeper }
    }
}

/// A name as a step of a JSON pointer.
fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// All findings, in the order of the document's parts.
pub fn lint(document: &Value) -> Vec<Finding> {
    let mut linter = Linter { document, findings: Vec::new() };
    linter.info();
    linter.references(document, &Place { name: "the document".to_owned(), pointer: String::new() });
    // The rules below follow references; with a broken one they would report nonsense.
    if linter.findings.is_empty() {
        linter.operations();
        linter.schemas();
    }
    linter.findings
}

struct Linter<'a> {
    document: &'a Value,
    findings: Vec<Finding>,
}

impl<'a> Linter<'a> {
    fn report(&mut self, place: &Place, problem: impl Into<String>) {
        let Place { name, pointer } = place.clone();
        self.findings.push(Finding { place: name, pointer, problem: problem.into() });
    }

    fn require(&mut self, rule: bool, place: &Place, problem: impl Into<String>) {
        if !rule {
            self.report(place, problem);
        }
    }

    fn info(&mut self) {
        let place = Place { name: "info.version".to_owned(), pointer: "/info/version".to_owned() };
        let version = self.document["info"]["version"].as_str().unwrap_or_default();
        self.require(!version.is_empty() && version.is_ascii(), &place, "is missing or not ASCII");
    }

    /// Every `$ref` points at something, of the kind that is wanted there.
    fn references(&mut self, value: &Value, place: &Place) {
        if let Some(target) = value["$ref"].as_str() {
            let found = target.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            self.require(found.is_some(), place, format!("$ref {target} points at nothing"));
            let is_schema = place.pointer.ends_with("/schema") || place.pointer.contains("/components/schemas/");
            let to_schema = target.starts_with("#/components/schemas/");
            self.require(!is_schema || to_schema, place, format!("$ref {target} is no schema, but stands for one"));
        }
        for (name, value) in entries(value) {
            let deeper = place.at(&[name]);
            let named = if place.pointer.ends_with("/schemas") { name.to_owned() } else { place.name.clone() };
            let named = if METHODS_LINE.contains(&name) && place.pointer.starts_with("/paths/") {
                let path = place.pointer.trim_start_matches("/paths/").replace("~1", "/");
                format!("{} {path}", name.to_uppercase())
            } else {
                named
            };
            self.references(value, &Place { name: named, ..deeper });
        }
        for (index, value) in elements(value).enumerate() {
            self.references(value, &place.at(&[&index.to_string()]));
        }
    }

    // ------------------------------------------------------------------------------------------------- operations

    fn operations(&mut self) {
        let mut ids = BTreeSet::new();
        for operation in operations(self.document) {
            let place = Place::operation(&operation);
            match operation.id() {
                None => self.report(&place, "has no operationId"),
                Some(id) => {
                    self.require(is_snake_case(id), &place, format!("operationId {id} is not in snake_case"));
                    self.require(ids.insert(id), &place, format!("operationId {id} is taken"));
                }
            }
            self.require(operation.value["summary"].is_string(), &place, "has no summary");
            let safe = &operation.value["x-safe"];
            let sensible = safe.is_null() || *safe == false && operation.method == "get";
            self.require(sensible, &place, "x-safe is for a GET that changes something, and then false");
            self.security(&operation, &place);
            self.parameters(&operation, &place);
            self.request_body(&operation, &place);
            self.responses(&operation, &place);
        }
    }

    fn security(&mut self, operation: &Operation<'a>, place: &Place) {
        let place = place.at(&["security"]);
        let Some(alternatives) = operation.value["security"].as_array() else {
            return self.report(&place, "has no security; a public operation takes `apiKey`");
        };
        for scheme in alternatives.iter().flat_map(entries).map(|(scheme, _)| scheme) {
            let known = self.document["components"]["securitySchemes"].get(scheme).is_some();
            self.require(known, &place, format!("security scheme {scheme} is not declared"));
        }
    }

    fn parameters(&mut self, operation: &Operation<'a>, place: &Place) {
        let mut in_path = BTreeSet::new();
        for (index, parameter) in elements(&operation.value["parameters"]).enumerate() {
            let place = place.at(&["parameters", &index.to_string()]);
            let parameter = resolve(self.document, parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            let location = parameter["in"].as_str().unwrap_or_default();
            if location == "path" {
                in_path.insert(name);
                self.require(parameter["required"] == true, &place, format!("path parameter {name} is not required"));
            }
            let taken = matches!(location, "path" | "query" | "header") && parameter["style"] != "deepObject";
            self.require(taken, &place, format!("parameter {name}: the generator takes no cookies and no deepObject"));
            let ours = name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("apikey");
            self.require(!ours, &place, format!("parameter {name} is a credential; use security"));
            self.require(parameter["description"].is_string(), &place, format!("parameter {name} has no description"));
        }
        for segment in operation.path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
            self.require(in_path.contains(segment), place, format!("path parameter {segment} is not declared"));
        }
    }

    fn request_body(&mut self, operation: &Operation<'a>, place: &Place) {
        let Some(body) = operation.value.get("requestBody") else { return };
        let place = place.at(&["requestBody"]);
        let body = resolve(self.document, body);
        let media: Vec<_> = entries(&body["content"]).collect();
        let Some((_, first)) = media.first() else {
            return self.report(&place, "the request has no media type");
        };
        let same = media.iter().all(|(_, content)| content["schema"] == first["schema"]);
        self.require(same, &place, "the request's media types have different schemas");
        for (media_type, _) in &media {
            let taken = matches!(*media_type, "application/json" | "application/x-www-form-urlencoded");
            self.require(taken, &place, format!("the generator sends no {media_type}"));
        }
        let named = first["schema"]["$ref"].is_string();
        self.require(named, &place, "the request's schema has no name; use a component");
        self.require(body["required"] == true, &place, "the request is not required; the generator sends it anyway");
    }

    fn responses(&mut self, operation: &Operation<'a>, place: &Place) {
        let place = place.at(&["responses"]);
        let statuses: Vec<&str> = operation.responses().map(|(status, _)| status).collect();
        let successes: Vec<&str> = statuses.iter().copied().filter(|status| is_success(status)).collect();
        let redirects = statuses.iter().any(|status| status.starts_with('3'));
        self.require(successes.len() < 2, &place, format!("more than one success: {}", successes.join(", ")));
        self.require(!successes.is_empty() || redirects, &place, "no success and no redirect");
        self.require(statuses.contains(&"5XX"), &place, "no 5XX; use the response ServerError");
        for (status, response) in operation.responses() {
            let place = place.at(&[status]);
            self.require(is_status(status), &place, format!("status {status} is none; ranges are 4XX and 5XX"));
            self.response(status, resolve(self.document, response), &place);
        }
    }

    fn response(&mut self, status: &str, response: &'a Value, place: &Place) {
        let media: Vec<_> = entries(&response["content"]).collect();
        for (media_type, content) in &media {
            let has_schema = content.get("schema").is_some();
            self.require(has_schema, place, format!("status {status}: {media_type} has no schema"));
        }
        if is_success(status) {
            self.require(media.len() < 2, place, format!("status {status}: more than one media type"));
            for schema in media.iter().filter(|(media_type, _)| media_type.ends_with("json")).map(|(_, c)| &c["schema"])
            {
                let named = schema["$ref"].is_string() || schema["items"]["$ref"].is_string();
                self.require(named, place, format!("status {status}: the schema has no name; use a component"));
            }
        } else if status.starts_with('3') {
            let location = response["headers"].get("Location").is_some();
            self.require(location, place, format!("status {status}: no Location header"));
        } else {
            let schema = |media_type| &response["content"][media_type]["schema"]["$ref"];
            let is_error = schema("application/json") == "#/components/schemas/Error"
                || schema("application/scim+json") == "#/components/schemas/ScimError";
            self.require(is_error, place, format!("status {status}: an error's body is the schema Error"));
            self.error_codes(response, place);
        }
    }

    /// A word in backticks in the description of an error is one of the known codes, or a field.
    fn error_codes(&mut self, response: &'a Value, place: &Place) {
        let schemas = &self.document["components"]["schemas"];
        let known = known_values(&schemas["ErrorCode"]);
        let text = response["description"].as_str().unwrap_or_default();
        for word in text.split('`').skip(1).step_by(2).filter(|word| is_snake_case(word) && word.contains('_')) {
            let is_code = known.is_some_and(|known| known.contains_key(word));
            let is_field = entries(schemas).any(|(_, schema)| schema["properties"].get(word).is_some());
            self.require(is_code || is_field, place, format!("`{word}` is no error code of the document"));
        }
    }

    // ---------------------------------------------------------------------------------------------------- schemas

    fn schemas(&mut self) {
        let received = self.reachable(false);
        let sent = self.reachable(true);
        for (name, schema) in document::components(self.document, "schemas") {
            let place = Place::component("schemas", name);
            self.require(is_pascal_case(name), &place, "the name of a schema is in PascalCase");
            self.require(schema["description"].is_string(), &place, "has no description");
            self.schema(schema, &place, received.contains(name), sent.contains(name));
        }
    }

    fn schema(&mut self, schema: &'a Value, place: &Place, received: bool, sent: bool) {
        for keyword in
            ["anyOf", "not", "pattern", "patternProperties", "discriminator", "optional", "const", "examples"]
        {
            self.require(schema.get(keyword).is_none(), place, format!("{keyword} is not taken, or taken wrongly"));
        }
        if let Some(kind) = schema.get("type") {
            let known = ["string", "integer", "number", "boolean", "array", "object"].iter().any(|known| kind == known);
            self.require(known, place, format!("type {kind} is none of OpenAPI 3.0"));
        }
        self.require(
            !sent || schema.get("default").is_none(),
            place,
            "default in a request is always sent; describe it",
        );
        let closed = received && schema.get("enum").is_some();
        self.require(!closed, place, "enum in a reply breaks with tomorrow's values; use x-known-values");
        let strict = received && schema["additionalProperties"] == false;
        self.require(!strict, place, "additionalProperties: false in a reply breaks with tomorrow's fields");
        self.require(schema["type"] != "array" || schema.get("items").is_some(), place, "an array without items");
        self.distinct_values(schema, place);
        self.union(schema, place);
        self.properties(schema, place, received, sent);
        for deeper in ["items", "additionalProperties"] {
            if schema[deeper].is_object() {
                self.schema(&schema[deeper], &place.at(&[deeper]), received, sent);
            }
        }
    }

    fn properties(&mut self, schema: &'a Value, place: &Place, received: bool, sent: bool) {
        for required in elements(&schema["required"]).filter_map(Value::as_str) {
            let declared = schema["properties"].get(required).is_some() || schema.get("allOf").is_some();
            self.require(declared, place, format!("required {required} is not declared"));
        }
        for (name, property) in entries(&schema["properties"]) {
            let place = place.property(name);
            let described = property["description"].is_string() || property["$ref"].is_string();
            self.require(described, &place, "has no description");
            self.secret(name, property, &place);
            let optional = !elements(&schema["required"]).any(|required| required == name);
            let nullable = resolve(self.document, property)["nullable"] == true;
            self.require(optional || !nullable, &place, "is nullable but required; the generated type cannot miss it");
            self.schema(property, &place, received, sent);
        }
    }

    /// Secrets are `format: password`, which becomes `Secret`; with a length the generator would not see it.
    fn secret(&mut self, name: &str, property: &Value, place: &Place) {
        let secret = property["format"] == "password";
        let bare = property.get("minLength").is_none() && property.get("maxLength").is_none();
        self.require(!secret || bare, place, "a secret with a length is not redacted");
        let telling = ["token", "password", "secret", "verifier"].iter().any(|end| name.ends_with(end));
        self.require(secret || !telling || property["type"] != "string", place, "looks secret; use format: password");
    }

    fn distinct_values(&mut self, schema: &Value, place: &Place) {
        let values = elements(&schema["enum"]).filter_map(Value::as_str).map(str::to_owned);
        let values = values.chain(known_values(schema).into_iter().flat_map(|known| known.keys().cloned()));
        let mut seen = BTreeSet::new();
        for value in values {
            let fresh = seen.insert(value.to_lowercase());
            self.require(fresh, place, format!("value {value} differs from another in case only"));
        }
    }

    /// The variants of a union can be told apart: objects by a required field that no other has, others by type.
    fn union(&mut self, schema: &'a Value, place: &Place) {
        let variants: Vec<&Value> = elements(&schema["oneOf"]).collect();
        for (index, variant) in variants.iter().enumerate() {
            let place = place.at(&["oneOf", &index.to_string()]);
            let named = variant["$ref"].is_string() || variant["title"].is_string();
            self.require(named, &place, "a variant without a name; use a component or a title");
            let variant = resolve(self.document, variant);
            let others =
                || variants.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, v)| resolve(self.document, v));
            let distinct = if variant["type"] == "object" {
                elements(&variant["required"])
                    .filter_map(Value::as_str)
                    .any(|field| others().all(|other| other["properties"].get(field).is_none()))
            } else {
                others().all(|other| other["type"] != variant["type"])
            };
            self.require(distinct, &place, "a variant that cannot be told from the others; require a field of its own");
        }
    }

    /// The schemas that appear in requests, or in replies.
    fn reachable(&self, sent: bool) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        for operation in operations(self.document) {
            if sent {
                self.follow(&operation.value["requestBody"], &mut found);
                self.follow(&operation.value["parameters"], &mut found);
            } else {
                self.follow(&operation.value["responses"], &mut found);
            }
        }
        found
    }

    fn follow(&self, value: &'a Value, found: &mut BTreeSet<&'a str>) {
        if let Some(target) = value["$ref"].as_str() {
            let name = target.strip_prefix("#/components/schemas/");
            if name.is_none_or(|name| found.insert(name)) {
                self.follow(resolve(self.document, value), found);
            }
        }
        entries(value).map(|(_, v)| v).chain(elements(value)).for_each(|value| self.follow(value, found));
    }
}

const METHODS_LINE: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn is_status(status: &str) -> bool {
    matches!(status, "4XX" | "5XX") || status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_snake_case(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
}
