//! Sign-in messages for Ethereum wallets (EIP-4361).

use chrono::{DateTime, Utc};

use super::message::MessageFields;
use crate::error::{Error, Result};

/// Builds the message that an Ethereum wallet signs (EIP-4361), for [`Web3::ethereum`](crate::Web3::ethereum).
///
/// The server accepts a message for ten minutes by default.
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
    fields: MessageFields,
    chain_id: u64,
}

impl EthereumMessage {
    /// A message of the wallet with this address (`0x` and 40 digits; wallets expect the mixed case of EIP-55), for the
    /// site with this URI. The URI must be on the server's list of allowed redirect URLs, and must be `https` unless
    /// its host is `localhost`.
    pub fn new(address: impl Into<String>, uri: impl Into<String>, issued_at: DateTime<Utc>) -> Self {
        Self { fields: MessageFields::new(address.into(), uri.into(), issued_at), chain_id: 1 }
    }

    /// Sets the text that the wallet shows to the user, on one line.
    pub fn statement(mut self, statement: impl Into<String>) -> Self {
        self.fields.statement = Some(statement.into());
        self
    }

    /// Sets the chain id (EIP-155). Defaults to 1, the Ethereum mainnet.
    pub fn chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = chain_id;
        self
    }

    /// Sets the nonce, at least 8 letters and digits. Defaults to a random one. The server ignores it; wallets may
    /// check it.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.fields.nonce = Some(nonce.into());
        self
    }

    /// Sets when the message expires.
    pub fn expires_at(mut self, moment: DateTime<Utc>) -> Self {
        self.fields.expires_at = Some(moment);
        self
    }

    /// Sets when the message becomes valid.
    pub fn not_before(mut self, moment: DateTime<Utc>) -> Self {
        self.fields.not_before = Some(moment);
        self
    }

    /// Sets the application's own id of this sign-in.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.fields.request_id = Some(id.into());
        self
    }

    /// Adds the URI of a resource that the user agrees to, such as the terms of service.
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        self.fields.resources.push(uri.into());
        self
    }

    /// Returns the message.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if a value is invalid; [`Error::Randomness`].
    pub fn build(self) -> Result<String> {
        let fields = &self.fields;
        if !is_address(&fields.address) {
            return Err(Error::invalid("address", "must be 0x and 40 hexadecimal digits"));
        }
        // The server parses it as a signed number.
        if !(1..=i64::MAX.unsigned_abs()).contains(&self.chain_id) {
            return Err(Error::invalid("chain id", "must be a positive number of at most 63 bits"));
        }
        fields.check()?;
        let nonce = fields.nonce.clone().map_or_else(random_nonce, checked_nonce)?;
        let mut lines = vec![
            format!("{} wants you to sign in with your Ethereum account:", fields.domain()),
            fields.address.clone(),
            String::new(),
        ];
        lines.extend(fields.statement.clone());
        lines.push(String::new());
        lines.push(format!("URI: {}", fields.uri));
        lines.push("Version: 1".to_owned());
        lines.push(format!("Chain ID: {}", self.chain_id));
        lines.push(format!("Nonce: {nonce}"));
        lines.extend(MessageFields::time_line("Issued At", Some(fields.issued_at)));
        lines.extend(MessageFields::time_line("Expiration Time", fields.expires_at));
        lines.extend(MessageFields::time_line("Not Before", fields.not_before));
        lines.extend(MessageFields::line("Request ID", fields.request_id.as_deref()));
        lines.extend(fields.resource_lines());
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
