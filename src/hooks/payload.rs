//! Verified payloads.

use std::{fmt, ops::Deref};

use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Acknowledged, AfterUserCreated, BeforeUserCreated, CustomAccessToken, Decision, HookClaims, HookError,
    HookResponse, MfaVerificationAttempt, PasswordVerificationAttempt, SendEmail, SendSms,
};

/// The payload of one kind of hook. It is implemented for the seven hooks of the server, and for [`Value`], which takes
/// any hook.
pub trait Payload: DeserializeOwned + Send + 'static {
    /// The name of the hook, as in `metadata.name`. `None`: any hook.
    const HOOK: Option<&'static str>;

    /// What the server expects in response.
    type Response: HookResponse;
}

impl Payload for BeforeUserCreated {
    const HOOK: Option<&'static str> = Some(Self::HOOK);
    type Response = Acknowledged;
}

impl Payload for AfterUserCreated {
    const HOOK: Option<&'static str> = Some(Self::HOOK);
    type Response = Acknowledged;
}

impl Payload for SendEmail {
    const HOOK: Option<&'static str> = Some(Self::HOOK);
    type Response = Acknowledged;
}

impl Payload for SendSms {
    const HOOK: Option<&'static str> = Some(Self::HOOK);
    type Response = Acknowledged;
}

impl Payload for CustomAccessToken {
    const HOOK: Option<&'static str> = Some(Self::HOOK);
    type Response = HookClaims;
}

impl Payload for PasswordVerificationAttempt {
    const HOOK: Option<&'static str> = Some(Self::HOOK);
    type Response = Decision;
}

impl Payload for MfaVerificationAttempt {
    const HOOK: Option<&'static str> = Some(Self::HOOK);
    type Response = Decision;
}

/// Any hook, with any response.
impl Payload for Value {
    const HOOK: Option<&'static str> = None;
    type Response = Value;
}

/// A verified request for a hook, which dereferences to its payload.
///
/// ```
/// use gotrue::hooks::{Hook, SendSms};
///
/// fn text(hook: &Hook<SendSms>) -> String {
///     let code = hook.sms.otp.as_ref().map(|code| code.expose()).unwrap_or_default();
///     format!("Your code is {code}.")
/// }
/// ```
#[derive(Clone)]
pub struct Hook<T> {
    payload: T,
    json: Value,
}

impl<T: Payload> Hook<T> {
    pub(super) fn parse(json: Value) -> Result<Self, HookError> {
        let name = name(&json).unwrap_or_default().to_owned();
        // Older servers send no name.
        if let Some(expected) = T::HOOK
            && !name.is_empty()
            && name != expected
        {
            return Err(HookError::OtherHook { expected, actual: name });
        }
        match T::deserialize(&json) {
            Ok(payload) => Ok(Self { payload, json }),
            Err(error) => Err(HookError::payload(T::HOOK.map_or(name, str::to_owned), &error)),
        }
    }

    /// Returns the payload.
    #[must_use]
    pub fn into_payload(self) -> T {
        self.payload
    }

    /// Returns the payload as sent, including fields that this version does not know. It contains codes in plain text.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Returns the name of the hook. `None` for servers before 2.174.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        name(&self.json)
    }

    /// Returns the id of the event, which stays the same if the server repeats the request. `None` for servers before
    /// 2.174.
    #[must_use]
    pub fn event_id(&self) -> Option<Uuid> {
        self.json["metadata"]["uuid"].as_str()?.parse().ok()
    }
}

impl<T> Deref for Hook<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

/// Prints the payload as its type does, which redacts codes. The JSON is not printed: it contains them in plain text.
impl<T: Payload + fmt::Debug> fmt::Debug for Hook<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hook = f.debug_struct("Hook");
        hook.field("name", &self.name());
        if T::HOOK.is_some() {
            hook.field("payload", &self.payload);
        }
        hook.finish_non_exhaustive()
    }
}

fn name(json: &Value) -> Option<&str> {
    json["metadata"]["name"].as_str()
}

/// A verified request for any hook.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyHook {
    /// A user is about to be created.
    BeforeUserCreated(Hook<BeforeUserCreated>),
    /// A user was created.
    AfterUserCreated(Hook<AfterUserCreated>),
    /// An email is to be sent.
    SendEmail(Hook<SendEmail>),
    /// A text message is to be sent.
    SendSms(Hook<SendSms>),
    /// An access token is about to be issued.
    CustomAccessToken(Hook<CustomAccessToken>),
    /// A password was checked.
    PasswordVerificationAttempt(Hook<PasswordVerificationAttempt>),
    /// A code of a factor was checked.
    MfaVerificationAttempt(Hook<MfaVerificationAttempt>),
    /// A hook that this version does not know, or one without a name, from a server before 2.174.
    Other(Hook<Value>),
}

impl AnyHook {
    pub(super) fn parse(json: Value) -> Result<Self, HookError> {
        Ok(match name(&json).unwrap_or_default() {
            BeforeUserCreated::HOOK => Self::BeforeUserCreated(Hook::parse(json)?),
            AfterUserCreated::HOOK => Self::AfterUserCreated(Hook::parse(json)?),
            SendEmail::HOOK => Self::SendEmail(Hook::parse(json)?),
            SendSms::HOOK => Self::SendSms(Hook::parse(json)?),
            CustomAccessToken::HOOK => Self::CustomAccessToken(Hook::parse(json)?),
            PasswordVerificationAttempt::HOOK => Self::PasswordVerificationAttempt(Hook::parse(json)?),
            MfaVerificationAttempt::HOOK => Self::MfaVerificationAttempt(Hook::parse(json)?),
            _ => Self::Other(Hook::parse(json)?),
        })
    }
}
