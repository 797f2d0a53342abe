//! The rules of the OpenAPI 3.0 specification, checked with its JSON Schema.

use gotrue_openapi::{Finding, pointer::join};
use jsonschema::{Draft, ValidationError, error::ValidationErrorKind::AdditionalProperties};
use serde_json::Value;

use crate::{causes::causes, outcome::Result};

const SCHEMA: &str = include_str!("../../data/openapi-3.0.schema.json");

/// Longer values are not repeated in a finding.
const LONG: usize = 60;

pub fn lint(document: &Value) -> Result<Vec<Finding>> {
    let schema = serde_json::from_str(SCHEMA)?;
    let validator = jsonschema::options().with_draft(Draft::Draft4).build(&schema)?;
    let errors: Vec<_> = validator.iter_errors(document).collect();
    Ok(errors.iter().flat_map(causes).flat_map(findings).collect())
}

/// Returns one finding, or one for each member that does not belong where it is.
fn findings(error: &ValidationError<'_>) -> Vec<Finding> {
    let pointer = error.instance_path().as_str();
    if let AdditionalProperties { unexpected } = error.kind() {
        let of = |name: &String| Finding::new(join(pointer, &[name]), format!("'{name}' is unexpected (OpenAPI 3.0)"));
        return unexpected.iter().map(of).collect();
    }
    let long = error.instance().to_string().len() > LONG;
    let problem = if long { error.masked_with("the value").to_string() } else { error.to_string() };
    vec![Finding::new(pointer, format!("{problem} (OpenAPI 3.0)"))]
}
