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

/// A part that is in use many times.
#[test]
fn a_fault_in_a_component_is_found_once_there() {
    for (pointer, name, value, problem) in [
        ("parameters/RedirectTo", "description", json!(null), "RedirectTo: parameter redirect_to has no description"),
        ("parameters/UserId", "required", json!(false), "UserId: path parameter user_id is not required"),
        ("responses/NoToken", "content", json!({}), "NoToken: the body of an error is the schema Error"),
        (
            "responses/MessageSent",
            "content",
            json!({ "application/json": {} }),
            "MessageSent: application/json has no schema",
        ),
        (
            "responses/BadToken",
            "description",
            json!("`bad_token`."),
            "BadToken: `bad_token` is not a known value of ErrorCode",
        ),
    ] {
        let found = insert(&format!("/components/{pointer}"), name, value);
        assert_eq!(found[0], problem);
        // An `application/json` without a schema has no name for it either.
        assert!(found.len() == 1 || name == "content" && found[1].ends_with("use a component"), "{found:#?}");
    }
}

#[test]
fn a_broken_reference_silences_no_other_rule() {
    let found = findings(|document| {
        let kind = json!({ "$ref": "#/components/schemas/Kind" });
        document["components"]["schemas"]["User"]["properties"]["kind"] = kind;
        document["paths"]["/logout"]["post"]["summary"] = json!(null);
    });
    assert_eq!(found, ["User.kind: $ref #/components/schemas/Kind has no target", "POST /logout: has no summary"]);
}

/// What a broken reference leads to is not missed as well.
#[test]
fn a_broken_reference_is_one_finding_wherever_it_is() {
    let reference = |kind: &str| json!({ "$ref": format!("#/components/{kind}/Nothing") });
    for (pointer, name, kind) in [
        ("/paths/~1factors~1{factor_id}/delete", "parameters", "parameters"),
        ("/paths/~1logout/post/responses", "401", "responses"),
        ("/paths/~1signup/post", "requestBody", "requestBodies"),
        ("/components/responses/BadToken/content/application~1json", "schema", "schemas"),
        ("/components/headers/ErrorCode", "schema", "schemas"),
    ] {
        let broken = if name == "parameters" { json!([reference(kind)]) } else { reference(kind) };
        let found = insert(pointer, name, broken);
        assert_eq!(found.len(), 1, "{pointer}: {found:#?}");
        assert!(found[0].ends_with(&format!("$ref #/components/{kind}/Nothing has no target")), "{found:#?}");
    }
    let found = findings(|document| {
        document["components"]["schemas"]["TokenRequest"]["oneOf"][0] = reference("schemas");
    });
    assert_eq!(found, ["TokenRequest: $ref #/components/schemas/Nothing has no target"]);
}

#[test]
fn keywords_are_known() {
    let kind = |name: &str, value: Value| {
        let mut kind = json!({ "type": "string", "description": "A kind." });
        kind[name] = value;
        insert("/components/schemas/User/properties", "kind", kind)
    };
    let known = json!({ "a": "A." });
    assert_eq!(kind("x-known-value", known.clone()), ["User.kind: x-known-value is not an extension of this document"]);
    assert_eq!(kind("format", json!("uiid")), ["User.kind: the format uiid is not known"]);
    assert_eq!(kind("x-since", json!("2.9999.0")), ["User.kind: is newer than info.version"]);
    assert_eq!(kind("x-since", json!("v2.1.0")), ["User.kind: \"v2.1.0\" is not a release, such as 2.197.0"]);
    assert_eq!(kind("x-since", json!(2.1)), ["User.kind: 2.1 is not a release, such as 2.197.0"]);
    let number = json!({ "type": "integer", "description": "A number.", "x-known-values": known });
    let found = insert("/components/schemas/User/properties", "kind", number);
    assert_eq!(found, ["User.kind: x-known-values on something other than a string"]);
    let found = insert("/components/parameters/Page/schema", "format", json!("int46"));
    assert_eq!(found, ["Page: the format int46 is not known"]);
    let found = insert("/paths/~1logout/post", "x-saef", json!(false));
    assert_eq!(found, ["POST /logout: x-saef is not an extension of this document"]);
    let found = insert("/paths/~1logout/post", "tags", json!(["users"]));
    assert_eq!(found, ["POST /logout: the tag \"users\" is not declared"]);
    let found = insert("", "x-gotru", json!("client"));
    assert_eq!(found, ["x-gotru: x-gotru is not an extension of this document"]);
    let with_releases = |releases: Value| {
        let kind = json!({
            "type": "string", "description": "A kind.", "x-known-values": known, "x-values-since": releases
        });
        insert("/components/schemas/User/properties", "kind", kind)
    };
    assert_eq!(with_releases(json!({ "2.1.0": ["a"] })), [""; 0]);
    for (releases, problem) in [
        (json!({ "2.1.0": ["b"] }), "\"b\" is not a value of this schema"),
        (json!({ "2.1.0": ["a"], "2.2.0": ["a"] }), "\"a\" has more than one release"),
        (json!({ "2.9999.0": ["a"] }), "is newer than info.version"),
        (json!({ "2.1": ["a"] }), "\"2.1\" is not a release, such as 2.197.0"),
        (json!({ "2.1.0": "a" }), "expected a list of values"),
    ] {
        let found = with_releases(releases);
        assert!(found.len() == 1 && found[0].ends_with(problem), "{found:?}");
    }
    let both = json!({ "type": "string", "description": "A kind.", "enum": ["a", "b"], "x-known-values": known });
    let found = insert("/components/schemas/SignUpRequest/properties", "kind", both);
    assert_eq!(found, ["SignUpRequest.kind: enum and x-known-values differ"]);
    // A field, a header or an example may have any name.
    assert_eq!(insert("/components/schemas/User", "example", json!({ "x-kind": { "format": "any" } })), [""; 0]);
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
            "POST /logout: the body of an error is the schema Error",
        ),
        ("/paths/~1logout/post/responses", "201", json!({}), "POST /logout: more than one success: 201, 204"),
        ("/paths/~1logout/post/responses", "302", json!({}), "POST /logout: a redirect without the header Location"),
    ] {
        let found = insert(pointer, name, value);
        assert!(found.iter().any(|line| line.starts_with(problem)), "{problem} is not in {found:#?}");
    }
}

#[test]
fn an_invalid_status_is_one_finding() {
    for status in ["633", "99", "101", "2O0", "5xx", "default"] {
        let problem = format!("POST /logout: {status} is not an HTTP status; expected 200 to 599, 4XX or 5XX");
        assert_eq!(insert("/paths/~1logout/post/responses", status, json!({ "description": "Odd." })), [&*problem]);
        // Nor is the status missing that it may stand for.
        for meant in ["204", "5XX"] {
            let found = findings(|document| {
                let responses =
                    document.pointer_mut("/paths/~1logout/post/responses").unwrap().as_object_mut().unwrap();
                let response = responses.remove(meant).unwrap();
                responses.insert(status.to_owned(), response);
            });
            assert_eq!(found, [&*problem], "instead of {meant}");
        }
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
