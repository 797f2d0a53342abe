//! The user in the path of an administrator's request.

use uuid::Uuid;

use crate::{
    model::ErrorCode,
    state::{State, table::Key},
    wire::{ApiError, Request},
};

/// Returns the id of the user in the path. The caller must be an administrator.
pub(crate) fn user_id(state: &mut State, request: &Request) -> Result<Uuid, ApiError> {
    state.check_admin(request)?;
    let no_uuid = || ApiError::new(404, ErrorCode::ValidationFailed, "user_id must be an UUID");
    let id = Uuid::try_parse(&request.segment(3)).map_err(|_| no_uuid())?;
    let is_there = state.accounts.find(&Key::Id(id)).is_some();
    is_there.then_some(id).ok_or_else(|| ApiError::new(404, ErrorCode::UserNotFound, "User not found"))
}
