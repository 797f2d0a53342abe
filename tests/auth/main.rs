//! Getting a session and acting as its user: grants, flows, callbacks, factors, identities, consents.

mod callback;
mod grants;
#[cfg(feature = "loopback")]
mod loopback;
mod mfa;
mod oauth;
mod passkeys;
mod pkce_flows;
mod user;
