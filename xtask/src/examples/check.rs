//! Checks of the examples: there is one for each schema, each fits its schema, and each belongs to something.

use std::collections::BTreeSet;

use gotrue_openapi::{
    Finding,
    document::{Operation, components, elements, entries, is_success, operations, resolve},
    pointer::join,
};
use serde_json::Value;

use super::{error_code, of_schema, responses};
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

    /// Every code that an error response needs has a message, and no other.
    fn errors(&mut self) {
        let needed =
            responses(self.document).into_iter().filter_map(|(_, _, response)| error_code(self.document, response));
        let needed: BTreeSet<&str> = needed.collect();
        for code in needed.iter().filter(|code| !self.examples["errors"][**code].is_string()) {
            self.report(&["errors"], format!("{code} has no message"));
        }
        self.unknown("errors", &needed);
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
            ("/errors", "bad_json", Value::Null, "errors: bad_json has no message"),
            ("/errors", "bad_jason", "Bad".into(), "errors.bad_jason: belongs to nothing in the document"),
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
}
