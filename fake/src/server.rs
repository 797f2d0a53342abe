//! The public interface of the server.

use std::{
    fmt,
    sync::{Arc, MutexGuard},
};

use gotrue::{Client, ClientBuilder, Result, Secret};
use serde_json::Value;

use crate::{
    control::Control,
    fault::Fault,
    mailbox::Message,
    model::Provider,
    received::ReceivedRequest,
    state::{State, shared::Shared, snapshot::Snapshot},
    wire::{Server, parse_json},
};

/// A fake GoTrue server in this process, on loopback. Dropping it stops it.
///
/// It runs on its own thread, so that it responds even while a test blocks its runtime.
///
/// ```
/// use gotrue::{Password, SignUp};
/// use gotrue_fake::FakeServer;
///
/// # async fn f() -> Result<(), gotrue::Error> {
/// let server = FakeServer::start().await;
/// let client = server.client()?;
/// client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?;
/// let session = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
/// assert_eq!(session.user().email.as_deref(), Some("ada@example.com"));
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
/// ```
pub struct FakeServer {
    url: String,
    _http: Server,
    state: Shared,
    control: Option<ControlServer>,
}

/// The control side, on its own port.
pub(crate) struct ControlServer {
    pub(crate) url: String,
    pub(crate) control: Arc<Control>,
    pub(crate) _http: Server,
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The state holds passwords, codes and tokens.
        f.debug_struct("FakeServer").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl FakeServer {
    pub(crate) fn new(url: String, http: Server, state: Shared, control: Option<ControlServer>) -> Self {
        Self { url, _http: http, state, control }
    }

    /// Returns the base URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Returns the URL of the [control side](crate::FakeServerBuilder::control), if the server has one.
    #[must_use]
    pub fn control_url(&self) -> Option<&str> {
        self.control.as_ref().map(|control| control.url.as_str())
    }

    /// Returns the state, for another server on it.
    pub(crate) fn shared(&self) -> &Shared {
        &self.state
    }

    /// Returns everything that the server remembers as JSON: users, sessions, messages and so on, but neither its
    /// settings nor its keys. It contains secrets.
    #[must_use]
    pub fn snapshot(&self) -> String {
        serde_json::to_string(&self.state().snapshot()).unwrap_or_default()
    }

    /// Returns to a [snapshot](Self::snapshot), of this server or of one with the same keys: tokens stay valid only if
    /// the keys are the same, as with the same [seed](crate::FakeServerBuilder::seed) or the same secret.
    ///
    /// # Errors
    /// Says why the text is no snapshot. The server is unchanged then.
    pub fn restore(&self, snapshot: &str) -> std::result::Result<(), String> {
        let snapshot: Snapshot = parse_json(snapshot.as_bytes())?;
        self.state().restore(snapshot)
    }

    /// Makes the present state the one that a reset by the control side returns to. Without a call, it is the state
    /// after the start.
    pub fn keep_as_initial(&self) {
        if let Some(control) = &self.control {
            control.control.keep_as_initial();
        }
    }

    /// Returns how many requests the server received.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.state().received
    }

    /// Returns a client of this server.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`]; its URL and key are valid.
    pub fn client(&self) -> Result<Client> {
        self.client_builder().build()
    }

    /// Returns a builder for a client of this server.
    pub fn client_builder(&self) -> ClientBuilder {
        ClientBuilder::new().base_url(self.url()).api_key(self.api_key())
    }

    /// Returns the API key, which identifies the project to a gateway. Like the real server, this one ignores it, unless
    /// it plays the [gateway](crate::FakeServerBuilder::gateway) too.
    #[must_use]
    pub fn api_key(&self) -> Secret {
        let state = self.state();
        if state.settings.gateway { state.api_keys.anon.clone() } else { Secret::from("anon-key") }
    }

    /// Returns a service key, for [`Client::admin`].
    #[must_use]
    pub fn service_key(&self) -> Secret {
        let state = self.state();
        if state.settings.gateway { state.api_keys.service_role.clone() } else { state.service_key() }
    }

    /// Returns the newer kind of keys that the [gateway](crate::FakeServerBuilder::gateway) accepts: the publishable
    /// and the secret one.
    #[must_use]
    pub fn opaque_keys(&self) -> (Secret, Secret) {
        let state = self.state();
        (state.api_keys.publishable.clone(), state.api_keys.secret.clone())
    }

