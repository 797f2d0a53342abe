//! Users who sign in with a provider or a wallet.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    mailbox::Template,
    model::{AuditAction, ErrorCode, OtpType, types::Identity},
    settings::DEFAULT_DOMAIN,
    state::{
        accounts::{Contact, EMAIL_TAKEN},
        messages::OutgoingMessage,
        notifications::Detail,
        rows::account::{Account, blank_user, new_identity},
        store::State,
        table::Key,
    },
    wire::ApiError,
};

/// The provider name of wallets.
pub(crate) const WEB3: &str = "web3";

/// A user profile from a provider or wallet.
pub(crate) struct Profile {
    pub(crate) provider: String,
    pub(crate) subject: String,
    /// Empty if the provider does not share it.
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) data: Value,
}

impl Profile {
    fn identity(&self, id: Uuid, user_id: Uuid, now: DateTime<Utc>) -> Identity {
        new_identity(id, user_id, &self.subject, &self.provider, self.data.clone(), now)
    }

    fn is_this(&self, identity: &Identity) -> bool {
        identity.provider == self.provider && identity.id == self.subject
    }
}

/// Returns the traits of an identity in the audit log.
pub(crate) fn identity_traits(identity: &Identity) -> Value {
    json!({ "identity_id": identity.identity_id, "provider": identity.provider, "provider_id": identity.id })
}

impl State {
    /// Returns the user of a profile. Links it to a user with the same verified address, or creates a user.
    pub(crate) fn user_of(&mut self, profile: &Profile, aud: &str) -> Result<Uuid, ApiError> {
        let now = self.now();
        let trusted = profile.email_verified || self.settings.autoconfirm_emails;
        let is_email_optional = self.is_email_optional(&profile.provider);
        let same = if trusted { self.in_linking_domain(profile, aud)? } else { None };
        let id = match (self.owner_of(profile), same) {
            (Some(known), _) => {
                self.seen_again(known, profile)?;
                known
            }
            (None, Some(same)) => {
                self.add_profile(same, profile)?;
                let account = self.account(same)?;
                account.merge_metadata(&profile.data);
                account.list_providers();
                same
            }
            (None, _) if self.settings.disable_sign_up => {
                return Err(ApiError::new(422, ErrorCode::SignupDisabled, "Signups not allowed for this instance"));
            }
            (None, None) => {
                let is_taken = !trusted && self.owner_of_email(&profile.email, aud, None).is_some();
                self.create_from(profile, is_taken, aud)?
            }
        };
        let account = self.account(id)?;
        if account.is_banned(now) {
            return Err(ApiError::new(403, ErrorCode::UserBanned, "User is banned"));
        }
        let needs_no_email = profile.provider == WEB3 || is_email_optional && account.email().is_empty();
        if needs_no_email || account.has_confirmed_email() {
            self.log_action(id, AuditAction::Login, Some(json!({ "provider": profile.provider })));
            return Ok(id);
        }
        self.confirm_by(id, profile, trusted)?;
        Ok(id)
    }

    fn owner_of(&self, profile: &Profile) -> Option<Uuid> {
        let key = Key::Identity(profile.provider.clone(), profile.subject.clone());
        self.accounts.find(&key).map(|account| account.user.id)
    }

