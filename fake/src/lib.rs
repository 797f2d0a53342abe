//! A GoTrue in the process, for tests of your own application.
//!
//! It starts in a millisecond, listens on loopback, and behaves as the real server does: users, passwords, codes and
//! links with a mailbox that the test can read, sessions with refresh token rotation, sign-in with providers by PKCE and
//! by ID tokens, with wallets and passkeys, identities, second factors, an OAuth server, and what an administrator does:
//! users, links, providers, companies, OAuth clients, the audit log. What a company answers to its people (SAML) is not
//! played, nor are the password hashes of Firebase.
//!
//! It is deterministic: ids, refresh tokens and codes are the same in each run. Access tokens are signed by ES256, with
//! keys that the server publishes as a real one does; a signature is another each time.
//!
//! ```
//! use gotrue::{Password, SignUp};
//! use gotrue_fake::FakeServer;
//!
//! # async fn f() -> Result<(), gotrue::Error> {
//! let server = FakeServer::start().await;
//! let client = server.client()?;
//! client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?;
//! let session = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
//! assert_eq!(session.user().email.as_deref(), Some("ada@example.com"));
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
//! ```

mod account;
mod admin_factors;
mod admin_link;
mod admin_list;
mod admin_users;
mod audit;
mod authenticator_data;
mod authenticator_name;
mod ban;
mod clock;
mod contact;
mod custom_provider;
mod external;
mod factor;
mod fault;
mod flow;
mod id_token;
mod identity;
mod key;
mod mailbox;
mod message;
mod model;
mod oauth;
mod paging;
mod passkey;
mod password;
mod provider;
mod rate_limit;
mod received;
mod relying_party;
mod router;
mod scim;
mod session;
mod sign_up;
mod sso;
mod state;
mod token;
mod user;
mod verify;
mod web3;
mod wire;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::Duration;

pub use clock::ManualClock;
pub use fault::Fault;
pub use mailbox::Message;
pub use received::ReceivedRequest;

use crate::model::Provider;
use gotrue::Result;
use gotrue::Secret;
use gotrue::{Client, ClientBuilder};
use gotrue::{Clock, SystemClock};
use relying_party::RelyingParty;
use state::State;
use wire::{Listener, Server};

/// How the server is set up.
#[derive(Clone, Debug)]
struct Setup {
    confirm_addresses: bool,
    token_lifetime: Duration,
    reuse_interval: Duration,
    message_interval: Duration,
    hs256: bool,
    disabled_providers: Vec<Provider>,
    rate_limit: Option<usize>,
    relying_party: RelyingParty,
}

/// Sets up a [`FakeServer`].
///
/// ```
/// # async fn f() {
/// use gotrue_fake::{FakeServer, ManualClock};
///
/// let clock = ManualClock::new();
/// let server = FakeServer::builder().confirm_addresses(true).clock(clock.clone()).start().await;
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "call start"]
pub struct FakeServerBuilder {
    setup: Setup,
    clock: Arc<dyn Clock>,
}

impl FakeServerBuilder {
    /// Whether new users have to confirm their address first. Default: no.
    pub fn confirm_addresses(mut self, confirm: bool) -> Self {
        self.setup.confirm_addresses = confirm;
        self
    }

    /// How long an access token is good for. Default: one hour.
    pub fn token_lifetime(mut self, lifetime: std::time::Duration) -> Self {
        self.setup.token_lifetime = clock::duration(lifetime);
        self
    }

    /// How long a spent refresh token is let pass again. Default: ten seconds.
    pub fn reuse_interval(mut self, interval: std::time::Duration) -> Self {
        self.setup.reuse_interval = clock::duration(interval);
        self
    }

    /// How long a user has to wait for the next message. Default: not at all; a real server's is a minute.
    pub fn message_interval(mut self, interval: std::time::Duration) -> Self {
        self.setup.message_interval = clock::duration(interval);
        self
    }

    /// Whether access tokens are signed with a shared secret, as servers of the old kind do. Then the server publishes no
    /// keys. Default: no.
    pub fn hs256(mut self, hs256: bool) -> Self {
        self.setup.hs256 = hs256;
        self
    }

    /// How many calls of an operation pass within five minutes; what comes after is refused with
    /// `over_request_rate_limit`. It is for the operations that the real server limits, such as sign-ups, tokens and
    /// codes, and for each by itself. Default: all pass.
    pub fn rate_limit(mut self, calls: usize) -> Self {
        self.setup.rate_limit = Some(calls);
        self
    }

    /// Switches a provider off. Default: all that the real server knows are on.
    pub fn without_provider(mut self, provider: impl Into<Provider>) -> Self {
        self.setup.disabled_providers.push(provider.into());
        self
    }

