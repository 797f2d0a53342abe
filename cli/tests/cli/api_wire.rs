//! Every operation sends its arguments as the document says: method, path, query, headers and body.
//!
//! The raw client takes its arguments by position, so this test would catch two that are swapped.

use std::collections::BTreeMap;

use gotrue::serde_json::{Map, Value, json};
use gotrue_openapi::document::{self, Operation, elements, entries, resolve};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::terminal::Terminal;

/// The arguments of an operation, and the request they should produce.
#[derive(Default)]
struct Example {
    arguments: Vec<String>,
    answers: Vec<String>,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

#[tokio::test]
async fn every_operation_sends_its_arguments() {
    let server = MockServer::start().await;
    let refusal = json!({ "code": 400, "error_code": "validation_failed", "msg": "no" });
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(400).set_body_json(refusal)).mount(&server).await;
    Mock::given(matchers::path("/token"))
        .respond_with(session())
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let mut terminal = Terminal::at_url(&server.uri(), "service-key");
    assert_eq!(terminal.answer("login ada@example.com", "correct-horse-7").exit, 0);

    let document = document::gotrue().unwrap();
    for operation in document::operations(&document) {
        let name = operation.name();
        let example = Example::of(&document, &operation);
        let line = example.arguments.join(" ");
        let done = terminal.answer(&line, &example.answers.join("\n"));
        assert_eq!(done.exit, 1, "{name}: {line}\n{}", done.err);
        let received = server.received_requests().await.unwrap().pop().unwrap();
        assert_eq!(received.method.as_str().to_lowercase(), operation.method, "{name}");
        assert_eq!(received.url.path(), example.path, "{name}");
        assert_eq!(received.url.query_pairs().into_owned().collect::<BTreeMap<_, _>>(), example.query, "{name}");
        for (header, value) in &example.headers {
            assert_eq!(received.headers[header.as_str()].to_str().unwrap(), value, "{name}");
        }
        assert_eq!(body_of(&received), example.body, "{name}");
    }
}

fn session() -> ResponseTemplate {
    let user = json!({ "id": "495a8cfc-297a-4b71-93bf-9799cc4a93ce", "aud": "authenticated" });
    let tokens = json!({ "access_token": "token", "token_type": "bearer", "expires_in": 3600, "refresh_token": "r" });
    let mut session = tokens.as_object().unwrap().clone();
    session.insert("user".to_owned(), user);
    ResponseTemplate::new(200).set_body_json(session)
}

impl Example {
    fn of(document: &Value, operation: &Operation<'_>) -> Self {
        let name = operation.id().unwrap().replace('_', "-");
        let mut example =
            Self { arguments: vec![format!("api {name} --yes")], path: operation.path.to_owned(), ..Self::default() };
        let mut parameters: Vec<_> = elements(&operation.value["parameters"]).map(|p| resolve(document, p)).collect();
        // Prompts come in the order of the raw client's arguments.
        parameters.sort_by_key(|parameter| parameter["name"].as_str());
        for (index, parameter) in parameters.into_iter().enumerate() {
            example.add(document, parameter, index);
        }
        if let Some(body) = operation.value.get("requestBody") {
            let (_, content) = entries(&resolve(document, body)["content"]).next().unwrap();
            let body = sample(document, &content["schema"]);
            example.arguments.push(format!("--body '{body}'"));
            example.body = Some(body);
        }
        example
    }

    fn add(&mut self, document: &Value, parameter: &Value, index: usize) {
        let name = parameter["name"].as_str().unwrap();
        let schema = resolve(document, &parameter["schema"]);
        let flag = name.replace('_', "-").to_lowercase();
        let item = resolve(document, &schema["items"]);
        let value = match schema["type"].as_str().unwrap() {
            "integer" => (7 + index).to_string(),
            "boolean" => "true".to_owned(),
            "array" => item["enum"][0].as_str().unwrap().to_owned(),
            "object" => "given".to_owned(),
            _ if schema["format"] == "uuid" => format!("00000000-0000-4000-8000-{index:012}"),
            _ => schema["enum"][0].as_str().map_or_else(|| format!("the {name}"), str::to_owned),
        };
        match schema["type"].as_str().unwrap() {
            "boolean" => self.arguments.push(format!("--{flag}")),
            "object" => self.arguments.push(format!("--{flag} extra={value}")),
            _ if schema["format"] == "password" => {
                self.arguments.push(format!("--{flag}"));
                self.answers.push(value.clone());
            }
            _ => self.arguments.push(format!("--{flag} '{value}'")),
        }
        match parameter["in"].as_str().unwrap() {
            "path" => self.path = self.path.replace(&format!("{{{name}}}"), &value.replace(' ', "%20")),
            "header" => _ = self.headers.insert(name.to_lowercase(), value),
            _ if schema["type"] == "object" => _ = self.query.insert("extra".to_owned(), value),
            _ => _ = self.query.insert(name.to_owned(), value),
        }
    }
}

/// A minimal value of a schema.
fn sample(document: &Value, schema: &Value) -> Value {
    let schema = resolve(document, schema);
    if let Some(first) = elements(&schema["oneOf"]).chain(elements(&schema["anyOf"])).next() {
        return sample(document, first);
    }
    if let Some(value) = elements(&schema["enum"]).next() {
        return value.clone();
    }
    match schema["type"].as_str() {
        Some("string") if schema["format"] == "uuid" => "495a8cfc-297a-4b71-93bf-9799cc4a93ce".into(),
        Some("string") => "text".into(),
        Some("integer" | "number") => 7.into(),
        Some("boolean") => true.into(),
        Some("array") => vec![sample(document, &schema["items"])].into(),
        _ => {
            let required = elements(&schema["required"]).filter_map(Value::as_str);
            let fields = required.map(|name| (name.to_owned(), sample(document, &schema["properties"][name])));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

fn body_of(request: &Request) -> Option<Value> {
    let content_type = request.headers.get("content-type")?.to_str().unwrap();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return Some(gotrue::serde_json::from_slice(&request.body).unwrap());
    }
    let pairs = gotrue::url::form_urlencoded::parse(&request.body).into_owned();
    Some(pairs.map(|(name, value)| (name, Value::from(value))).collect())
}
