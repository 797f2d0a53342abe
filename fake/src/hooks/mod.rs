//! Auth hooks: where they are, and calls of them over HTTP.

mod call;
mod run;

use std::collections::BTreeMap;

use gotrue::hooks::{
    AfterUserCreated, BeforeUserCreated, CustomAccessToken, HookSecrets, MfaVerificationAttempt,
    PasswordVerificationAttempt, SendEmail, SendSms,
};
use url::{Host, Url};

pub(crate) use call::{Answer, Call};
pub(crate) use run::{HookRun, Outgoing, Reply};

/// An event for which the server calls a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    BeforeUserCreated,
    AfterUserCreated,
    SendEmail,
    SendSms,
    CustomAccessToken,
    PasswordVerificationAttempt,
    MfaVerificationAttempt,
}

impl Event {
    pub(crate) const ALL: [Self; 7] = [
        Self::BeforeUserCreated,
        Self::AfterUserCreated,
        Self::SendEmail,
        Self::SendSms,
        Self::CustomAccessToken,
        Self::PasswordVerificationAttempt,
        Self::MfaVerificationAttempt,
    ];

    /// Returns the name of the hook in the payload.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BeforeUserCreated => BeforeUserCreated::HOOK,
            Self::AfterUserCreated => AfterUserCreated::HOOK,
            Self::SendEmail => SendEmail::HOOK,
            Self::SendSms => SendSms::HOOK,
            Self::CustomAccessToken => CustomAccessToken::HOOK,
            Self::PasswordVerificationAttempt => PasswordVerificationAttempt::HOOK,
            Self::MfaVerificationAttempt => MfaVerificationAttempt::HOOK,
        }
    }

    /// Returns the name of the hook in the names of its variables.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::BeforeUserCreated => "BEFORE_USER_CREATED",
            Self::AfterUserCreated => "AFTER_USER_CREATED",
            Self::SendEmail => "SEND_EMAIL",
            Self::SendSms => "SEND_SMS",
            Self::CustomAccessToken => "CUSTOM_ACCESS_TOKEN",
            Self::PasswordVerificationAttempt => "PASSWORD_VERIFICATION_ATTEMPT",
            Self::MfaVerificationAttempt => "MFA_VERIFICATION_ATTEMPT",
        }
    }

    /// Returns whether the server calls the hook within the transaction that a refusal undoes.
    pub(crate) fn is_undone(self) -> bool {
        matches!(self, Self::SendEmail | Self::SendSms | Self::CustomAccessToken)
    }
}

/// A hook of the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hook {
    pub(crate) is_enabled: bool,
    pub(crate) url: Option<Url>,
    /// Without secrets, the signature is empty.
    pub(crate) secrets: Option<HookSecrets>,
}

/// The hooks of the server, by event.
pub(crate) type Hooks = BTreeMap<Event, Hook>;

/// The start of the names of all variables.
pub(crate) const VARIABLES: &str = "GOTRUE_HOOK_";

/// Splits the name of a variable into the event and the rest: `ENABLED`, `URI` or `SECRETS`.
pub(crate) fn variable(name: &str) -> Option<(Event, &str)> {
    let rest = name.strip_prefix(VARIABLES)?;
    Event::ALL.into_iter().find_map(|event| Some((event, rest.strip_prefix(event.variable())?.strip_prefix('_')?)))
}

/// Parses the secrets of a hook.
pub(crate) fn secrets(value: &str) -> Result<Option<HookSecrets>, String> {
    if value.is_empty() { Ok(None) } else { value.parse().map(Some).map_err(|error| format!("{error}")) }
}

/// Parses the URL of a hook. Unencrypted ones are only for this machine; there is no database for `pg-functions`.
pub(crate) fn url(value: &str) -> Result<Option<Url>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(value).map_err(|_| "expected a URL".to_owned())?;
    match url.scheme() {
        "https" => Ok(Some(url)),
        "http" if is_local(&url) => Ok(Some(url)),
        "http" => Err("expected https, or http on this machine".to_owned()),
        "pg-functions" => Err("the fake server has no database; use an HTTP hook".to_owned()),
        _ => Err("expected an https URL".to_owned()),
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => host == "localhost" || host == "host.docker.internal",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
