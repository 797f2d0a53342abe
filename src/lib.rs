//! A client for GoTrue (Supabase Auth), the server that signs people up and in and issues their tokens.
//!
//! ```
//! use gotrue::{Client, MemoryStore, Password, SignOutScope, SignUp, SignUpOutcome, UserUpdate};
//! use serde_json::json;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! # let server = gotrue_fake::FakeServer::start().await;
//! # let url = server.url();
//! let client = Client::new(url, "anon-key")?; // such as https://project.supabase.co/auth/v1
//!
//! let ada = SignUp::email("ada@example.com", "correct-horse-7").data(json!({ "favorite_language": "rust" }));
//! match client.sign_up(ada).await? {
//!     SignUpOutcome::Session(session) => println!("signed up and in: {}", session.user().id),
//!     SignUpOutcome::ConfirmationRequired(user) => println!("look at your mail, {:?}", user.email),
//! }
//!
//! // A service acts for whoever sends a token:
//! let session = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
//! let user = client.user(session.access_token());
//! user.update(UserUpdate::new().data(json!({ "favorite_language": "elixir" }))).await?;
//! let claims = client.jwt_verifier().audience("authenticated").verify(session.access_token()).await?;
//! assert_eq!(claims.sub, session.user().id);
//!
//! // An application keeps one user signed in, and forgets about tokens:
//! let auth = client.session_manager(MemoryStore::new()).await?;
//! auth.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
//! let user = auth.user().get().await?;
//! assert_eq!(user.user_metadata.unwrap()["favorite_language"], "elixir");
//! auth.sign_out(SignOutScope::Local).await?;
//! # Ok::<(), gotrue::Error>(()) }).unwrap();
//! ```
//!
//! # From task to method
//!
//! | to | see |
//! |---|---|
//! | sign up | [`Client::sign_up`], [`SignUp`] |
//! | sign in | [`Client::sign_in`] with [`Password`], [`AuthorizationCode`], [`RefreshToken`], [`IdToken`], [`PasskeyAssertion`], [`Web3`] or [`Anonymous`] |
//! | send and take codes and links | [`Client::send_otp`], [`Client::send_magic_link`], [`Client::recover`], [`Client::resend`], [`Client::verify`] |
//! | sign in with a provider or a company | [`Client::authorize`], [`Client::sso`] |
//! | read what comes back from a browser | [`Callback`], [`PkceFlows`], [`Client::sign_in_from_callback`]; feature `loopback`: `Loopback` |
//! | keep one user's session | [`SessionManager`], with a [`FileStore`], a [`MemoryStore`], `KeyringStore` (feature `keyring`), `RedisStores` (feature `redis`) or your own [`SessionStore`]; many of them fresh: [`Client::keep_fresh`] |
//! | act for a user | [`UserClient`]: profile, [`mfa`](UserClient::mfa), [`passkeys`](UserClient::passkeys), [`identities`](UserClient::identities), [`oauth`](UserClient::oauth) |
//! | verify an access token | [`Client::jwt_verifier`], [`Claims`]; in a service on axum: feature `axum` |
//! | act with the service key | [`AdminClient`]: [`users`](AdminClient::users), [`invite`](AdminClient::invite), [`generate_link`](AdminClient::generate_link), [`audit_log`](AdminClient::audit_log), providers, OAuth clients |
//! | be an OAuth client of this server | [`OAuthApp`], [`Client::register_oauth_client`] |
//! | look at the server | [`Client::settings`], [`Client::health`], [`Client::jwks`], [`Client::openid_configuration`] |
//! | do anything else | [`raw`], the client generated from the OpenAPI document |
//! | test an application | crate `gotrue-fake`: a fake server inside your tests |
//!
//! Every failure is an [`Error`], which knows whether to try again and whether the session is over. Tokens and passwords
//! are [`Secret`]s, which are never printed. Feature `schemars` derives a JSON schema of each model; feature
//! `trace-context` sends the trace context of OpenTelemetry.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod admin;
pub mod auth;
#[cfg(feature = "axum")]
pub mod axum;
mod client;
mod clock;
pub mod error;
mod input;
pub mod jwt;
#[cfg(feature = "loopback")]
pub mod loopback;
pub mod manager;
pub mod oauth;
mod operation;
pub mod raw;
mod redact;
mod secret;
mod session;
pub mod store;
#[cfg(feature = "tower")]
pub mod tower;
mod transport;
pub mod types;
pub mod user;

// The types of other crates in this one's interface.
#[cfg(feature = "keyring")]
pub use keyring;
#[cfg(feature = "redis")]
pub use redis;
#[cfg(feature = "schemars")]
pub use schemars;
pub use {chrono, futures_util, reqwest, serde_json, url, uuid};

pub use admin::AdminClient;
pub use auth::{
    Anonymous, AuthorizationCode, Callback, Grant, IdToken, PasskeyAssertion, Password, PkceFlows, PkceVerifier,
    Recover, RefreshToken, Resend, SendMagicLink, SendOtp, SignUp, SignUpOutcome, Sso, Verified, Verify, Web3,
};
pub use client::{Client, ClientBuilder};
pub use clock::{Clock, SystemClock};
pub use error::{ApiError, Error, Result};
pub use jwt::{Claims, JwtVerifier};
#[cfg(feature = "loopback")]
pub use loopback::Loopback;
pub use manager::{Event, SessionManager};
pub use oauth::OAuthApp;
pub use secret::Secret;
pub use session::Session;
#[cfg(feature = "keyring")]
pub use store::KeyringStore;
#[cfg(feature = "redis")]
pub use store::RedisStores;
pub use store::{FileStore, MemoryStore, SessionStore};
pub use types::{ErrorCode, Provider, SignOutScope, User};
pub use user::{UserClient, UserUpdate};

/// The code in the texts compiles.
#[cfg(doctest)]
mod texts {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../docs/testing.md")]
    struct Testing;
}
