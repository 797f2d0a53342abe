//! Wallets: a message that the owner of a key has signed.

mod ethereum;
mod message;
mod solana;

use crate::wire::{ApiError, ApiResult, Request, json_body};
use chrono::Duration;
use serde::Deserialize;
use serde_json::json;

use super::{
    external::{Profile, WEB3},
    state::State,
};
use crate::model::{AuditAction, ErrorCode};
use gotrue::Secret;
use message::{Chain, Message};

/// How long a message is good, before and after it was issued.
const PATIENCE: Duration = Duration::minutes(10);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Grant {
    chain: String,
    message: String,
    signature: Secret,
}

/// A sign-in (`grant_type=web3`).
pub(super) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let grant: Grant = json_body(request)?;
    let chain = match grant.chain.as_str() {
        "solana" => Chain::Solana,
        "ethereum" => Chain::Ethereum,
        _ => return Err(ApiError::new(400, ErrorCode::Web3UnsupportedChain, "Unsupported chain")),
    };
    match grant.message.len() {
        0..64 => return Err(ApiError::validation_failed("message is too short")),
        64..=20_480 => {}
        _ => return Err(ApiError::validation_failed("message must not exceed 20KB")),
    }
    let signature = grant.signature.expose();
    let message = match chain {
        Chain::Solana => solana::check(&grant.message, signature)?,
        Chain::Ethereum => ethereum::check(&grant.message, signature)?,
    };
    check_site(chain, &message)?;
    check_time(state, chain, &message)?;
    let user_id = state.user_of(&profile(&grant.chain, &message))?;
    let traits = json!({
        "provider": WEB3,
        "chain": grant.chain,
        "network": message.chain_id,
        "address": message.address,
        "domain": message.domain,
        "uri": message.uri,
    });
    state.note(user_id, AuditAction::Login, Some(traits));
    state.sign_in(user_id, WEB3)
}

/// The site that asked for the signature is not somebody else's. This server knows of no other sites, as it knows of no
/// other redirect URLs.
fn check_site(chain: Chain, message: &Message) -> Result<(), ApiError> {
    let host = message.uri.host_str().unwrap_or_default();
    if host == "localhost" {
        return Ok(());
    }
    if message.uri.scheme() != "https" {
        return Err(refusal(format!("Signed {chain} message is using URI which does not use HTTPS")));
    }
    let port = message.uri.port().map_or_else(String::new, |port| format!(":{port}"));
    if message.domain != format!("{host}{port}") {
        return Err(refusal(format!(
            "Signed {chain} message is using a Domain that does not match the one in URI which is not allowed on this \
             server"
        )));
    }
    Ok(())
}

fn check_time(state: &State, chain: Chain, message: &Message) -> Result<(), ApiError> {
    let now = state.now();
    let what = if message.not_before.is_some_and(|start| now < start) {
        format!("Signed {chain} message becomes valid in the future")
    } else if message.end(chain).is_some_and(|end| now > end) {
        format!("Signed {chain} message is expired")
    } else if now > message.issued_at + PATIENCE {
        format!("{chain} message was issued too long ago")
    } else if now < message.issued_at - PATIENCE {
        format!("{chain} message was issued too far in the future")
    } else {
        return Ok(());
    };
    Err(refusal(what))
}

fn profile(chain: &str, message: &Message) -> Profile {
    let subject = format!("{WEB3}:{chain}:{}", message.address);
    let data = json!({
        "custom_claims": {
            "address": message.address,
            "chain": chain,
            "network": message.chain_id,
            "domain": message.domain,
            "statement": message.statement,
        },
        "email_verified": false,
        "phone_verified": false,
        "sub": subject,
    });
    Profile { provider: WEB3.to_owned(), subject, email: String::new(), email_verified: false, data }
}

fn refusal(description: impl Into<String>) -> ApiError {
    ApiError::oauth("invalid_grant", description)
}

fn wrong_signature() -> ApiError {
    refusal("Signature does not match address in message")
}
