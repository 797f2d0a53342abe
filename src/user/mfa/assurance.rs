//! How sure the server is of the user.

use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{Factors, Mfa};
use crate::{error::Result, raw::types::User, secret::Secret};

/// How sure the server is that the user is who they say: the claim `aal` of an access token.
///
/// Open: a value that is not among the constants is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssuranceLevel(Cow<'static, str>);

impl AssuranceLevel {
    /// `aal1`: One factor.
    pub const AAL1: Self = Self(Cow::Borrowed("aal1"));
    /// `aal2`: Two factors.
    pub const AAL2: Self = Self(Cow::Borrowed("aal2"));

    /// The value as the server spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for AssuranceLevel {
    fn from(value: String) -> Self {
        Self(Cow::Owned(value))
    }
}

impl fmt::Display for AssuranceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The level of a session, and the one that it can get to.
///
/// ```
/// # fn f(session: gotrue::Session) {
/// let assurance = gotrue::Assurance::of(session.access_token(), session.user());
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
        let next = if has_factor { Some(AssuranceLevel::AAL2) } else { current.clone() };
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
        let user = self.user.get().await?;
        Ok(Assurance::of(&self.user.access_token, &user))
    }
}

/// The claim `aal` of an access token.
fn level_of(access_token: &Secret) -> Option<AssuranceLevel> {
    #[derive(Deserialize)]
    struct Claims {
        aal: Option<String>,
    }
    let payload = URL_SAFE_NO_PAD.decode(access_token.expose().split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&payload).ok()?.aal.map(AssuranceLevel::from)
}
