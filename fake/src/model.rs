//! The models of the document, and its table of operations.

pub(crate) use gotrue::raw::*;
