//! The server that a scenario runs on: the fake server or a real one.

use std::{env, fmt, process, time::Duration};

use gotrue::{AdminClient, Client, Provider, Secret, Session, SignUp, SignUpOutcome, chrono::Utc, url::Url};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;
use support::mail::Message;

use crate::{browser, live::Live};

pub const PASSWORD: &str = "correct-horse-7";

/// The site URL of the application, as the servers know it.
pub const SITE: &str = "http://localhost:3000";

/// The configuration of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Confirms new users at once; signs tokens with ES256; refresh tokens of version 1.
    Autoconfirm,
    /// Requires confirmation of addresses; signs tokens with a shared secret; refresh tokens of version 2.
    Confirm,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Autoconfirm => "autoconfirm",
            Self::Confirm => "confirm",
        })
    }
}

/// The server.
enum Server {
    Fake(FakeServer, ManualClock),
    Live(Live),
}

pub struct World {
    pub kind: Kind,
    pub client: Client,
    service_key: Secret,
    server: Server,
    /// Part of all addresses, so that runs do not interfere.
    run: String,
}

impl World {
    pub async fn fake(kind: Kind) -> Self {
        let confirm = kind == Kind::Confirm;
        let clock = ManualClock::at(Utc::now());
        let builder = FakeServer::builder().confirm_addresses(confirm).hs256(confirm).clock(clock.clone());
        let builder = builder.refresh_token_version(if confirm { 2 } else { 1 });
        // Real servers have this provider disabled.
        let server = builder.without_provider(Provider::Kakao).start().await;
        let (client, service_key) = (server.client().unwrap(), server.service_key());
        Self { kind, client, service_key, server: Server::Fake(server, clock), run: "fake".to_owned() }
    }

    pub fn live(kind: Kind, live: &Live) -> Self {
        let now = Utc::now().timestamp_micros();
        let run = format!("{now}-{}", process::id());
        let client = Client::new(live.url(kind), env::var("GOTRUE_API_KEY").unwrap_or_else(|_| "anon-key".to_owned()));
        let (client, service_key) = (client.unwrap(), live.service_key());
        Self { kind, client, service_key, server: Server::Live(live.clone()), run }
    }

    /// A client whose clock the test advances, which is also that of the fake server. A real server has the time of this
    /// machine, which the client notices with the next response.
    pub fn client_with_clock(&self) -> (Client, ManualClock) {
        let clock = match &self.server {
            Server::Fake(_, clock) => clock.clone(),
            Server::Live(_) => ManualClock::at(Utc::now()),
        };
        let builder = Client::builder().base_url(self.client.base_url().as_str()).clock(clock.clone());
        let api_key = env::var("GOTRUE_API_KEY").unwrap_or_else(|_| "anon-key".to_owned());
        (builder.api_key(api_key).build().unwrap(), clock)
    }

    /// Advances the clock of such a client.
    pub async fn advance(&self, clock: &ManualClock, duration: Duration) {
        clock.advance(duration);
        if let Server::Live(_) = &self.server {
            // The next response tells the time again, unless it is of the same second as the last one.
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
    }

    pub fn is_fake(&self) -> bool {
        matches!(self.server, Server::Fake(..))
    }

    pub fn confirms(&self) -> bool {
        self.kind == Kind::Confirm
    }

    pub fn admin(&self) -> AdminClient {
        self.client.admin(self.service_key.clone())
    }

    pub fn service_key(&self) -> Secret {
        self.service_key.clone()
    }

    /// A new email address.
    pub fn email(&self, name: &str) -> String {
        format!("{name}-{}@example.com", self.run)
    }

    /// A text that is part of all addresses of this world only.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// An unused phone number that receives no messages.
    pub fn phone() -> String {
        format!("1888{:07}", entropy() % 10_000_000)
    }

    /// Signs up a new user with an address and [`PASSWORD`].
    pub async fn new_user(&self, name: &str) -> (String, Session) {
        let email = self.email(name);
        match self.client.sign_up(SignUp::email(&email, PASSWORD)).await.unwrap() {
            SignUpOutcome::Session(session) => (email, session),
            SignUpOutcome::ConfirmationRequired(_) => {
                let verify = self.message(&email, 1).await.verify();
                let session = self.client.verify_otp(verify).await.unwrap().session().unwrap();
                (email, session)
            }
        }
    }

    /// Waits for the message with a number, counted from one, to an address.
    pub async fn message(&self, to: &str, number: usize) -> Message {
        match &self.server {
            Server::Live(live) => live.mail.message(to, number).await,
            Server::Fake(server, _) => {
                let message = server.messages_to(to).swap_remove(number - 1);
                let link = message.link.map(|link| Url::parse(link.expose()).unwrap());
                Message { link, code: Some(message.code) }
            }
        }
    }

    /// The last code that was sent to a number. Real servers have a fixed one for each.
    pub fn sms_code(&self, phone: &str) -> Secret {
        match &self.server {
            Server::Fake(server, _) => server.last_message_to(phone).unwrap().code,
            Server::Live(_) => match phone {
                "15550000001" => "123456".into(),
                "15550000002" => "654321".into(),
                _ => panic!("{phone} gets no messages"),
            },
        }
    }

    /// Lets time pass: at once on the fake server, in real time on real servers.
    pub async fn wait(&self, duration: Duration) {
        match &self.server {
            Server::Fake(_, clock) => clock.advance(duration),
            Server::Live(_) => tokio::time::sleep(duration).await,
        }
    }

    /// The shared secret of the server.
    pub fn hs256_secret(&self) -> Secret {
        match &self.server {
            Server::Fake(server, _) => server.hs256_secret(),
            Server::Live(live) => live.jwt_secret.clone(),
        }
    }

    /// An ID token of the provider that the servers know as `keycloak`, for its only user.
    pub async fn id_token(&self, hashed_nonce: Option<&str>) -> Secret {
        match &self.server {
            Server::Fake(server, _) => {
                let claims = hashed_nonce.map_or(json!({}), |nonce| json!({ "nonce": nonce }));
                server.id_token(Provider::Keycloak, &claims).unwrap()
            }
            Server::Live(live) => live.id_token(hashed_nonce).await,
        }
    }

    /// Opens a URL like a browser, up to the application.
    pub async fn browse(&self, url: &Url) -> Url {
        browser::browse(url, self.client.base_url().as_str()).await
    }
}

/// Whether the refresh token of a session has version 2. Tokens of version 1 have 12 characters.
pub fn has_version_2(session: &Session) -> bool {
    session.refresh_token().expose().len() > 12
}

/// The current code of an authenticator.
pub fn totp(secret: &Secret) -> Secret {
    let secret = totp_rs::Secret::try_from_base32(secret.expose()).unwrap();
    let now = Utc::now().timestamp().try_into().unwrap();
    totp_rs::Builder::new().with_secret(secret).build_noncompliant().generate(now).to_string().into()
}

/// A random number.
pub fn entropy() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(Utc::now().timestamp_micros())
}
