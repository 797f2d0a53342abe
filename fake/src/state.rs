//! Everything the server remembers.

use crate::wire::ApiError;
use std::{collections::HashMap, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha224, Sha256};
use uuid::Uuid;

use super::{
    Setup,
    account::Account,
    factor::FactorRow,
    fault::Faults,
    flow::Flow,
    key::Keys,
    mailbox::Message,
    oauth::OAuth,
    passkey::{PasskeyChallenge, PasskeyRow},
    received::ReceivedRequest,
    session::SessionRow,
    sso::SsoRow,
};
use crate::model::{
    ErrorCode,
    types::{AuditLogEntry, CustomProvider},
};
use gotrue::Clock;

#[derive(Debug)]
pub(super) struct State {
    pub(super) setup: Setup,
    pub(super) base_url: String,
    pub(super) accounts: Vec<Account>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) flows: Vec<Flow>,
    pub(super) factors: Vec<FactorRow>,
    pub(super) passkeys: Vec<PasskeyRow>,
    pub(super) passkey_challenges: Vec<PasskeyChallenge>,
    pub(super) oauth: OAuth,
    pub(super) sso: Vec<SsoRow>,
    pub(super) custom_providers: Vec<CustomProvider>,
    pub(super) audit_log: Vec<AuditLogEntry>,
    pub(super) mailbox: Vec<Message>,
    pub(super) keys: Keys,
    pub(super) provider_keys: Keys,
    pub(super) requests: Vec<ReceivedRequest>,
    /// When operations were called, as far as that is limited.
    pub(super) calls: HashMap<&'static str, Vec<DateTime<Utc>>>,
    pub(super) faults: Faults,
    clock: Arc<dyn Clock>,
    /// How often something new was made up.
    drawn: u64,
}

impl State {
    pub(super) fn new(setup: Setup, clock: Arc<dyn Clock>, base_url: String) -> Self {
        Self {
            keys: Keys::new(setup.hs256),
            provider_keys: Keys::of_providers(),
            setup,
            base_url,
            accounts: Vec::new(),
            sessions: Vec::new(),
            flows: Vec::new(),
            factors: Vec::new(),
            passkeys: Vec::new(),
            passkey_challenges: Vec::new(),
            oauth: OAuth::default(),
            sso: Vec::new(),
            custom_providers: Vec::new(),
            audit_log: Vec::new(),
            mailbox: Vec::new(),
            requests: Vec::new(),
            calls: HashMap::new(),
            faults: Faults::default(),
            clock,
            drawn: 0,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The next bytes, the same in each run.
    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::digest(self.drawn.to_be_bytes()).into()
    }

    pub(super) fn draw_id(&mut self) -> Uuid {
        id_of(&self.draw())
    }

    /// The id of the next entry of the audit log. It is of another sequence, so that what is written down changes nothing.
    pub(super) fn audit_id(&self) -> Uuid {
        let number = self.audit_log.len().to_be_bytes();
        id_of(&Sha256::new().chain_update(b"audit").chain_update(number).finalize())
    }

    /// The secret of an authenticator.
    pub(super) fn draw_secret(&mut self) -> [u8; 20] {
        let mut secret = [0; 20];
        secret.copy_from_slice(&self.draw()[..20]);
        secret
    }

    /// A challenge to an authenticator, base64url.
    pub(super) fn draw_challenge(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.draw())
    }

    /// What names the request of an application: 32 characters of base32.
    pub(super) fn draw_authorization_id(&mut self) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        self.draw().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).iter().collect()
    }

    /// A code of six digits.
    pub(super) fn draw_code(&mut self) -> String {
        let bytes = self.draw();
        let number = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        format!("{:06}", number % 1_000_000)
    }

    /// A refresh token: twelve characters of `a-z0-9`.
    pub(super) fn draw_token(&mut self) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        self.draw()[..12].iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
    }

    pub(super) fn account(&mut self, id: Uuid) -> Result<&mut Account, ApiError> {
        let gone = || ApiError::new(403, ErrorCode::UserNotFound, "User from sub claim in JWT does not exist");
        self.accounts.iter_mut().find(|account| account.user.id == id).ok_or_else(gone)
    }

    pub(super) fn account_by_email(&mut self, email: &str) -> Option<&mut Account> {
        let email = email.to_lowercase();
        self.accounts.iter_mut().find(|account| account.email() == email)
    }

    pub(super) fn account_by_phone(&mut self, phone: &str) -> Option<&mut Account> {
        let phone = plain_phone(phone);
        self.accounts.iter_mut().find(|account| account.phone() == phone)
    }
}

fn id_of(bytes: &[u8]) -> Uuid {
    let mut id = [0; 16];
    id.copy_from_slice(&bytes[..16]);
    uuid::Builder::from_random_bytes(id).into_uuid()
}

/// The number as the server keeps it: digits only.
pub(super) fn plain_phone(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// The hash of a code that goes into links.
pub(super) fn token_hash(address: &str, code: &str) -> String {
    format!("{:x}", Bytes::copy_from_slice(&Sha224::digest(format!("{address}{code}"))))
}
