//! How sure the server is of the user.

use super::{Factors, Mfa};
use crate::{
    error::Result,
    jwt::Claims,
    secret::Secret,
    types::{AssuranceLevel, User},
};

/// The level of a session, and the one that it can get to.
///
/// ```
/// # fn f(session: gotrue::Session) {
/// let assurance = gotrue::user::Assurance::of(session.access_token(), session.user());
/// if assurance.needs_second_factor() {
///     println!("ask for a code");
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assurance {
    /// The level of the session. None when the token does not say.
    pub current: Option<AssuranceLevel>,
    /// The level that the session gets to: `aal2` when the user has a verified factor.
    pub next: Option<AssuranceLevel>,
}

impl Assurance {
    /// By an access token, which is not verified here, and by the user's factors.
    #[must_use]
    pub fn of(access_token: &Secret, user: &User) -> Self {
        let current = level_of(access_token);
        let has_factor = Factors::of(user).verified().next().is_some();
        let next = if has_factor { Some(AssuranceLevel::Aal2) } else { current.clone() };
        Self { current, next }
    }

    /// Whether the user has a second factor that was not used in this session.
    #[must_use]
    pub fn needs_second_factor(&self) -> bool {
        self.current != self.next
    }
}

impl Mfa {
    /// The level of the session, and the one that it can get to, by the user's factors as they are now (`GET /user`).
    pub async fn assurance(&self) -> Result<Assurance> {
        let token = self.user.access_token().await?;
        let user = self.user.client.user_of(&token).await?;
        Ok(Assurance::of(&token, &user))
    }
}

/// The claim `aal` of an access token.
fn level_of(access_token: &Secret) -> Option<AssuranceLevel> {
    Claims::read_unverified(access_token).ok()?.aal
}
