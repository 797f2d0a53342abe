//! What the server answered.

use gotrue::{
    Error,
    futures_util::TryStreamExt,
    raw::{self, ByteStream, ResponseValue, SECRETS},
    reqwest::{Response, header::LOCATION},
    serde_json::{self, Value, json},
    url::Url,
};
use serde::Serialize;

use crate::{
    failure::{Exit, Failure, Result},
    output::Output,
};

const REDACTED: &str = "[redacted]";

/// The body of a reply.
pub enum Reply {
    Json(Value),
    Text(String),
    /// Where a browser would go on to.
    Redirect(u16, String),
}

impl Reply {
    pub fn print(self, out: Output, with_secrets: bool) -> Result<()> {
        let mut value = match self {
            Self::Text(text) if text.is_empty() => return Ok(()),
            Self::Text(text) => return out.line(text),
            Self::Json(Value::Null) => return Ok(()),
            Self::Json(value) => value,
            Self::Redirect(status, location) => {
                let location = if with_secrets { location } else { without_secrets(&location) };
                json!({ "status": status, "location": location })
            }
        };
        if !with_secrets {
            redact(&mut value);
        }
        if out.json {
            return out.json(&value);
        }
        out.line(serde_json::to_string_pretty(&value).map_err(|error| unprintable(&error))?)
    }
}

/// Reads a reply that the document gives a type.
pub async fn json<T: Serialize>(reply: Result<ResponseValue<T>, raw::Error<()>>) -> Result<Reply> {
    match reply {
        Ok(reply) => {
            let value = serde_json::to_value(reply.into_inner()).map_err(|error| unprintable(&error))?;
            Ok(Reply::Json(value))
        }
        Err(error) => redirect(error).await,
    }
}

/// Reads any other reply.
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

/// A redirect is what some operations are for; everything else that is no success is a failure.
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

/// A location without the secrets of its query, and without its fragment, where tokens are, unless that tells an error.
fn without_secrets(location: &str) -> String {
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

fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if is_secret(name) && !text.is_empty() => REDACTED.clone_into(text),
                    field => redact(field),
                }
            }
        }
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

fn unprintable(error: &serde_json::Error) -> Failure {
    Failure::new(Exit::Refused, format!("the reply cannot be printed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_shown_without_its_secrets() {
        let shown = without_secrets("https://app.example.com/cb?code=planted&flow=1#access_token=planted");
        assert!(!shown.contains("planted"), "{shown}");
        assert!(shown.contains("flow=1"), "{shown}");
        let error = "https://app.example.com/#error=access_denied&error_code=otp_expired";
        assert_eq!(without_secrets(error), error);
    }
}
