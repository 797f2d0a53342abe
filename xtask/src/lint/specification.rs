//! The rules of the OpenAPI 3.0 specification, checked with its JSON Schema.

use gotrue_openapi::Finding;
use jsonschema::{Draft, ValidationError};
use serde_json::Value;

use crate::{causes::causes, outcome::Result};

const SCHEMA: &str = include_str!("../../data/openapi-3.0.schema.json");

/// Longer values are not repeated in a finding.
const LONG: usize = 60;

pub fn lint(document: &Value) -> Result<Vec<Finding>> {
    let schema = serde_json::from_str(SCHEMA)?;
    let validator = jsonschema::options().with_draft(Draft::Draft4).build(&schema)?;
    let errors: Vec<_> = validator.iter_errors(document).collect();
    Ok(errors.iter().flat_map(causes).map(|error| finding(error)).collect())
}

fn finding(error: &ValidationError<'_>) -> Finding {
    let long = error.instance().to_string().len() > LONG;
    let problem = if long { error.masked_with("the value").to_string() } else { error.to_string() };
    Finding::new(error.instance_path().as_str(), format!("{problem} (OpenAPI 3.0)"))
}
