//! Authenticator assurance levels of a session.

use super::{Factors, Mfa};
use crate::{
    error::Result,
    jwt::Claims,
    secret::Secret,
    types::{AssuranceLevel, User},
};

/// The assurance level of a session, and the level that it can reach.
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
    /// The level of the session. `None` if the access token does not contain one.
    pub current: Option<AssuranceLevel>,
    /// The level that the session can reach: `aal2` if the user has a verified factor, otherwise the current one.
    pub next: Option<AssuranceLevel>,
}

impl Assurance {
    /// Reads the levels from an access token, whose signature is not verified, and from the user's factors.
    #[must_use]
    pub fn of(access_token: &Secret, user: &User) -> Self {
        let current = level_of(access_token);
        let has_factor = Factors::of(user).verified().next().is_some();
        let next = if has_factor { Some(AssuranceLevel::Aal2) } else { current.clone() };
        Self { current, next }
    }

    /// Returns whether the user has a second factor that was not used in this session.
    #[must_use]
    pub fn needs_second_factor(&self) -> bool {
        self.current != self.next
    }
}

impl Mfa {
    /// Returns the level of the session, and the level that it can reach with the user's current factors (`GET /user`).
    pub async fn assurance(&self) -> Result<Assurance> {
        let token = self.user.access_token().await?;
        let call = self.user.user_call_with(token.clone())?;
        let user = call.finish(call.raw.get_user(None)).await?;
        Ok(Assurance::of(&token, &user))
    }
}

/// Returns the claim `aal` of an access token.
fn level_of(access_token: &Secret) -> Option<AssuranceLevel> {
    Claims::read_unverified(access_token).ok()?.aal
}
