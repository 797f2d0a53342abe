//! Flows that go through a browser or a mail, and end with a code (PKCE, RFC 7636).

use crate::wire::{ApiError, Request, json_body};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{provider::SITE_URL, state::State};
use crate::model::{ErrorCode, types::OtpType};

/// How long a provider has, and an application to exchange its code.
const PATIENCE: Duration = Duration::minutes(5);

/// A flow between its beginning and the exchange of its code.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) id: Option<Uuid>,
    pub(super) begun_at: DateTime<Utc>,
    pub(super) provider: Option<String>,
    /// How the user will have signed in (`amr`).
    pub(super) method: &'static str,
    /// Who is signed in already, and wants one more identity.
    pub(super) linking: Option<Uuid>,
    pub(super) redirect_to: String,
    /// The SHA-256 of the verifier.
    pub(super) challenge: Option<String>,
    pub(super) user_id: Option<Uuid>,
    pub(super) code: Option<(String, DateTime<Utc>)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Challenge {
    code_challenge: String,
    code_challenge_method: String,
}

/// The challenge of a flow that a message continues.
pub(super) fn challenge_in_body(request: &Request) -> Result<Option<String>, ApiError> {
    json_body::<Challenge>(request)?.check()
}

/// The challenge of a flow that a browser begins.
pub(super) fn challenge_in_query(request: &Request) -> Result<Option<String>, ApiError> {
    let parameter = |name: &str| request.query(name).unwrap_or_default();
    let code_challenge = parameter("code_challenge");
    Challenge { code_challenge, code_challenge_method: parameter("code_challenge_method") }.check()
}

impl Challenge {
    fn check(self) -> Result<Option<String>, ApiError> {
        let refuse = |message: &str| Err(ApiError::validation_failed(message));
        let (challenge, method) = (self.code_challenge, self.code_challenge_method.to_lowercase());
        if challenge.is_empty() != method.is_empty() {
            return refuse("PKCE flow requires code_challenge_method and code_challenge");
        }
        if challenge.is_empty() {
            return Ok(None);
        }
        if !(43..=128).contains(&challenge.len()) {
            return refuse("code challenge has to be between 43 and 128 characters");
        }
        if !challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)) {
            return refuse(
                "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes",
            );
        }
        match method.as_str() {
            "s256" => Ok(Some(challenge)),
            "plain" => Ok(Some(hashed(&challenge))),
            _ => refuse("Invalid code_challenge_method"),
        }
    }
}

fn hashed(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

impl State {
    /// Begins a flow that a message continues.
    pub(super) fn begin_by_message(&mut self, user_id: Uuid, challenge: &str, otp_type: Option<OtpType>) {
        self.flows.push(Flow {
            id: None,
            begun_at: self.now(),
            provider: None,
            method: match otp_type {
                Some(OtpType::Recovery) => "recovery",
                Some(OtpType::Magiclink) => "magiclink",
                Some(OtpType::EmailChange) => "email_change",
                _ => "email/signup",
            },
            linking: None,
            redirect_to: SITE_URL.to_owned(),
            challenge: Some(challenge.to_owned()),
            user_id: Some(user_id),
            code: None,
        });
    }

    /// The flow with this id, to which a provider sends somebody back; or why there is none.
    pub(super) fn open_flow(&self, id: &str) -> Result<usize, (&'static str, &'static str)> {
        if id.is_empty() {
            return Err(("bad_oauth_callback", "OAuth state parameter missing"));
        }
        let bad = |about| Err(("bad_oauth_state", about));
        let Ok(id) = Uuid::try_parse(id) else { return bad("OAuth state parameter is invalid") };
        let Some(place) = self.flows.iter().position(|flow| flow.id == Some(id)) else {
            return bad("OAuth state not found or expired");
        };
        let flow = &self.flows[place];
        if self.now() > flow.begun_at + PATIENCE {
            return bad("OAuth state has expired");
        }
        if flow.challenge.is_some() && flow.user_id.is_some() {
            return Err(("flow_state_already_used", "State has already been used"));
        }
        Ok(place)
    }

    /// The code of the last flow of a user.
    pub(super) fn code_for(&mut self, user_id: Uuid) -> Result<String, ApiError> {
        let (code, now) = (self.draw_id().to_string(), self.now());
        let flow = self.flows.iter_mut().rev().find(|flow| flow.user_id == Some(user_id) && flow.code.is_none());
        flow.ok_or_else(flow_gone)?.code = Some((code.clone(), now));
        Ok(code)
    }

    /// The flow behind a code, which is then spent.
    pub(super) fn redeem_code(&mut self, code: &str, verifier: &str) -> Result<Flow, ApiError> {
        let now = self.now();
        let issued = |flow: &Flow| flow.code.as_ref().is_some_and(|(known, _)| known == code);
        let place = self.flows.iter().position(issued).ok_or_else(flow_gone)?;
        let flow = &self.flows[place];
        if flow.code.as_ref().is_some_and(|(_, issued_at)| now - *issued_at > PATIENCE) {
            let message = "invalid flow state, flow state has expired";
            return Err(ApiError::new(422, ErrorCode::FlowStateExpired, message));
        }
        if flow.challenge != Some(hashed(verifier)) {
            let message = "code challenge does not match previously saved code verifier";
            return Err(ApiError::new(400, ErrorCode::BadCodeVerifier, message));
        }
        Ok(self.flows.remove(place))
    }
}

pub(super) fn flow_gone() -> ApiError {
    let message = "invalid flow state, no valid flow state found";
    ApiError::new(404, ErrorCode::FlowStateNotFound, message)
}
