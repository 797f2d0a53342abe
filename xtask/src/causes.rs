//! The causes of a failed validation.

use jsonschema::{
    ValidationError,
    error::ValidationErrorKind::{AnyOf, OneOfNotValid},
};

/// Returns the errors of the intended branch of a `oneOf` or `anyOf`: the one whose errors are deepest.
///
/// Almost everything in OpenAPI may also be a reference, so an error deep inside is first reported as one of a `oneOf`
/// far outside.
pub fn causes<'e, 'i>(error: &'e ValidationError<'i>) -> Vec<&'e ValidationError<'i>>
where
    'static: 'i,
{
    let (AnyOf { context } | OneOfNotValid { context }) = error.kind() else { return vec![error] };
    let meant = context.iter().rev().max_by_key(|branch| branch.iter().map(depth).max());
    meant.map_or_else(|| vec![error], |branch| branch.iter().flat_map(causes).collect())
}

fn depth(error: &ValidationError<'_>) -> usize {
    causes(error).iter().map(|cause| cause.instance_path().as_str().matches('/').count()).max().unwrap_or_default()
}
