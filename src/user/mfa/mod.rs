//! Second factors of the signed-in user.

mod assurance;
mod challenge;
mod enroll;
mod factors;
mod webauthn;

use uuid::Uuid;

pub use assurance::Assurance;
pub use challenge::FactorChallenge;
pub use enroll::{EnrollPhone, EnrollTotp, TotpFactor};
pub use factors::Factors;
pub use webauthn::WebAuthnChallenge;

use crate::{error::Result, user::UserClient};

/// The user's second factors. From [`UserClient::mfa`].
///
/// A factor is enrolled, challenged and verified; from then on the session is of level `aal2`, and a later one becomes
/// so by challenge and verification alone. Whoever has a verified factor needs `aal2` to change a password or a factor
/// (`insufficient_aal`).
///
/// ```
/// # use gotrue::{Client, Session, user::EnrollTotp};
/// # async fn f(client: Client, session: Session) -> Result<(), gotrue::Error> {
/// let mfa = client.user(session.access_token()).mfa();
/// let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone").issuer("Acme")).await?;
/// println!("<img src=\"{}\">", factor.qr_code_data_uri().expose());
/// // … the user scans it, and types what the authenticator shows …
/// let session = mfa.challenge_and_verify(factor.id, "123456").await?;
///
/// // At a later sign-in: is the second factor still to come?
/// let mfa = client.user(session.access_token()).mfa();
/// if mfa.assurance().await?.needs_second_factor() {
///     for factor in mfa.factors().await?.totp().filter(|factor| factor.is_verified()) {
///         println!("{:?}", factor.friendly_name);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Mfa {
    user: UserClient,
}

impl UserClient {
    /// The user's second factors.
    #[must_use]
    pub fn mfa(&self) -> Mfa {
        Mfa { user: self.clone() }
    }
}

impl Mfa {
    /// Removes a factor (`DELETE /factors/{factor_id}`). Sessions that used it fall back to `aal1`.
    ///
    /// # Errors
    /// `mfa_factor_not_found`; `insufficient_aal` when it is verified and was not used in this session.
    pub async fn unenroll(&self, factor_id: Uuid) -> Result<()> {
        let call = self.user.user_call().await?;
        call.answer(call.raw.unenroll_factor(&factor_id).await).await.map(drop)
    }
}
