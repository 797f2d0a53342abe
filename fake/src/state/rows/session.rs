//! Sessions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    state::{
        rows::{
            methods::{Method, known},
            refresh_tokens::RefreshTokens,
        },
        table::{Key, Row},
    },
    wire::ApiError,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    /// How the user signed in (`amr`).
    #[serde(deserialize_with = "known")]
    pub(crate) method: Method,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) refreshed_at: Option<DateTime<Utc>>,
    /// The second factor that was used last, unless it was removed since.
    pub(crate) second_factor: Option<SecondFactor>,
    /// The methods of the second factors that were used, newest first, with the last time of each.
    pub(crate) second_steps: Vec<SecondStep>,
    /// The OAuth client that the session belongs to.
    pub(crate) application: Option<Application>,
    pub(crate) refresh_tokens: RefreshTokens,
}

/// An OAuth client, and the scopes that it was granted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) client_id: Uuid,
    pub(crate) scope: String,
}

/// The second factor that was used in a session.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SecondFactor {
    pub(crate) id: Uuid,
    #[serde(deserialize_with = "known")]
    pub(crate) method: Method,
}

/// The last use of a method of second factors.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SecondStep {
    #[serde(deserialize_with = "known")]
    method: Method,
    used_at: DateTime<Utc>,
}

impl Row for SessionRow {
    fn keys(&self) -> Vec<Key> {
        let tokens = self.refresh_tokens.random_tokens().map(|token| Key::RefreshToken(token.to_owned()));
        let factor = self.second_factor.map(|factor| Key::Factor(factor.id));
        [Key::Id(self.id), Key::User(self.user_id)].into_iter().chain(factor).chain(tokens).collect()
    }
}

impl SessionRow {
    /// Returns when the session was started or last refreshed.
    pub(crate) fn last_active(&self) -> DateTime<Utc> {
        self.refreshed_at.unwrap_or(self.created_at)
    }

    pub(crate) fn aal(&self) -> &'static str {
        if self.second_factor.is_some() { "aal2" } else { "aal1" }
    }

    /// Returns how the user signed in, newest first.
    pub(crate) fn amr(&self) -> Value {
        let entry = |method: &str, at: DateTime<Utc>| json!({ "method": method, "timestamp": at.timestamp() });
        let second = self.second_steps.iter().map(|step| entry(step.method, step.used_at));
        second.chain([entry(self.method, self.created_at)]).collect()
    }

    /// Raises the session to aal2.
    pub(crate) fn raise(&mut self, factor: SecondFactor, now: DateTime<Utc>) {
        self.second_steps.retain(|step| step.method != factor.method);
        self.second_steps.insert(0, SecondStep { method: factor.method, used_at: now });
        self.second_factor = Some(factor);
    }

    /// Lowers the session to aal1 if this is the factor that was used last.
    pub(crate) fn lower(&mut self, factor_id: Uuid) {
        if let Some(factor) = self.second_factor.take_if(|factor| factor.id == factor_id) {
            self.second_steps.retain(|step| step.method != factor.method);
        }
    }

    /// Fails unless the session is refreshed by the client that it belongs to, if any.
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
}
