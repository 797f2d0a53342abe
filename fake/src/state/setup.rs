//! What each of the servers on a state has of its own.

use crate::{api_keys::ApiKeys, keys::Keys, random::Random, settings::ServerSettings};

/// What a server has of its own.
#[derive(Debug, Default)]
pub(crate) struct OwnSetup {
    pub(crate) settings: ServerSettings,
    pub(crate) base_url: String,
    pub(crate) keys: Keys,
    /// The keys that the gateway accepts.
    pub(crate) api_keys: ApiKeys,
}

impl OwnSetup {
    pub(crate) fn new(settings: ServerSettings, base_url: String, seed: u64) -> Self {
        let shared_secret = settings.hs256.then(|| {
            let derived = || Random::new("shared secret", seed).challenge().into();
            settings.jwt_secret.clone().unwrap_or_else(derived)
        });
        let keys = match (&settings.jwt_keys, shared_secret) {
            (Some(list), secret) => Keys::listed(list, secret, seed),
            (None, Some(secret)) => Keys::shared(secret, &settings.jwt_key_id, seed),
            (None, None) => Keys::derived("keys", seed),
        };
        Self { api_keys: ApiKeys::new(&keys), settings, base_url, keys }
    }
}
