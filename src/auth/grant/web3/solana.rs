//! Sign-in messages for Solana wallets.

use chrono::{DateTime, Utc};

use super::message::MessageFields;
use crate::error::{Error, Result};

/// Builds the message that a Solana wallet signs, for [`Web3::solana`](crate::Web3::solana).
///
/// The server accepts a message for ten minutes by default.
///
/// ```
/// # fn f() -> Result<(), gotrue::Error> {
/// use gotrue::{auth::{SolanaMessage, SolanaNetwork}, chrono::Utc};
///
/// let address = "8YhmTcUVqenLWL2zLTBP4EYC3DkqR75auxxaqX7hfzwt";
/// let message = SolanaMessage::new(address, "https://app.example.com/login", Utc::now())
///     .statement("Sign in to Acme")
///     .network(SolanaNetwork::Mainnet)
///     .build()?;
/// assert!(message.starts_with("app.example.com wants you to sign in with your Solana account:\n8Yhm"));
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "call build"]
pub struct SolanaMessage {
    fields: MessageFields,
    network: Option<SolanaNetwork>,
}

/// A Solana network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SolanaNetwork {
    /// The main network.
    Mainnet,
    /// The network for developers.
    Devnet,
    /// The network for tests of Solana itself.
    Testnet,
    /// A local network.
    Localnet,
}

impl SolanaNetwork {
    fn chain_id(self) -> &'static str {
        match self {
            Self::Mainnet => "solana:mainnet",
            Self::Devnet => "solana:devnet",
            Self::Testnet => "solana:testnet",
            Self::Localnet => "solana:localnet",
        }
    }
}

impl SolanaMessage {
    /// A message of the wallet with this address (base58), for the site with this URI. The URI must be on the server's
    /// list of allowed redirect URLs, and must be `https` unless its host is `localhost`.
    pub fn new(address: impl Into<String>, uri: impl Into<String>, issued_at: DateTime<Utc>) -> Self {
        Self { fields: MessageFields::new(address.into(), uri.into(), issued_at), network: None }
    }

    /// Sets the text that the wallet shows to the user, on one line.
    pub fn statement(mut self, statement: impl Into<String>) -> Self {
        self.fields.statement = Some(statement.into());
        self
    }

    /// Sets the network.
    pub fn network(mut self, network: SolanaNetwork) -> Self {
        self.network = Some(network);
        self
    }

    /// Sets the nonce. The server ignores it.
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
    /// [`Error::InvalidInput`] if a value is invalid.
    pub fn build(self) -> Result<String> {
        let fields = &self.fields;
        if !is_address(&fields.address) {
            return Err(Error::invalid("address", "must be 32 to 44 characters of base58"));
        }
        fields.check()?;
        let mut lines = vec![
            format!("{} wants you to sign in with your Solana account:", fields.domain()),
            fields.address.clone(),
            String::new(),
        ];
        lines.extend(fields.statement.iter().flat_map(|statement| [statement.clone(), String::new()]));
        lines.push("Version: 1".to_owned());
        lines.push(format!("URI: {}", fields.uri));
        lines.extend(MessageFields::time_line("Issued At", Some(fields.issued_at)));
        lines.extend(MessageFields::time_line("Not Before", fields.not_before));
        lines.extend(MessageFields::time_line("Expiration Time", fields.expires_at));
        lines.extend(MessageFields::line("Chain ID", self.network.map(SolanaNetwork::chain_id)));
        lines.extend(MessageFields::line("Nonce", fields.nonce.as_deref()));
        lines.extend(MessageFields::line("Request ID", fields.request_id.as_deref()));
        lines.extend(fields.resource_lines());
        Ok(lines.join("\n"))
    }
}

/// Base58 excludes `0`, `O`, `I` and `l`.
fn is_address(text: &str) -> bool {
    let base58 = |byte: u8| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte);
    (32..=44).contains(&text.len()) && text.bytes().all(base58)
}
