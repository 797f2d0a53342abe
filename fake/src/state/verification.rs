//! Redemption of codes and links.

use uuid::Uuid;

use crate::{
    model::{AuditAction, OtpType},
    state::{
        rows::account::{SentCode, code_slot},
        store::State,
    },
};

/// The result of a valid code.
pub(crate) enum Outcome {
    SignedIn(Uuid),
    OneMore,
    Banned,
}

impl State {
    /// Redeems a code and does what it was sent for.
    pub(crate) fn redeem_otp(&mut self, hash: &str, otp_type: OtpType) -> Option<Outcome> {
        let (now, secure) = (self.now(), self.settings.confirm_addresses);
        let account = self.accounts.iter_mut().find_map(|account| {
            let code = account
                .codes
                .iter()
                .find(|code| code.hash.trim_start_matches("pkce_") == hash.trim_start_matches("pkce_"));
            code.is_some_and(|code| fits(code, otp_type)).then_some(account)
        })?;
        if account.user.banned_until.is_some_and(|until| until > now) {
            return Some(Outcome::Banned);
        }
        let code = account.take_code(hash, now)?;
        let (id, was_confirmed) = (account.user.id, account.is_confirmed());
        match code.otp_type {
            Some(OtpType::EmailChange) => {
                // A secure email change needs the consent of both addresses.
                if secure && !account.is_change_half_confirmed && !account.email().is_empty() {
                    account.is_change_half_confirmed = true;
                    return Some(Outcome::OneMore);
                }
                account.codes.retain(|code| code.otp_type != Some(OtpType::EmailChange));
                account.is_change_half_confirmed = false;
                account.user.email = account.user.new_email.take();
                account.confirm(now);
            }
            Some(OtpType::PhoneChange) => {
                account.user.phone = account.user.new_phone.take();
                account.user.phone_confirmed_at = Some(now);
            }
            _ => account.confirm(now),
        }
        account.user.is_anonymous = Some(false);
        account.user.updated_at = Some(now);
        self.log_action(id, action_of(code.otp_type, was_confirmed), None);
        match code.otp_type {
            Some(OtpType::EmailChange) => self.identify(id, "email").ok()?,
            Some(OtpType::PhoneChange) => self.identify(id, "phone").ok()?,
            _ => {}
        }
        Some(Outcome::SignedIn(id))
    }
}

/// Returns the action for the audit log.
fn action_of(otp_type: Option<OtpType>, was_confirmed: bool) -> AuditAction {
    match otp_type {
        Some(OtpType::EmailChange | OtpType::PhoneChange) => AuditAction::UserModified,
        _ if was_confirmed => AuditAction::Login,
        _ => AuditAction::UserSignedup,
    }
}

/// Returns whether a code may be used as this type. `email` stands for every sign-in and sign-up by email.
fn fits(code: &SentCode, otp_type: OtpType) -> bool {
    let Some(sent_as) = code.otp_type else { return false };
    let place = code_slot(sent_as);
    let by_email = matches!(place, OtpType::Signup | OtpType::Magiclink);
    place == code_slot(otp_type) || otp_type == OtpType::Email && by_email
}
