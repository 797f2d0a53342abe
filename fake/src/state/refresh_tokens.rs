//! Exchanging refresh tokens.

use chrono::Duration;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    model::{AuditAction, ErrorCode, types::Factor},
    refresh_token::{RefreshToken, SignedToken},
    state::{
        rows::{refresh_tokens::RandomUse, session::SessionRow},
        sessions::{Headers, IssuedSession, SESSION_ID, TOKEN_COUNTER, TOKEN_PREFIX, USER_ID, prefix},
        store::State,
        table::{Key, Place},
    },
    wire::ApiError,
};

const TOKEN_REUSE: &str = "sb-auth-refresh-token-reuse";
const TOKEN_REUSE_CAUSE: &str = "sb-auth-refresh-token-reuse-cause";
const TOKEN_ROTATED: &str = "sb-auth-refresh-token-rotated";

/// A refresh token that was issued, and the headers that describe it.
type Issued = (String, Headers);

impl State {
    /// Issues new tokens for a refresh token. Only the OAuth client that a session belongs to can refresh it.
    pub(crate) fn refresh(&mut self, token: &RefreshToken, client_id: Option<Uuid>) -> Result<IssuedSession, ApiError> {
        let now = self.now();
        let position = self.session_of(token).ok_or_else(token_not_found)?;
        let (session_id, user_id) = (self.sessions[position].id, self.sessions[position].user_id);
        let mut headers = vec![(USER_ID, user_id.to_string())];
        if self.account(user_id)?.user.banned_until.is_some_and(|until| until > now) {
            let error = ApiError::new(400, ErrorCode::UserBanned, "Invalid Refresh Token: User Banned");
            return Err(error.headers(headers));
        }
        headers.push((SESSION_ID, session_id.to_string()));
        self.check_validity(position).map_err(|error| error.headers(headers.clone()))?;
        let issued = self.sessions[position].check_client(client_id).and_then(|()| match token {
            RefreshToken::Random(token) => self.exchange_random(position, token),
            RefreshToken::Signed(token) => self.exchange_signed(position, token),
        });
        let (token, more) = issued.map_err(|error| error.headers(headers.clone()))?;
        headers.extend(more);
        self.sessions[position].refreshed_at = Some(now);
        self.issue(session_id, token, headers, "token_refresh")
    }

    /// Finds the session of a refresh token.
    fn session_of(&self, token: &RefreshToken) -> Option<Place> {
        match token {
            RefreshToken::Random(token) => self.sessions.place(&Key::RefreshToken(token.clone())),
            RefreshToken::Signed(token) => {
                let place = self.sessions.place(&Key::Id(token.session_id));
                place.filter(|place| self.sessions[*place].refresh_tokens.has_signed(token))
            }
        }
    }

    /// Fails if a session has ended by its age, by inactivity or by a newer one.
    fn check_validity(&mut self, position: Place) -> Result<(), ApiError> {
        let user_id = self.sessions[position].user_id;
        let has_factor = self.has_verified_factor(user_id)?;
        let why_invalid = |session: &SessionRow| self.why_invalid(session, has_factor);
        let session = &self.sessions[position];
        let mut why = why_invalid(session);
        let is_newer = |other: &SessionRow| {
            other.id != session.id && why_invalid(other).is_none() && other.last_active() > session.last_active()
        };
        if why.is_none() && self.settings.single_session && self.sessions.with(&Key::User(user_id)).any(is_newer) {
            why = Some("Session Expired (Revoked by Newer Login)");
        }
        why.map_or(Ok(()), |why| {
            Err(ApiError::new(400, ErrorCode::SessionExpired, format!("Invalid Refresh Token: {why}")))
        })
    }

