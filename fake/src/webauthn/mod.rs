//! WebAuthn: the relying party and the formats of authenticators.

mod authenticator_data;
mod authenticator_names;
mod relying_party;

pub(crate) use authenticator_names::name_of;
pub(crate) use relying_party::{Assertion, Credential, Flaw, RelyingParty};