    /// The site that passkeys and WebAuthn factors are for: its id, which is a domain, and its origin. Default:
    /// `localhost` and `http://localhost:3000`.
    pub fn relying_party(mut self, id: impl Into<String>, origin: impl Into<String>) -> Self {
        self.setup.relying_party = RelyingParty { id: id.into(), origin: origin.into() };
        self
    }

    /// The clock of the server, such as a [`ManualClock`]. Default: that of this machine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the server on a free port of loopback.
    ///
    /// # Panics
    /// When loopback cannot be listened on: there is no test without it.
    #[expect(clippy::expect_used, reason = "a test cannot go on without a server")]
    pub async fn start(self) -> FakeServer {
        let listener = Listener::bind().expect("127.0.0.1 has a free port");
        let url = listener.url();
        let state = Arc::new(Mutex::new(State::new(self.setup, self.clock, url.clone())));
        let shared = state.clone();
        let http = listener.serve(move |request| router::answer(&mut lock(&shared), request)).await;
        FakeServer { url, _http: http.expect("a thread can be started"), state }
    }
}

/// A GoTrue in the process. It stops when it is dropped.
pub struct FakeServer {
    url: String,
    _http: Server,
    state: Arc<Mutex<State>>,
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is people's passwords, codes and tokens.
        f.debug_struct("FakeServer").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl FakeServer {
    /// Starts a server that confirms new users by itself.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A server with more to choose.
    pub fn builder() -> FakeServerBuilder {
        let setup = Setup {
            confirm_addresses: false,
            token_lifetime: Duration::hours(1),
            reuse_interval: Duration::seconds(10),
            message_interval: Duration::zero(),
            hs256: false,
            disabled_providers: Vec::new(),
            rate_limit: None,
            relying_party: RelyingParty { id: "localhost".to_owned(), origin: provider::SITE_URL.to_owned() },
        };
        FakeServerBuilder { setup, clock: Arc::new(SystemClock) }
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// A client for this server.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`]; not for this URL and key.
    pub fn client(&self) -> Result<Client> {
        self.client_builder().build()
    }

    /// The beginnings of a client for this server.
    pub fn client_builder(&self) -> ClientBuilder {
        ClientBuilder::new().base_url(self.url()).api_key(self.api_key())
    }

    /// The key that names the project to a gateway. This server does not read it, just as the real one.
    #[must_use]
    pub fn api_key(&self) -> Secret {
        Secret::from("anon-key")
    }

    /// The service key, for [`Client::admin`].
    #[must_use]
    pub fn service_key(&self) -> Secret {
        self.state().service_key()
    }

    /// The secret with which a server of the old kind signs ([`FakeServerBuilder::hs256`]).
    #[must_use]
    pub fn hs256_secret(&self) -> Secret {
        Secret::from(key::SHARED_SECRET)
    }

    /// Signs with a new key from now on. What older keys have signed stays good, and they stay published, until they
    /// are [retired](Self::retire_keys).
    pub fn rotate_keys(&self) {
        self.state().keys.rotate();
    }

    /// Forgets all keys but the newest, and with them all that they have signed, be it a [service
    /// key](Self::service_key).
    pub fn retire_keys(&self) {
        self.state().keys.retire();
    }

    /// The messages that were sent to an address or number, oldest first.
    #[must_use]
    pub fn messages_to(&self, address: &str) -> Vec<Message> {
        self.state().mailbox.iter().filter(|message| message.to == address).cloned().collect()
    }

    /// The last message that was sent to an address or number.
    #[must_use]
    pub fn last_message_to(&self, address: &str) -> Option<Message> {
        self.messages_to(address).pop()
    }

    /// The requests that came, oldest first, without their secrets.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().requests.clone()
    }

    /// How many requests came for an operation, by its id.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.state().requests.iter().filter(|request| request.operation == Some(operation)).count()
    }

    /// An ID token of a provider for [`IdToken`](gotrue::IdToken), as a native sign-in gets one. The claims are those of the
    /// one user of the provider, who is also who signs in by [`Client::authorize`], and those that are given. A nonce is
    /// among them as the provider gets it, which is as its SHA-256 in hexadecimal.
    ///
    /// `None` for a provider of whom the server takes no ID tokens, or that is switched off.
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
    pub fn id_token(&self, provider: impl Into<Provider>, claims: &serde_json::Value) -> Option<Secret> {
        self.state().id_token(&provider.into(), claims)
    }

    /// Makes the next call fail, or those that the fault is for. Faults of the same call come in the order in which they
    /// were asked for.
    ///
    /// A client with a [`ManualClock`] waits for that clock before it tries again: move it, or build the client with
    /// [`retries(0)`](ClientBuilder::retries).
    pub fn fail(&self, fault: Fault) {
        self.state().faults.add(fault);
    }

    /// Forgets the faults that are still to come.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// The code that an authenticator application shows now, by the clock of this server. `None` when the secret is none
    /// of this server's.
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
        lock(&self.state)
    }
}

/// A handler that failed half-way has not broken anything that a test could not see.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
