//! The types of claims, which the server checks when it decodes an access token.

use serde_json::{Number, Value};

use crate::wire::cannot_unmarshal;

/// Returns the claims with times as numbers. Fails with the message of the real server for a claim of another type.
pub(crate) fn checked(mut claims: Value) -> Result<Value, String> {
    let Value::Object(members) = &mut claims else {
        return match claims {
            Value::Null => Ok(claims),
            _ => Err(cannot_unmarshal(&claims, "value of type tokens.AccessTokenClaims")),
        };
    };
    for (name, value) in members {
        let of = |parent: &str, kind: &str| format!("struct field AccessTokenClaims{parent}.{name} of type {kind}");
        let (is_allowed, place) = match name.as_str() {
            "exp" | "iat" | "nbf" => {
                *value = time(value)?;
                continue;
            }
            "aud" => {
                let is_texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
                if value.is_null() || value.is_string() || value.as_array().is_some_and(is_texts) {
                    continue;
                }
                return Err("invalid type for claim".to_owned());
            }
            "iss" | "sub" | "jti" => (value.is_string(), of(".RegisteredClaims", "string")),
            "email" | "phone" | "role" | "aal" | "session_id" | "client_id" | "scope" => {
                (value.is_string(), of("", "string"))
            }
            "is_anonymous" => (value.is_boolean(), of("", "bool")),
            "app_metadata" | "user_metadata" => (value.is_object(), of("", "map[string]interface {}")),
            _ => continue,
        };
        if !is_allowed && !value.is_null() {
            return Err(cannot_unmarshal(value, &place));
        }
    }
    Ok(claims)
}

/// Returns a time as a number, or null. A number may be quoted.
fn time(value: &Value) -> Result<Value, String> {
    let why = match value {
        Value::Null | Value::Number(_) => return Ok(value.clone()),
        Value::String(text) => match text.parse::<Number>() {
            Ok(number) => return Ok(number.into()),
            Err(_) => format!("json: invalid number literal, trying to unmarshal {:?} into Number", value.to_string()),
        },
        other => cannot_unmarshal(other, "value of type json.Number"),
    };
    Err(format!("could not parse NumericData: {why}"))
}
