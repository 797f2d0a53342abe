//! PKCE flows, from their start to the exchange of the code.

use uuid::Uuid;

use crate::{
    code_challenge::{Challenge, hash_of_verifier},
    model::{ErrorCode, OtpType},
    state::{
        rows::flow::Flow,
        store::State,
        table::{Key, Place},
    },
    wire::ApiError,
};

/// Returns the authentication method (`amr`) of a flow that continues with a message.
pub(crate) fn method_of(otp_type: Option<OtpType>) -> &'static str {
    match otp_type {
        Some(OtpType::Recovery) => "recovery",
        Some(OtpType::Magiclink) => "magiclink",
        Some(OtpType::EmailChange) => "email_change",
        Some(OtpType::Invite) => "invite",
        _ => "email/signup",
    }
}

pub(crate) fn flow_gone() -> ApiError {
    let message = "invalid flow state, no valid flow state found";
    ApiError::new(404, ErrorCode::FlowStateNotFound, message)
}

impl State {
    /// Starts a flow that continues with a message.
    pub(crate) fn begin_by_message(
        &mut self,
        user_id: Uuid,
        challenge: &Challenge,
        otp_type: Option<OtpType>,
    ) -> Result<(), ApiError> {
        let challenge = challenge.hash().ok_or_else(ApiError::unforeseen)?;
        self.flows.push(Flow {
            id: None,
            begun_at: self.now(),
            provider: None,
            sso_provider: None,
            method: method_of(otp_type),
            linking: None,
            redirect_to: self.settings.site_url.clone(),
            challenge: Some(challenge),
            user_id: Some(user_id),
            code: None,
            invite_token: None,
        });
        Ok(())
    }

    /// Returns the position of the flow that a provider redirects back to, or an error code and message.
    pub(crate) fn open_flow(&self, id: &str) -> Result<Place, (&'static str, &'static str)> {
        if id.is_empty() {
            return Err(("bad_oauth_callback", "OAuth state parameter missing"));
        }
        let bad = |about| Err(("bad_oauth_state", about));
        let Ok(id) = Uuid::try_parse(id) else { return bad("OAuth state parameter is invalid") };
        let place = self.flows.place(&Key::Id(id)).filter(|place| self.flows[*place].sso_provider.is_none());
        let Some(place) = place else {
            return bad("OAuth state not found or expired");
        };
        let flow = &self.flows[place];
        if self.now() > flow.begun_at + self.settings.flow_lifetime {
            return bad("OAuth state has expired");
        }
        if flow.challenge.is_some() && flow.user_id.is_some() {
            return Err(("flow_state_already_used", "State has already been used"));
        }
        Ok(place)
    }

    /// Issues the code for the last flow of a user with this method.
    pub(crate) fn code_for(&mut self, user_id: Uuid, method: &str) -> Result<String, ApiError> {
        let (code, now) = (self.random.id().to_string(), self.now());
        let is_it = |flow: &Flow| flow.method == method && flow.code.is_none();
        let places = self.flows.places(&Key::User(user_id));
        let last = places.into_iter().rev().find(|place| is_it(&self.flows[*place]));
        self.flows[last.ok_or_else(flow_gone)?].code = Some((code.clone(), now));
        Ok(code)
    }

    /// Issues the code for the flow that a link continues.
    pub(crate) fn code_for_link(&mut self, user_id: Uuid, otp_type: OtpType) -> Result<String, ApiError> {
        self.code_for(user_id, method_of(Some(otp_type))).map_err(|_| {
            let message = "No associated flow state found. 422: No valid flow state found for user.";
            ApiError::new(400, ErrorCode::FlowStateNotFound, message)
        })
    }

    /// Redeems the code of a flow.
    pub(crate) fn redeem_code(&mut self, code: &str, verifier: &str) -> Result<Flow, ApiError> {
        let now = self.now();
        let place = self.flows.place(&Key::Code(code.to_owned())).ok_or_else(flow_gone)?;
        let flow = &self.flows[place];
        if flow.code.as_ref().is_some_and(|(_, issued_at)| now - *issued_at > self.settings.flow_lifetime) {
            let message = "invalid flow state, flow state has expired";
            return Err(ApiError::new(422, ErrorCode::FlowStateExpired, message));
        }
        if flow.challenge != Some(hash_of_verifier(verifier)) {
            let message = "code challenge does not match previously saved code verifier";
            return Err(ApiError::new(400, ErrorCode::BadCodeVerifier, message));
        }
        Ok(self.flows.remove(place))
    }
}
