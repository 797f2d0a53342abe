//! Sign-in with a wallet: a message signed by the wallet's key.

pub(crate) mod errors;
pub(crate) mod ethereum;
pub(crate) mod message;
pub(crate) mod solana;

use gotrue::Secret;
use serde::Deserialize;
use serde_json::json;

use crate::{
    handlers::token::web3::{
        errors::refusal,
        message::{Chain, Message},
    },
    model::{AuditAction, ErrorCode},
    state::{
        State,
        profiles::{Profile, WEB3},
    },
    wire::{ApiError, ApiResult, Request, json_body},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "Web3GrantParams")]
struct Grant {
    chain: String,
    message: String,
    signature: Secret,
}

/// `grant_type=web3`.
pub(crate) fn grant(state: &mut State, request: &Request) -> ApiResult {
    let (solana, ethereum) = (state.settings.solana, state.settings.ethereum);
    let disabled = |message| ApiError::new(422, ErrorCode::Web3ProviderDisabled, message);
    if !solana.enabled && !ethereum.enabled {
        return Err(disabled("Web3 provider is disabled"));
    }
    let grant: Grant = json_body(request)?;
    let chain = match grant.chain.as_str() {
        "solana" if !solana.enabled => return Err(disabled("Solana Web3 provider is disabled")),
        "ethereum" if !ethereum.enabled => return Err(disabled("Ethereum Web3 provider is disabled")),
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
    let aud = state.request_aud(request);
    let user_id = state.user_of(&profile(&grant.chain, &message), &aud)?;
    let traits = json!({
        "provider": WEB3,
        "chain": grant.chain,
        "network": message.chain_id,
        "address": message.address,
        "domain": message.domain,
        "uri": message.uri,
    });
    state.log_action(user_id, AuditAction::Login, Some(traits));
    state.sign_in(user_id, WEB3)
}

/// Checks that the signature was requested by this site. The fake server has no list of allowed URLs.
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
    let validity = match chain {
        Chain::Solana => state.settings.solana.validity,
        Chain::Ethereum => state.settings.ethereum.validity,
    };
    let what = if message.not_before.is_some_and(|start| now < start) {
        format!("Signed {chain} message becomes valid in the future")
    } else if message.end(chain).is_some_and(|end| now > end) {
        format!("Signed {chain} message is expired")
    } else if now > message.issued_at + validity {
        format!("{chain} message was issued too long ago")
    } else if now < message.issued_at - validity {
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
