//! A server that a scenario runs against: the fake, or a real one.

use std::{env, fmt, process, time::Duration};

use gotrue::{
    AdminClient, Client, Provider, Secret, Session, SignUp, SignUpOutcome, VerifyOtp, chrono::Utc, types::OtpType,
    url::Url,
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;

use crate::{browser, live::Live};

pub const PASSWORD: &str = "correct-horse-7";

/// The application of the people in the scenarios, as the servers know it.
pub const SITE: &str = "http://localhost:3000";

/// How a server is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// New users are signed in at once; tokens are signed with ES256.
    Autoconfirm,
    /// New users confirm their address first; tokens are signed with a shared secret.
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

/// Who plays the server.
enum Server {
    Fake(FakeServer, ManualClock),
    Live(Live),
}

pub struct World {
    pub kind: Kind,
    pub client: Client,
    service_key: Secret,
    server: Server,
    /// In all addresses, so that no two runs meet.
    run: String,
}

/// What a message brought.
#[derive(Debug)]
pub struct Letter {
    /// The link, to the server. A code of a reauthentication comes without.
    pub link: Option<Url>,
    /// The code. Real servers write it only where there is no link.
    pub code: Option<Secret>,
}

impl Letter {
    /// The hash in the link and what it is for.
    #[track_caller]
    pub fn verify(&self) -> VerifyOtp {
        let link = self.link.as_ref().expect("a link");
        let otp_type: OtpType = browser::parameter(link, "type").unwrap().parse().unwrap();
        VerifyOtp::token_hash(browser::parameter(link, "token").unwrap(), otp_type)
    }

    #[track_caller]
    pub fn link(&self) -> &Url {
        self.link.as_ref().expect("a link")
    }
}

impl World {
    pub async fn fake(kind: Kind) -> Self {
        let confirm = kind == Kind::Confirm;
        let clock = ManualClock::at(Utc::now());
        let builder = FakeServer::builder().confirm_addresses(confirm).hs256(confirm).clock(clock.clone());
        // Real servers have this one switched off.
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

    pub fn confirms(&self) -> bool {
        self.kind == Kind::Confirm
    }

    pub fn admin(&self) -> AdminClient {
        self.client.admin(self.service_key.clone())
    }

    pub fn service_key(&self) -> Secret {
        self.service_key.clone()
    }

    /// An address that nobody has had before.
    pub fn email(&self, name: &str) -> String {
        format!("{name}-{}@example.com", self.run)
    }

    /// A part of all addresses of this world, and of no other's.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// A number that nobody has, and that gets no messages.
    pub fn phone() -> String {
        format!("1888{:07}", entropy() % 10_000_000)
    }

    /// Somebody new with an address and [`PASSWORD`], who is signed in.
    pub async fn somebody(&self, name: &str) -> (String, Session) {
        let email = self.email(name);
        match self.client.sign_up(SignUp::email(&email, PASSWORD)).await.unwrap() {
            SignUpOutcome::Session(session) => (email, session),
            SignUpOutcome::ConfirmationRequired(_) => {
                let verify = self.letter(&email, 1).await.verify();
                let session = self.client.verify_otp(verify).await.unwrap().session().unwrap();
                (email, session)
            }
        }
    }

    /// The message to an address, counted from one, once it has come.
    pub async fn letter(&self, to: &str, number: usize) -> Letter {
        match &self.server {
            Server::Live(live) => live.mail.letter(to, number).await,
            Server::Fake(server, _) => {
                let message = server.messages_to(to).swap_remove(number - 1);
                let link = message.link.map(|link| Url::parse(link.expose()).unwrap());
                Letter { link, code: Some(message.code) }
            }
        }
    }

    /// The last code that went to a number. Real servers have a fixed one for each.
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

    /// Lets time pass: at once with the fake, and as it does with real servers.
    pub async fn wait(&self, duration: Duration) {
        match &self.server {
            Server::Fake(_, clock) => clock.advance(duration),
            Server::Live(_) => tokio::time::sleep(duration).await,
        }
    }

    /// The secret of a server that signs with one.
    pub fn hs256_secret(&self) -> Secret {
        match &self.server {
            Server::Fake(server, _) => server.hs256_secret(),
            Server::Live(live) => live.jwt_secret.clone(),
        }
    }

    /// An ID token of the provider whom the servers know as `keycloak`, for the one user there, with a nonce or without.
    pub async fn id_token(&self, hashed_nonce: Option<&str>) -> Secret {
        match &self.server {
            Server::Fake(server, _) => {
                let claims = hashed_nonce.map_or(json!({}), |nonce| json!({ "nonce": nonce }));
                server.id_token(Provider::Keycloak, &claims).unwrap()
            }
            Server::Live(live) => live.id_token(hashed_nonce).await,
        }
    }

    /// Opens a URL as a browser would, until it arrives at the application.
    pub async fn browse(&self, url: &Url) -> Url {
        browser::browse(url, self.client.base_url().as_str()).await
    }
}

/// The code that an authenticator shows now.
pub fn totp(secret: &Secret) -> Secret {
    let secret = totp_rs::Secret::try_from_base32(secret.expose()).unwrap();
    let now = Utc::now().timestamp().try_into().unwrap();
    totp_rs::Builder::new().with_secret(secret).build_noncompliant().generate(now).to_string().into()
}

/// A number that is another each time.
pub fn entropy() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(Utc::now().timestamp_micros())
}
