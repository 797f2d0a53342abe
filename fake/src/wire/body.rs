//! JSON bodies of requests.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{error::ApiError, request::Request};
use crate::model::ErrorCode;

/// Members that must be objects, which the models leave open.
const OBJECTS: [&str; 3] = ["data", "user_metadata", "app_metadata"];

/// Reads the body.
pub(crate) fn json_body<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    json_body_with(request, &[])
}

/// Reads the body, with an empty string for each of these members that is missing: the server does not distinguish them.
pub(crate) fn json_body_with<T: DeserializeOwned>(request: &Request, names: &[&str]) -> Result<T, ApiError> {
    let mut json: Value = serde_json::from_slice(&request.body).map_err(|error| bad_json(&error.to_string()))?;
    for name in names {
        if let Some(members) = json.as_object_mut() {
            members.entry(*name).or_insert_with(|| "".into());
        }
    }
    for name in OBJECTS {
        if json.get(name).is_some_and(|data| !data.is_object() && !data.is_null()) {
            return Err(bad_json(&format!("{name} is not an object")));
        }
    }
    serde_json::from_value(json).map_err(|error| bad_json(&error.to_string()))
}

fn bad_json(error: &str) -> ApiError {
    ApiError::new(400, ErrorCode::BadJson, format!("Could not parse request body as JSON: {error}"))
}
