//! Emails about changes of an account.

use gotrue::Secret;
use serde_json::json;
use uuid::Uuid;

use crate::{hooks::Event, mailbox::Template, state::store::State};

/// What a notification tells besides the change itself.
#[derive(Default)]
pub(crate) struct Detail<'a> {
    /// The recipient, if it is not the present address of the user.
    pub(crate) to: Option<&'a str>,
    pub(crate) old_email: &'a str,
    pub(crate) old_phone: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) factor_type: &'a str,
}

impl State {
    /// Tells a user about a change of the account, if the server is set to. What prevents that does not fail the request.
    pub(crate) fn notify(&mut self, user_id: Uuid, notification: Template, detail: &Detail<'_>) {
        if !self.settings.notifications.contains(&notification) {
            return;
        }
        let Ok(account) = self.account(user_id) else { return };
        let user = account.user.clone();
        let to = detail.to.unwrap_or_else(|| account.email()).to_owned();
        if to.is_empty() || self.check_sending(std::slice::from_ref(&to), false).is_err() {
            return;
        }
        let payload = json!({
            "user": user,
            "email_data": {
                "token": "",
                "token_hash": "",
                "redirect_to": self.hook_run.redirect_to,
                "email_action_type": notification.action(),
                "site_url": self.link_base(),
                "token_new": "",
                "token_hash_new": "",
                "old_email": detail.old_email,
                "old_phone": detail.old_phone,
                "provider": detail.provider,
                "factor_type": detail.factor_type,
            },
        });
        let is_undone = self.hook_run.is_undone;
        let called = self.call_hook(Event::SendEmail, payload);
        self.hook_run.is_undone = is_undone;
        let recipient = if detail.old_email.is_empty() { to } else { detail.old_email.to_owned() };
        if matches!(called, Ok(None)) && matches!(self.is_valid_address(&recipient), Ok(true)) {
            self.deliver(&recipient, Some(notification), None, Secret::default(), None, None);
        }
    }
}
