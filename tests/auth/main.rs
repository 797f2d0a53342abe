//! Getting a session and what its user may do with it: grants, flows, callbacks, factors, identities, consents.

mod callback;
mod grants;
#[cfg(feature = "loopback")]
mod loopback;
mod mfa;
mod oauth;
mod passkeys;
mod pkce_flows;
mod user;
