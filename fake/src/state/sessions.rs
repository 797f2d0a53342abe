//! Starting sessions, and raising them by a second factor.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    model::{AuditAction, types::Session},
    state::{
        access_tokens::session_gone,
        rows::session::{Application, RefreshTokenRow, SecondFactor, SessionRow},
        store::State,
    },
    wire::{ApiError, ApiResult, Response, json_response},
};

impl State {
    /// A new session of a user.
    pub(crate) fn sign_in(&mut self, user_id: Uuid, method: &'static str) -> ApiResult {
        let session = self.new_session(user_id, method)?;
        Ok(self.session_response(&session))
    }

    /// The first session of a user, who came this moment.
    pub(crate) fn signed_up(&mut self, user_id: Uuid) -> ApiResult {
        let mut session = self.new_session(user_id, "password")?;
        // The database makes this field, and the real server does not look there again.
        session.user.confirmed_at = None;
        Ok(self.session_response(&session))
    }

    pub(crate) fn new_session(&mut self, user_id: Uuid, method: &'static str) -> Result<Session, ApiError> {
        self.session_of(user_id, method, None)
    }

    /// A new session of a user, for an application or for themselves.
    pub(crate) fn session_of(
        &mut self,
        user_id: Uuid,
        method: &'static str,
        application: Option<Application>,
    ) -> Result<Session, ApiError> {
        let (id, token, now) = (self.random.id(), self.random.refresh_token(), self.now());
        self.account(user_id)?.user.last_sign_in_at = Some(now);
        let refresh_tokens = vec![RefreshTokenRow::first(&token)];
        let (signed_in_at, second_factor) = (now, None);
        self.sessions.push(SessionRow {
            id,
            user_id,
            method,
            signed_in_at,
            second_factor,
            application,
            refresh_tokens,
        });
        self.tokens(id, token)
    }

    /// Whether a second factor was used in a session.
    pub(crate) fn is_aal2(&self, session_id: Uuid) -> bool {
        self.sessions.iter().any(|session| session.id == session_id && session.second_factor.is_some())
    }

    /// Raises a session, and ends the user's others that are below. The refresh token is swapped.
    pub(crate) fn second_factor_used(
        &mut self,
        session_id: Uuid,
        factor_id: Uuid,
        method: &'static str,
    ) -> Result<Session, ApiError> {
        let (now, fresh) = (self.now(), self.random.refresh_token());
        let session = self.sessions.iter_mut().find(|session| session.id == session_id).ok_or_else(session_gone)?;
        session.second_factor = Some(SecondFactor { id: factor_id, method, used_at: now });
        session.swap(fresh.clone(), now);
        let user_id = session.user_id;
        self.note(user_id, AuditAction::TOKEN_REVOKED, None);
        self.sessions.retain(|session| session.user_id != user_id || session.second_factor.is_some());
        self.tokens(session_id, fresh)
    }

    /// The sessions that used a factor fall back.
    pub(crate) fn second_factor_gone(&mut self, factor_id: Uuid) {
        for session in &mut self.sessions {
            session.second_factor = session.second_factor.filter(|second| second.id != factor_id);
        }
    }

    /// A session, and the headers that tell of it.
    pub(crate) fn session_response(&self, session: &Session) -> Response {
        self.with_session(json_response(200, session), session)
    }

    /// The headers that tell of a session.
    pub(crate) fn with_session(&self, response: Response, session: &Session) -> Response {
        let session_id = self.claims(session.access_token.expose()).map(|claims| claims["session_id"].clone());
        let prefix: String = session.refresh_token.expose().chars().take(5).collect();
        let response = response
            .header("sb-auth-user-id", session.user.id.to_string().as_str())
            .header("sb-auth-refresh-token-prefix", prefix.as_str());
        match session_id.as_ref().ok().and_then(Value::as_str) {
            Some(id) => response.header("sb-auth-session-id", id),
            None => response,
        }
    }
}
