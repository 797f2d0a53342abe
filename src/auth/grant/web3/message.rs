//! The fields that both kinds of messages have in common.

use chrono::{DateTime, SecondsFormat, Utc};
use url::Url;

use crate::error::{Error, Result};

/// The fields of a message. The domain is derived from the URI, since the server requires them to match.
#[derive(Clone, Debug)]
pub(super) struct MessageFields {
    pub(super) address: String,
    pub(super) uri: String,
    pub(super) issued_at: DateTime<Utc>,
    pub(super) statement: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) not_before: Option<DateTime<Utc>>,
    pub(super) request_id: Option<String>,
    pub(super) resources: Vec<String>,
}

impl MessageFields {
    pub(super) fn new(address: String, uri: String, issued_at: DateTime<Utc>) -> Self {
        Self {
            address,
            uri,
            issued_at,
            statement: None,
            nonce: None,
            expires_at: None,
            not_before: None,
            request_id: None,
            resources: Vec::new(),
        }
    }

    /// Rejects what the server would reject, except for addresses, which differ by chain.
    pub(super) fn check(&self) -> Result<()> {
        let texts = [("statement", &self.statement), ("nonce", &self.nonce), ("request id", &self.request_id)];
        for (what, text) in texts {
            text.as_deref().map_or(Ok(()), |text| one_line(what, text))?;
        }
        for resource in &self.resources {
            uri("resource", resource)?;
        }
        self.check_times()?;
        self.check_uri()
    }

    fn check_times(&self) -> Result<()> {
        match self.expires_at {
            Some(end) if end < self.issued_at => Err(Error::invalid("message", "must not expire before it is issued")),
            Some(end) if self.not_before.is_some_and(|start| end < start) => {
                Err(Error::invalid("message", "must not expire before it becomes valid"))
            }
            _ => Ok(()),
        }
    }

    fn check_uri(&self) -> Result<()> {
        let url = uri("URI", &self.uri)?;
        if url.scheme() != "https" && url.host_str() != Some("localhost") {
            return Err(Error::invalid("URI", "must be https, or on localhost"));
        }
        if is_domain(self.domain()) {
            Ok(())
        } else {
            Err(Error::invalid("URI", "must have a domain that the server accepts"))
        }
    }

    /// Returns the host and port of the URI, as written.
    pub(super) fn domain(&self) -> &str {
        let after_scheme = self.uri.split_once("://").map_or("", |(_, rest)| rest);
        after_scheme.split(['/', '?', '#']).next().unwrap_or_default()
    }

    /// Returns a line of the message, if the field is set.
    pub(super) fn line(name: &str, value: Option<&str>) -> Option<String> {
        value.map(|value| format!("{name}: {value}"))
    }

    pub(super) fn time_line(name: &str, time: Option<DateTime<Utc>>) -> Option<String> {
        time.map(|time| format!("{name}: {}", time.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
    }

    pub(super) fn resource_lines(&self) -> impl Iterator<Item = String> {
        let head = (!self.resources.is_empty()).then(|| "Resources:".to_owned());
        head.into_iter().chain(self.resources.iter().map(|resource| format!("- {resource}")))
    }
}

fn one_line(what: &'static str, text: &str) -> Result<()> {
    match text {
        text if text.trim().is_empty() => Err(Error::invalid(what, "must not be empty")),
        text if text.contains(char::is_control) => Err(Error::invalid(what, "must be a single line")),
        _ => Ok(()),
    }
}

fn uri(what: &'static str, text: &str) -> Result<Url> {
    let invalid = |why: &str| Error::invalid(what, format!("is invalid: {why}"));
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("it contains spaces or non-ASCII characters"));
    }
    Url::parse(text).map_err(|error| invalid(&error.to_string()))
}

/// Accepts `localhost` or a name of at least two labels, with an optional port. The server rejects IP addresses.
fn is_domain(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let is_port = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let labels: Vec<&str> = host.split('.').collect();
    let is_top = |label: &str| label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_name =
        labels.len() >= 2 && labels.iter().all(|label| is_label(label)) && labels.last().is_some_and(|l| is_top(l));
    is_port && (host == "localhost" || is_name)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_domains_that_the_server_accepts() {
        for good in ["localhost", "localhost:3000", "example.com", "a-b.Example.co:443", "x1.io"] {
            assert!(is_domain(good), "{good}");
        }
        for bad in
            ["", "example", "127.0.0.1", "[::1]", "example.com:", "example.com:123456", "-a.com", "a.c", "a..com"]
        {
            assert!(!is_domain(bad), "{bad}");
        }
    }
}
