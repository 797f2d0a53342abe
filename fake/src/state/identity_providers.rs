//! Identity providers and their ID tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::Secret;
use serde_json::{Value, json};

use crate::{
    model::{
        CustomProviderType, ErrorCode, Operation, Provider,
        types::{CustomProvider, IdTokenGrant},
    },
    state::{rows::sso::SsoRow, store::State},
    wire::{ApiError, quoted},
};

/// The providers whose ID tokens the server accepts, with their issuers.
const ISSUERS: [(&str, &str); 8] = [
    ("apple", "https://appleid.apple.com"),
    ("azure", "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
    ("facebook", "https://www.facebook.com"),
    ("google", "https://accounts.google.com"),
    ("kakao", "https://kauth.kakao.com"),
    ("keycloak", "https://keycloak.example.com/realms/fake"),
    ("snapchat", "https://accounts.snapchat.com"),
    ("vercel_marketplace", "https://marketplace.vercel.com"),
];

/// The client id of this server at the built-in providers.
const CLIENT_ID: &str = "fake-client";

/// An issuer of ID tokens.
pub(crate) struct Issuer {
    pub(crate) provider: String,
    pub(crate) url: String,
    pub(crate) client_ids: Vec<String>,
    pub(crate) has_nonces: bool,
}

pub(crate) fn payload(token: &str) -> Option<Value> {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&part).ok()
}

pub(crate) fn invalid(description: impl Into<String>) -> ApiError {
    ApiError::oauth("invalid request", description)
}

/// Returns the email addresses of a provider's users. Any other address is one of its users too, if it is asked for.
pub(crate) fn provider_users(provider: &str) -> [String; 3] {
    let name = provider.replace(':', "-");
    ["", "-2", "-3"].map(|number| format!("{name}-user{number}@example.com"))
}

/// Returns the claims of a provider about one of its users: the one with an email address, or else its first.
pub(crate) fn provider_claims(provider: &str, email: Option<&str>) -> Value {
    let users = provider_users(provider);
    let email = email.unwrap_or(&users[0]);
    let (subject, name) = match users.iter().position(|user| user == email) {
        Some(0) => (format!("{provider}-user-1"), format!("User of {provider}")),
        Some(index) => {
            let number = index + 1;
            (format!("{provider}-user-{number}"), format!("User {number} of {provider}"))
        }
        None => (format!("{provider}-user-{email}"), email.to_owned()),
    };
    json!({ "sub": subject, "email": email, "email_verified": true, "name": name })
}

impl State {
    /// Returns an ID token of a provider. `claims` are added to the provider's.
    pub(crate) fn id_token(&self, provider: &Provider, claims: &Value) -> Option<Secret> {
        let issuer = self.issuer(provider.as_str()).ok()?;
        let mut all = provider_claims(&issuer.provider, None);
        all["iss"] = json!(issuer.url);
        all["aud"] = json!(issuer.client_ids.first());
        all["iat"] = json!(self.now().timestamp());
        all["exp"] = json!(self.now().timestamp() + 3600);
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        self.provider_keys.sign(&all).ok()
    }

    fn issuer(&self, provider: &str) -> Result<Issuer, ApiError> {
        if provider.starts_with("custom:") {
            return self.custom_issuer(provider);
        }
        let known = ISSUERS.iter().find(|(name, _)| *name == provider);
        let (name, url) = known.ok_or_else(|| {
            ApiError::validation_failed(format!("Custom OIDC provider {} not allowed", quoted(provider)))
        })?;
        if self.settings.disabled_providers.iter().any(|disabled| disabled.as_str() == *name) {
            let message = format!("Provider (issuer {}) is not enabled", quoted(url));
            return Err(ApiError::new(400, ErrorCode::ProviderDisabled, message));
        }
        let settings = self.settings.providers.get(*name);
        Ok(Issuer {
            provider: (*name).to_owned(),
            url: (*url).to_owned(),
            client_ids: self.client_ids(name),
            // Facebook does not support nonces.
            has_nonces: *name != "facebook" && !settings.is_some_and(|settings| settings.skip_nonce_check),
        })
    }

    /// Returns the client ids of this server at a provider that the real server knows.
    fn client_ids(&self, provider: &str) -> Vec<String> {
        let known = self.settings.providers.get(provider).map(|settings| settings.client_ids.clone());
        let mut ids = known.unwrap_or_default();
        if ids.is_empty() {
            ids.push(CLIENT_ID.to_owned());
        }
        if provider == "apple" && !self.settings.ios_bundle_id.is_empty() {
            ids.push(self.settings.ios_bundle_id.clone());
        }
        ids
    }

    /// Returns whether users of a provider may sign in without an email address.
    pub(crate) fn is_email_optional(&self, provider: &str) -> bool {
        let is_set = self.settings.providers.get(provider).is_some_and(|settings| settings.email_optional);
        is_set || self.custom_provider(provider).is_some_and(|custom| custom.email_optional == Some(true))
    }

