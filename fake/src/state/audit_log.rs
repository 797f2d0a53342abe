//! Writing the audit log.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    model::{
        AuditAction, AuditLogType,
        types::{AuditLogEntry, AuditLogPayload},
    },
    state::{store::State, table::Key},
};

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
        | "factor_updated"
        | "recovery_codes_generated"
        | "recovery_codes_verified"
        | "recovery_codes_regenerated"
        | "recovery_codes_deleted" => AuditLogType::Factor,
        _ => AuditLogType::User,
    }
}

impl State {
    /// Logs an action of a user.
    pub(crate) fn log_action(&mut self, user_id: Uuid, action: AuditAction, traits: Option<Value>) {
        let Some(account) = self.accounts.find(&Key::Id(user_id)) else { return };
        let user = &account.user;
        let name = user.user_metadata.as_ref().and_then(|data| data.get("full_name")).cloned();
        let phone = user.phone.clone().filter(|phone| !phone.is_empty());
        let username = phone.or_else(|| user.email.clone());
        let via_sso = account.is_separate;
        self.append_to_audit_log(user_id, username, name, via_sso, action, traits);
    }

    /// Logs an action with the service key.
    pub(crate) fn log_admin_action(&mut self, action: AuditAction, traits: Value) {
        self.append_to_audit_log(Uuid::nil(), Some("service_role".to_owned()), None, false, action, Some(traits));
    }

    fn append_to_audit_log(
        &mut self,
        actor_id: Uuid,
        actor_username: Option<String>,
        actor_name: Option<Value>,
        actor_via_sso: bool,
        action: AuditAction,
        traits: Option<Value>,
    ) {
        if !self.settings.audit_log {
            return;
        }
        let payload = AuditLogPayload {
            log_type: Some(type_of(&action)),
            action: Some(action),
            actor_id: Some(actor_id.to_string()),
            actor_name,
            actor_username,
            actor_via_sso: Some(actor_via_sso),
            traits,
            extra: Map::new(),
        };
        let (id, now) = (self.audit_ids.id(), self.now());
        let entry =
            AuditLogEntry { id, payload: Some(payload), created_at: Some(now), ip_address: Some(String::new()) };
        self.audit_log.push(entry);
    }
}
