//! Sign-out.

use crate::{
    model::{AuditAction, types::SignOutScope},
    state::{State, table::Key},
    wire::{ApiError, ApiResult, Request, Response, quoted},
};

pub(crate) fn sign_out(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let scope = match request.query("scope").as_deref() {
        None | Some("") => SignOutScope::Global,
        Some(name) => name
            .parse()
            .map_err(|_| ApiError::validation_failed(format!("Unsupported logout scope {}", quoted(name))))?,
    };
    // A token without a session can only sign out everywhere.
    let scope = if caller.session_id.is_nil() { SignOutScope::Global } else { scope };
    state.log_action(caller.user_id, AuditAction::Logout, None);
    state.sessions.retain_with(&Key::User(caller.user_id), |session| {
        let is_this = session.id == caller.session_id;
        match scope {
            SignOutScope::Local => !is_this,
            SignOutScope::Others => is_this,
            SignOutScope::Global => false,
        }
    });
    Ok(Response::new(204))
}
