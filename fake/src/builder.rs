//! Setting up a server.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use gotrue::{Clock, Secret, SystemClock};

use crate::{
    clock::duration,
    gateway::{self, LOCAL_JWT_SECRET},
    model::Provider,
    router,
    server::{FakeServer, lock},
    settings::ServerSettings,
    state::State,
    webauthn::RelyingParty,
    wire::Listener,
};

/// The seed of the next server without one of its own.
static NEXT_SEED: AtomicU64 = AtomicU64::new(0);

/// Sets up a [`FakeServer`].
///
/// ```
/// # async fn f() {
/// use gotrue_fake::{FakeServer, ManualClock};
///
/// let clock = ManualClock::new();
/// let server = FakeServer::builder().confirm_addresses(true).clock(clock.clone()).start().await;
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(f());
/// ```
#[derive(Clone, Debug)]
#[must_use = "call start"]
pub struct FakeServerBuilder {
    settings: ServerSettings,
    clock: Arc<dyn Clock>,
    seed: Option<u64>,
    address: SocketAddr,
}

impl FakeServer {
    /// Starts a server with the default settings, which confirms new users at once.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Returns a builder for a server with other settings.
    pub fn builder() -> FakeServerBuilder {
        FakeServerBuilder {
            settings: ServerSettings::default(),
            clock: Arc::new(SystemClock),
            seed: None,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }
}

impl FakeServerBuilder {
    /// Sets whether new users must confirm their address. Defaults to no.
    pub fn confirm_addresses(mut self, confirm: bool) -> Self {
        self.settings.confirm_addresses = confirm;
        self
    }

    /// Sets the lifetime of access tokens. Defaults to one hour.
    pub fn token_lifetime(mut self, lifetime: std::time::Duration) -> Self {
        self.settings.token_lifetime = duration(lifetime);
        self
    }

    /// Sets the algorithm of refresh tokens (`GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION`): 0 and 1 issue random
    /// tokens, each of which the server stores; 2 issues signed tokens with a counter, of which it stores only the
    /// counter. Every version accepts refresh tokens of both kinds. Defaults to 0.
    ///
    /// # Panics
    /// If the version is greater than 2, which the real server rejects on startup.
    pub fn refresh_token_version(mut self, version: u8) -> Self {
        self.settings.set_refresh_token_version(version);
        self
    }

    /// Sets the percentage of sessions with random refresh tokens that get signed ones when they are refreshed
    /// (`GOTRUE_SECURITY_REFRESH_TOKEN_UPGRADE_PERCENTAGE`). Has an effect only with version 2. Defaults to 0.
    ///
    /// # Panics
    /// If the percentage is greater than 100.
    pub fn refresh_token_upgrade_percentage(mut self, percentage: u8) -> Self {
        assert!(percentage <= 100, "expected a percentage of at most 100");
        self.settings.refresh_token_upgrade_percentage = percentage;
        self
    }

    /// Sets whether reuse of a refresh token after the reuse interval revokes the session's tokens
    /// (`GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED`): all random tokens of the session, or the whole session of a
    /// signed token. If not, only the request fails. Defaults to yes.
    pub fn refresh_token_rotation(mut self, rotation: bool) -> Self {
        self.settings.rotate_refresh_tokens = rotation;
        self
    }

    /// Sets whether reuse of a signed refresh token is always accepted (`GOTRUE_SECURITY_REFRESH_TOKEN_ALLOW_REUSE`).
    /// Defaults to no.
    pub fn refresh_token_allow_reuse(mut self, allow: bool) -> Self {
        self.settings.allow_refresh_token_reuse = allow;
        self
    }

    /// Sets how long a used refresh token is still accepted (`GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL`). Defaults
    /// to ten seconds.
    pub fn reuse_interval(mut self, interval: std::time::Duration) -> Self {
        self.settings.reuse_interval = duration(interval);
        self
    }

    /// Sets the minimum time between two messages to a user. Defaults to none; the real server's default is one minute.
    pub fn message_interval(mut self, interval: std::time::Duration) -> Self {
        self.settings.message_interval = duration(interval);
        self
    }

    /// Sets whether access tokens are signed with a shared secret (HS256), as in older projects. Such a server
    /// publishes no keys. Defaults to no.
    pub fn hs256(mut self, hs256: bool) -> Self {
        self.settings.hs256 = hs256;
        self
    }

