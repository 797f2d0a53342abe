//! ID tokens of providers: signed for a test, and taken for a sign-in.

use crate::wire::{ApiError, ApiResult, Request, json_body_with};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{external::Profile, provider, state::State};
use crate::model::{CustomProviderType, ErrorCode, Provider, types::IdTokenGrant};
use gotrue::Secret;

/// The providers of whom the server takes ID tokens, with their issuers.
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

/// Whom the tokens of the built-in providers are for.
const CLIENT_ID: &str = "fake-client";

/// Somebody who issues ID tokens, and to whom.
struct Issuer {
    provider: String,
    url: String,
    client_ids: Vec<String>,
    has_nonces: bool,
}

impl State {
    /// An ID token of a provider, with its claims, those that are given last.
    pub(super) fn id_token(&self, provider: &Provider, claims: &Value) -> Option<Secret> {
        let issuer = self.issuer(provider.as_str()).ok()?;
        let mut all = provider::claims(&issuer.provider);
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
        let (name, url) = known
            .ok_or_else(|| ApiError::validation_failed(format!("Custom OIDC provider {provider:?} not allowed")))?;
        if self.setup.disabled_providers.iter().any(|disabled| disabled.as_str() == *name) {
            let message = format!("Provider (issuer {url:?}) is not enabled");
            return Err(ApiError::new(400, ErrorCode::ProviderDisabled, message));
        }
        Ok(Issuer {
            provider: (*name).to_owned(),
            url: (*url).to_owned(),
            client_ids: vec![CLIENT_ID.to_owned()],
            // Facebook has none.
            has_nonces: *name != "facebook",
        })
    }

    fn custom_issuer(&self, provider: &str) -> Result<Issuer, ApiError> {
        let not_found = || ApiError::validation_failed(format!("Custom provider {provider:?} not found"));
        let known = self.custom_provider(provider).ok_or_else(not_found)?;
        if known.enabled == Some(false) {
            let message = format!("Custom provider {provider:?} is disabled");
            return Err(ApiError::new(400, ErrorCode::ProviderDisabled, message));
        }
        if known.provider_type != CustomProviderType::Oidc {
            return Err(ApiError::validation_failed(format!("Provider {provider:?} is not an OIDC provider")));
        }
        let others = known.acceptable_client_ids.iter().flatten();
        Ok(Issuer {
            provider: provider.to_owned(),
            url: known.issuer.clone().unwrap_or_default(),
            client_ids: known.client_id.iter().chain(others).cloned().collect(),
            has_nonces: known.skip_nonce_check != Some(true),
        })
    }

    /// Which provider a request means: by name, or by its issuer.
    fn issuer_of(&self, grant: &IdTokenGrant) -> Result<Issuer, ApiError> {
        let name = grant.provider.as_ref().map_or("", Provider::as_str);
        let url = grant.issuer.as_deref().unwrap_or_default();
        if name.is_empty() && (url.is_empty() || grant.client_id.as_deref().unwrap_or_default().is_empty()) {
            return Err(invalid("provider or client_id and issuer required"));
        }
        // Apple and Azure have several issuers, so that the token is read first.
        if (name == "apple" || name == "azure") && payload(grant.id_token.expose()).is_none() {
            let provider = if name == "apple" { "Apple" } else { "Azure" };
            let message = format!("Unable to detect issuer in ID token for {provider} provider");
            return Err(ApiError::validation_failed(message));
        }
        let by_url = ISSUERS.iter().find(|(_, known)| *known == url && name.is_empty());
        self.issuer(by_url.map_or(name, |(name, _)| name))
    }
}

/// A sign-in, or one more identity for who is signed in (`grant_type=id_token`).
pub(super) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: IdTokenGrant = json_body_with(request, &["id_token"])?;
    if grant.id_token.is_empty() {
        return Err(invalid("id_token required"));
    }
    let owner = if grant.link_identity == Some(true) { Some(linking_user(state, request)?) } else { None };
    let issuer = state.issuer_of(&grant)?;
    let profile = profile(state, &grant, &issuer)?;
    let user_id = match owner {
        Some(user_id) => {
            state.link_profile(user_id, &profile)?;
            user_id
        }
        None => state.user_of(&profile)?,
    };
    state.sign_in(user_id, "oauth")
}

fn linking_user(state: &mut State, request: &Request) -> Result<Uuid, ApiError> {
    if !request.headers.contains_key("authorization") {
        return Err(invalid("Linking requires a valid user access token in Authorization"));
    }
    Ok(state.caller(request)?.user_id)
}

/// What the token says, once it was checked.
fn profile(state: &State, grant: &IdTokenGrant, issuer: &Issuer) -> Result<Profile, ApiError> {
    let claims = state.provider_keys.verify(grant.id_token.expose()).map_err(|_| invalid("Bad ID token"))?;
    let is_current = claims["exp"].as_i64().is_some_and(|exp| exp > state.now().timestamp());
    if claims["iss"] != issuer.url.as_str() || !is_current || !fits_access_token(&claims, grant) {
        return Err(invalid("Bad ID token"));
    }
    let subject = claims["sub"].as_str().unwrap_or_default();
    if subject.is_empty() {
        return Err(invalid("Missing sub claim in id_token"));
    }
    let audience: Vec<&str> = match &claims["aud"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if !audience.iter().any(|client| issuer.client_ids.iter().any(|known| known == client)) {
        return Err(invalid(format!("Unacceptable audience in id_token: [{}]", audience.join(" "))));
    }
    if issuer.has_nonces {
        check_nonce(claims["nonce"].as_str().unwrap_or_default(), grant)?;
    }
    let mut data = claims.clone();
    data["aud"] = json!(audience);
    data["email_verified"] = json!(claims["email_verified"] == true);
    data["phone_verified"] = json!(false);
    for spent in ["nonce", "at_hash"] {
        data.as_object_mut().map(|data| data.remove(spent));
    }
    Ok(Profile {
        provider: issuer.provider.clone(),
        subject: subject.to_owned(),
        email: claims["email"].as_str().unwrap_or_default().to_owned(),
        email_verified: claims["email_verified"] == true,
        data,
    })
}

/// The provider has the hash of the nonce, the server gets the nonce itself.
fn check_nonce(hash: &str, grant: &IdTokenGrant) -> Result<(), ApiError> {
    let nonce = grant.nonce.as_ref().map_or("", Secret::expose);
    if hash.is_empty() != nonce.is_empty() {
        return Err(invalid("Passed nonce and nonce in id_token should either both exist or not."));
    }
    let expected = format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(nonce)));
    if nonce.is_empty() || hash == expected { Ok(()) } else { Err(ApiError::oauth("invalid nonce", "Nonces mismatch")) }
}

/// Whether the token was issued along with the access token, where both say so.
fn fits_access_token(claims: &Value, grant: &IdTokenGrant) -> bool {
    let access_token = grant.access_token.as_ref().map_or("", Secret::expose);
    let hash = &Sha256::digest(access_token)[..16];
    match claims["at_hash"].as_str() {
        Some(expected) if !access_token.is_empty() => expected == URL_SAFE_NO_PAD.encode(hash),
        _ => true,
    }
}

fn payload(token: &str) -> Option<Value> {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&part).ok()
}

fn invalid(description: impl Into<String>) -> ApiError {
    ApiError::oauth("invalid request", description)
}
