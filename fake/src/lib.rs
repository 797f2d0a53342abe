//! A fake GoTrue (Supabase Auth) server for the tests of your application.
//!
//! It starts in about a millisecond, listens on loopback, and behaves as the real server does: users, passwords, codes
//! and links with a mailbox that the test can read, sessions with refresh token rotation, sign-in with providers by
//! PKCE and by ID token, with wallets and with passkeys, identities, second factors, an OAuth server, and the admin
//! API: users, links, custom and SAML providers, OAuth clients, the audit log. SAML responses are not implemented.
//!
//! It is deterministic: ids, refresh tokens, codes and keys are the same for the same seed. Access tokens are signed
//! with ES256; only their signatures differ from run to run. The server publishes its keys as the real one does. Two
//! servers in a process have different seeds by default, so that each rejects the tokens of the other.
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

mod api_keys;
mod builder;
mod captcha;
mod clock;
mod code_challenge;
mod contact;
mod control;
mod env_file;
mod fault;
mod gateway;
mod go_duration;
mod groups;
mod handlers;
mod hooks;
mod keys;
mod lookup;
mod mailbox;
mod model;
mod paging;
mod path_pattern;
mod random;
mod received;
mod redirect_url;
mod refresh_token;
mod router;
mod server;
mod settings;
mod state;
mod totp;
mod url_pattern;
mod webauthn;
mod wire;

pub use builder::FakeServerBuilder;
pub use clock::ManualClock;
pub use fault::Fault;
pub use mailbox::Message;
pub use received::ReceivedRequest;
pub use server::FakeServer;
pub use settings::variables::SettingError;

/// Compiles the code in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
