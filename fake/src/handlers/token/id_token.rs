//! Sign-in with an ID token, and linking its identity.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use gotrue::Secret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    model::types::IdTokenGrant,
    state::{
        State,
        identity_providers::{Issuer, invalid},
        profiles::Profile,
    },
    wire::{ApiError, ApiResult, Request, json_body_with},
};

/// `grant_type=id_token`: signs in, or links the identity to the signed-in user.
pub(crate) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: IdTokenGrant = json_body_with(request, &["id_token"])?;
    if grant.id_token.is_empty() {
        return Err(invalid("id_token required"));
    }
    let owner = if grant.link_identity == Some(true) { Some(linking_user(state, request)?) } else { None };
    let issuer = state.issuer_of(&grant)?;
    let profile = profile(state, &grant, &issuer)?;
    let Some(user_id) = owner else {
        let aud = state.request_aud(request);
        let user_id = state.user_of(&profile, &aud)?;
        return state.sign_in(user_id, "oauth");
    };
    // The real server starts a new session here too, and returns the identities from before.
    let identities = state.account(user_id)?.user.identities.clone();
    state.link_profile(user_id, &profile)?;
    let mut linked = state.start_session(user_id, "oauth", None)?;
    linked.session.user.identities = identities;
    Ok(linked.response())
}

fn linking_user(state: &mut State, request: &Request) -> Result<Uuid, ApiError> {
    if !request.headers.contains_key("authorization") {
        return Err(invalid("Linking requires a valid user access token in Authorization"));
    }
    Ok(state.caller(request)?.user_id)
}

/// Verifies the token and returns the profile in it.
fn profile(state: &State, grant: &IdTokenGrant, issuer: &Issuer) -> Result<Profile, ApiError> {
    let claims = state.provider_keys.verify(grant.id_token.expose(), None).map_err(|_| invalid("Bad ID token"))?;
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

/// Checks the nonce: the token contains its hash, the request the nonce itself.
fn check_nonce(hash: &str, grant: &IdTokenGrant) -> Result<(), ApiError> {
    let nonce = grant.nonce.as_ref().map_or("", Secret::expose);
    if hash.is_empty() != nonce.is_empty() {
        return Err(invalid("Passed nonce and nonce in id_token should either both exist or not."));
    }
    let expected = format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(nonce)));
    if nonce.is_empty() || hash == expected { Ok(()) } else { Err(ApiError::oauth("invalid nonce", "Nonces mismatch")) }
}

/// Returns whether the token was issued with the access token, if both are present.
fn fits_access_token(claims: &Value, grant: &IdTokenGrant) -> bool {
    let access_token = grant.access_token.as_ref().map_or("", Secret::expose);
    let hash = &Sha256::digest(access_token)[..16];
    match claims["at_hash"].as_str() {
        Some(expected) if !access_token.is_empty() => expected == URL_SAFE_NO_PAD.encode(hash),
        _ => true,
    }
}
