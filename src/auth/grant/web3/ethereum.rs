//! The message that an Ethereum wallet signs (EIP-4361).

use chrono::{DateTime, Utc};

use super::message::Parts;
use crate::error::{Error, Result};

/// Builds the message that an Ethereum wallet signs to sign in (EIP-4361). Give it to
/// [`Web3::ethereum`](crate::Web3::ethereum).
///
/// The server wants it to be recent, for ten minutes by default.
///
/// ```
/// # fn f() -> Result<(), gotrue::Error> {
/// use gotrue::{auth::EthereumMessage, chrono::Utc};
///
/// let address = "0x196a28d05bA75C8dC35B0F6e71DD622D1aC82b7E";
/// let message = EthereumMessage::new(address, "https://app.example.com/login", Utc::now())
///     .statement("Sign in to Acme")
///     .build()?;
/// assert!(message.starts_with("app.example.com wants you to sign in with your Ethereum account:\n0x196a"));
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "call build"]
pub struct EthereumMessage {
    parts: Parts,
    chain_id: u64,
}

impl EthereumMessage {
    /// A message of the wallet with this address (`0x` and 40 digits; wallets want the mixed case of EIP-55), for the
    /// site with this URI, issued now. The server has to allow the URI as it allows redirects, and wants `https` for
    /// all but `localhost`.
    pub fn new(address: impl Into<String>, uri: impl Into<String>, issued_at: DateTime<Utc>) -> Self {
        Self { parts: Parts::new(address.into(), uri.into(), issued_at), chain_id: 1 }
    }

    /// A sentence for the person who signs, of one line.
    pub fn statement(mut self, statement: impl Into<String>) -> Self {
        self.parts.statement = Some(statement.into());
        self
    }

    /// The network (EIP-155). Default: 1, the main one.
    pub fn chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = chain_id;
        self
    }

    /// A value that makes the message one of its kind: 8 letters and digits, or more. Default: a random one. The
    /// server does not look at it, wallets may.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.parts.nonce = Some(nonce.into());
        self
    }

    /// When the message expires.
    pub fn expires_at(mut self, moment: DateTime<Utc>) -> Self {
        self.parts.expires_at = Some(moment);
        self
    }

    /// When the message becomes valid.
    pub fn not_before(mut self, moment: DateTime<Utc>) -> Self {
        self.parts.not_before = Some(moment);
        self
    }

    /// An id of the application's own for this sign-in.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.parts.request_id = Some(id.into());
        self
    }

    /// A URI that is agreed to by signing.
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        self.parts.resources.push(uri.into());
        self
    }

    /// The message.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when a part cannot be used; [`Error::Randomness`].
    pub fn build(self) -> Result<String> {
        let parts = &self.parts;
        if !is_address(&parts.address) {
            return Err(Error::invalid("address", "must be 0x and 40 hexadecimal digits"));
        }
        // The server reads it as a signed number.
        if !(1..=i64::MAX.unsigned_abs()).contains(&self.chain_id) {
            return Err(Error::invalid("chain id", "must be a positive number of at most 63 bits"));
        }
        parts.check()?;
        let nonce = parts.nonce.clone().map_or_else(random_nonce, checked_nonce)?;
        let mut lines = vec![
            format!("{} wants you to sign in with your Ethereum account:", parts.domain()),
            parts.address.clone(),
            String::new(),
        ];
        lines.extend(parts.statement.clone());
        lines.push(String::new());
        lines.push(format!("URI: {}", parts.uri));
        lines.push("Version: 1".to_owned());
        lines.push(format!("Chain ID: {}", self.chain_id));
        lines.push(format!("Nonce: {nonce}"));
        lines.extend(Parts::time_line("Issued At", Some(parts.issued_at)));
        lines.extend(Parts::time_line("Expiration Time", parts.expires_at));
        lines.extend(Parts::time_line("Not Before", parts.not_before));
        lines.extend(Parts::line("Request ID", parts.request_id.as_deref()));
        lines.extend(parts.resource_lines());
        Ok(lines.join("\n"))
    }
}

fn is_address(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn random_nonce() -> Result<String> {
    getrandom::u64().map(|number| format!("{number:016x}")).map_err(Error::Randomness)
}

fn checked_nonce(nonce: String) -> Result<String> {
    if nonce.len() >= 8 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(nonce)
    } else {
        Err(Error::invalid("nonce", "must be at least 8 letters and digits"))
    }
}
