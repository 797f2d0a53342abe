//! For each response of the document, a family of bodies: each optional field absent, each null, unknown fields added,
//! empty lists, unknown values of open strings. All of them decode.

use std::collections::BTreeSet;

use gotrue::{Client, raw::OPERATIONS};
use gotrue_openapi::document::{self, elements, entries, is_success, known_values, resolve};
use serde_json::{Map, Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::{of_all_operations, operation};

/// Generates bodies from a schema.
struct Family<'a> {
    document: &'a Value,
}

impl Family<'_> {
    /// A body with every field.
    fn full(&self, schema: &Value) -> Value {
        let schema = resolve(self.document, schema);
        if let Some(known) = known_values(schema) {
            return json!(known.keys().next().unwrap());
        }
        if let Some(variant) = elements(&schema["oneOf"]).next() {
            return self.full(variant);
        }
        if schema.get("allOf").is_some() {
            let parts = elements(&schema["allOf"]).flat_map(|part| object(self.full(part)));
            return Value::Object(parts.collect());
        }
        match schema["type"].as_str().unwrap_or("any") {
            "object" => self.full_object(schema),
            "array" => json!([self.full(&schema["items"])]),
            "integer" => json!(7),
            "number" => json!(1.5),
            "boolean" => json!(true),
            "string" => match schema["format"].as_str().unwrap_or_default() {
                "uuid" => json!("4c7ff6f3-c42b-4426-a6b0-bd65e88e3896"),
                "date-time" => json!("2026-11-24T00:25:33.89Z"),
                _ => json!("text"),
            },
            _ => json!({ "any": ["thing", null, 1] }),
        }
    }

    fn full_object(&self, schema: &Value) -> Value {
        let mut fields: Map<String, Value> =
            entries(&schema["properties"]).map(|(name, property)| (name.to_owned(), self.full(property))).collect();
        if schema["additionalProperties"].is_object() && fields.is_empty() {
            fields.insert("key".to_owned(), self.full(&schema["additionalProperties"]));
        }
        Value::Object(fields)
    }

    /// The full body, and every body that differs from it in one place.
    fn members(&self, schema: &Value) -> Vec<Value> {
        let schema = resolve(self.document, schema);
        let full = self.full(schema);
        let mut members = vec![full.clone()];
        if known_values(schema).is_some() {
            members.push(json!("value_of_tomorrow"));
        }
        members.extend(elements(&schema["oneOf"]).flat_map(|variant| self.members(variant)));
        for part in elements(&schema["allOf"]) {
            for member in self.members(part) {
                let others = elements(&schema["allOf"]).filter(|other| *other != part);
                let others = others.flat_map(|other| object(self.full(other)));
                members.push(Value::Object(others.chain(object(member)).collect()));
            }
        }
        if schema["type"] == "array" {
            members.push(json!([]));
            members.extend(self.members(&schema["items"]).into_iter().map(|item| json!([item.clone(), item])));
        }
        if schema["type"] == "object" {
            members.extend(self.members_of_object(schema, &full));
        }
        members
    }

    fn members_of_object(&self, schema: &Value, full: &Value) -> Vec<Value> {
        let tomorrow = match &schema["additionalProperties"] {
            typed if typed.is_object() => self.full(typed),
            _ => json!({ "deep": [null] }),
        };
        let mut members = vec![with(full, "field_of_tomorrow", tomorrow)];
        for (name, property) in entries(&schema["properties"]) {
            if !elements(&schema["required"]).any(|required| required == name) {
                members.push(with(full, name, Value::Null));
                members.push(without(full, name));
            }
            members.extend(self.members(property).into_iter().skip(1).map(|value| with(full, name, value)));
        }
        let mut bare = full.clone();
        for (name, _) in entries(&schema["properties"]) {
            if !elements(&schema["required"]).any(|required| required == name) {
                bare = without(&bare, name);
            }
        }
        members.push(bare);
        members
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("no object: {other}"),
    }
}

fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut fields = object(body.clone());
    fields.insert(name.to_owned(), value);
    Value::Object(fields)
}

fn without(body: &Value, name: &str) -> Value {
    let mut fields = object(body.clone());
    fields.remove(name);
    Value::Object(fields)
}

/// The schema of the JSON of a success.
fn reply_schema<'a>(document: &'a Value, id: &str) -> Option<&'a Value> {
    let operation = document::operations(document).find(|operation| operation.id() == Some(id))?;
    let (_, success) = operation.responses().find(|(status, _)| is_success(status))?;
    let content = &resolve(document, success)["content"];
    entries(content).find(|(media_type, _)| media_type.ends_with("json")).map(|(_, content)| &content["schema"])
}

#[tokio::test]
async fn every_response_decodes_without_its_optional_fields() {
    let document = document::gotrue().unwrap();
    let family = Family { document: &document };
    let server = MockServer::start().await;
    let raw = Client::builder().base_url(server.uri()).api_key("anon-key").retries(0).build().unwrap().raw();
    let mut tried = BTreeSet::new();
    let mut bodies = 0;
    for exchange in of_all_operations() {
        let id = exchange.operation().unwrap().id;
        let Some(schema) = reply_schema(&document, id).filter(|_| !tried.contains(id)) else { continue };
        for body in family.members(schema) {
            server.reset().await;
            let reply = ResponseTemplate::new(200).set_body_json(&body);
            Mock::given(matchers::any()).respond_with(reply).mount(&server).await;
            // The request of a recorded error may not fit the types; that of another exchange does.
            let Some(outcome) = operation::call(&raw, &exchange).await else { break };
            assert!(outcome.is_ok(), "{id} does not take {body:#}: {:?}", outcome.err());
            tried.insert(id);
            bodies += 1;
        }
    }
    let with_json = OPERATIONS.iter().filter(|operation| reply_schema(&document, operation.id).is_some());
    let missed: Vec<_> = with_json.map(|operation| operation.id).filter(|id| !tried.contains(id)).collect();
    assert!(missed.is_empty(), "{missed:?} were not tried");
    assert!(bodies > 3000, "only {bodies} bodies");
}
