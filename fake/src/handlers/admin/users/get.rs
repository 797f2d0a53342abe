//! Reading a user.

use crate::{
    handlers::admin::path::user_id,
    state::State,
    wire::{ApiResult, Request, ok},
};

pub(crate) fn get(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    ok(&state.account(id)?.user)
}
