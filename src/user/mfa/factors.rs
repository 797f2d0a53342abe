//! The enrolled factors of a user.

use super::Mfa;
use crate::{
    error::Result,
    types::{Factor, FactorStatus, FactorType, User},
};

/// The second factors of a user, by type and status. Factors of a type that this version does not know are included in
/// [`all`](Self::all).
///
/// ```
/// # fn f(session: gotrue::Session) {
/// let factors = gotrue::user::Factors::of(session.user());
/// let phones = factors.phone().filter(|factor| factor.is_verified()).count();
/// println!("{phones} phones, {} in all", factors.all().len());
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Factors(Vec<Factor>);

impl Factors {
    /// Returns the factors of this user.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self(user.factors.clone().unwrap_or_default())
    }

    /// Returns all factors.
    #[must_use]
    pub fn all(&self) -> &[Factor] {
        &self.0
    }

    /// Returns the TOTP factors (authenticator apps).
    pub fn totp(&self) -> impl Iterator<Item = &Factor> {
        self.of_type(FactorType::Totp)
    }

    /// Returns the phone factors.
    pub fn phone(&self) -> impl Iterator<Item = &Factor> {
        self.of_type(FactorType::Phone)
    }

    /// Returns the WebAuthn factors (security keys and platform authenticators).
    pub fn webauthn(&self) -> impl Iterator<Item = &Factor> {
        self.of_type(FactorType::Webauthn)
    }

    /// Returns the recovery codes, all of which are one factor.
    #[must_use]
    pub fn recovery_codes(&self) -> Option<&Factor> {
        self.of_type(FactorType::RecoveryCode).next()
    }

    /// Returns the factors of this type.
    pub fn of_type(&self, factor_type: FactorType) -> impl Iterator<Item = &Factor> {
        self.0.iter().filter(move |factor| factor.factor_type == factor_type)
    }

    /// Returns the verified factors.
    pub fn verified(&self) -> impl Iterator<Item = &Factor> {
        self.0.iter().filter(|factor| factor.is_verified())
    }

    /// Returns the factors that are enrolled but not yet verified.
    pub fn unverified(&self) -> impl Iterator<Item = &Factor> {
        self.0.iter().filter(|factor| factor.status == FactorStatus::Unverified)
    }
}

impl Factor {
    /// Returns whether the factor is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status == FactorStatus::Verified
    }
}

impl Mfa {
    /// Returns the user's factors (`GET /user`).
    pub async fn factors(&self) -> Result<Factors> {
        self.user.get().await.map(|user| Factors::of(&user))
    }
}
