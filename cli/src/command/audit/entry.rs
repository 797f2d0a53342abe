//! An entry of the audit log as text.

use gotrue::types::{AuditLogEntry, AuditLogPayload};

use crate::{output::printable, time};

pub const COLUMNS: [&str; 6] = ["TIME", "ACTION", "ACTOR", "SUBJECT", "TYPE", "IP"];

/// The cells of an entry in a table.
pub fn cells(entry: &AuditLogEntry) -> Vec<String> {
    let payload = entry.payload.as_ref();
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        time::exact(entry.created_at),
        text(payload.and_then(|payload| payload.action.as_ref().map(ToString::to_string))),
        text(payload.and_then(|payload| payload.actor_username.clone().or_else(|| payload.actor_id.clone()))),
        text(payload.and_then(subject)),
        text(payload.and_then(|payload| payload.log_type.as_ref().map(ToString::to_string))),
        text(entry.ip_address.clone()),
    ]
}

/// The user whom the action concerned, if that is not the actor.
fn subject(payload: &AuditLogPayload) -> Option<String> {
    let traits = payload.traits.as_ref()?;
    let names = ["user_email", "user_phone", "user_id"].iter().filter_map(|name| traits.get(name)?.as_str());
    names.map(str::to_owned).find(|name| !name.is_empty())
}

/// One line of `--follow`. Its columns are not aligned, since the width of later entries is unknown.
pub fn line(entry: &AuditLogEntry) -> String {
    printable(cells(entry).join("  ").trim_end()).replace('\n', " ")
}
