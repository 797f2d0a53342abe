//! Getting a session and acting as its user: grants, flows, callbacks, factors, identities, consents.

mod binary_values;
mod callback;
mod flows_of_browsers;
mod grants;
mod late_callbacks;
#[cfg(feature = "loopback")]
mod loopback;
mod mfa;
mod oauth;
mod oauth_callbacks;
mod passkeys;
mod pkce_flows;
mod recovery_codes;
mod restored_flows;
mod sign_in_messages;
mod user;