    /// Returns why a session has ended by its age, if it has.
    fn why_invalid(&self, session: &SessionRow, has_factor: bool) -> Option<&'static str> {
        let (now, settings) = (self.now(), &self.settings);
        let is_past = |limit: Option<Duration>, since| limit.is_some_and(|limit| now > since + limit);
        let is_low = has_factor && session.second_factor.is_none();
        if is_past(settings.session_timebox, session.created_at) {
            Some("Session Expired")
        } else if is_past(settings.session_inactivity, session.last_active()) {
            Some("Session Expired (Inactivity)")
        } else if is_low && is_past(settings.low_aal_lifetime, session.created_at) {
            Some("Session Expired (Low AAL: User Needs MFA Verification)")
        } else {
            None
        }
    }

    fn has_verified_factor(&mut self, user_id: Uuid) -> Result<bool, ApiError> {
        Ok(self.account(user_id)?.user.factors.iter().flatten().any(Factor::is_verified))
    }

    /// Returns whether a session has ended by its age. Only administrators cannot use its access tokens any more.
    pub(crate) fn is_session_over(&mut self, session_id: Uuid) -> Result<bool, ApiError> {
        let Some(user_id) = self.sessions.find(&Key::Id(session_id)).map(|session| session.user_id) else {
            return Ok(true);
        };
        let has_factor = self.has_verified_factor(user_id)?;
        let session = self.sessions.find(&Key::Id(session_id));
        Ok(session.is_none_or(|session| self.why_invalid(session, has_factor).is_some()))
    }

    fn exchange_random(&mut self, position: Place, token: &str) -> Result<Issued, ApiError> {
        let (now, interval) = (self.now(), self.settings.reuse_interval);
        let (fresh, key) = (self.random.refresh_token(), self.random.bytes());
        let is_upgrading = self.settings.refresh_token_version == 2;
        let upgrade_percentage = if is_upgrading { self.settings.refresh_token_upgrade_percentage } else { 0 };
        let session = &mut self.sessions[position];
        match session.refresh_tokens.use_random(token, now, interval) {
            RandomUse::Active(active) => {
                let (user_id, headers) = (session.user_id, vec![(TOKEN_PREFIX, prefix(&active))]);
                self.log_action(user_id, AuditAction::TokenRefreshed, None);
                return Ok((active, headers));
            }
            RandomUse::AlreadyUsed => {
                if self.settings.rotate_refresh_tokens {
                    session.refresh_tokens.revoke_random(now);
                }
                return Err(already_used());
            }
            RandomUse::Exchanged => session.refresh_tokens.exchange_random(token, fresh.clone(), now),
        }
        let (session_id, user_id) = (session.id, session.user_id);
        let mut headers = vec![(TOKEN_REUSE, "false".to_owned())];
        let issued = if is_upgraded(session_id, upgrade_percentage) {
            // The new token of version 1 is not issued, so it is revoked at once.
            session.refresh_tokens.revoke_random(now);
            let signer = session.refresh_tokens.upgrade(key);
            headers.push((TOKEN_COUNTER, signer.counter.to_string()));
            signer.token(session_id)
        } else {
            fresh
        };
        headers.push((TOKEN_PREFIX, prefix(&issued)));
        self.log_action(user_id, AuditAction::TokenRefreshed, None);
        self.log_action(user_id, AuditAction::TokenRevoked, None);
        Ok((issued, headers))
    }

    fn exchange_signed(&mut self, position: Place, token: &SignedToken) -> Result<Issued, ApiError> {
        let now = self.now();
        let session = &mut self.sessions[position];
        let since_refresh = (now - session.last_active()).abs();
        let (session_id, user_id) = (session.id, session.user_id);
        let signer = session.refresh_tokens.signer().ok_or_else(token_not_found)?;
        let mut headers = Vec::new();
        match signer.counter.checked_sub(token.counter) {
            None => {
                let message = "Invalid Refresh Token: Not Issued By This Server";
                return Err(ApiError::validation_failed(message));
            }
            Some(0) => {
                signer.counter += 1;
                headers.push((TOKEN_REUSE, "false".to_owned()));
            }
            Some(behind) => {
                let causes = [
                    ("concurrent-refresh", since_refresh < self.settings.reuse_interval),
                    ("fail-to-save", behind == 1),
                    ("always-allow", self.settings.allow_refresh_token_reuse),
                ];
                let causes: Vec<&str> =
                    causes.into_iter().filter(|(_, applies)| *applies).map(|(name, _)| name).collect();
                if causes.is_empty() {
                    return Err(self.refuse_reuse(position));
                }
                headers.push((TOKEN_REUSE_CAUSE, causes.join(",")));
            }
        }
        headers.push((TOKEN_COUNTER, signer.counter.to_string()));
        let issued = signer.token(session_id);
        self.log_action(user_id, AuditAction::TokenRefreshed, None);
        Ok((issued, headers))
    }

    /// Deletes the session of a refresh token of version 2 that was reused, if tokens are rotated.
    fn refuse_reuse(&mut self, position: Place) -> ApiError {
        if !self.settings.rotate_refresh_tokens {
            return already_used();
        }
        self.sessions.remove(position);
        already_used().headers(vec![(TOKEN_ROTATED, "true".to_owned())])
    }
}

/// Returns whether a session gets tokens of version 2. The percentage applies to sessions, not to refreshes.
fn is_upgraded(session_id: Uuid, percentage: u8) -> bool {
    let [first, second, ..] = <[u8; 32]>::from(Sha256::digest(session_id));
    u16::from_be_bytes([first, second]) % 100 < percentage.into()
}

pub(crate) fn token_not_found() -> ApiError {
    let message = "Invalid Refresh Token: Refresh Token Not Found";
    ApiError::new(400, ErrorCode::RefreshTokenNotFound, message)
}

fn already_used() -> ApiError {
    ApiError::new(400, ErrorCode::RefreshTokenAlreadyUsed, "Invalid Refresh Token: Already Used")
}