    /// Returns the shared secret that signs access tokens if `hs256` is set on the builder, or else an empty one.
    #[must_use]
    pub fn hs256_secret(&self) -> Secret {
        self.state().keys.shared_secret()
    }

    /// Signs with a new key from now on. Older keys stay published, and tokens that they signed stay valid, until they
    /// are [retired](Self::retire_keys).
    pub fn rotate_keys(&self) {
        self.state().keys.rotate();
    }

    /// Removes all keys but the newest. Everything that the others signed becomes invalid, including [service
    /// keys](Self::service_key).
    pub fn retire_keys(&self) {
        self.state().keys.retire();
    }

    /// Changes the algorithm of refresh tokens ([`FakeServerBuilder::refresh_token_version`]), as a deployment with
    /// another setting does. Sessions and their tokens stay valid.
    ///
    /// # Panics
    /// If the version is greater than 2.
    ///
    /// [`FakeServerBuilder::refresh_token_version`]: crate::FakeServerBuilder::refresh_token_version
    pub fn set_refresh_token_version(&self, version: u8) {
        self.state().settings.set_refresh_token_version(version);
    }

    /// Returns the messages that were sent to an email address or phone number, oldest first. The server keeps the last
    /// ten thousand to all addresses.
    #[must_use]
    pub fn messages_to(&self, address: &str) -> Vec<Message> {
        self.state().mailbox.iter().filter(|message| message.to == address).cloned().collect()
    }

    /// Returns the last message that was sent to an email address or phone number.
    #[must_use]
    pub fn last_message_to(&self, address: &str) -> Option<Message> {
        self.messages_to(address).pop()
    }

    /// Returns the last thousand requests that the server received, oldest first, without their secrets.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().requests.iter().cloned().collect()
    }

    /// Returns how many requests the server received for an operation, by its id in the document.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.state().counts.get(operation).copied().unwrap_or_default()
    }

    /// Returns an ID token of a provider for [`IdToken`](gotrue::IdToken), like one from a native sign-in.
    ///
    /// `claims` are added to those of the provider's one user, who is also the user that [`Client::authorize`] signs
    /// in. The claim `nonce` is the value that the provider receives: the SHA-256 of the nonce, in hexadecimal.
    ///
    /// `None` if the server does not accept ID tokens of the provider, or if the provider is disabled.
    ///
    /// ```
    /// use gotrue::{IdToken, Provider};
    /// use gotrue_fake::FakeServer;
    /// use serde_json::json;
    ///
    /// # async fn f() -> Result<(), gotrue::Error> {
    /// let server = FakeServer::start().await;
    /// let claims = json!({ "email": "ada@example.com", "sub": "ada" });
    /// let id_token = server.id_token(Provider::Google, &claims).unwrap();
    /// let session = server.client()?.sign_in(IdToken::new(Provider::Google, id_token)).await?;
    /// assert_eq!(session.user().email.as_deref(), Some("ada@example.com"));
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
    /// ```
    #[must_use]
    pub fn id_token(&self, provider: impl Into<Provider>, claims: &Value) -> Option<Secret> {
        self.state().id_token(&provider.into(), claims)
    }

    /// Injects a fault into the next call, or into the calls that the fault is limited to. Faults that match the same
    /// call occur in the order in which they were added.
    ///
    /// A client with a [`ManualClock`](crate::ManualClock) measures the delay before a retry on that clock: advance it,
    /// or build the client with [`retries(0)`](ClientBuilder::retries).
    pub fn fail(&self, fault: Fault) {
        self.state().faults.add(fault);
    }

    /// Removes the faults that have not occurred yet.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// Returns the code that an authenticator app shows now, by the clock of this server. `None` if the secret is
    /// malformed.
    ///
    /// ```
    /// use gotrue::{Password, SignUp, user::EnrollTotp};
    /// use gotrue_fake::FakeServer;
    ///
    /// # async fn f() -> Result<(), gotrue::Error> {
    /// let server = FakeServer::start().await;
    /// let client = server.client()?;
    /// let ada = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?.session();
    /// let mfa = client.user(ada.unwrap().access_token()).mfa();
    /// let factor = mfa.enroll_totp(EnrollTotp::new()).await?;
    /// let code = server.totp_code(&factor.secret).unwrap();
    /// let session = mfa.challenge_and_verify(factor.id, code).await?;
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
    /// ```
    #[must_use]
    pub fn totp_code(&self, secret: &Secret) -> Option<Secret> {
        self.state().totp_code(secret)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
