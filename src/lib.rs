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
//! - [`SessionManager`] keeps one user's session: refreshed when due, stored, told of by events, and lost to nobody.
//! - Other people's sign-in begins with [`Client::authorize`], a company's with [`Client::sso`]. [`Callback`] reads what
//!   comes back, and [`PkceFlows`] keeps the verifiers until then.
//! - [`UserClient::mfa`], [`UserClient::passkeys`], [`UserClient::identities`] and [`UserClient::oauth`] are what else a
//!   user may do.
//! - Users in bulk: [`Users::list`] by page, by cursor, or as a stream over all pages.
//! - [`OAuthApp`] is an application that signs people in through this server.
//! - [`Client::jwt_verifier`] verifies access tokens, mostly without a request.
//! - Every failure is an [`Error`], which knows whether to try again and whether the session is over.
//! - Tokens and passwords are [`Secret`]s, which are never printed.
//! - [`raw`] is the client generated from the OpenAPI document, for all that has no method here.
//! - Feature `loopback`: `gotrue::Loopback` awaits the browser, for desktop and command-line applications.
//! - Feature `schemars`: a JSON schema of each model.
//! - Feature `testing`: `gotrue::testing::FakeServer`, a GoTrue inside your tests.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod admin;
mod callback;
mod check;
mod client;
mod clock;
mod contact;
mod error;
mod flow;
mod grant;
mod jwt;
#[cfg(feature = "loopback")]
mod loopback;
mod message;
mod oauth_app;
mod pkce;
mod provider;
pub mod raw;
mod redact;
mod redirect_uri;
mod secret;
mod session;
mod sign_up;
mod skew;
mod sso;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;
mod types;
mod user;
mod webauthn;

// The types of other crates in this one's interface.
#[cfg(feature = "keyring")]
pub use keyring;
#[cfg(feature = "schemars")]
pub use schemars;
pub use {chrono, futures_util, reqwest, serde_json, url, uuid};

pub use admin::{
    AdminClient, AuditLog, CreateCustomProvider, CreateOAuthClient, CreateSsoProvider, CreateUser, CustomProviders,
    GenerateLink, GeneratedLink, Invite, ListSsoProviders, ListUsers, OAuth2Endpoints, OAuthClients, Page,
    SsoProviders, UpdateCustomProvider, UpdateOAuthClient, UpdateSsoProvider, UpdateUser, UserFactors, UserPasskeys,
    Users,
};
pub use callback::{Callback, CallbackError, CallbackSession};
pub use client::{Client, ClientBuilder};
pub use clock::{Clock, SystemClock};
pub use error::{ApiError, ConnectionError, Error, Result, TokenError, UnreadableReply};
pub use flow::{FlowKind, PkceFlow, PkceFlows, SavedFlow};
pub use grant::{
    Anonymous, AuthorizationCode, CallbackOutcome, EthereumMessage, Grant, IdToken, PasskeyAssertion, Password,
    RefreshToken, SolanaMessage, SolanaNetwork, Verified, Verify, Web3,
};
pub use jwt::{Audience, Authentication, Claims, JwtVerifier, VerifiedClaims};
#[cfg(feature = "loopback")]
pub use loopback::{Loopback, LoopbackBuilder};
pub use message::{Recover, Resend, SendMagicLink, SendOtp};
pub use oauth_app::{ClientAuthentication, OAuthApp, OAuthAuthorizeUrl, OAuthFlow, RegisterOAuthClient};
pub use pkce::PkceVerifier;
pub use provider::AuthorizeUrl;
pub use secret::Secret;
#[cfg(feature = "keyring")]
pub use session::KeyringStore;
pub use session::{
    AutoRefresh, Event, Events, FileStore, Lease, MemoryStore, Revision, Session, SessionManager, SessionStore,
    SignedOutReason, StoreError, StoreFuture, StoredSession,
};
pub use sign_up::{SignUp, SignUpOutcome};
pub use sso::{Sso, SsoUrl};
pub use types::*;
pub use user::{
    Assurance, EnrollPhone, EnrollTotp, FactorChallenge, Factors, Identities, LinkUrl, Mfa, OAuthConsents, Passkeys,
    TotpFactor, UserClient, UserUpdate, WebAuthnChallenge,
};
