//! The message that a Solana wallet signs.

use chrono::{DateTime, Utc};

use super::message::Parts;
use crate::error::{Error, Result};

/// Builds the message that a Solana wallet signs to sign in. Give it to [`Web3::solana`](crate::Web3::solana).
///
/// The server wants it to be recent, for ten minutes by default.
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
    parts: Parts,
    network: Option<SolanaNetwork>,
}

/// A network of Solana.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SolanaNetwork {
    /// The main one.
    Mainnet,
    /// For developers.
    Devnet,
    /// For tests of the network itself.
    Testnet,
    /// On this machine.
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
    /// A message of the wallet with this address (base58), for the site with this URI, issued now. The server has to
    /// allow the URI as it allows redirects, and wants `https` for all but `localhost`.
    pub fn new(address: impl Into<String>, uri: impl Into<String>, issued_at: DateTime<Utc>) -> Self {
        Self { parts: Parts::new(address.into(), uri.into(), issued_at), network: None }
    }

    /// A sentence for the person who signs, of one line.
    pub fn statement(mut self, statement: impl Into<String>) -> Self {
        self.parts.statement = Some(statement.into());
        self
    }

    /// The network.
    pub fn network(mut self, network: SolanaNetwork) -> Self {
        self.network = Some(network);
        self
    }

    /// A value that makes the message one of its kind. The server does not look at it.
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
    /// [`Error::InvalidInput`] when a part cannot be used.
    pub fn build(self) -> Result<String> {
        let parts = &self.parts;
        if !is_address(&parts.address) {
            return Err(Error::invalid("address", "must be 32 to 44 characters of base58"));
        }
        parts.check()?;
        let mut lines = vec![
            format!("{} wants you to sign in with your Solana account:", parts.domain()),
            parts.address.clone(),
            String::new(),
        ];
        lines.extend(parts.statement.iter().flat_map(|statement| [statement.clone(), String::new()]));
        lines.push("Version: 1".to_owned());
        lines.push(format!("URI: {}", parts.uri));
        lines.extend(Parts::time_line("Issued At", Some(parts.issued_at)));
        lines.extend(Parts::time_line("Not Before", parts.not_before));
        lines.extend(Parts::time_line("Expiration Time", parts.expires_at));
        lines.extend(Parts::line("Chain ID", self.network.map(SolanaNetwork::chain_id)));
        lines.extend(Parts::line("Nonce", parts.nonce.as_deref()));
        lines.extend(Parts::line("Request ID", parts.request_id.as_deref()));
        lines.extend(parts.resource_lines());
        Ok(lines.join("\n"))
    }
}

/// Base58 has no `0`, `O`, `I` and `l`.
fn is_address(text: &str) -> bool {
    let base58 = |byte: u8| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte);
    (32..=44).contains(&text.len()) && text.bytes().all(base58)
}
