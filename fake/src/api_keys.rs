//! The API keys of a local Supabase project, which its gateway accepts.

use gotrue::Secret;
use serde::Serialize;

use crate::keys::Keys;

/// When the API keys of a local project expire: 2032-11-13.
const EXPIRES_AT: i64 = 1_983_812_996;

/// The API keys of a project.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiKeys {
    pub(crate) anon: Secret,
    pub(crate) service_role: Secret,
    pub(crate) publishable: Secret,
    pub(crate) secret: Secret,
}

/// The claims of an API key, in the order in which local projects have them.
#[derive(Clone, Serialize)]
struct Claims {
    iss: &'static str,
    role: &'static str,
    exp: i64,
}

impl ApiKeys {
    /// Returns the keys that every local project has, signed with the keys of this server.
    pub(crate) fn new(keys: &Keys) -> Self {
        let signed = |role| keys.sign(&Claims { iss: "supabase-demo", role, exp: EXPIRES_AT }).unwrap_or_default();
        Self {
            anon: signed("anon"),
            service_role: signed("service_role"),
            publishable: "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH".into(),
            secret: "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz".into(),
        }
    }

    /// Returns the header `Authorization` that the gateway sends to the server for a key, or `None` for an unknown key. A
    /// token for one of the two roles is also a key if the server's own keys have signed it; the gateway sends it as it
    /// is, so that the server finds no bearer token.
    pub(crate) fn authorization_of(&self, key: &Secret, keys: &Keys) -> Option<String> {
        if *key == self.publishable {
            return Some(format!("Bearer {}", self.anon.expose()));
        }
        if *key == self.secret {
            return Some(format!("Bearer {}", self.service_role.expose()));
        }
        let claims = keys.verify(key.expose(), None).ok()?;
        let has_role = claims["role"] == "anon" || claims["role"] == "service_role";
        has_role.then(|| key.expose().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_every_local_project() {
        let keys = ApiKeys::new(&Keys::shared(crate::gateway::LOCAL_JWT_SECRET.into(), "", 0));
        assert!(keys.anon.expose().ends_with("CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0"));
        assert!(keys.service_role.expose().ends_with("EGIM96RAZx35lJzdJsyH-qQwv8Hdp7fsn3W0YpN81IU"));
    }
}
