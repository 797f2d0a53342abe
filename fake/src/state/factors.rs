//! Second factors of users.

use gotrue::Secret;
use uuid::Uuid;

use crate::{
    contact,
    model::{ErrorCode, types::Factor},
    state::{
        access_tokens::Caller,
        rows::factor::{FactorRow, Proof, no_factor},
        store::State,
        table::Key,
    },
    totp,
    webauthn::Credential,
    wire::{ApiError, quoted},
};

/// What an authenticator app shows.
pub(crate) struct AuthenticatorCode {
    pub(crate) email: String,
    pub(crate) factor_id: Uuid,
    pub(crate) name: String,
    pub(crate) code: Secret,
}

impl State {
    pub(crate) fn check_new_factor(&mut self, caller: &Caller, name: &str) -> Result<(), ApiError> {
        let factors = self.account(caller.user_id)?.user.factors.clone().unwrap_or_default();
        if factors.iter().any(|factor| factor.friendly_name.as_deref().unwrap_or_default() == name) {
            let message = format!("A factor with the friendly name {} for this user already exists", quoted(name));
            return Err(ApiError::new(422, ErrorCode::MfaFactorNameConflict, message));
        }
        let verified = factors.iter().filter(|factor| factor.is_verified()).count();
        let settings = &self.settings;
        if factors.len() >= settings.max_factors || verified >= settings.max_verified_factors {
            let message = "Maximum number of verified factors reached, unenroll to continue";
            return Err(ApiError::new(422, ErrorCode::TooManyEnrolledMfaFactors, message));
        }
        if self.lacks_aal2(caller)? {
            return Err(ApiError::new(403, ErrorCode::InsufficientAal, "AAL2 required to enroll a new factor"));
        }
        Ok(())
    }

    pub(crate) fn factor_row(&mut self, factor_id: Uuid) -> Result<&mut FactorRow, ApiError> {
        self.factors.find_mut(&Key::Id(factor_id)).ok_or_else(no_factor)
    }

    pub(crate) fn change_factor(
        &mut self,
        user_id: Uuid,
        factor_id: Uuid,
        change: impl FnOnce(&mut Factor),
    ) -> Result<(), ApiError> {
        let mut factors = self.account(user_id)?.user.factors.iter_mut().flatten();
        factors.find(|factor| factor.id == factor_id).map(change).ok_or_else(no_factor)
    }

    /// Removes unverified factors that were never challenged in time.
    pub(crate) fn forget_stale_factors(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let oldest = self.now() - self.settings.factor_lifetime;
        let ids: Vec<Uuid> = self.account(user_id)?.user.factors.iter().flatten().map(|factor| factor.id).collect();
        let is_challenged = |id: &Uuid| self.factors.find(&Key::Id(*id)).is_some_and(|row| !row.challenges.is_empty());
        let challenged: Vec<Uuid> = ids.into_iter().filter(is_challenged).collect();
        self.retain_factors(user_id, |factor| {
            factor.is_verified() || challenged.contains(&factor.id) || factor.created_at.is_some_and(|at| at >= oldest)
        })
    }

    /// Removes the factors of a user that are not to be kept. The field is absent if no factor is left.
    pub(crate) fn retain_factors(&mut self, user_id: Uuid, keep: impl Fn(&Factor) -> bool) -> Result<(), ApiError> {
        let user = &mut self.account(user_id)?.user;
        let (kept, gone): (Vec<_>, Vec<_>) = user.factors.take().unwrap_or_default().into_iter().partition(keep);
        user.factors = Some(kept).filter(|kept| !kept.is_empty());
        for factor in gone {
            self.factors.retain_with(&Key::Id(factor.id), |_| false);
            self.recovery_codes.retain_with(&Key::Id(factor.id), |_| false);
        }
        Ok(())
    }

    /// Changes the number that codes are sent to.
    pub(crate) fn set_factor_phone(&mut self, factor_id: Uuid, number: &str) -> Result<(), ApiError> {
        self.factor_row(factor_id)?.proof = Proof::Phone(number.to_owned());
        Ok(())
    }

    /// Validates the number of a new factor, and removes an unverified factor with the same number.
    pub(crate) fn new_phone(&mut self, caller: &Caller, phone: &str) -> Result<String, ApiError> {
        if phone.is_empty() {
            return Err(ApiError::validation_failed("Phone number required to enroll Phone factor"));
        }
        let number = contact::phone(phone)?;
        let has_number = |factor: &Factor| factor.phone.as_deref() == Some(number.as_str());
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        if factors.any(|factor| has_number(factor) && factor.is_verified()) {
            let message = "A verified phone factor already exists, unenroll the existing factor to continue";
            return Err(ApiError::new(422, ErrorCode::MfaVerifiedFactorExists, message));
        }
        self.retain_factors(caller.user_id, |factor| !has_number(factor))?;
        Ok(number)
    }

    /// Returns the code that an authenticator app shows now.
    pub(crate) fn totp_code(&self, secret: &Secret) -> Option<Secret> {
        totp::code(secret, self.now())
    }

    /// Returns what the authenticator apps of all users show now.
    pub(crate) fn authenticator_codes(&self) -> Vec<AuthenticatorCode> {
        let now = self.now();
        let users = self.accounts.iter().map(|account| &account.user);
        let factors = users.flat_map(|user| user.factors.iter().flatten().map(move |factor| (user, factor)));
        factors
            .filter_map(|(user, factor)| {
                let row = self.factors.find(&Key::Id(factor.id))?;
                let Proof::Totp(secret) = row.proof else { return None };
                Some(AuthenticatorCode {
                    email: user.email.clone().unwrap_or_default(),
                    factor_id: factor.id,
                    name: factor.friendly_name.clone().unwrap_or_default(),
                    code: totp::code_of(secret, now),
                })
            })
            .collect()
    }

    /// Returns the host and port of the site, the default issuer of TOTP factors.
    pub(crate) fn site(&self) -> String {
        let (_, rest) = self.settings.site_url.split_once("://").unwrap_or_default();
        rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
    }

    /// Returns the WebAuthn credentials of a user's verified factors.
    pub(crate) fn factor_credentials(&mut self, user_id: Uuid) -> Result<Vec<Credential>, ApiError> {
        let factors = self.account(user_id)?.user.factors.clone().unwrap_or_default();
        let verified = factors.iter().filter(|factor| factor.is_verified());
        let rows = verified.filter_map(|factor| self.factors.find(&Key::Id(factor.id)));
        Ok(rows
            .filter_map(|row| if let Proof::WebAuthn(credential) = &row.proof { credential.clone() } else { None })
            .collect())
    }
}