    /// Sets the shared secret (`GOTRUE_JWT_SECRET`) that signs access tokens with HS256.
    pub fn jwt_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.settings.hs256 = true;
        self.settings.jwt_secret = Some(secret.into());
        self
    }

    /// Plays the gateway of a local Supabase project too: the server is at `/auth/v1`, requests need an `apikey`, and
    /// browsers may send it. The keys are those that every local project has, and access tokens are signed with its
    /// [secret](Self::jwt_secret) unless another one is set.
    pub fn gateway(mut self) -> Self {
        self.settings.gateway = true;
        self.settings.hs256 = true;
        self.settings.jwt_secret.get_or_insert_with(|| LOCAL_JWT_SECRET.into());
        self
    }

    /// Sets the address to listen on, such as a fixed port of this machine. Defaults to a free port of 127.0.0.1. Do not
    /// listen beyond loopback except in a network that you trust: the server is not meant to be secure.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Allows browsers to send a header (CORS), in addition to those that the server allows by default
    /// (`GOTRUE_CORS_ALLOWED_HEADERS`). Note that `apikey`, which many clients send, is not among the defaults.
    pub fn cors_allowed_header(mut self, name: &str) -> Self {
        self.settings.cors_allowed_headers.push(name.to_ascii_lowercase());
        self
    }

    /// Sets how many calls of an operation are accepted within five minutes; further ones fail with
    /// `over_request_rate_limit`. The limit applies separately to each operation that the real server limits, such as
    /// sign-up, tokens and codes. Defaults to no limit.
    pub fn rate_limit(mut self, calls: usize) -> Self {
        self.settings.rate_limit = Some(calls);
        self
    }

    /// Sets the site URL (`GOTRUE_SITE_URL`), the target of redirects if no other URL is given or allowed. Defaults to
    /// `http://localhost:3000`.
    pub fn site_url(mut self, url: impl Into<String>) -> Self {
        self.settings.site_url = url.into();
        self
    }

    /// Allows redirects only to the site, to loopback addresses and to URLs that match one of these patterns
    /// (`GOTRUE_URI_ALLOW_LIST`). `*` and `?` match within a part between dots and slashes, `**` matches anything,
    /// `{a,b}` one of several texts. A redirect to any other URL leads to the site instead. By default, any URL is
    /// allowed.
    pub fn redirect_urls<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.settings.redirect_urls = Some(patterns.into_iter().map(Into::into).collect());
        self
    }

    /// Disables a provider. By default, all providers that the real server knows are enabled.
    pub fn without_provider(mut self, provider: impl Into<Provider>) -> Self {
        self.settings.disabled_providers.push(provider.into());
        self
    }

    /// Sets the relying party of passkeys and WebAuthn factors: its id, which is a domain, and its origin. Defaults to
    /// `localhost` and `http://localhost:3000`.
    pub fn relying_party(mut self, id: impl Into<String>, origin: impl Into<String>) -> Self {
        self.settings.relying_party = RelyingParty { id: id.into(), origin: origin.into() };
        self
    }

    /// Sets the clock of the server, such as a [`ManualClock`](crate::ManualClock). Defaults to the clock of this
    /// machine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the seed of ids, tokens, codes and keys. Servers with the same seed return the same responses to the same
    /// requests; a server with another seed rejects their tokens. Defaults to 0 for the first server of the process,
    /// and to the next number for each further one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    /// If it cannot listen on the address. See [`try_start`](Self::try_start).
    #[expect(clippy::expect_used, reason = "a test cannot go on without a server")]
    pub async fn start(self) -> FakeServer {
        self.try_start().await.expect("the address is free")
    }

    /// Starts the server, or fails if it cannot listen on the address.
    pub async fn try_start(self) -> io::Result<FakeServer> {
        let listener = Listener::bind(self.address)?;
        let url = if self.settings.gateway { listener.url() + gateway::PREFIX } else { listener.url() };
        let seed = self.seed.unwrap_or_else(|| NEXT_SEED.fetch_add(1, Ordering::Relaxed));
        let state = Arc::new(Mutex::new(State::new(self.settings, self.clock, url.clone(), seed)));
        let shared = state.clone();
        let http = listener.serve(move |request| router::answer(&mut lock(&shared), request)).await?;
        Ok(FakeServer::new(url, http, state))
    }
}
