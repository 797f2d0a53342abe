//! A client for GoTrue (Supabase Auth), the server that signs people up and in and issues their tokens.
//!
//! ```no_run
//! use gotrue::{Client, Password, SignUp, SignUpOutcome, UserUpdate};
//! use serde_json::json;
//!
//! # async fn story() -> Result<(), gotrue::Error> {
//! let client = Client::new("http://127.0.0.1:9999", "anon-key")?;
//!
//! let ada = SignUp::email("ada@example.com", "correct-horse-7").data(json!({ "favorite_language": "rust" }));
//! match client.sign_up(ada).await? {
//!     SignUpOutcome::Session(session) => println!("signed up and in: {}", session.user().id),
//!     SignUpOutcome::ConfirmationRequired(user) => println!("look at your mail, {:?}", user.email),
//! }
//!
//! let session = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
//! let user = client.user(session.access_token());
//! user.update(UserUpdate::new().data(json!({ "favorite_language": "elixir" }))).await?;
//!
//! let session = client.refresh(session.refresh_token()).await?;
//! client.user(session.access_token()).sign_out(gotrue::SignOutScope::Local).await?;
//! # Ok(()) }
//! ```
//!
//! - [`Client`] holds no user and is safe to share; [`UserClient`] acts for one user, [`AdminClient`] has the service
//!   key.
//! - A way to sign in is a value: [`Password`], [`AuthorizationCode`], [`RefreshToken`], [`IdToken`],
//!   [`PasskeyAssertion`], [`Web3`], [`Anonymous`], or [`Verify`] for codes.
//! - Other people's sign-in begins with [`Client::authorize`], a company's with [`Client::sso`].
//! - [`UserClient::mfa`], [`UserClient::passkeys`], [`UserClient::identities`] and [`UserClient::oauth`] are what else a
//!   user may do.
//! - [`OAuthApp`] is an application that signs people in through this server.
//! - Every failure is an [`Error`], which knows whether to try again and whether the session is over.
//! - Tokens and passwords are [`Secret`]s, which are never printed.
//! - [`raw`] is the client generated from the OpenAPI document, for all that has no method here.
//! - Feature `schemars`: a JSON schema of each model.
//! - Feature `testing`: `gotrue::testing::FakeServer`, a GoTrue inside your tests.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod admin;
mod check;
mod client;
mod clock;
mod contact;
mod error;
mod grant;
mod message;
mod oauth_app;
mod pkce;
mod provider;
pub mod raw;
mod redact;
mod secret;
mod session;
mod sign_up;
mod sso;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;
mod types;
mod user;
mod webauthn;

// The types of other crates in this one's interface.
#[cfg(feature = "schemars")]
pub use schemars;
pub use {chrono, reqwest, serde_json, url, uuid};

pub use admin::{AdminClient, Invite};
pub use client::{Client, ClientBuilder};
pub use clock::{Clock, SystemClock};
pub use error::{ApiError, ConnectionError, Error, Result, UnreadableReply};
pub use grant::{
    Anonymous, AuthorizationCode, EthereumMessage, Grant, IdToken, PasskeyAssertion, Password, RefreshToken,
    SolanaMessage, SolanaNetwork, Verified, Verify, Web3,
};
pub use message::{Recover, Resend, SendMagicLink, SendOtp};
pub use oauth_app::{ClientAuthentication, OAuthApp, OAuthAuthorizeUrl, OAuthFlow, RegisterOAuthClient};
pub use pkce::PkceVerifier;
pub use provider::AuthorizeUrl;
pub use secret::Secret;
pub use session::Session;
pub use sign_up::{SignUp, SignUpOutcome};
pub use sso::{Sso, SsoUrl};
pub use types::*;
pub use user::{
    Assurance, AssuranceLevel, EnrollPhone, EnrollTotp, FactorChallenge, Factors, Identities, LinkUrl, Mfa,
    OAuthConsents, Passkeys, TotpFactor, UserClient, UserUpdate, WebAuthnChallenge,
};
