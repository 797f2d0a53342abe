//! Auth hooks: requests that the server sends to a service of yours before or after it creates a user, issues an access
//! token, sends a message, or checks a password or a factor.
//!
//! The requests are signed. A [`HookVerifier`] verifies and parses them; a [`HookService`] also calls your handlers,
//! and with feature `axum`, [`Hook`] is an extractor. Each payload has the type of its response, so that a handler
//! cannot return one that the server does not understand.
//!
//! | payload | sent | response |
//! |---|---|---|
//! | [`BeforeUserCreated`] | before a sign-up or first sign-in creates a user; not if an administrator does | [`Acknowledged`] |
//! | [`AfterUserCreated`] | after that; not after a sign-up with a password that needs no confirmation | [`Acknowledged`] |
//! | [`SendEmail`] | instead of an email | [`Acknowledged`] |
//! | [`SendSms`] | instead of a text message | [`Acknowledged`] |
//! | [`CustomAccessToken`] | before each access token is issued, also by a refresh | [`HookClaims`] |
//! | [`PasswordVerificationAttempt`] | after a password was checked, right or wrong | [`Decision`] |
//! | [`MfaVerificationAttempt`] | after a code of a factor was checked, right or wrong | [`Decision`] |
//!
//! ```
//! use gotrue::hooks::{Acknowledged, BeforeUserCreated, Hook, HookSecrets, HookService, HookVerifier, Refusal};
//!
//! # fn f() -> Result<(), Box<dyn std::error::Error>> {
//! // As in GOTRUE_HOOK_BEFORE_USER_CREATED_SECRETS of the server.
//! let secrets: HookSecrets = "v1,whsec_dGhyb3ctYXdheS1ob29rLXNlY3JldC1vbmUtMzJieXRl".parse()?;
//! let service = HookService::new(HookVerifier::new(secrets)).on(|hook: Hook<BeforeUserCreated>| async move {
//!     let email = hook.user.email.as_deref().unwrap_or_default();
//!     if email.ends_with("@example.org") { Ok(Acknowledged) } else { Err(Refusal::new("only example.org")) }
//! });
//! # let _ = service;
//! # Ok(()) }
//! # f().unwrap();
//! ```
//!
//! # Responses
//!
//! Every handler may return a [`Refusal`] instead. It is sent with status 200, since the server reports any other status
//! as a failure of the hook: its client gets a 500 instead of the message. A refused user is not created, a refused
//! token undoes the whole sign-in or refresh, and a refused message undoes the change that caused it. `AfterUserCreated`
//! and notifications undo nothing.
//!
//! A hook must respond within 5 seconds, or the server's client gets 422 `hook_timeout`. The server repeats a request
//! only if the connection fails, which ends with 422 `hook_timeout_after_retry`, or after a 429 or 503 with
//! `Retry-After`; [`Hook::event_id`] stays the same then.
//!
//! Do not call the auth server from a hook about the same user: the server may hold a transaction open.

#[cfg(feature = "axum")]
mod axum;
mod error;
mod outcome;
mod payload;
mod response;
mod secrets;
mod service;
mod signature;
mod verifier;

pub use error::HookError;
pub use outcome::Outcome;
pub use payload::{AnyHook, Hook, Payload};
pub use response::{Acknowledged, Decision, HookResponse, Refusal};
pub use secrets::{HookSecrets, InvalidHookSecret};
pub use service::HookService;
pub use verifier::HookVerifier;

pub use crate::types::hooks::{
    AfterUserCreated, BeforeUserCreated, CustomAccessToken, EmailActionType, EmailData, HookClaims, HookMetadata,
    InvalidClaim, MfaVerificationAttempt, PasswordVerificationAttempt, SendEmail, SendSms, SmsData, SmsType,
};
