//! Users who sign in with a provider or a wallet.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    model::{
        AuditAction, ErrorCode, OtpType,
        types::{Identity, User},
    },
    state::{
        messages::OutgoingMessage,
        rows::account::{Account, blank_user, new_identity},
        store::State,
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
    pub(crate) fn user_of(&mut self, profile: &Profile) -> Result<Uuid, ApiError> {
        let now = self.now();
        let trusted = profile.email_verified || !self.settings.confirm_addresses;
        let id = match (self.owner_of(profile), self.account_by_email(&profile.email).map(|account| account.user.id)) {
            (Some(known), _) => {
                self.seen_again(known, profile)?;
                known
            }
            (None, Some(same)) if trusted && !profile.email.is_empty() => {
                self.add_profile(same, profile)?;
                self.account(same)?.merge_metadata(&profile.data);
                same
            }
            (None, taken) => self.create_from(profile, taken.is_some()),
        };
        let account = self.account(id)?;
        if account.user.banned_until.is_some_and(|until| until > now) {
            return Err(ApiError::new(403, ErrorCode::UserBanned, "User is banned"));
        }
        if profile.provider == WEB3 || account.is_confirmed() {
            self.log_action(id, AuditAction::Login, Some(json!({ "provider": profile.provider })));
            return Ok(id);
        }
        self.confirm_by(id, profile, trusted)?;
        Ok(id)
    }

    fn owner_of(&self, profile: &Profile) -> Option<Uuid> {
        let has_it = |user: &User| user.identities.iter().flatten().any(|identity| profile.is_this(identity));
        self.accounts.iter().map(|account| &account.user).find(|user| has_it(user)).map(|user| user.id)
    }

    fn seen_again(&mut self, user_id: Uuid, profile: &Profile) -> Result<(), ApiError> {
        let now = self.now();
        let account = self.account(user_id)?;
        for identity in account.user.identities.iter_mut().flatten().filter(|identity| profile.is_this(identity)) {
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

    fn create_from(&mut self, profile: &Profile, is_taken: bool) -> Uuid {
        let (id, identity_id, now) = (self.random.id(), self.random.id(), self.now());
        let email = if is_taken { "" } else { &profile.email };
        let mut account = Account::new(blank_user(id, email, "", now));
        account.merge_metadata(&profile.data);
        account.add_identity(profile.identity(identity_id, id, now));
        self.accounts.push(account);
        id
    }

    /// Confirms the address if the provider has verified it, and removes other, unconfirmed identities.
    fn confirm_by(&mut self, user_id: Uuid, profile: &Profile, trusted: bool) -> Result<(), ApiError> {
        let now = self.now();
        let account = self.account(user_id)?;
        account.password = None;
        account.user.user_metadata = Some(profile.data.clone());
        account.user.identities.get_or_insert_default().retain(|identity| profile.is_this(identity));
        account.list_providers();
        if trusted {
            account.user.email_confirmed_at = Some(now);
            account.user.confirmed_at.get_or_insert(now);
            account.merge_metadata(&json!({ "email_verified": true }));
            self.log_action(user_id, AuditAction::UserSignedup, Some(json!({ "provider": profile.provider })));
            return Ok(());
        }
        let provider = &profile.provider;
        let how = if account.email().is_empty() {
            format!("Verify the email with {provider} in order to sign in")
        } else {
            self.send(
                user_id,
                &OutgoingMessage {
                    otp_type: Some(OtpType::Signup),
                    challenge: None,
                    redirect_to: self.settings.site_url.clone(),
                },
            )?;
            format!("A confirmation email has been sent to your {provider} email")
        };
        let message = format!("Unverified email with {provider}. {how}");
        Err(ApiError::new(422, ErrorCode::ProviderEmailNeedsVerification, message))
    }

    /// Links an identity to a signed-in user.
    pub(crate) fn link_profile(&mut self, user_id: Uuid, profile: &Profile) -> Result<(), ApiError> {
        let refuse = |message| Err(ApiError::new(422, ErrorCode::IdentityAlreadyExists, message));
        match self.owner_of(profile) {
            Some(owner) if owner == user_id => return refuse("Identity is already linked"),
            Some(_) => return refuse("Identity is already linked to another user"),
            None => {}
        }
        self.add_profile(user_id, profile)?;
        if !self.account(user_id)?.email().is_empty() {
            return Ok(());
        }
        if self.account_by_email(&profile.email).is_some() {
            let message = "A user with this email address has already been registered";
            return Err(ApiError::new(400, ErrorCode::EmailExists, message));
        }
        let now = self.now();
        let account = self.account(user_id)?;
        account.user.email = Some(profile.email.to_lowercase());
        if profile.email_verified {
            account.confirm(now);
            account.user.is_anonymous = Some(false);
            return Ok(());
        }
        self.send(
            user_id,
            &OutgoingMessage {
                otp_type: Some(OtpType::Signup),
                challenge: None,
                redirect_to: self.settings.site_url.clone(),
            },
        )?;
        let provider = &profile.provider;
        let message =
            format!("Unverified email with {provider}. A confirmation email has been sent to your {provider} email");
        Err(ApiError::new(422, ErrorCode::EmailNotConfirmed, message))
    }
}
