//! HTTP clients that cannot be built.

use std::{error::Error as StdError, fmt, iter};

/// The HTTP client cannot be built from its settings.
#[derive(Debug)]
pub struct HttpClientError {
    source: reqwest::Error,
}

impl HttpClientError {
    pub(crate) fn new(source: reqwest::Error) -> Self {
        Self { source }
    }

    /// Returns whether the reason is that the system has no root certificates, as in a container from an empty image.
    #[must_use]
    pub fn is_missing_roots(&self) -> bool {
        // The verifier of the platform has no type for this.
        self.causes().any(|cause| cause.to_string().contains("No CA certificates"))
    }

    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        iter::successors(Some(&self.source as &(dyn StdError + 'static)), |error: &&(dyn StdError + 'static)| {
            (*error).source()
        })
    }
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the HTTP client cannot be built")?;
        if self.is_missing_roots() {
            return f.write_str(
                ": no root certificates were found; install those of the system (such as the package ca-certificates), \
                 or pass some with ClientBuilder::http_client",
            );
        }
        // reqwest's own message says only that the builder failed.
        self.causes().last().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl StdError for HttpClientError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}
