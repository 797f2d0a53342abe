//! Reading the audit log.

use serde_json::Value;

use crate::{
    model::{AuditAction, AuditLogType, types::AuditLogEntry},
    paging::Page,
    state::State,
    wire::{ApiError, ApiResult, Request, json_response},
};

/// `GET /admin/audit`: the log, newest first.
pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let page = Page::of(request)?;
    let wanted = request.query("query").filter(|text| !text.is_empty());
    let wanted = wanted.as_deref().map(Filter::parse).transpose()?;
    let fits = |entry: &&AuditLogEntry| wanted.as_ref().is_none_or(|wanted| wanted.fits(entry));
    let all: Vec<&AuditLogEntry> = state.audit_log.iter().rev().filter(fits).collect();
    Ok(page.mark(json_response(200, &page.cut(&all)), request, all.len()))
}

/// A word to search for, and the field to search.
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
