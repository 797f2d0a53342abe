//! The examples of the document, which are in a file of their own: `openapi/examples.yaml`.

mod check;

pub use check::findings;

use std::collections::BTreeMap;

use gotrue_openapi::{
    document::{components, elements, entries, is_success, known_values, operations, resolve},
    pointer::join,
};
use serde_json::{Value, json};

const SCHEMA: &str = "#/components/schemas/";
const ERROR: &str = "#/components/schemas/Error";

/// Adds examples to a document: to its schemas, its error responses, the requests and responses that have their own, and
/// its parameters.
pub fn add(document: &mut Value, examples: &Value) {
    let (mut added, mut by_code) = (BTreeMap::new(), BTreeMap::new());
    for (name, schema) in components(document, "schemas") {
        if let Some(example) = of_schema(name, schema, examples) {
            added.insert(join("/components/schemas", &[name]), example);
        }
    }
    for (pointer, status, response) in responses(document) {
        let pointer = join(&pointer, &["content", "application/json"]);
        match &of_errors(&error_codes(document, &status, response), examples)[..] {
            [] => {}
            [(_, example)] => {
                added.insert(pointer, example.clone());
            }
            several => {
                let several = several.iter().map(|(code, example)| ((*code).to_owned(), json!({ "value": example })));
                by_code.insert(pointer, several.collect::<Value>());
            }
        }
    }
    for operation in operations(document) {
        let pointer = join("/paths", &[operation.path, operation.method]);
        let own = &examples["operations"][operation.id().unwrap_or_default()];
        if let Some(request) = own.get("request") {
            for (media_type, _) in entries(&operation.value["requestBody"]["content"]) {
                added.insert(join(&pointer, &["requestBody", "content", media_type]), request.clone());
            }
        }
        for (status, response) in operation.responses().filter(|(status, _)| is_success(status)) {
            for (media_type, content) in entries(&response["content"]) {
                let list = || {
                    let name = content["schema"]["items"]["$ref"].as_str()?.strip_prefix(SCHEMA)?;
                    examples["schemas"].get(name).map(|example| json!([example]))
                };
                if let Some(example) = own.get("response").cloned().or_else(list) {
                    added.insert(join(&pointer, &["responses", status, "content", media_type]), example);
                }
            }
        }
        for (index, parameter) in elements(&operation.value["parameters"]).enumerate() {
            if let Some(example) = examples["parameters"].get(parameter["name"].as_str().unwrap_or_default()) {
                added.insert(join(&pointer, &["parameters", &index.to_string()]), example.clone());
            }
        }
    }
    for (name, parameter) in components(document, "parameters") {
        if let Some(example) = examples["parameters"].get(parameter["name"].as_str().unwrap_or_default()) {
            added.insert(join("/components/parameters", &[name]), example.clone());
        }
    }
    for (keyword, examples) in [("example", added), ("examples", by_code)] {
        for (pointer, example) in examples {
            if let Some(place) = document.pointer_mut(&pointer) {
                place[keyword] = example;
            }
        }
    }
}

/// Returns the examples of an error response, by error code, for those codes that have a message.
fn of_errors<'c>(codes: &[(u16, &'c str)], examples: &Value) -> Vec<(&'c str, Value)> {
    let example = |(status, code): &(u16, &'c str)| {
        let message = examples["errors"][*code].as_str()?;
        Some((*code, json!({ "code": status, "error_code": code, "msg": message })))
    };
    codes.iter().filter_map(example).collect()
}

/// Returns the example of a schema. That of a string with a set of values is the first of them, unless it has another.
fn of_schema(name: &str, schema: &Value, examples: &Value) -> Option<Value> {
    let first = || {
        let known = known_values(schema).and_then(|known| known.keys().next()).map(|value| json!(value));
        known.or_else(|| elements(&schema["enum"]).next().cloned())
    };
    examples["schemas"].get(name).cloned().or_else(first)
}

/// Returns the responses of all operations with their pointers and statuses. A shared response appears once.
fn responses(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = BTreeMap::new();
    for operation in operations(document) {
        for (status, response) in operation.responses() {
            let pointer = response["$ref"].as_str().and_then(|target| target.strip_prefix('#')).map_or_else(
                || join("/paths", &[operation.path, operation.method, "responses", status]),
                ToOwned::to_owned,
            );
            found.entry(pointer).or_insert((status.to_owned(), resolve(document, response)));
        }
    }
    found.into_iter().map(|(pointer, (status, response))| (pointer, status, response)).collect()
}

