//! Sessions, their refresh tokens, and the access tokens that name them.

mod refresh;

use crate::wire::{ApiError, ApiResult, Request, Response, json_response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use refresh::RefreshTokenRow;

use super::state::State;
use crate::model::{AuditAction, ErrorCode, types::Session};
use gotrue::Secret;

#[derive(Debug)]
pub(super) struct SessionRow {
    pub(super) id: Uuid,
    pub(super) user_id: Uuid,
    /// How the user signed in, and when.
    method: &'static str,
    signed_in_at: DateTime<Utc>,
    second_factor: Option<SecondFactor>,
    /// The application that the session is for, if it came by OAuth.
    pub(super) application: Option<Application>,
    refresh_tokens: Vec<RefreshTokenRow>,
}

/// An OAuth client, and what it may know.
#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) client_id: Uuid,
    pub(super) scope: String,
}

/// The second factor that was used in a session, and when.
#[derive(Clone, Copy, Debug)]
struct SecondFactor {
    id: Uuid,
    method: &'static str,
    used_at: DateTime<Utc>,
}

/// Who sent a request.
pub(super) struct Caller {
    pub(super) user_id: Uuid,
    pub(super) session_id: Uuid,
    pub(super) is_anonymous: bool,
}

impl State {
    /// A new session of a user.
    pub(super) fn sign_in(&mut self, user_id: Uuid, method: &'static str) -> ApiResult {
        let session = self.new_session(user_id, method)?;
        Ok(self.session_response(&session))
    }

    /// The first session of a user, who came this moment.
    pub(super) fn signed_up(&mut self, user_id: Uuid) -> ApiResult {
        let mut session = self.new_session(user_id, "password")?;
        // The database makes this field, and the real server does not look there again.
        session.user.confirmed_at = None;
        Ok(self.session_response(&session))
    }

    pub(super) fn new_session(&mut self, user_id: Uuid, method: &'static str) -> Result<Session, ApiError> {
        self.session_of(user_id, method, None)
    }

