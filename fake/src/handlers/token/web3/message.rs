//! The text that a wallet signs: EIP-4361, and its variant for Solana.

use std::fmt;

use chrono::{DateTime, Utc};
use url::Url;

use crate::wire::{ApiError, quoted};

/// The blockchain of a wallet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    Ethereum,
    Solana,
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ethereum => "Ethereum",
            Self::Solana => "Solana",
        })
    }
}

/// A parsed message.
pub(crate) struct Message {
    pub(crate) domain: String,
    pub(crate) address: String,
    pub(crate) statement: Option<String>,
    pub(crate) uri: Url,
    pub(crate) chain_id: String,
    pub(crate) issued_at: DateTime<Utc>,
    pub(crate) not_before: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl Message {
    /// Returns the expiry. For Ethereum, the real server checks it only if `Not Before` is present.
    pub(crate) fn end(&self, chain: Chain) -> Option<DateTime<Utc>> {
        self.expires_at.filter(|_| chain == Chain::Solana || self.not_before.is_some())
    }
}

/// The fields of a message, one on each line.
#[derive(Default)]
struct Fields {
    uri: Option<Url>,
    version: String,
    chain_id: String,
    issued_at: Option<DateTime<Utc>>,
    not_before: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl Chain {
    /// Parses a message of this chain.
    pub(crate) fn read(self, text: &str) -> Result<Message, ApiError> {
        let lines: Vec<&str> = text.split('\n').collect();
        let &[header, address, third, fourth, fifth, ..] = lines.as_slice() else {
            return Err(self.bad("message needs at least 6 lines"));
        };
        if lines.len() < 6 {
            return Err(self.bad("message needs at least 6 lines"));
        }
        let suffix = format!(" wants you to sign in with your {self} account:");
        let domain = header
            .strip_suffix(&suffix)
            .ok_or_else(|| self.bad(&format!("message first line does not end in {}", quoted(&suffix))))?;
        let (domain, address) = (domain.trim(), address.trim());
        if !is_domain(domain) {
            return Err(self.bad("domain in first line of message is not valid"));
        }
        self.check_address(address)?;
        if !third.is_empty() {
            return Err(self.bad("third line must be empty"));
        }
        let (statement, from) =
            if !fourth.is_empty() && fifth.is_empty() { (Some(fourth.to_owned()), 5) } else { (None, 3) };
        let fields = self.fields(&lines, from)?;
        let version = &fields.version;
        if version != "1" {
            return Err(self.bad(&format!("Version value is not supported, expected 1 got {}", quoted(version))));
        }
        let issued_at = fields.issued_at.ok_or_else(|| self.bad("Issued At is not specified"))?;
        if fields.expires_at.is_some_and(|end| issued_at > end) {
            return Err(self.bad("Issued At is after Expiration Time"));
        }
        if fields.not_before.zip(fields.expires_at).is_some_and(|(start, end)| start > end) {
            return Err(self.bad("Not Before is after Expiration Time"));
        }
        Ok(Message {
            domain: domain.to_owned(),
            address: address.to_owned(),
            statement,
            uri: fields.uri.ok_or_else(|| self.bad("URI is not specified"))?,
            chain_id: fields.chain_id,
            issued_at,
            not_before: fields.not_before,
            expires_at: fields.expires_at,
        })
    }

    fn fields(self, lines: &[&str], from: usize) -> Result<Fields, ApiError> {
        let mut fields = Fields::default();
        let mut resources = None;
        for (place, line) in lines.iter().enumerate().skip(from).map(|(place, line)| (place, line.trim())) {
            if let (Some(count), Some(resource)) = (resources, line.strip_prefix("- ")) {
                Url::parse(resource.trim())
                    .map_err(|_| self.bad(&format!("Resource at position {count} has invalid URI")))?;
                resources = Some(count + 1);
                continue;
            }
            resources = (line == "Resources:").then_some(0);
            if line.is_empty() || resources.is_some() {
                continue;
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| self.bad(&format!("encountered unparsable line at index {place}")))?;
            self.set(&mut fields, name, value.trim())?;
        }
        Ok(fields)
    }

    fn set(self, fields: &mut Fields, name: &str, value: &str) -> Result<(), ApiError> {
        match name {
            "URI" => fields.uri = Some(Url::parse(value).map_err(|_| self.bad("URI is not valid"))?),
            "Version" => value.clone_into(&mut fields.version),
            "Chain ID" => {
                self.check_network(value)?;
                value.clone_into(&mut fields.chain_id);
            }
            "Issued At" => fields.issued_at = Some(self.moment(name, value)?),
            "Expiration Time" => fields.expires_at = Some(self.moment(name, value)?),
            "Not Before" => fields.not_before = Some(self.moment(name, value)?),
            _ => {}
        }
        Ok(())
    }

    fn moment(self, name: &str, value: &str) -> Result<DateTime<Utc>, ApiError> {
        let bad = |_| self.bad(&format!("{name} is not a valid ISO8601 timestamp"));
        DateTime::parse_from_rfc3339(value).map(|moment| moment.to_utc()).map_err(bad)
    }

    fn check_address(self, address: &str) -> Result<(), ApiError> {
        let is_one = match self {
            Self::Ethereum => address
                .strip_prefix("0x")
                .is_some_and(|hex| hex.len() == 40 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())),
            Self::Solana => {
                (32..=44).contains(&address.len()) && address.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
        };
        match self {
            _ if is_one => Ok(()),
            Self::Ethereum => Err(self.bad("wallet address is not a valid Ethereum address")),
            Self::Solana => Err(self.bad("wallet address is not in base58 format")),
        }
    }

    fn check_network(self, id: &str) -> Result<(), ApiError> {
        let is_one = match self {
            Self::Ethereum => id.parse::<u64>().is_ok_and(|id| id > 0),
            Self::Solana => ["", "solana:mainnet", "solana:devnet", "solana:testnet", "solana:localnet"].contains(&id),
        };
        if is_one { Ok(()) } else { Err(self.bad("Chain ID is not valid")) }
    }

    fn bad(self, why: &str) -> ApiError {
        let name = match self {
            Self::Ethereum => "siwe",
            Self::Solana => "siws",
        };
        ApiError::validation_failed(format!("{name}: {why}"))
    }
}

/// Returns whether the text is a domain name of at least two labels or `localhost`, with an optional port.
fn is_domain(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let is_port = |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = name.split('.').all(is_label)
        && name
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic()));
    (name == "localhost" || is_name) && port.is_none_or(is_port)
}
