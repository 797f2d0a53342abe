//! Messages that are signed by a wallet.

mod ethereum;
mod message;
mod solana;

use base64::{Engine, engine::general_purpose::STANDARD};

pub use ethereum::EthereumMessage;
pub use solana::{SolanaMessage, SolanaNetwork};

use crate::{
    auth::{
        captcha::captcha,
        grant::{Grant, token},
    },
    client::Client,
    error::{Error, Result},
    input,
    secret::Secret,
    session::Session,
    types::{GrantType, Web3Chain, Web3Grant},
};

/// The length of a message that the server accepts, in bytes.
const MESSAGE_LENGTH: std::ops::RangeInclusive<usize> = 64..=20 * 1024;

/// A [`SolanaMessage`] or an [`EthereumMessage`], and its signature by a wallet (`POST /token?grant_type=web3`).
///
/// Fails with `web3_provider_disabled`, `web3_unsupported_chain`, `validation_failed`, `captcha_failed`, and with the
/// OAuth error `invalid_grant` if the signature does not match, or if the message is too old or for another site.
///
/// ```
/// # use gotrue::{Client, Web3, auth::SolanaMessage, chrono::Utc};
/// # fn sign(message: &str) -> [u8; 64] { [0; 64] }
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let address = "8YhmTcUVqenLWL2zLTBP4EYC3DkqR75auxxaqX7hfzwt";
/// let message = SolanaMessage::new(address, "https://app.example.com/", Utc::now())
///     .statement("Sign in to Acme")
///     .build()?;
/// let signature = sign(&message);
/// let session = client.sign_in(Web3::solana(message, signature)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sign_in"]
pub struct Web3 {
    chain: Web3Chain,
    message: String,
    signature: Result<Secret>,
    audience: Option<String>,
    captcha_token: Option<Secret>,
}

impl Web3 {
    /// A message as signed by a Solana wallet, and the 64 bytes of the signature (Ed25519).
    pub fn solana(message: impl Into<String>, signature: impl AsRef<[u8]>) -> Self {
        Self::new(Web3Chain::Solana, message.into(), solana_signature(signature.as_ref()))
    }

    /// A message as signed by an Ethereum wallet, and the signature as `personal_sign` returns it: 65 bytes (r, s, v)
    /// in hexadecimal, with or without `0x`.
    pub fn ethereum(message: impl Into<String>, signature: impl Into<Secret>) -> Self {
        Self::new(Web3Chain::Ethereum, message.into(), ethereum_signature(&signature.into()))
    }

    fn new(chain: Web3Chain, message: String, signature: Result<Secret>) -> Self {
        Self { chain, message, signature, audience: None, captcha_token: None }
    }

    /// Sets the audience that the user belongs to, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Sets the token from the captcha widget, if the server requires one.
    pub fn captcha_token(mut self, captcha_token: impl Into<Secret>) -> Self {
        self.captcha_token = Some(captcha_token.into());
        self
    }
}

impl Grant for Web3 {
    async fn exchange(self, client: &Client) -> Result<Session> {
        if !MESSAGE_LENGTH.contains(&self.message.len()) {
            return Err(Error::invalid("message", "must be 64 to 20480 bytes long"));
        }
        input::audience(self.audience.as_deref())?;
        let request = Web3Grant {
            chain: self.chain,
            message: self.message,
            signature: self.signature?,
            gotrue_meta_security: captcha(self.captcha_token),
        };
        token(&client.raw_call(), GrantType::Web3, self.audience.as_deref(), request).await
    }
}

fn solana_signature(bytes: &[u8]) -> Result<Secret> {
    if bytes.len() == 64 {
        Ok(STANDARD.encode(bytes).into())
    } else {
        Err(Error::invalid("signature", "must be 64 bytes long"))
    }
}

/// Adds the `0x` that the server requires, although it does not count it.
fn ethereum_signature(text: &Secret) -> Result<Secret> {
    let digits = text.expose().strip_prefix("0x").unwrap_or(text.expose());
    if digits.len() == 130 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(format!("0x{digits}").into())
    } else {
        Err(Error::invalid("signature", "must be 65 bytes in hexadecimal"))
    }
}
