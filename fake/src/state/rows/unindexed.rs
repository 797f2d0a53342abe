//! Rows that are only added, or are few.

use crate::{
    mailbox::Message,
    model::types::{AuditLogEntry, CustomProvider},
    state::table::Row,
};

impl Row for AuditLogEntry {}

impl Row for CustomProvider {}

impl Row for Message {}
