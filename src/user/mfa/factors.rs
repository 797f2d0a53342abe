//! The factors that a user has.

use super::Mfa;
use crate::{
    error::Result,
    types::{Factor, FactorStatus, FactorType, User},
};

/// The second factors of a user, by type and state. Those of a type that is unknown today are among [`all`](Self::all).
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
    /// The factors of a user.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self(user.factors.clone().unwrap_or_default())
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Factor] {
        &self.0
    }

    /// Those of authenticator applications.
    pub fn totp(&self) -> impl Iterator<Item = &Factor> {
        self.of_type(FactorType::Totp)
    }

    /// Those that get codes by phone.
    pub fn phone(&self) -> impl Iterator<Item = &Factor> {
        self.of_type(FactorType::Phone)
    }

    /// Security keys and platform authenticators.
    pub fn webauthn(&self) -> impl Iterator<Item = &Factor> {
        self.of_type(FactorType::Webauthn)
    }

    /// Those of a type.
    pub fn of_type(&self, factor_type: FactorType) -> impl Iterator<Item = &Factor> {
        self.0.iter().filter(move |factor| factor.factor_type == factor_type)
    }

    /// Those in use.
    pub fn verified(&self) -> impl Iterator<Item = &Factor> {
        self.0.iter().filter(|factor| factor.is_verified())
    }

    /// Those that were enrolled and never answered a challenge.
    pub fn unverified(&self) -> impl Iterator<Item = &Factor> {
        self.0.iter().filter(|factor| factor.status == FactorStatus::Unverified)
    }
}

impl Factor {
    /// Whether it is in use.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status == FactorStatus::Verified
    }
}

impl Mfa {
    /// The user's factors (`GET /user`).
    pub async fn factors(&self) -> Result<Factors> {
        self.user.get().await.map(|user| Factors::of(&user))
    }
}
