//! Starting sessions, raising them by a second factor, and issuing their tokens.

use uuid::Uuid;

use crate::{
    model::{AuditAction, types::Session},
    state::{
        access_tokens::session_gone,
        rows::{
            refresh_tokens::{RefreshTokens, Signer},
            session::{Application, SecondFactor, SessionRow},
        },
        store::State,
        table::Key,
    },
    wire::{ApiError, ApiResult, Response, json_response},
};

pub(crate) const USER_ID: &str = "sb-auth-user-id";
pub(crate) const SESSION_ID: &str = "sb-auth-session-id";
pub(crate) const TOKEN_COUNTER: &str = "sb-auth-refresh-token-counter";
pub(crate) const TOKEN_PREFIX: &str = "sb-auth-refresh-token-prefix";

/// Names and values of headers.
pub(crate) type Headers = Vec<(&'static str, String)>;

/// A session with new tokens, and the headers that go with it.
pub(crate) struct IssuedSession {
    pub(crate) session: Session,
    headers: Headers,
}

impl IssuedSession {
    /// Returns the session as a response.
    pub(crate) fn response(&self) -> Response {
        self.add_headers(json_response(200, &self.session))
    }

    /// Adds the headers to a response.
    pub(crate) fn add_headers(&self, response: Response) -> Response {
        self.headers.iter().fold(response, |response, (name, value)| response.header(name, value))
    }
}

impl State {
    /// Starts a session and returns it as a response.
    pub(crate) fn sign_in(&mut self, user_id: Uuid, method: &'static str) -> ApiResult {
        Ok(self.start_session(user_id, method, None)?.response())
    }

    /// Starts the first session of a user who has just signed up.
    pub(crate) fn sign_in_new_user(&mut self, user_id: Uuid, is_created: bool) -> ApiResult {
        let mut issued = self.start_session(user_id, "password", None)?;
        let user = &mut issued.session.user;
        // The database computes this field, and the real server does not read it again.
        user.confirmed_at = None;
        if is_created {
            // In the real server's memory, the user and the identity share their data, so that both are confirmed.
            for identity in user.identities.iter_mut().flatten() {
                identity.identity_data.clone_from(&user.user_metadata);
            }
        }
        Ok(issued.response())
    }

    /// Starts a session of a user, or of an OAuth client in their name.
    pub(crate) fn start_session(
        &mut self,
        user_id: Uuid,
        method: &'static str,
        application: Option<Application>,
    ) -> Result<IssuedSession, ApiError> {
        let (id, now) = (self.random.id(), self.now());
        let mut headers = vec![(USER_ID, user_id.to_string()), (SESSION_ID, id.to_string())];
        let (refresh_tokens, token) = if self.settings.refresh_token_version == 2 {
            let signer = Signer { counter: 0, key: self.random.bytes() };
            headers.push((TOKEN_COUNTER, signer.counter.to_string()));
            let token = signer.token(id);
            (RefreshTokens::signed(signer), token)
        } else {
            let token = self.random.refresh_token();
            headers.push((TOKEN_PREFIX, prefix(&token)));
            (RefreshTokens::random(token.clone()), token)
        };
        self.account(user_id)?.user.last_sign_in_at = Some(now);
        self.sessions.push(SessionRow {
            id,
            user_id,
            method,
            created_at: now,
            refreshed_at: None,
            second_factor: None,
            second_steps: Vec::new(),
            application,
            refresh_tokens,
        });
        self.forget_old_sessions(user_id);
        self.issue(id, token, headers, method)
    }

    /// Returns a session with a refresh token and a new access token.
    pub(crate) fn issue(
        &mut self,
        session_id: Uuid,
        refresh_token: String,
        headers: Headers,
        method: &str,
    ) -> Result<IssuedSession, ApiError> {
        Ok(IssuedSession { session: self.tokens(session_id, refresh_token, method)?, headers })
    }

    /// Returns whether a second factor was used in a session.
    pub(crate) fn is_aal2(&self, session_id: Uuid) -> bool {
        self.sessions.find(&Key::Id(session_id)).is_some_and(|session| session.second_factor.is_some())
    }

    /// Raises a session to aal2, ends the user's sessions below it, and issues new tokens.
    ///
    /// The server sends no headers here and does not count it as a refresh. A refresh token of version 2 moves two
    /// steps, so that the previous token cannot be mistaken for one whose response was lost.
    pub(crate) fn raise_session(
        &mut self,
        session_id: Uuid,
        factor_id: Uuid,
        method: &'static str,
    ) -> Result<Session, ApiError> {
        let (now, fresh) = (self.now(), self.random.refresh_token());
        let session = self.sessions.find_mut(&Key::Id(session_id)).ok_or_else(session_gone)?;
        session.raise(SecondFactor { id: factor_id, method }, now);
        let user_id = session.user_id;
        let token = if let Some(signer) = session.refresh_tokens.signer() {
            signer.counter += 2;
            signer.token(session_id)
        } else {
            session.refresh_tokens.swap_random(fresh.clone(), now);
            self.log_action(user_id, AuditAction::TokenRevoked, None);
            fresh
        };
        self.sessions.retain_with(&Key::User(user_id), |session| session.second_factor.is_some());
        self.tokens(session_id, token, method)
    }

    /// Ends the sessions of a user.
    pub(crate) fn end_sessions(&mut self, user_id: Uuid) {
        self.sessions.retain_with(&Key::User(user_id), |_| false);
    }

    /// Lowers the sessions that used a factor to aal1.
    pub(crate) fn lower_sessions(&mut self, factor_id: Uuid) {
        for place in self.sessions.places(&Key::Factor(factor_id)) {
            self.sessions[place].lower(factor_id);
        }
    }
}

/// Returns the prefix of a refresh token that a header contains.
pub(crate) fn prefix(token: &str) -> String {
    token.chars().take(5).collect()
}