    fn custom_issuer(&self, provider: &str) -> Result<Issuer, ApiError> {
        let not_found = || ApiError::validation_failed(format!("Custom provider {} not found", quoted(provider)));
        let known = self.custom_provider(provider).ok_or_else(not_found)?;
        if known.enabled == Some(false) {
            let message = format!("Custom provider {} is disabled", quoted(provider));
            return Err(ApiError::new(400, ErrorCode::ProviderDisabled, message));
        }
        if known.provider_type != CustomProviderType::Oidc {
            return Err(ApiError::validation_failed(format!("Provider {} is not an OIDC provider", quoted(provider))));
        }
        let others = known.acceptable_client_ids.iter().flatten();
        Ok(Issuer {
            provider: provider.to_owned(),
            url: known.issuer.clone().unwrap_or_default(),
            client_ids: known.client_id.iter().chain(others).cloned().collect(),
            has_nonces: known.skip_nonce_check != Some(true),
        })
    }

    /// Finds the provider of a request, by name or by issuer.
    pub(crate) fn issuer_of(&self, grant: &IdTokenGrant) -> Result<Issuer, ApiError> {
        let name = grant.provider.as_ref().map_or("", Provider::as_str);
        let url = grant.issuer.as_deref().unwrap_or_default();
        if name.is_empty() && (url.is_empty() || grant.client_id.as_deref().unwrap_or_default().is_empty()) {
            return Err(invalid("provider or client_id and issuer required"));
        }
        // Apple and Azure have several issuers, so the server reads the token first.
        if (name == "apple" || name == "azure") && payload(grant.id_token.expose()).is_none() {
            let provider = if name == "apple" { "Apple" } else { "Azure" };
            let message = format!("Unable to detect issuer in ID token for {provider} provider");
            return Err(ApiError::validation_failed(message));
        }
        if name.is_empty() && self.settings.id_token_issuers.iter().any(|known| known == url) {
            let (url, client_ids) = (url.to_owned(), grant.client_id.iter().cloned().collect());
            return Ok(Issuer { provider: url.clone(), url, client_ids, has_nonces: true });
        }
        let by_url = ISSUERS.iter().find(|(_, known)| *known == url && name.is_empty());
        self.issuer(by_url.map_or(name, |(name, _)| name))
    }

    /// Returns the URL to which a provider redirects back.
    pub(crate) fn redirect_uri(&self, provider: &str) -> String {
        let path = Operation::by_id("callback").map_or("", |operation| operation.path);
        let set = self.settings.providers.get(provider).map_or("", |settings| settings.redirect_uri.as_str());
        let custom = self.settings.custom_provider_url.as_ref().filter(|_| provider.starts_with("custom:"));
        if set.is_empty() { format!("{}{path}", custom.unwrap_or(&self.base_url)) } else { set.to_owned() }
    }

    /// Fails if the real server lacks a setting of a provider.
    fn check_credentials(&self, provider: &str) -> Result<(), &'static str> {
        let settings = self.settings.providers.get(provider).cloned().unwrap_or_default();
        let needed = [
            (!settings.client_ids.is_empty(), "missing OAuth client ID"),
            (settings.has_secret, "missing OAuth secret"),
            (!settings.redirect_uri.is_empty(), "missing redirect URI"),
        ];
        let lacks = needed.into_iter().find(|(is_set, _)| self.settings.providers_need_credentials && !is_set);
        lacks.map_or(Ok(()), |(_, why)| Err(why))
    }

    /// Fails if a provider is unknown or disabled.
    pub(crate) fn check_provider(&self, provider: &str) -> Result<(), ApiError> {
        let refuse = |why: String| Err(ApiError::validation_failed(format!("Unsupported provider: {why}")));
        if provider.starts_with("custom:") && !self.settings.custom_providers {
            return refuse("custom OAuth providers are disabled".to_owned());
        }
        if provider.starts_with("custom:") {
            return match self.custom_provider(provider) {
                None => refuse(format!("custom provider {provider} not found")),
                Some(known) if known.enabled == Some(false) => {
                    refuse(format!("custom provider {provider} is disabled"))
                }
                Some(_) => Ok(()),
            };
        }
        if self.settings.disabled_providers.iter().any(|disabled| disabled.as_str() == provider) {
            return refuse("provider is not enabled".to_owned());
        }
        if Provider::KNOWN.iter().any(|known| known.as_str() == provider) {
            return self.check_credentials(provider).or_else(|why| refuse(why.to_owned()));
        }
        refuse(format!("Provider {provider} could not be found"))
    }

    pub(crate) fn custom_provider(&self, identifier: &str) -> Option<&CustomProvider> {
        self.custom_providers.iter().find(|provider| provider.identifier == identifier)
    }

    pub(crate) fn sso_of(&self, domain: &str) -> Option<&SsoRow> {
        let has = |row: &&SsoRow| row.provider.domains.iter().flatten().any(|it| it.domain == domain);
        self.sso.iter().find(has)
    }
}
