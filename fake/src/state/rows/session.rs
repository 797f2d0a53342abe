//! Sessions.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{model::ErrorCode, wire::ApiError};

#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    /// How the user signed in, and when.
    pub(crate) method: &'static str,
    pub(crate) signed_in_at: DateTime<Utc>,
    pub(crate) second_factor: Option<SecondFactor>,
    /// The application that the session is for, if it came by OAuth.
    pub(crate) application: Option<Application>,
    pub(crate) refresh_tokens: Vec<RefreshTokenRow>,
}

/// An OAuth client, and what it may know.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) client_id: Uuid,
    pub(crate) scope: String,
}

/// The second factor that was used in a session, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecondFactor {
    pub(crate) id: Uuid,
    pub(crate) method: &'static str,
    pub(crate) used_at: DateTime<Utc>,
}

impl SessionRow {
    pub(crate) fn aal(&self) -> &'static str {
        if self.second_factor.is_some() { "aal2" } else { "aal1" }
    }

    /// How the user has signed in, the newest first.
    pub(crate) fn amr(&self) -> Value {
        let entry = |method: &str, at: DateTime<Utc>| json!({ "method": method, "timestamp": at.timestamp() });
        let second = self.second_factor.map(|second| entry(second.method, second.used_at));
        second.into_iter().chain([entry(self.method, self.signed_in_at)]).collect()
    }
}

impl SessionRow {
    pub(crate) fn check_client(&self, client_id: Option<Uuid>) -> Result<(), ApiError> {
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
    pub(crate) fn swap(&mut self, fresh: String, now: DateTime<Utc>) {
        let active = self.refresh_tokens.iter_mut().find(|row| row.revoked_at.is_none());
        let parent = active.map(|active| {
            active.revoked_at = Some(now);
            active.token.clone()
        });
        self.refresh_tokens.push(RefreshTokenRow { token: fresh, parent, revoked_at: None });
    }

    pub(crate) fn rotate(
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
            return Err(ApiError::new(400, ErrorCode::REFRESH_TOKEN_ALREADY_USED, message));
        }
        let parent = Some(spent.to_owned());
        self.refresh_tokens.push(RefreshTokenRow { token: fresh.to_owned(), parent, revoked_at: None });
        Ok(fresh.to_owned())
    }
}

#[derive(Debug)]
pub(crate) struct RefreshTokenRow {
    pub(crate) token: String,
    pub(crate) parent: Option<String>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

impl RefreshTokenRow {
    pub(crate) fn first(token: &str) -> Self {
        Self { token: token.to_owned(), parent: None, revoked_at: None }
    }
}
