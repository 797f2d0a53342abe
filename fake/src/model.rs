//! What the document says: the operations, the models of requests and responses, and the open strings.

pub(crate) use gotrue::raw::{OPERATIONS, Operation, SECRETS};
pub(crate) use gotrue::types::{self, *};
