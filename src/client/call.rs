//! What the wrapper makes of an answer.

use progenitor_client::ClientInfo;
use reqwest::header::HeaderMap;
use url::Url;

use crate::{
    clock::Moment,
    error::{Error, Result},
    raw::{self, ResponseValue},
};

/// One call of the wrapper through the raw client.
pub(crate) struct Call {
    pub(crate) raw: raw::Client,
    /// When the call was made, before anything was sent.
    pub(crate) started: Moment,
}

impl Call {
    /// A call that does no harm when it is sent twice, though its operation is not safe.
    pub(crate) fn repeatable(self) -> Self {
        let transport = self.raw.inner().clone().repeatable();
        Self {
            raw: raw::Client::new_with_client(self.raw.baseurl(), self.raw.client().clone(), transport),
            started: self.started,
        }
    }

    /// The answer, or the error with everything that was seen of it.
    pub(crate) async fn answer<T>(&self, result: Result<ResponseValue<T>, raw::Error<()>>) -> Result<T> {
        match result {
            Ok(value) => Ok(value.into_inner()),
            Err(error) => Err(Error::from_call(error, &self.raw.inner().response_meta()).await),
        }
    }

    /// The same, with the reply's headers: some say things there that the body does not.
    pub(crate) async fn answer_with_headers<T>(
        &self,
        result: Result<ResponseValue<T>, raw::Error<()>>,
    ) -> Result<(T, HeaderMap)> {
        let headers = result.as_ref().map(|value| value.headers().clone()).unwrap_or_default();
        Ok((self.answer(result).await?, headers))
    }

    /// A part of the answer without which the call has not done what it is for.
    pub(crate) fn required<T>(&self, what: &'static str, part: Option<T>) -> Result<T> {
        part.ok_or_else(|| Error::lacks(&self.raw.inner().response_meta(), what))
    }

    /// An address in the answer.
    pub(crate) fn url(&self, text: &str) -> Result<Url> {
        self.required("the address", Url::parse(text).ok())
    }
}
