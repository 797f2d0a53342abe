//! Refresh tokens, and how they follow each other.

use crate::wire::ApiError;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::SessionRow;
use crate::model::{AuditAction, ErrorCode, types::Session};
use crate::state::State;

#[derive(Debug)]
pub(super) struct RefreshTokenRow {
    token: String,
    parent: Option<String>,
    revoked_at: Option<DateTime<Utc>>,
}

impl RefreshTokenRow {
    pub(super) fn first(token: &str) -> Self {
        Self { token: token.to_owned(), parent: None, revoked_at: None }
    }
}

impl State {
    /// A new pair of tokens for an old one, by the rules of the real server's first kind of refresh token: a spent
    /// token passes again when it is the parent of the active one, or within the reuse interval; otherwise the whole
    /// family is revoked. A session that came by OAuth is refreshed by its own client only.
    pub(crate) fn refresh(&mut self, spent: &str, client_id: Option<Uuid>) -> Result<Session, ApiError> {
        let (now, fresh, interval) = (self.now(), self.draw_token(), self.setup.reuse_interval);
        let not_found = || {
            let message = "Invalid Refresh Token: Refresh Token Not Found";
            ApiError::new(400, ErrorCode::RefreshTokenNotFound, message)
        };
        let knows = |session: &SessionRow| session.refresh_tokens.iter().any(|row| row.token == spent);
        let place = self.sessions.iter().position(knows).ok_or_else(not_found)?;
        let (session_id, user_id) = (self.sessions[place].id, self.sessions[place].user_id);
        if self.account(user_id)?.user.banned_until.is_some_and(|until| until > now) {
            return Err(ApiError::new(400, ErrorCode::UserBanned, "Invalid Refresh Token: User Banned"));
        }
        self.sessions[place].check_client(client_id)?;
        let token = self.sessions[place].rotate(spent, &fresh, now, interval)?;
        self.note(user_id, AuditAction::TokenRefreshed, None);
        if token == fresh {
            self.note(user_id, AuditAction::TokenRevoked, None);
        }
        self.tokens(session_id, token)
    }
}

impl SessionRow {
    fn check_client(&self, client_id: Option<Uuid>) -> Result<(), ApiError> {
        let description = match (&self.application, client_id) {
            (Some(_), None) => "Client authentication required for OAuth session",
            (Some(application), Some(id)) if application.client_id != id => {
                "Client does not match the session's OAuth client"
            }
            (None, Some(_)) => "Client authentication not allowed for non-OAuth session",
            _ => return Ok(()),
        };
        Err(ApiError::oauth("invalid_client", description))
    }

    /// Puts another refresh token in the place of the active one.
    pub(super) fn swap(&mut self, fresh: String, now: DateTime<Utc>) {
        let active = self.refresh_tokens.iter_mut().find(|row| row.revoked_at.is_none());
        let parent = active.map(|active| {
            active.revoked_at = Some(now);
            active.token.clone()
        });
        self.refresh_tokens.push(RefreshTokenRow { token: fresh, parent, revoked_at: None });
    }

    fn rotate(
        &mut self,
        spent: &str,
        fresh: &str,
        now: DateTime<Utc>,
        reuse_interval: Duration,
    ) -> Result<String, ApiError> {
        let active = self.refresh_tokens.iter().rev().find(|row| row.revoked_at.is_none());
        if let Some(active) = active.filter(|active| active.parent.as_deref() == Some(spent)) {
            return Ok(active.token.clone());
        }
        let revoked_at = self.refresh_tokens.iter().find(|row| row.token == spent).and_then(|row| row.revoked_at);
        let too_late = revoked_at.is_some_and(|revoked_at| now > revoked_at + reuse_interval);
        for row in &mut self.refresh_tokens {
            // A token that passes again gets another interval; those that go with it get one too.
            if row.token == spent && !too_late {
                row.revoked_at = Some(now);
            } else if too_late {
                row.revoked_at.get_or_insert(now);
            }
        }
        if too_late {
            let message = "Invalid Refresh Token: Already Used";
            return Err(ApiError::new(400, ErrorCode::RefreshTokenAlreadyUsed, message));
        }
        let parent = Some(spent.to_owned());
        self.refresh_tokens.push(RefreshTokenRow { token: fresh.to_owned(), parent, revoked_at: None });
        Ok(fresh.to_owned())
    }
}