/// Returns the error codes in the description of a response whose body is an `Error`, each with its status. For a range,
/// that is the number before the code, such as 422 in "400 `bad_json`, 422 `weak_password`".
fn error_codes<'a>(document: &Value, status: &str, response: &'a Value) -> Vec<(u16, &'a str)> {
    let Some(known) = known_values(&document["components"]["schemas"]["ErrorCode"]) else { return Vec::new() };
    if response["content"]["application/json"]["schema"]["$ref"] != ERROR {
        return Vec::new();
    }
    let is_range = status.ends_with('X');
    let mut status = status.replace('X', "0").parse().unwrap_or_default();
    let mut codes: Vec<(u16, &str)> = Vec::new();
    for (index, part) in response["description"].as_str().unwrap_or_default().split('`').enumerate() {
        if index % 2 == 0 {
            let mut numbers = part.split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() == 3);
            let number = numbers.next_back().and_then(|number| number.parse().ok());
            status = number.filter(|_| is_range).unwrap_or(status);
        } else if known.contains_key(part) && codes.iter().all(|(_, code)| *code != part) {
            codes.push((status, part));
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::yaml;

    #[test]
    fn examples_are_added_where_they_belong() {
        let mut document = yaml::parse(
            "
paths:
  /users/{id}:
    get:
      operationId: get_user
      parameters: [{ name: id, in: path }, { name: page, in: query }]
      responses:
        '200': { content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }
        '400': { description: '`unknown`', content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
        '404':
          description: '`name`. `no_user`: there is none. Not 500 `failure`, `unknown` or `no_user`.'
          content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } }
        '5XX': { $ref: '#/components/responses/ServerError' }
  /users:
    get:
      operationId: list_users
      responses:
        '200': { content: { application/json: { schema: { items: { $ref: '#/components/schemas/User' } } } } }
components:
  responses:
    ServerError:
      description: '500 `failure`; 504 or 503 `unknown`, `slow`.'
      content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } }
  schemas:
    User: { type: object }
    Kind: { type: string, enum: [a, b] }
    ErrorCode: { type: string, x-known-values: { no_user: None., failure: A failure., slow: Slow., unknown: None. } }
    Error: { type: object }
",
        )
        .unwrap();
        let examples = "
schemas: { User: { name: Ada }, Error: {} }
errors: { no_user: No such user, failure: Failed, slow: Too slow }
operations: { get_user: { response: { name: Bob } } }
parameters: { id: '1' }
";
        add(&mut document, &yaml::parse(examples).unwrap());
        let (body, bodies) = ("content/application~1json/example", "content/application~1json/examples");
        let error =
            |status: u16, code: &str, message: &str| json!({ "code": status, "error_code": code, "msg": message });
        for (pointer, example) in [
            ("/components/schemas/User/example".to_owned(), json!({ "name": "Ada" })),
            ("/components/schemas/Kind/example".to_owned(), json!("a")),
            ("/components/schemas/ErrorCode/example".to_owned(), json!("no_user")),
            ("/paths/~1users~1{id}/get/parameters/0/example".to_owned(), json!("1")),
            (format!("/paths/~1users~1{{id}}/get/responses/200/{body}"), json!({ "name": "Bob" })),
            (
                format!("/paths/~1users~1{{id}}/get/responses/404/{bodies}"),
                json!({
                    "no_user": { "value": error(404, "no_user", "No such user") },
                    "failure": { "value": error(404, "failure", "Failed") },
                }),
            ),
            (format!("/paths/~1users/get/responses/200/{body}"), json!([{ "name": "Ada" }])),
            (
                format!("/components/responses/ServerError/{bodies}"),
                json!({
                    "failure": { "value": error(500, "failure", "Failed") },
                    "slow": { "value": error(503, "slow", "Too slow") },
                }),
            ),
        ] {
            assert_eq!(document.pointer(&pointer), Some(&example), "{pointer}");
        }
        assert_eq!(document.to_string().matches("\"example").count(), 9);
    }
}
