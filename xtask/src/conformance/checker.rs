//! Checks one exchange against the document.

use gotrue_openapi::document::{self, Operation, elements, entries};
use jsonschema::Registry;
use serde_json::Value;

use super::exchange::Exchange;
use crate::schema::{Finding, Validators, resolve, undeclared};

/// Response headers that need no declaration: the media type is declared with the body.
const UNDECLARED: &[&str] = &["content-type"];

pub struct Checker<'a> {
    document: &'a Value,
    /// Sorted by specificity, the most concrete path first.
    operations: Vec<Operation<'a>>,
    validators: Validators<'a>,
}

impl<'a> Checker<'a> {
    pub fn new(document: &'a Value, registry: &'a Registry<'a>) -> Self {
        let mut operations: Vec<_> = document::operations(document).collect();
        operations.sort_by_key(|operation| operation.path.matches('{').count());
        Self { document, operations, validators: Validators::new(registry) }
    }

    pub fn findings(&self, exchange: &Exchange<'_>) -> Vec<Finding> {
        let Some(operation) = self.operation(exchange) else {
            return vec![Finding::new("operation", "is not in the document")];
        };
        let mut findings = Vec::new();
        // A request that the server rejects need not conform to the document.
        if exchange.status < 400 {
            self.query(operation, exchange, &mut findings);
            self.request(operation, exchange, &mut findings);
        }
        self.response(operation, exchange, &mut findings);
        findings
    }

    fn operation(&self, exchange: &Exchange<'_>) -> Option<&Operation<'a>> {
        let of = |o: &&Operation<'_>| o.method.eq_ignore_ascii_case(exchange.method) && matches(o.path, exchange.path);
        self.operations.iter().find(of)
    }

    fn query(&self, operation: &Operation<'a>, exchange: &Exchange<'_>, findings: &mut Vec<Finding>) {
        let of_path = &self.document["paths"][operation.path]["parameters"];
        let parameters = elements(&operation.value["parameters"]).chain(elements(of_path));
        let parameters: Vec<_> =
            parameters.map(|p| resolve(self.document, p)).filter(|parameter| parameter["in"] == "query").collect();
        let is_free = |p: &&Value| allows_more(&resolve(self.document, &p["schema"])["additionalProperties"]);
        if !parameters.iter().any(is_free) {
            let unknown = exchange.query().filter(|name| parameters.iter().all(|p| p["name"] != **name));
            findings.extend(unknown.map(|name| Finding::new(format!("query.{name}"), "is not declared")));
        }
    }

    fn request(&self, operation: &Operation<'a>, exchange: &Exchange<'_>, findings: &mut Vec<Finding>) {
        let Some((media_type, body)) = exchange.sent() else { return };
        let content = &resolve(self.document, &operation.value["requestBody"])["content"];
        match content.get(media_type) {
            Some(content) => self.body("request", &content["schema"], body, findings),
            None => findings.push(Finding::new("request", format!("a body of {media_type} is not declared"))),
        }
    }

    fn response(&self, operation: &Operation<'a>, exchange: &Exchange<'_>, findings: &mut Vec<Finding>) {
        let Some(response) = declared_response(operation, exchange.status) else {
            return findings.push(Finding::new("status", format!("{} is not declared", exchange.status)));
        };
        let response = resolve(self.document, response);
        if let Some((media_type, body)) = exchange.received() {
            match response["content"].get(media_type) {
                Some(content) => self.body("response", &content["schema"], body, findings),
                None => findings.push(Finding::new("content-type", format!("{media_type:?} is not declared"))),
            }
        }
        let declared: Vec<_> = entries(&response["headers"]).map(|(name, _)| name.to_lowercase()).collect();
        let unknown = exchange.headers().filter(|name| !UNDECLARED.contains(name));
        let unknown = unknown.filter(|name| !declared.iter().any(|declared| declared == name));
        findings.extend(unknown.map(|name| Finding::new(format!("header.{name}"), "is not declared")));
    }

    /// Checks that a body is valid and that each of its fields is declared.
    fn body(&self, side: &str, schema: &'a Value, body: &Value, findings: &mut Vec<Finding>) {
        findings.extend(self.validators.errors(schema, body).into_iter().map(|mut finding| {
            finding.field.insert_str(0, side);
            finding
        }));
        let unknown = undeclared(self.document, schema, body);
        findings.extend(unknown.into_iter().map(|field| Finding::new(format!("{side}{field}"), "is not declared")));
    }
}

/// Returns whether a path matches a template. A trailing slash is ignored.
fn matches(template: &str, path: &str) -> bool {
    let path = if template.ends_with('/') { path } else { path.strip_suffix('/').unwrap_or(path) };
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let segment = |(template, segment): (&&str, &&str)| {
        if template.starts_with('{') { !segment.is_empty() } else { template == segment }
    };
    template.len() == path.len() && template.iter().zip(&path).all(segment)
}

/// Returns the declared response for a status: its number, its range, or the default.
fn declared_response<'a>(operation: &Operation<'a>, status: u64) -> Option<&'a Value> {
    let responses = &operation.value["responses"];
    [status.to_string(), format!("{}XX", status / 100), "default".to_owned()].iter().find_map(|key| responses.get(key))
}

fn allows_more(additional: &Value) -> bool {
    additional == &Value::Bool(true) || additional.as_object().is_some_and(|schema| !schema.is_empty())
}
