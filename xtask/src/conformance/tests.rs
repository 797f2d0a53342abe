#![allow(clippy::unwrap_used)]

use gotrue_openapi::document;
use serde_json::json;

use super::*;

const DOCUMENT: &str = "
paths:
  /users/{id}:
    parameters:
      - { name: page, in: query, schema: { type: integer } }
    put:
      parameters:
        - { name: id, in: path, schema: { type: string } }
      requestBody: { $ref: '#/components/requestBodies/Change' }
      responses:
        '200':
          content: { application/json: { schema: { $ref: '#/components/schemas/User' } } }
        '302': { headers: { Location: { schema: { type: string } } } }
        '303': { description: No location. }
        '4XX':
          content: { application/json: { schema: { type: object, properties: { msg: { type: string } } } } }
  /users/me:
    get:
      responses:
        default:
          content: { application/json: { } }
components:
  requestBodies:
    Change:
      content:
        application/json: { schema: { type: object, properties: { name: { type: string }, more: { type: object } } } }
  schemas:
    User:
      type: object
      required: [id]
      properties:
        id: { type: string, format: uuid }
        age: { type: integer, minimum: 0, exclusiveMinimum: true }
        name: { type: string, nullable: true }
        best: { $ref: '#/components/schemas/User', nullable: true }
        friends: { type: array, items: { $ref: '#/components/schemas/User' } }
        pet: { oneOf: [{ $ref: '#/components/schemas/Cat' }, { type: integer }] }
        id_of: { type: object, patternProperties: { x: { type: integer } } }
    Cat:
      type: object
      properties: { name: { type: string }, lives: { type: integer } }
";

/// Returns a conforming exchange with some of it replaced.
fn record(changes: &Value) -> Value {
    let mut record = json!({
        "operation": "user_update",
        "request": {
            "method": "PUT",
            "path": "/users/1",
            "query": { "page": "1" },
            "json": { "name": "Ada", "more": { "x": 1 } },
        },
        "response": {
            "status": 200,
            "headers": { "content-type": "application/json; charset=utf-8" },
            "json": {
                "id": "1",
                "age": 36,
                "name": null,
                "friends": [{ "id": "2" }],
                "pet": { "lives": 9 },
                "id_of": {},
            },
        },
    });
    for (pointer, value) in document::entries(changes) {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        record.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    record
}

/// Returns the findings, as lines.
fn findings(changes: &Value) -> Vec<String> {
    let document = yaml::parse(DOCUMENT).unwrap();
    let registry = schema::registry(&document).unwrap();
    let record = record(changes);
    let findings = Checker::new(&document, &registry).findings(&Exchange::of(&record).unwrap());
    findings.into_iter().map(|Finding { field, problem }| format!("{field}: {problem}")).collect()
}

#[test]
fn declared_fields_conform() {
    for changes in [
        json!({}),
        json!({ "/request/path": "/users/1/" }),
        json!({ "/request": { "method": "GET", "path": "/users/me" }, "/response/json": { "any": 1 } }),
        json!({ "/response/status": 302, "/response/json": null, "/response/headers/location": "/" }),
        // A rejected request may have any body.
        json!({ "/response/status": 404, "/request/json": { "x": 1 }, "/response/json": { "msg": "No." } }),
        json!({ "/response/json/id_of": { "x": "no integer" } }),
    ] {
        assert_eq!(findings(&changes), [""; 0], "{changes}");
    }
}

#[test]
fn each_fault_is_found_with_its_field() {
    for (changes, line) in [
        (json!({ "/request/path": "/nope" }), "operation: is not in the document"),
        (json!({ "/request/method": "POST" }), "operation: is not in the document"),
        (json!({ "/response/status": 500 }), "status: 500 is not declared"),
        (json!({ "/response/headers/content-type": "text/html" }), "content-type: \"text/html\" is not declared"),
        (json!({ "/response/json/age": "36" }), "response.age: value is not of type \"integer\""),
        (json!({ "/response/json/age": 0 }), "response.age: value is less than or equal to the minimum of 0"),
        (json!({ "/response/json/best": null }), "response.best: value is not of type \"object\""),
        (json!({ "/response/json": { "name": "Ada" } }), "response: \"id\" is a required property"),
        (json!({ "/response/json/friends": [{ "id": 2 }] }), "response.friends[0].id: value is not of type \"string\""),
        (json!({ "/response/json/pet": { "lives": "9" } }), "response.pet.lives: value is not of type \"integer\""),
        (json!({ "/response/json/new": 1 }), "response.new: is not declared"),
        (json!({ "/response/json/friends": [{ "id": "2", "new": 1 }] }), "response.friends[].new: is not declared"),
        (json!({ "/response/json/pet": { "new": 1 } }), "response.pet.new: is not declared"),
        (json!({ "/request/query": { "size": "1" } }), "query.size: is not declared"),
        (json!({ "/request/json": { "name": 1 } }), "request.name: value is not of type \"string\""),
        (json!({ "/request/json": { "new": 1 } }), "request.new: is not declared"),
        (
            json!({ "/request/form": { "name": "Ada" } }),
            "request: a body of application/x-www-form-urlencoded is not declared",
        ),
        (
            json!({ "/response/status": 303, "/response/json": null, "/response/headers/location": "/" }),
            "header.location: is not declared",
        ),
    ] {
        assert_eq!(findings(&changes), [line]);
    }
}

#[test]
fn the_output_names_the_file_and_counts() {
    let directory = std::env::temp_dir().join(format!("xtask-conformance-{}", std::process::id()));
    let records = directory.join("recorded");
    std::fs::create_dir_all(&records).unwrap();
    let document = directory.join("document.yaml");
    std::fs::write(&document, DOCUMENT).unwrap();
    for (name, changes) in [
        ("1-fine.json", json!({})),
        ("2-bad.json", json!({ "/response/json/new": 1 })),
        ("3-unknown.json", json!({ "/operation": "unknown", "/request/path": "/nope" })),
    ] {
        std::fs::write(records.join(name), record(&changes).to_string()).unwrap();
    }
    let mut out = Vec::new();
    let outcome = run(&records, &document, &mut out).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    let expected = "2-bad.json: PUT /users/1 200: response.new: is not declared\n1 of 2 exchanges conform\n";
    assert_eq!((outcome, String::from_utf8(out).unwrap().as_str()), (Outcome::Findings, expected));
}
