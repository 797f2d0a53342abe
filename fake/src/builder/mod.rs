//! Setting up a server.

mod factors;
mod sign_in;
mod tokens;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use gotrue::{Clock, SystemClock};

use crate::{
    control::Control,
    env_file,
    gateway::{self, LOCAL_JWT_SECRET},
    router,
    server::{ControlServer, FakeServer},
    settings::{
        ServerSettings,
        variables::{SettingError, is_setting},
    },
    state::{State, setup::OwnSetup, shared::Shared},
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
    control: Option<SocketAddr>,
    beside: Option<Shared>,
}

impl FakeServer {
    /// Starts a server with the default settings, which confirms new users at once.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Returns a builder for a server with other settings. By default, everything is enabled, addresses are confirmed at
    /// once, and nothing is limited.
    pub fn builder() -> FakeServerBuilder {
        FakeServerBuilder {
            settings: ServerSettings::default(),
            clock: Arc::new(SystemClock),
            seed: None,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            control: None,
            beside: None,
        }
    }
}

impl FakeServerBuilder {
    /// Returns a builder with the settings of a real server that was started with these environment variables: those in
    /// the environment of this process. Other programs' variables are skipped.
    ///
    /// # Errors
    /// Names each `GOTRUE_*` variable that is unknown, or whose value is invalid or not implemented.
    pub fn from_env() -> Result<Self, SettingError> {
        Self::real().variables(environment().filter(|(name, _)| is_setting(name)))
    }

    /// Returns a builder with the settings of a real server that was started with the variables in a `.env` file. Other
    /// programs' variables are skipped.
    ///
    /// ```
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// use gotrue_fake::FakeServerBuilder;
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let file = directory.path().join("auth.env");
    /// std::fs::write(&file, "GOTRUE_DISABLE_SIGNUP=true\nGOTRUE_EXTERNAL_GITHUB_ENABLED=true\n")?;
    /// let server = FakeServerBuilder::from_env_file(&file)?.start().await;
    /// assert_eq!(server.client()?.settings().await?.disable_signup, Some(true));
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read, and as [`from_env`](Self::from_env).
    pub fn from_env_file(path: impl AsRef<Path>) -> Result<Self, SettingError> {
        let path = path.as_ref();
        let in_file = |why: &dyn std::fmt::Display| SettingError::new(format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| in_file(&error))?;
        let variables = env_file::parse(&text).map_err(|why| in_file(&why))?;
        Self::real().variables(variables.into_iter().filter(|(name, _)| is_setting(name)))
    }

    /// Returns a builder with the defaults of the real server: sign-up by email with confirmation, no providers, and
    /// little else.
    pub fn real() -> Self {
        Self { settings: ServerSettings::of_real_server(), ..FakeServer::builder() }
    }

    /// Sets what environment variables of the real server set, such as `GOTRUE_DISABLE_SIGNUP`.
    ///
    /// # Errors
    /// Names each variable that is unknown, or whose value is invalid or not implemented.
    pub fn variables<N: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, SettingError> {
        self.settings.set_all(variables.into_iter().map(|(name, value)| (name.into(), value.into())))?;
        Ok(self)
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

    /// Sets whether the [gateway](Self::gateway) refuses requests without an API key, as that of a hosted project does;
    /// that of a local project does not. Defaults to yes.
    pub fn gateway_needs_key(mut self, needed: bool) -> Self {
        self.settings.gateway_needs_key = needed;
        self
    }

    /// Sets the address to listen on, such as a fixed port of this machine. Defaults to a free port of 127.0.0.1. Do not
    /// listen beyond loopback except in a network that you trust: the server is not meant to be secure.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Adds a control side on an address of its own, over HTTP: a page with the messages and the codes of authenticator
    /// apps, the messages as the API of Mailpit lists them, and the clock, faults, a reset and snapshots. Anyone who
    /// reaches it controls the server. Defaults to none.
    pub fn control(mut self, address: impl Into<SocketAddr>) -> Self {
        self.control = Some(address.into());
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

    /// Starts the server on the users and sessions of another one, with its clock, messages and faults, as real servers
    /// may share a database. Settings and keys are its own.
    ///
    /// ```
    /// use gotrue::{Password, SignUp};
    /// use gotrue_fake::FakeServer;
    ///
    /// # async fn f() -> Result<(), gotrue::Error> {
    /// let open = FakeServer::start().await;
    /// let closed = FakeServer::builder().disable_signup(true).beside(&open).start().await;
    /// open.client()?.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?;
    /// closed.client()?.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
    /// ```
    pub fn beside(mut self, server: &FakeServer) -> Self {
        self.beside = Some(server.shared().clone());
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
        let control_listener = self.control.map(Listener::bind).transpose()?;
        let url = if self.settings.gateway { listener.url() + gateway::PREFIX } else { listener.url() };
        let base_url = self.settings.external_url.clone().unwrap_or_else(|| url.clone());
        let seed = self.seed.unwrap_or_else(|| NEXT_SEED.fetch_add(1, Ordering::Relaxed));
        let setup = OwnSetup::new(self.settings, base_url, seed);
        let state = match self.beside {
            Some(state) => state.join(setup),
            None => Shared::new(State::new(setup, self.clock, seed)),
        };
        let shared = state.clone();
        let http = listener
            .serve(move |request| {
                let state = shared.clone();
                Box::pin(async move { router::respond(&state, &request).await })
            })
            .await?;
        let control = match control_listener {
            Some(listener) => {
                let (url, control) = (listener.url(), Arc::new(Control::new(state.clone())));
                let handler = control.clone();
                let http = listener
                    .serve(move |request| {
                        let response = handler.answer(&request);
                        Box::pin(std::future::ready(response))
                    })
                    .await?;
                Some(ControlServer { url, control, _http: http })
            }
            None => None,
        };
        let server = FakeServer::new(url, http, state, control);
        server.keep_as_initial();
        Ok(server)
    }
}

/// The environment as text. Variables of other programs need not be UTF-8.
fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}
