//! Redemption of codes and links.

use uuid::Uuid;

use crate::{
    mailbox::Template,
    model::{AuditAction, ErrorCode, OtpType},
    state::{
        accounts::Contact,
        messages::token_hash,
        notifications::Detail,
        rows::{account::SentCode, password::Password},
        store::State,
        table::Key,
    },
    wire::ApiError,
};

/// What a user presents: the hash in a link, or a code together with the address that it was sent to.
pub(crate) enum Presented {
    Link(String),
    Code { contact: Contact, code: String, aud: String },
}

/// The result of a valid code.
pub(crate) enum Outcome {
    /// The user is signed in. `otp_type` is what the code was used as, which is never `email`.
    SignedIn { user_id: Uuid, otp_type: OtpType },
    /// The other address must confirm the change too.
    OneMore,
}

impl Presented {
    fn hash(&self) -> String {
        match self {
            Self::Link(hash) => hash.clone(),
            Self::Code { contact, code, .. } => token_hash(contact.address(), code),
        }
    }

    /// Returns whether this is what was sent.
    fn is(&self, sent: &SentCode) -> bool {
        match self {
            Self::Link(hash) => sent.has_link && sent.hash == *hash,
            Self::Code { .. } => sent.has_hash(&self.hash()),
        }
    }

    /// Returns the error for an unknown, used or expired one.
    pub(crate) fn expired(&self) -> ApiError {
        if let Self::Link(hash) = self
            && hash.contains('\0')
        {
            // The database does not look for it.
            return ApiError::new(500, ErrorCode::UnexpectedFailure, "Database error finding user from email link");
        }
        let message = match self {
            Self::Link(_) => "Email link is invalid or has expired",
            Self::Code { .. } => "Token has expired or is invalid",
        };
        ApiError::new(403, ErrorCode::OtpExpired, message)
    }
}

impl State {
    /// Redeems a code and does what it was sent for. If that fails, the code stays valid.
    pub(crate) fn redeem(&mut self, presented: &Presented, otp_type: OtpType) -> Result<Outcome, ApiError> {
        let now = self.now();
        let lifetime = match otp_type {
            OtpType::Sms | OtpType::PhoneChange => self.settings.phone_codes.lifetime,
            _ => self.settings.email_codes.lifetime,
        };
        let user_id = self.owner_of_code(presented, otp_type).ok_or_else(|| presented.expired())?;
        let account = self.account(user_id)?;
        if account.is_banned(now) {
            return Err(ApiError::new(403, ErrorCode::UserBanned, "User is banned"));
        }
        let is_it = |sent: &&SentCode| presented.is(sent) && sent.fits(otp_type) && sent.is_current(now, lifetime);
        let sent = account.codes.iter().find(is_it).cloned().ok_or_else(|| presented.expired())?;
        let otp_type = match (otp_type, sent.otp_type) {
            (OtpType::Email, Some(OtpType::Magiclink | OtpType::Recovery)) => OtpType::Magiclink,
            (OtpType::Email, _) => OtpType::Signup,
            (other, _) => other,
        };
        match otp_type {
            OtpType::Signup | OtpType::Invite => self.confirm_sign_up(user_id)?,
            OtpType::EmailChange => {
                if self.confirm_half(user_id, &sent)? {
                    return Ok(Outcome::OneMore);
                }
                self.confirm_email_change(user_id)?;
            }
            OtpType::Sms => self.confirm_sms(user_id)?,
            OtpType::PhoneChange => self.confirm_phone_change(user_id)?,
            _ => self.confirm_recovery(user_id)?,
        }
        let account = self.account(user_id)?;
        account.list_providers();
        account.user.updated_at = Some(now);
        Ok(Outcome::SignedIn { user_id, otp_type })
    }

    /// Finds the user by the link or by the address.
    fn owner_of_code(&mut self, presented: &Presented, otp_type: OtpType) -> Option<Uuid> {
        let has_sent = |sent: &SentCode| presented.is(sent) && sent.fits(otp_type);
        match (presented, otp_type) {
            (Presented::Code { contact: Contact::Phone(phone), aud, .. }, OtpType::Sms) => {
                self.account_by_phone(phone, aud).map(|account| account.user.id)
            }
            (Presented::Code { contact: Contact::Email(email), aud, .. }, otp_type)
                if !matches!(otp_type, OtpType::EmailChange | OtpType::Sms | OtpType::PhoneChange) =>
            {
                self.account_by_email(email, aud).map(|account| account.user.id)
            }
            _ => {
                let mut accounts = self.accounts.with(&Key::Code(presented.hash()));
                accounts.find(|account| account.codes.iter().any(has_sent)).map(|account| account.user.id)
            }
        }
    }

