//! The response to an operation.

use gotrue::{
    Error,
    futures_util::TryStreamExt,
    raw::{self, ByteStream, ResponseValue},
    reqwest::{Response, header::LOCATION},
    serde_json::{self, Value, json},
    url::Url,
};
use serde::Serialize;

use crate::{
    failure::{Exit, Failure, Result},
    output::{Output, escaped, printable},
};

const REDACTED: &str = "[redacted]";

/// The body of a response.
pub enum Reply {
    Json(Value),
    Text(String),
    /// Status and location of a redirect.
    Redirect(u16, String),
}

impl Reply {
    pub fn print(self, out: Output, hidden: &[&str]) -> Result<()> {
        let mut value = match self {
            Self::Text(text) if text.is_empty() => return Ok(()),
            Self::Text(text) => return out.line(printable(&text)),
            Self::Json(Value::Null) => return Ok(()),
            Self::Json(value) => value,
            Self::Redirect(status, location) => {
                let location = without_secrets(&location, hidden);
                json!({ "status": status, "location": location })
            }
        };
        redact(&mut value, hidden);
        if out.json {
            return out.json(&value);
        }
        out.line(escaped(&serde_json::to_string_pretty(&value).map_err(|error| not_printable(&error))?))
    }
}

/// Reads a response that has a type in the document.
pub async fn json<T: Serialize>(reply: Result<ResponseValue<T>, raw::Error<()>>) -> Result<Reply> {
    match reply {
        Ok(reply) => {
            let value = serde_json::to_value(reply.into_inner()).map_err(|error| not_printable(&error))?;
            Ok(Reply::Json(value))
        }
        Err(error) => redirect(error).await,
    }
}

/// Reads any other response.
pub async fn text(reply: Result<ResponseValue<ByteStream>, raw::Error<()>>) -> Result<Reply> {
    match reply {
        Ok(reply) => {
            let parts = reply.into_inner_stream().map_err(raw::Error::ResponseBodyError);
            let body = parts.try_fold(Vec::new(), async |mut body, part| {
                body.extend_from_slice(&part);
                Ok(body)
            });
            match body.await {
                Ok(body) => Ok(Reply::Text(String::from_utf8_lossy(&body).into_owned())),
                Err(error) => Err(Error::from_raw(error).await.into()),
            }
        }
        Err(error) => redirect(error).await,
    }
}

/// Some operations succeed with a redirect. Any other response that is not a success is a failure.
async fn redirect(error: raw::Error<()>) -> Result<Reply> {
    if let raw::Error::UnexpectedResponse(response) = &error
        && let Some(location) = location(response)
    {
        return Ok(Reply::Redirect(response.status().as_u16(), location));
    }
    Err(Error::from_raw(error).await.into())
}

fn location(response: &Response) -> Option<String> {
    let is_redirect = response.status().is_redirection();
    let location = response.headers().get(LOCATION).filter(|_| is_redirect)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// Redacts the secrets in a URL's query, and its fragment, which may hold tokens, unless the fragment is an error.
fn without_secrets(location: &str, hidden: &[&str]) -> String {
    if hidden.is_empty() {
        return location.to_owned();
    }
    let is_secret = |name: &str| hidden.contains(&name);
    let Ok(mut url) = Url::parse(location) else { return REDACTED.to_owned() };
    if url.fragment().is_some_and(|fragment| !fragment.starts_with("error=")) {
        url.set_fragment(Some(REDACTED));
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if pairs.iter().any(|(name, _)| is_secret(name)) {
        let shown = pairs.iter().map(|(name, value)| (name, if is_secret(name) { REDACTED } else { value }));
        url.query_pairs_mut().clear().extend_pairs(shown);
    }
    url.into()
}

fn redact(value: &mut Value, hidden: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, hidden)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if hidden.contains(&name.as_str()) && !text.is_empty() => {
                        REDACTED.clone_into(text);
                    }
                    field => redact(field, hidden),
                }
            }
        }
        _ => {}
    }
}

fn not_printable(error: &serde_json::Error) -> Failure {
    Failure::new(Exit::Refused, format!("cannot print the response: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_redacted_wherever_they_are() {
        let mut response = json!([{ "token": "planted", "a": [[{ "b": { "token": "planted" } }]] }, "c"]);
        redact(&mut response, &["token"]);
        let expected = json!([{ "token": REDACTED, "a": [[{ "b": { "token": REDACTED } }]] }, "c"]);
        assert_eq!(response, expected);
    }

    #[test]
    fn secrets_in_a_location_are_redacted() {
        let shown = without_secrets("https://app.example.com/cb?code=planted&flow=1#access_token=planted", &["code"]);
        assert!(!shown.contains("planted"), "{shown}");
        assert!(shown.contains("flow=1"), "{shown}");
        let error = "https://app.example.com/#error=access_denied&error_code=otp_expired";
        assert_eq!(without_secrets(error, &["code"]), error);
    }
}
