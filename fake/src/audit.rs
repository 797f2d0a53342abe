//! The audit log.

use crate::wire::{ApiError, ApiResult, Request, json_response};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{paging, state::State};
use crate::model::{
    AuditAction, AuditLogType,
    types::{AuditLogEntry, AuditLogPayload},
};

impl State {
    /// Writes down what a user has done.
    pub(super) fn note(&mut self, user_id: Uuid, action: AuditAction, traits: Option<Value>) {
        let Some(user) = self.accounts.iter().map(|account| &account.user).find(|user| user.id == user_id) else {
            return;
        };
        let name = user.user_metadata.as_ref().and_then(|data| data.get("full_name")).cloned();
        let phone = user.phone.clone().filter(|phone| !phone.is_empty());
        let username = phone.or_else(|| user.email.clone());
        self.write_down(user_id, username, name, action, traits);
    }

    /// Writes down what the service key was used for.
    pub(super) fn note_admin(&mut self, action: AuditAction, traits: Value) {
        self.write_down(Uuid::nil(), Some("service_role".to_owned()), None, action, Some(traits));
    }

    fn write_down(
        &mut self,
        actor_id: Uuid,
        actor_username: Option<String>,
        actor_name: Option<Value>,
        action: AuditAction,
        traits: Option<Value>,
    ) {
        let payload = AuditLogPayload {
            log_type: Some(type_of(&action)),
            action: Some(action),
            actor_id: Some(actor_id.to_string()),
            actor_name,
            actor_username,
            actor_via_sso: Some(false),
            traits,
            extra: Map::new(),
        };
        let (id, now) = (self.audit_id(), self.now());
        let entry =
            AuditLogEntry { id, payload: Some(payload), created_at: Some(now), ip_address: Some(String::new()) };
        self.audit_log.push(entry);
    }
}

fn type_of(action: &AuditAction) -> AuditLogType {
    match action.as_str() {
        "login" | "logout" | "invite_accepted" => AuditLogType::Account,
        "user_signedup" | "user_invited" | "user_deleted" => AuditLogType::Team,
        "token_revoked" | "token_refreshed" => AuditLogType::Token,
        "factor_in_progress"
        | "factor_unenrolled"
        | "challenge_created"
        | "verification_attempted"
        | "factor_deleted"
        | "factor_updated" => AuditLogType::Factor,
        _ => AuditLogType::User,
    }
}

/// The log, newest first (`GET /admin/audit`).
pub(super) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let page = paging::Page::of(request)?;
    let wanted = request.query("query").filter(|text| !text.is_empty());
    let wanted = wanted.as_deref().map(Filter::parse).transpose()?;
    let fits = |entry: &&AuditLogEntry| wanted.as_ref().is_none_or(|wanted| wanted.fits(entry));
    let all: Vec<&AuditLogEntry> = state.audit_log.iter().rev().filter(fits).collect();
    Ok(page.mark(json_response(200, &page.cut(&all)), request, all.len()))
}

/// A word to look for, and where.
struct Filter {
    scope: String,
    word: String,
}

impl Filter {
    fn parse(text: &str) -> Result<Self, ApiError> {
        match text.split_once(':') {
            Some((scope @ ("author" | "action" | "type"), word)) => {
                Ok(Self { scope: scope.to_owned(), word: word.to_lowercase() })
            }
            _ => Err(ApiError::validation_failed(format!("Invalid query scope: {text}"))),
        }
    }

    fn fits(&self, entry: &AuditLogEntry) -> bool {
        let Some(payload) = &entry.payload else { return false };
        let name = payload.actor_name.as_ref().and_then(Value::as_str);
        let places = match self.scope.as_str() {
            "author" => [payload.actor_username.as_deref(), name],
            "action" => [payload.action.as_ref().map(AuditAction::as_str), None],
            _ => [payload.log_type.as_ref().map(AuditLogType::as_str), None],
        };
        self.word.is_empty() || places.into_iter().flatten().any(|text| text.to_lowercase().contains(&self.word))
    }
}
