//! Checks of the examples: there is one for each schema, each fits its schema, and each belongs to something.

use std::collections::BTreeSet;

use gotrue_openapi::{
    Finding,
    document::{Operation, components, elements, entries, is_success, operations, resolve},
    pointer::join,
};
use serde_json::Value;

use super::{error_codes, of_schema, responses};
use crate::{
    outcome::Result,
    schema::{self, Validators, undeclared},
};

/// Returns what is wrong with the examples of a document, by their place in the file of examples.
pub fn findings(document: &Value, examples: &Value) -> Result<Vec<Finding>> {
    let registry = schema::registry(document)?;
    let mut check = Check { document, examples, validators: Validators::new(&registry), findings: Vec::new() };
    check.schemas();
    check.errors();
    check.operations();
    check.parameters();
    Ok(check.findings)
}

struct Check<'a> {
    document: &'a Value,
    examples: &'a Value,
    validators: Validators<'a>,
    findings: Vec<Finding>,
}

impl<'a> Check<'a> {
    fn report(&mut self, steps: &[&str], problem: impl Into<String>) {
        self.findings.push(Finding::new(join("", steps), problem));
    }

    fn schemas(&mut self) {
        for (name, schema) in components(self.document, "schemas") {
            match of_schema(name, schema, self.examples) {
                Some(example) => self.value(&["schemas", name], schema, &example),
                None => self.report(&["schemas"], format!("{name} has no example")),
            }
        }
        self.unknown("schemas", &components(self.document, "schemas").map(|(name, _)| name).collect());
    }

    /// The first code of every error response has a message. The others may have one.
    fn errors(&mut self) {
        let (mut first, mut all) = (BTreeSet::new(), BTreeSet::new());
        for (_, status, response) in responses(self.document) {
            let codes = error_codes(self.document, &status, response);
            first.extend(codes.first().map(|(_, code)| *code));
            all.extend(codes.into_iter().map(|(_, code)| code));
        }
        for code in first.iter().filter(|code| self.examples["errors"].get(**code).is_none()) {
            self.report(&["errors"], format!("{code} has no message"));
        }
        for (code, message) in entries(&self.examples["errors"]).filter(|(_, message)| !message.is_string()) {
            self.report(&["errors", code], format!("{message} is not a message"));
        }
        for (code, _) in entries(&self.examples["errors"]).filter(|(code, _)| !all.contains(code)) {
            self.report(&["errors", code], "no error response names this code in backticks");
        }
    }

    fn operations(&mut self) {
        let all: Vec<Operation<'a>> = operations(self.document).collect();
        for operation in &all {
            let id = operation.id().unwrap_or_default();
            for (part, example) in entries(&self.examples["operations"][id]) {
                let contents = match part {
                    "request" => vec![&operation.value["requestBody"]["content"]],
                    "response" => {
                        let successes = operation.responses().filter(|(status, _)| is_success(status));
                        successes.map(|(_, response)| &resolve(self.document, response)["content"]).collect()
                    }
                    _ => Vec::new(),
                };
                let schemas: Vec<&Value> =
                    contents.into_iter().flat_map(entries).map(|(_, content)| &content["schema"]).collect();
                if schemas.is_empty() {
                    self.report(&["operations", id, part], "is not a body of the operation");
                }
                for schema in schemas {
                    self.value(&["operations", id, part], schema, example);
                }
            }
        }
        self.unknown("operations", &all.iter().filter_map(Operation::id).collect());
    }

    fn parameters(&mut self) {
        let shared = components(self.document, "parameters").map(|(_, parameter)| parameter);
        let own = operations(self.document).flat_map(|operation| elements(&operation.value["parameters"]));
        let parameters: Vec<&Value> = shared.chain(own).filter(|parameter| parameter["name"].is_string()).collect();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            if let Some(example) = self.examples["parameters"].get(name) {
                self.value(&["parameters", name], &parameter["schema"], example);
            }
        }
        self.unknown("parameters", &parameters.iter().filter_map(|parameter| parameter["name"].as_str()).collect());
    }

    fn value(&mut self, steps: &[&str], schema: &'a Value, example: &Value) {
        for schema::Finding { field, problem } in self.validators.errors(schema, example) {
            self.report(steps, format!("{field} {problem}").trim_start());
        }
        for field in undeclared(self.document, schema, example) {
            self.report(steps, format!("{field} is not declared"));
        }
    }

    fn unknown(&mut self, part: &str, known: &BTreeSet<&str>) {
        for (name, _) in entries(&self.examples[part]).filter(|(name, _)| !known.contains(name)) {
            self.report(&[part, name], "belongs to nothing in the document");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{workspace, yaml};

    #[test]
    fn each_fault_is_found() {
        let document = yaml::parse(&workspace::read(&workspace::document()).unwrap()).unwrap();
        let examples = yaml::parse(&workspace::read(&workspace::examples()).unwrap()).unwrap();
        assert_eq!(findings(&document, &examples).unwrap(), []);
        for (pointer, name, value, problem) in [
            ("/schemas", "Empty", Value::Null, "schemas.Empty: value is not of type \"object\""),
            ("/schemas/Factor", "status", 1.into(), "schemas.Factor: .status "),
            ("/schemas/Factor", "stats", 1.into(), "schemas.Factor: .stats is not declared"),
            ("/schemas", "Usr", 1.into(), "schemas.Usr: belongs to nothing in the document"),
            ("/errors", "bad_json", Value::Null, "errors.bad_json: null is not a message"),
            ("/errors", "bad_jason", "Bad".into(), "errors.bad_jason: no error response names this code in backticks"),
            ("/operations/invite", "request", 1.into(), "operations.invite.request: "),
            ("/operations/invite", "answer", 1.into(), "operations.invite.answer: is not a body of the operation"),
            ("/parameters", "user_id", 1.into(), "parameters.user_id: "),
        ] {
            let mut examples = examples.clone();
            examples.pointer_mut(pointer).unwrap()[name] = value;
            let found: Vec<_> = findings(&document, &examples).unwrap().iter().map(ToString::to_string).collect();
            assert!(found.iter().any(|line| line.starts_with(problem)), "{problem} is not in {found:#?}");
        }
    }

    #[test]
    fn the_first_code_of_a_response_has_a_message_and_others_may() {
        let document = yaml::parse(&workspace::read(&workspace::document()).unwrap()).unwrap();
        let mut examples = yaml::parse(&workspace::read(&workspace::examples()).unwrap()).unwrap();
        let errors = examples["errors"].as_object_mut().unwrap();
        // Never the first.
        errors.insert("request_timeout".to_owned(), "Too slow".into());
        assert_eq!(findings(&document, &examples).unwrap(), []);
        examples["errors"].as_object_mut().unwrap().remove("bad_json");
        assert_eq!(findings(&document, &examples).unwrap()[0].to_string(), "errors: bad_json has no message");
    }
}
