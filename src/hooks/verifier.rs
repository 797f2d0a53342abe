//! Verification of requests.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, header::CONTENT_LENGTH};
use serde_json::Value;

use super::{
    AnyHook, Hook, HookError, HookSecrets, Payload,
    signature::{Signed, has_signature},
};
use crate::{
    clock::{Clock, SystemClock},
    nesting,
};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Verifies that a request comes from the auth server, and parses it.
///
/// ```
/// use gotrue::hooks::{AnyHook, HookError, HookVerifier};
///
/// fn receive(verifier: &HookVerifier, headers: &http::HeaderMap, body: &[u8]) -> Result<(), HookError> {
///     match verifier.verify(headers, body)? {
///         AnyHook::AfterUserCreated(hook) => println!("new user: {}", hook.user.id),
///         other => println!("{other:?}"),
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct HookVerifier {
    secrets: HookSecrets,
    tolerance: Duration,
    body_limit: usize,
    clock: Arc<dyn Clock>,
}

impl HookVerifier {
    /// Creates a verifier with the secrets of the hook. To serve several hooks with different secrets at one URL, join
    /// their secrets.
    #[must_use]
    pub fn new(secrets: HookSecrets) -> Self {
        Self { secrets, tolerance: Duration::from_secs(300), body_limit: 2 << 20, clock: Arc::new(SystemClock) }
    }

    /// Sets how much the time of a request may differ from the time of this machine, so that recorded requests cannot be
    /// repeated later. Default: 5 minutes.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the longest body that a [`HookService`](super::HookService) or the extractor reads, in bytes. Default: 2 MiB.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets the clock. Default: [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Verifies a request and parses it as the hook that it names.
    ///
    /// The body must be as received, byte for byte. A value in free-form JSON that is more than 100 levels deep is
    /// replaced by its JSON text.
    ///
    /// # Errors
    /// [`HookError`], except for `OtherHook`, `TooLarge` and `Receive`.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<AnyHook, HookError> {
        AnyHook::parse(self.verified_json(headers, body)?)
    }

    /// Verifies a request and parses it as this hook.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and [`HookError::OtherHook`].
    pub fn verify_as<T: Payload>(&self, headers: &HeaderMap, body: &[u8]) -> Result<Hook<T>, HookError> {
        Hook::parse(self.verified_json(headers, body)?)
    }

    /// Returns the body of a request with a valid signature.
    pub(super) fn verified_json(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, HookError> {
        let SignatureHeaders { id, timestamp, signatures } = SignatureHeaders::of(headers)?;
        if !Signed::new(id, timestamp, body).is_valid(&signatures, self.secrets.keys()) {
            return Err(HookError::Signature);
        }
        self.check_time(timestamp)?;
        serde_json::from_slice(&nesting::bounded(body)).map_err(|error| HookError::payload("", &error))
    }

    /// Checks what can be checked before the body is received: its declared length, and the headers of the signature.
    pub(super) fn check_headers(&self, headers: &HeaderMap) -> Result<(), HookError> {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > self.body_limit) {
            return Err(HookError::TooLarge { limit: self.body_limit });
        }
        let SignatureHeaders { timestamp, signatures, .. } = SignatureHeaders::of(headers)?;
        if !has_signature(&signatures) {
            return Err(HookError::Signature);
        }
        self.check_time(timestamp)
    }

    fn check_time(&self, timestamp: &str) -> Result<(), HookError> {
        let time: i64 = timestamp.parse().map_err(|_| HookError::Header { header: TIMESTAMP })?;
        let seconds = time.saturating_sub(self.clock.now().timestamp());
        if seconds.unsigned_abs() > self.tolerance.as_secs() { Err(HookError::Time { seconds }) } else { Ok(()) }
    }

    pub(super) fn limit(&self) -> usize {
        self.body_limit
    }
}

/// The headers of a signature.
struct SignatureHeaders<'a> {
    id: &'a str,
    timestamp: &'a str,
    signatures: String,
}

impl<'a> SignatureHeaders<'a> {
    /// Returns the headers of a request. None of them is empty.
    fn of(headers: &'a HeaderMap) -> Result<Self, HookError> {
        let (id, timestamp) = (single(headers, ID)?, single(headers, TIMESTAMP)?);
        let signatures: Vec<&str> =
            headers.get_all(SIGNATURE).iter().filter_map(|signature| signature.to_str().ok()).collect();
        if signatures.iter().all(|signature| signature.is_empty()) {
            return Err(HookError::Header { header: SIGNATURE });
        }
        Ok(Self { id, timestamp, signatures: signatures.join(",") })
    }
}

/// Returns the value of a header that occurs once.
fn single<'a>(headers: &'a HeaderMap, header: &'static str) -> Result<&'a str, HookError> {
    let mut values = headers.get_all(header).iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(value), None) if !value.is_empty() => Ok(value),
        _ => Err(HookError::Header { header }),
    }
}
