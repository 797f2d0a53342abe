//! Information about the server: health, settings, public keys.

use crate::{
    model::{
        Provider,
        types::{Health, Settings},
    },
    state::State,
    wire::{ApiResult, Response, json_response, ok},
};

pub(crate) fn health() -> ApiResult {
    ok(&Health {
        name: "GoTrue".to_owned(),
        version: Some("fake".to_owned()),
        description: Some("GoTrue is a user registration and authentication API".to_owned()),
    })
}

pub(crate) fn settings(state: &State) -> ApiResult {
    let settings = &state.settings;
    let is_on = |provider: &&Provider| !state.settings.disabled_providers.contains(provider);
    // The real server omits these.
    let is_told = |provider: &&Provider| **provider != Provider::VercelMarketplace && **provider != Provider::X;
    let providers = Provider::KNOWN.iter().filter(is_told).map(|provider| (provider.to_string(), is_on(&provider)));
    let ways = [
        ("anonymous_users".to_owned(), settings.anonymous_users),
        ("email".to_owned(), settings.email),
        ("phone".to_owned(), settings.phone),
    ];
    // The real server tells so without SAML too.
    let has_next_key = !settings.saml || settings.saml_next_private_key.is_some();
    ok(&Settings {
        external: providers.chain(ways).map(|(way, is_on)| (way, is_on.into())).collect(),
        disable_signup: Some(settings.disable_sign_up),
        mailer_autoconfirm: Some(settings.autoconfirm_emails),
        phone_autoconfirm: Some(settings.autoconfirm_phones),
        sms_provider: Some(settings.sms_provider.name.clone()),
        saml_enabled: Some(settings.saml),
        saml_private_key_next_configured: Some(has_next_key),
        passkeys_enabled: Some(settings.passkeys),
        mfa_enabled: None,
    })
}

/// `GET /.well-known/jwks.json`.
pub(crate) fn jwks(state: &State) -> Response {
    json_response(200, &state.keys.published()).header("cache-control", "public, max-age=600")
}
