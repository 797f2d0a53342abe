//! Limits on calls of operations and on messages.

use chrono::Duration;

use crate::{
    model::ErrorCode,
    settings::rates::Limit,
    state::{
        rows::calls::{Bucket, Calls},
        store::State,
    },
    wire::{ApiError, Request, read_json},
};

/// The operations that the real server limits.
const LIMITED: [&str; 14] = [
    "challenge_factor",
    "oauth_register_client",
    "passkey_authentication_options",
    "recover",
    "resend",
    "saml_acs",
    "send_magic_link",
    "send_otp",
    "sign_up",
    "sso",
    "token",
    "update_user",
    "verify",
    "verify_factor",
];

/// The grants of the token operation. The real server counts no others.
const GRANTS: [&str; 5] = ["id_token", "password", "pkce", "refresh_token", "web3"];

/// How long a call counts towards the limit of each operation.
const WINDOW: Duration = Duration::minutes(5);

/// The maximum number of clients whose calls are counted.
const MOST_CLIENTS: usize = 10_000;

impl State {
    /// Counts a call, or fails if a limit is reached.
    pub(crate) fn check_rate(&mut self, request: &Request, operation: &'static str) -> Result<(), ApiError> {
        let grant = request.query("grant_type").unwrap_or_default();
        if operation == "token" && !GRANTS.contains(&grant.as_str()) {
            return Ok(());
        }
        let operation = match operation {
            // Links and codes share a limit.
            "verify_link" => "verify",
            // So do all second factors.
            "verify_recovery_code" => "verify_factor",
            other => other,
        };
        if self.is_over_limit(operation) || self.is_over_client_limit(request, operation) {
            return Err(ApiError::new(429, ErrorCode::OverRequestRateLimit, "Request rate limit reached"));
        }
        Ok(())
    }

    /// Forgets what was called and sent.
    pub(crate) fn forget_calls(&mut self) {
        self.calls = Calls::default();
    }

    fn is_over_limit(&mut self, operation: &'static str) -> bool {
        let Some(most) = self.settings.rate_limit.filter(|_| LIMITED.contains(&operation)) else { return false };
        let now = self.now();
        let calls = self.calls.by_operation.entry(operation).or_default();
        calls.retain(|at| now - *at < WINDOW);
        let is_over = calls.len() >= most;
        if !is_over {
            calls.push(now);
        }
        is_over
    }

    /// Counts the call of a client, which a header names.
    fn is_over_client_limit(&mut self, request: &Request, operation: &'static str) -> bool {
        let limits = &self.settings.rate_limits;
        let (name, is_special) = limit_name(request, operation);
        let Some(Limit { per_second, burst }) = limits.of(operation, is_special) else { return false };
        let forwarded = request.sb_forwarded_for().filter(|_| self.settings.reads_sb_forwarded_for);
        let named = || {
            let header = Some(limits.header.as_str()).filter(|header| !header.is_empty())?;
            let client = request.header(header)?.split(',').next()?.trim();
            Some(client.to_owned()).filter(|client| !client.is_empty())
        };
        let Some(client) = forwarded.map(|address| address.to_string()).or_else(named) else { return false };
        let now = self.now();
        let buckets = &mut self.calls.by_client;
        if buckets.len() >= MOST_CLIENTS {
            // Clients that have not called for an hour have full buckets again.
            buckets.retain(|_, bucket| now - bucket.at < Duration::hours(1));
        }
        let key = (name.to_owned(), client);
        !buckets.entry(key).or_insert_with(|| Bucket::full(burst, now)).take(per_second, burst, now)
    }
}

/// Returns the name of the limit on a request, and whether it is one for a special case of the operation.
fn limit_name(request: &Request, operation: &'static str) -> (&'static str, bool) {
    match operation {
        "sign_up" if is_anonymous(request) => ("anonymous", true),
        "token" if request.query("grant_type").as_deref() == Some("web3") => ("web3", true),
        other => (other, false),
    }
}

fn is_anonymous(request: &Request) -> bool {
    let body: serde_json::Value = read_json(&request.body, &[]).unwrap_or_default();
    let is_given = |name: &str| body[name].as_str().is_some_and(|text| !text.is_empty());
    !is_given("email") && !is_given("phone")
}
