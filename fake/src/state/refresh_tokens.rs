//! Exchanging refresh tokens.

use uuid::Uuid;

use crate::{
    model::{AuditAction, ErrorCode, types::Session},
    state::{rows::session::SessionRow, store::State},
    wire::ApiError,
};

impl State {
    /// A new pair of tokens for an old one, by the rules of the real server's first kind of refresh token: a spent
    /// token passes again when it is the parent of the active one, or within the reuse interval; otherwise the whole
    /// family is revoked. A session that came by OAuth is refreshed by its own client only.
    pub(crate) fn refresh(&mut self, spent: &str, client_id: Option<Uuid>) -> Result<Session, ApiError> {
        let (now, fresh, interval) = (self.now(), self.random.refresh_token(), self.settings.reuse_interval);
        let not_found = || {
            let message = "Invalid Refresh Token: Refresh Token Not Found";
            ApiError::new(400, ErrorCode::REFRESH_TOKEN_NOT_FOUND, message)
        };
        let knows = |session: &SessionRow| session.refresh_tokens.iter().any(|row| row.token == spent);
        let place = self.sessions.iter().position(knows).ok_or_else(not_found)?;
        let (session_id, user_id) = (self.sessions[place].id, self.sessions[place].user_id);
        if self.account(user_id)?.user.banned_until.is_some_and(|until| until > now) {
            return Err(ApiError::new(400, ErrorCode::USER_BANNED, "Invalid Refresh Token: User Banned"));
        }
        self.sessions[place].check_client(client_id)?;
        let token = self.sessions[place].rotate(spent, &fresh, now, interval)?;
        self.note(user_id, AuditAction::TOKEN_REFRESHED, None);
        if token == fresh {
            self.note(user_id, AuditAction::TOKEN_REVOKED, None);
        }
        self.tokens(session_id, token)
    }
}
