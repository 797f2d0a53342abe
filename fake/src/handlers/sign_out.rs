//! Sign-out.

use crate::{
    model::{AuditAction, types::SignOutScope},
    state::State,
    wire::{ApiError, ApiResult, Request, Response},
};

pub(crate) fn sign_out(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let scope = match request.query("scope").as_deref() {
        None | Some("") => SignOutScope::Global,
        Some(name) => {
            name.parse().map_err(|_| ApiError::validation_failed(format!("Unsupported logout scope \"{name}\"")))?
        }
    };
    // A token without a session can only sign out everywhere.
    let scope = if caller.session_id.is_nil() { SignOutScope::Global } else { scope };
    state.log_action(caller.user_id, AuditAction::Logout, None);
    state.sessions.retain(|session| {
        let mine = session.user_id == caller.user_id;
        let this = session.id == caller.session_id;
        match scope {
            SignOutScope::Local => !this,
            SignOutScope::Others => !mine || this,
            SignOutScope::Global => !mine,
        }
    });
    Ok(Response::new(204))
}
