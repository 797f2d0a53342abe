#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod admin;
pub mod auth;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(browser)]
pub mod browser;
#[cfg(any(feature = "postgres", feature = "redis", feature = "web"))]
mod cipher;
mod client;
mod clock;
pub mod error;
#[cfg(feature = "hooks")]
pub mod hooks;
mod input;
pub mod jwt;
#[cfg(feature = "loopback")]
pub mod loopback;
pub mod manager;
mod nesting;
pub mod oauth;
mod operation;
mod optional;
mod platform;
pub mod raw;
mod redact;
mod secret;
mod session;
pub mod store;
mod timestamp;
#[cfg(feature = "tower")]
pub mod tower;
mod transport;
pub mod types;
pub mod user;
#[cfg(feature = "web")]
pub mod web;

// Crates whose types are part of the public API.
#[cfg(feature = "web")]
pub use cookie;
#[cfg(feature = "postgres")]
pub use deadpool_postgres;
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
    Recover, RefreshToken, Resend, SignInMessage, SignUp, SignUpOutcome, Sso, VerifyOtp, VerifyOtpOutcome, Web3,
};
pub use client::{Client, ClientBuilder};
pub use clock::{Clock, SystemClock};
pub use error::{ApiError, Error, Result};
pub use jwt::{Claims, JwtVerifier};
#[cfg(feature = "loopback")]
pub use loopback::Loopback;
pub use manager::{Event, SessionManager};
pub use oauth::OAuthApp;
pub use optional::SetOptional;
pub use platform::MaybeSend;
pub use secret::Secret;
pub use session::Session;
#[cfg(not(browser))]
pub use store::FileStore;
#[cfg(feature = "keyring")]
pub use store::KeyringStore;
#[cfg(feature = "postgres")]
pub use store::PostgresStores;
#[cfg(feature = "redis")]
pub use store::RedisStores;
#[cfg(browser)]
pub use store::WebStore;
pub use store::{MemoryStore, SessionStore};
pub use types::{ErrorCode, Provider, SignOutScope, User};
pub use user::{ProfileUpdate, UserClient};

/// Compiles the code in the guides.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../docs/row-level-security.md")]
    struct RowLevelSecurity;
    #[cfg(all(feature = "redis-cluster", feature = "redis-sentinel", feature = "rustls"))]
    #[doc = include_str!("../docs/stores.md")]
    struct Stores;
    #[doc = include_str!("../docs/testing.md")]
    struct Testing;

    #[cfg(all(feature = "axum", feature = "web"))]
    #[doc = include_str!("../docs/web.md")]
    struct Web;
}