    /// Confirms the address of a new or invited user.
    fn confirm_sign_up(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let (now, random) = (self.now(), self.random.challenge());
        let account = self.account(user_id)?;
        if account.password.is_none() && account.user.invited_at.is_some() {
            account.set_password(Password::Plain(random.into()));
            self.end_sessions(user_id);
        }
        self.log_action(user_id, AuditAction::UserSignedup, Some(serde_json::json!({ "provider": "email" })));
        let account = self.account(user_id)?;
        account.confirm_email(now);
        let email = account.email().to_owned();
        for identity in account.user.identities.iter_mut().flatten() {
            if let Some(data) = identity.identity_data.as_mut().filter(|_| identity.email.as_deref() == Some(&email)) {
                data["email_verified"] = true.into();
            }
        }
        Ok(())
    }

    /// Signs in by a magic link, or to change the password. Confirms the address if that has not happened yet.
    fn confirm_recovery(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let now = self.now();
        let account = self.account(user_id)?;
        account.drop_codes(Some(OtpType::Magiclink));
        account.drop_links();
        if account.has_confirmed_email() {
            self.log_action(user_id, AuditAction::Login, None);
            return Ok(());
        }
        account.confirm_email(now);
        self.log_action(user_id, AuditAction::UserSignedup, Some(serde_json::json!({ "provider": "email" })));
        Ok(())
    }

    fn confirm_sms(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let now = self.now();
        self.log_action(user_id, AuditAction::UserSignedup, Some(serde_json::json!({ "provider": "phone" })));
        let account = self.account(user_id)?;
        account.confirm_phone(now);
        account.user.is_anonymous = Some(false);
        Ok(())
    }

    /// Accepts the first of two confirmations of an email change; returns whether it was the first.
    fn confirm_half(&mut self, user_id: Uuid, sent: &SentCode) -> Result<bool, ApiError> {
        let secure = self.settings.secure_email_change && !self.settings.autoconfirm_emails;
        let account = self.account(user_id)?;
        if !secure || account.is_change_half_confirmed || account.email().is_empty() {
            return Ok(false);
        }
        account.is_change_half_confirmed = true;
        account.codes.retain(|code| code.hash != sent.hash || code.otp_type != sent.otp_type);
        Ok(true)
    }

    /// Changes the email address, unless it has been taken meanwhile.
    pub(crate) fn confirm_email_change(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let now = self.now();
        let email = self.account(user_id)?.user.new_email.clone().unwrap_or_default();
        self.check_unique(user_id, &Contact::Email(email.clone()), "Error confirm email")?;
        self.log_action(user_id, AuditAction::UserModified, None);
        let account = self.account(user_id)?;
        account.user.new_email = None;
        let old_email = account.user.email.replace(email.clone()).unwrap_or_default();
        account.is_change_half_confirmed = false;
        account.drop_links();
        if !account.has_confirmed_email() {
            account.confirm_email(now);
        }
        self.identify(user_id, "email")?;
        if !old_email.is_empty() && !email.is_empty() && email != old_email {
            self.notify(user_id, Template::EmailChanged, &Detail { old_email: &old_email, ..Detail::default() });
        }
        Ok(())
    }

    /// Changes the phone number, unless it has been taken meanwhile.
    pub(crate) fn confirm_phone_change(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let now = self.now();
        let phone = self.account(user_id)?.user.new_phone.clone().unwrap_or_default();
        self.check_unique(user_id, &Contact::Phone(phone.clone()), "Error confirming user")?;
        self.log_action(user_id, AuditAction::UserModified, None);
        let account = self.account(user_id)?;
        account.user.new_phone = None;
        let old_phone = account.user.phone.replace(phone.clone()).unwrap_or_default();
        let is_first = !account.user.identities.iter().flatten().any(|identity| identity.provider == "phone");
        account.drop_codes(Some(OtpType::PhoneChange));
        account.drop_links();
        account.user.phone_confirmed_at = Some(now);
        account.compute_confirmed_at();
        self.identify(user_id, "phone")?;
        if !old_phone.is_empty() && phone != old_phone {
            self.notify(user_id, Template::PhoneChanged, &Detail { old_phone: &old_phone, ..Detail::default() });
        }
        if is_first {
            self.notify(user_id, Template::IdentityLinked, &Detail { provider: "phone", ..Detail::default() });
        }
        Ok(())
    }
}
