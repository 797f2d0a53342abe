use std::sync::LazyLock;

use serde_json::{Value, json};

use super::*;
use crate::document;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::gotrue().unwrap());

/// Returns the findings after a change of the document.
fn findings(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = DOCUMENT.clone();
    change(&mut document);
    lint(&document).iter().map(ToString::to_string).collect()
}

/// Returns the findings after a member is set in the object at a pointer.
fn insert(pointer: &str, name: &str, value: Value) -> Vec<String> {
    findings(|document| document.pointer_mut(pointer).unwrap()[name] = value)
}

#[test]
fn the_document_follows_its_rules() {
    assert_eq!(lint(&DOCUMENT), []);
}

#[test]
fn a_broken_reference_is_the_only_finding() {
    let found = insert("/components/schemas/User/properties", "kind", json!({ "$ref": "#/components/schemas/Kind" }));
    assert_eq!(found, ["User.kind: $ref #/components/schemas/Kind has no target"]);
    let found =
        insert("/components/schemas/User/properties", "kind", json!({ "$ref": "#/components/securitySchemes" }));
    assert_eq!(found, ["User.kind: $ref #/components/securitySchemes is not a schema"]);
}

#[test]
fn rules_for_operations() {
    for (pointer, name, value, problem) in [
        ("/paths/~1logout/post", "operationId", json!(null), "POST /logout: has no operationId"),
        (
            "/paths/~1logout/post",
            "operationId",
            json!("signOut"),
            "POST /logout: operationId signOut is not in snake_case",
        ),
        ("/paths/~1logout/post", "summary", json!(null), "POST /logout: has no summary"),
        ("/paths/~1logout/post", "x-safe", json!(false), "POST /logout: x-safe is only for a GET"),
        ("/paths/~1logout/post", "security", json!(null), "POST /logout: has no security"),
        (
            "/paths/~1logout/post",
            "security",
            json!([{ "root": [] }]),
            "POST /logout: security scheme root is not declared",
        ),
        (
            "/paths/~1logout/post",
            "requestBody",
            json!({ "required": true }),
            "POST /logout: the request has no media type",
        ),
        (
            "/paths/~1logout/post",
            "requestBody",
            json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/SsoRequest" } } } }),
            "POST /logout: does not say whether the request is required",
        ),
        (
            "/paths/~1logout/post",
            "security",
            json!([{ "userToken": [] }, { "apiKey": [], "adminToken": [] }]),
            "POST /logout: apiKey is optional; add the alternative without it",
        ),
        (
            "/paths/~1logout/post/responses",
            "5XX",
            json!(null),
            "POST /logout: status 5XX: the body of an error is the schema Error",
        ),
        ("/paths/~1logout/post/responses", "201", json!({}), "POST /logout: more than one success: 201, 204"),
        ("/paths/~1logout/post/responses", "302", json!({}), "POST /logout: status 302: no Location header"),
        ("/paths/~1logout/post/responses", "default", json!({}), "POST /logout: invalid status default"),
    ] {
        let found = insert(pointer, name, value);
        assert!(found.iter().any(|line| line.starts_with(problem)), "{problem} is not in {found:#?}");
    }
}

#[test]
fn rules_for_parameters() {
    for (parameter, problem) in [
        (json!({ "name": "id", "in": "path" }), "path parameter id is not required"),
        (json!({ "name": "id", "in": "cookie" }), "parameter id: cookies and deepObject are not supported"),
        (json!({ "name": "apikey", "in": "header" }), "parameter apikey is a credential; use security"),
        (json!({ "name": "id", "in": "query" }), "parameter id has no description"),
    ] {
        let found = insert("/paths/~1health/get", "parameters", json!([parameter]));
        let expected = format!("GET /health: {problem}");
        assert!(found.contains(&expected), "{expected} is not in {found:#?}");
    }
}

#[test]
fn rules_for_schemas() {
    let text = json!({ "type": "string", "description": "A text." });
    let with = |name: &str, value: Value| {
        let mut schema = text.clone();
        schema[name] = value;
        schema
    };
    let secret = json!({ "type": "string", "format": "password", "maxLength": 9, "description": "A text." });
    for (property, schema, problem) in [
        ("kind", json!({ "type": "string" }), "User.kind: has no description"),
        ("kind", with("pattern", json!("a*")), "User.kind: pattern is not supported"),
        ("kind", with("type", json!("null")), "User.kind: \"null\" is not a type of OpenAPI 3.0"),
        ("kind", with("type", json!("array")), "User.kind: an array without items"),
        ("kind", with("enum", json!(["a"])), "User.kind: enum in a response breaks with a new value"),
        ("kind", with("additionalProperties", json!(false)), "User.kind: additionalProperties: false in a response"),
        ("some_token", text.clone(), "User.some_token: looks secret; use format: password"),
        ("some_token", secret, "User.some_token: a secret with a length is not redacted"),
        ("id", with("nullable", json!(true)), "User.id: is nullable but required"),
    ] {
        let found = insert("/components/schemas/User/properties", property, schema);
        assert!(found.iter().any(|line| line.starts_with(problem)), "{problem} is not in {found:#?}");
    }
    let values = json!({ "a": "Lower case.", "A": "Upper case." });
    let found = insert("/components/schemas/User/properties", "kind", with("x-known-values", values));
    assert!(found[0].ends_with("has the same name in Rust as another, or `Other`"), "{found:#?}");
    let found = insert("/components/schemas", "OauthTokenResponse", text.clone());
    assert_eq!(found, ["OauthTokenResponse: other generators use this name for the response of oauth_token"]);
    let found = insert("/components/schemas", "user_kind", text.clone());
    assert_eq!(found, ["user_kind: the name of a schema is in PascalCase"]);
    let found = insert("/components/schemas/OtpRequest/properties", "kind", with("default", json!("a")));
    assert_eq!(found, ["OtpRequest.kind: default in a request is always sent; describe it"]);
}

#[test]
fn the_variants_of_a_union_are_distinct() {
    let objects = json!([{ "$ref": "#/components/schemas/User" }, { "$ref": "#/components/schemas/User" }]);
    let found = insert("/components/schemas/SignUpResult", "oneOf", objects);
    let problem = "SignUpResult: a variant that no required field tells apart from the others";
    assert_eq!(found.iter().filter(|line| *line == problem).count(), 2, "{found:#?}");
    let found = insert("/components/schemas/SignUpResult", "oneOf", json!([{ "type": "string" }]));
    assert!(found.contains(&"SignUpResult: a variant without a name; use a component or a title".to_owned()));
}