    /// A new session of a user, for an application or for themselves.
    pub(super) fn session_of(
        &mut self,
        user_id: Uuid,
        method: &'static str,
        application: Option<Application>,
    ) -> Result<Session, ApiError> {
        let (id, token, now) = (self.draw_id(), self.draw_token(), self.now());
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
    pub(super) fn is_aal2(&self, session_id: Uuid) -> bool {
        self.sessions.iter().any(|session| session.id == session_id && session.second_factor.is_some())
    }

    /// Raises a session, and ends the user's others that are below. The refresh token is swapped.
    pub(super) fn second_factor_used(
        &mut self,
        session_id: Uuid,
        factor_id: Uuid,
        method: &'static str,
    ) -> Result<Session, ApiError> {
        let (now, fresh) = (self.now(), self.draw_token());
        let session = self.sessions.iter_mut().find(|session| session.id == session_id).ok_or_else(session_gone)?;
        session.second_factor = Some(SecondFactor { id: factor_id, method, used_at: now });
        session.swap(fresh.clone(), now);
        let user_id = session.user_id;
        self.note(user_id, AuditAction::TokenRevoked, None);
        self.sessions.retain(|session| session.user_id != user_id || session.second_factor.is_some());
        self.tokens(session_id, fresh)
    }

    /// The sessions that used a factor fall back.
    pub(super) fn second_factor_gone(&mut self, factor_id: Uuid) {
        for session in &mut self.sessions {
            session.second_factor = session.second_factor.filter(|second| second.id != factor_id);
        }
    }

    /// A session, and the headers that tell of it.
    pub(super) fn session_response(&self, session: &Session) -> Response {
        self.with_session(json_response(200, session), session)
    }

    /// The headers that tell of a session.
    pub(super) fn with_session(&self, response: Response, session: &Session) -> Response {
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

    fn tokens(&mut self, session_id: Uuid, refresh_token: String) -> Result<Session, ApiError> {
        let (now, lifetime) = (self.now(), self.setup.token_lifetime);
        let row = self.sessions.iter().find(|session| session.id == session_id).ok_or_else(session_gone)?;
        let (user_id, aal, amr, application) = (row.user_id, row.aal(), row.amr(), row.application.clone());
        let user = self.account(user_id)?.user.clone();
        let expires_at = (now + lifetime).timestamp();
        let mut claims = json!({
            "sub": user.id,
            "aud": user.aud,
            "exp": expires_at,
            "iat": now.timestamp(),
            "email": user.email,
            "phone": user.phone,
            "app_metadata": user.app_metadata,
            "user_metadata": user.user_metadata,
            "role": user.role,
            "aal": aal,
            "amr": amr,
            "session_id": session_id,
            "is_anonymous": user.is_anonymous,
        });
        if let Some(application) = application {
            claims["client_id"] = json!(application.client_id);
            claims["scope"] = json!(application.scope);
        }
        Ok(Session {
            access_token: self.sign(&claims)?,
            token_type: "bearer".to_owned(),
            expires_in: lifetime.num_seconds(),
            expires_at: Some(expires_at),
            refresh_token: refresh_token.into(),
            user,
            provider_token: None,
            provider_refresh_token: None,
            weak_password: None,
            id_token: None,
        })
    }

    /// The claims of a token that this server signed and that has not expired.
    fn claims(&self, token: &str) -> Result<Value, ApiError> {
        let bad = |why: &str| {
            let message = format!("invalid JWT: unable to parse or verify signature, {why}");
            ApiError::new(403, ErrorCode::BadJwt, message)
        };
        let claims = self.keys.verify(token).map_err(|why| bad(&why))?;
        let expired = claims["exp"].as_i64().is_some_and(|exp| exp <= self.now().timestamp());
        if expired { Err(bad("token has invalid claims: token is expired")) } else { Ok(claims) }
    }

    /// Who sent a request that takes a user's token.
    pub(super) fn caller(&mut self, request: &Request) -> Result<Caller, ApiError> {
        let claims = self.claims(bearer(request)?)?;
        let id = |claim: &str| claims[claim].as_str().and_then(|id| Uuid::try_parse(id).ok());
        let user_id =
            id("sub").ok_or_else(|| ApiError::new(403, ErrorCode::BadJwt, "invalid claim: missing sub claim"))?;
        let session_id = id("session_id").unwrap_or_default();
        let now = self.now();
        if self.account(user_id)?.user.banned_until.is_some_and(|until| until > now) {
            return Err(ApiError::new(403, ErrorCode::UserBanned, "User is banned"));
        }
        if self.sessions.iter().any(|session| session.id == session_id) {
            Ok(Caller { user_id, session_id, is_anonymous: claims["is_anonymous"] == true })
        } else {
            Err(session_gone())
        }
    }

    /// The same, who is not anonymous.
    pub(super) fn named_caller(&mut self, request: &Request) -> Result<Caller, ApiError> {
        let caller = self.caller(request)?;
        if caller.is_anonymous {
            let message = "Anonymous user not allowed to perform these actions";
            return Err(ApiError::new(403, ErrorCode::NoAuthorization, message));
        }
        Ok(caller)
    }

    /// Lets an administrator pass.
    pub(super) fn check_admin(&self, request: &Request) -> Result<(), ApiError> {
        let claims = self.claims(bearer(request)?)?;
        if claims["role"] == "service_role" {
            Ok(())
        } else {
            Err(ApiError::new(403, ErrorCode::NotAdmin, "User not allowed"))
        }
    }

    pub(super) fn service_key(&self) -> Secret {
        let exp = (self.now() + chrono::Duration::days(3650)).timestamp();
        self.sign(&json!({ "role": "service_role", "exp": exp })).unwrap_or_default()
    }

    pub(super) fn sign(&self, claims: &Value) -> Result<Secret, ApiError> {
        self.keys.sign(claims).map_err(|why| ApiError::new(500, ErrorCode::UnexpectedFailure, why))
    }
}

impl SessionRow {
    fn aal(&self) -> &'static str {
        if self.second_factor.is_some() { "aal2" } else { "aal1" }
    }

    /// How the user has signed in, the newest first.
    fn amr(&self) -> Value {
        let entry = |method: &str, at: DateTime<Utc>| json!({ "method": method, "timestamp": at.timestamp() });
        let second = self.second_factor.map(|second| entry(second.method, second.used_at));
        second.into_iter().chain([entry(self.method, self.signed_in_at)]).collect()
    }
}

fn bearer(request: &Request) -> Result<&str, ApiError> {
    let header = request.header("authorization");
    header
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| ApiError::new(401, ErrorCode::NoAuthorization, "This endpoint requires a valid Bearer token"))
}

fn session_gone() -> ApiError {
    ApiError::new(403, ErrorCode::SessionNotFound, "Session from session_id claim in JWT does not exist")
}