    /// Returns the user of a profile's linking domain who has its address.
    fn in_linking_domain(&mut self, profile: &Profile, aud: &str) -> Result<Option<Uuid>, ApiError> {
        let domain = self.settings.linking_domain(&profile.provider);
        if domain == DEFAULT_DOMAIN {
            return Ok(self.owner_of_email(&profile.email, aud, None));
        }
        let email = profile.email.to_lowercase();
        let is_in_domain = |identity: &Identity| {
            identity.email.as_ref() == Some(&email) && self.settings.linking_domain(&identity.provider) == domain
        };
        let has_one = |account: &&Account| account.user.identities.iter().flatten().any(is_in_domain);
        let mut owners = self.accounts.with(&Key::Email(email.clone())).filter(has_one);
        let owner = owners.next().map(|account| account.user.id);
        if owners.next().is_some() {
            let message =
                format!("Multiple accounts with the same email address in the same linking domain detected: {domain}");
            return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, message));
        }
        Ok(owner)
    }

    fn seen_again(&mut self, user_id: Uuid, profile: &Profile) -> Result<(), ApiError> {
        let now = self.now();
        let account = self.account(user_id)?;
        for identity in account.user.identities.iter_mut().flatten().filter(|identity| profile.is_this(identity)) {
            identity.email = profile.data["email"].as_str().map(str::to_owned);
            identity.identity_data = Some(profile.data.clone());
            identity.updated_at = Some(now);
        }
        account.merge_metadata(&profile.data);
        account.list_providers();
        Ok(())
    }

    fn add_profile(&mut self, user_id: Uuid, profile: &Profile) -> Result<(), ApiError> {
        let identity = profile.identity(self.random.id(), user_id, self.now());
        let traits = identity_traits(&identity);
        self.account(user_id)?.add_identity(identity);
        self.log_action(user_id, AuditAction::IdentityLinked, Some(traits));
        Ok(())
    }

    fn create_from(&mut self, profile: &Profile, is_taken: bool, aud: &str) -> Result<Uuid, ApiError> {
        let (id, identity_id, now) = (self.random.id(), self.random.id(), self.now());
        let email = if is_taken { "" } else { &profile.email };
        let user = blank_user(&self.settings, id, email, "", aud, now);
        self.before_user_created(&user, &profile.provider, &profile.data)?;
        let mut account = Account::new(user);
        account.is_separate = self.settings.linking_domain(&profile.provider) != DEFAULT_DOMAIN;
        account.merge_metadata(&profile.data);
        account.add_identity(profile.identity(identity_id, id, now));
        account.list_providers();
        self.accounts.push(account);
        Ok(id)
    }

    /// Confirms the address if the provider has verified it, and removes other, unconfirmed identities.
    fn confirm_by(&mut self, user_id: Uuid, profile: &Profile, trusted: bool) -> Result<(), ApiError> {
        let now = self.now();
        let account = self.account(user_id)?;
        account.keep_only(profile);
        if trusted {
            account.confirm_email(now);
            self.log_action(user_id, AuditAction::UserSignedup, Some(json!({ "provider": profile.provider })));
            return Ok(());
        }
        let provider = &profile.provider;
        let how = if account.email().is_empty() {
            format!("Verify the email with {provider} in order to sign in")
        } else {
            self.send_confirmation(user_id)?;
            format!("A confirmation email has been sent to your {provider} email")
        };
        if self.settings.allow_unverified_emails {
            return Ok(());
        }
        let message = format!("Unverified email with {provider}. {how}");
        Err(ApiError::new(422, ErrorCode::ProviderEmailNeedsVerification, message))
    }

    fn send_confirmation(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let redirect_to = self.settings.site_url.clone();
        self.send(user_id, &OutgoingMessage { otp_type: Some(OtpType::Signup), challenge: None, redirect_to }).map(drop)
    }

    /// Links an identity to a signed-in user.
    pub(crate) fn link_profile(&mut self, user_id: Uuid, profile: &Profile) -> Result<(), ApiError> {
        let refuse = |message| Err(ApiError::new(422, ErrorCode::IdentityAlreadyExists, message));
        match self.owner_of(profile) {
            Some(owner) if owner == user_id => return refuse("Identity is already linked"),
            Some(_) => return refuse("Identity is already linked to another user"),
            None => {}
        }
        let is_first_email = self.account(user_id)?.email().is_empty();
        if is_first_email && self.check_unique(user_id, &Contact::Email(profile.email.to_lowercase()), "").is_err() {
            return Err(ApiError::new(400, ErrorCode::EmailExists, EMAIL_TAKEN));
        }
        self.add_profile(user_id, profile)?;
        if is_first_email {
            self.take_email(user_id, profile)?;
        }
        self.account(user_id)?.list_providers();
        let detail = Detail { provider: &profile.provider, ..Detail::default() };
        self.notify(user_id, Template::IdentityLinked, &detail);
        Ok(())
    }

    /// Gives a user without an email address the one of a new identity.
    fn take_email(&mut self, user_id: Uuid, profile: &Profile) -> Result<(), ApiError> {
        let now = self.now();
        let account = self.account(user_id)?;
        account.user.email = Some(profile.email.to_lowercase());
        if profile.email_verified {
            account.confirm_email(now);
            account.user.is_anonymous = Some(false);
            return Ok(());
        }
        self.send_confirmation(user_id)?;
        let provider = &profile.provider;
        let message =
            format!("Unverified email with {provider}. A confirmation email has been sent to your {provider} email");
        Err(ApiError::new(422, ErrorCode::EmailNotConfirmed, message))
    }

    /// Links an identity to the user who was invited by a link with this hash.
    pub(crate) fn accept_invitation(&mut self, token: &str, profile: &Profile) -> Result<Uuid, ApiError> {
        let invite_gone = || ApiError::new(404, ErrorCode::InviteNotFound, "Invite not found");
        let user_id = self.invited(token).ok_or_else(invite_gone)?;
        if self.account(user_id)?.email() != profile.email {
            let message = "Invited email does not match emails from external provider";
            return Err(ApiError::validation_failed(message));
        }
        let (identity, now) = (profile.identity(self.random.id(), user_id, self.now()), self.now());
        self.log_action(user_id, AuditAction::InviteAccepted, Some(json!({ "provider": profile.provider })));
        let account = self.account(user_id)?;
        account.add_identity(identity);
        account.keep_only(profile);
        account.confirm_email(now);
        Ok(user_id)
    }

    /// Returns the user whose address is to be confirmed by a link with this hash.
    pub(crate) fn invited(&self, token: &str) -> Option<Uuid> {
        let is_theirs = |account: &&Account| {
            account.codes.iter().any(|code| code.has_link && code.hash == token && code.fits(OtpType::Signup))
        };
        self.accounts.with(&Key::Code(token.to_owned())).find(is_theirs).map(|account| account.user.id)
    }
}

impl Account {
    /// Removes the password, the metadata and all identities but this one, which may be those of somebody else who has
    /// not confirmed the address.
    fn keep_only(&mut self, profile: &Profile) {
        self.password = None;
        self.user.user_metadata = Some(profile.data.clone());
        self.user.identities.get_or_insert_default().retain(|identity| profile.is_this(identity));
        self.list_providers();
    }
}
