//! Second factors of the signed-in user.

mod assurance;
mod challenge;
mod enroll;
mod factors;
mod recovery_codes;
mod webauthn;

use uuid::Uuid;

pub use assurance::Assurance;
pub use challenge::FactorChallenge;
pub use enroll::{EnrollPhone, EnrollTotp, TotpFactor};
pub use factors::Factors;
pub use recovery_codes::RecoveryCodes;
pub use webauthn::WebAuthnChallenge;

use crate::{error::Result, user::UserClient};

/// Manages the second factors of the signed-in user. From [`UserClient::mfa`].
///
/// A new factor is enrolled, challenged and verified, which raises the session to level `aal2`. A later session is
/// raised by a challenge and its verification alone. A user with a verified factor needs a session of level `aal2` to
/// change the password or the factors; otherwise these calls fail with `insufficient_aal`. For users who have lost their
/// factors, there are [recovery codes](Self::recovery_codes).
///
/// ```
/// # use gotrue::{Client, Session, user::EnrollTotp};
/// # async fn f(client: Client, session: Session) -> Result<(), gotrue::Error> {
/// let mfa = client.user(session.access_token()).mfa();
/// let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone").issuer("Acme")).await?;
/// println!("<img src=\"{}\">", factor.qr_code_data_uri().expose());
/// // … the user scans it, and enters the code that the authenticator app shows …
/// let session = mfa.challenge_and_verify(factor.id, "123456").await?;
///
/// // At a later sign-in, check whether the second factor is still required:
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
    /// Returns a client for the user's second factors.
    #[must_use]
    pub fn mfa(&self) -> Mfa {
        Mfa { user: self.clone() }
    }
}

impl Mfa {
    /// Removes a factor (`DELETE /factors/{factor_id}`). Sessions that used it fall back to level `aal1`.
    ///
    /// # Errors
    /// `mfa_factor_not_found`; `insufficient_aal` if the factor is verified and the session is not of level `aal2`;
    /// `mfa_recovery_codes_sole_factor` if only the recovery codes would be left to sign in with, which must be
    /// [deleted](RecoveryCodes::delete) first; `validation_failed` if the factor is the recovery codes themselves.
    pub async fn unenroll(&self, factor_id: Uuid) -> Result<()> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.unenroll_factor(&factor_id)).await.map(drop)
    }
}
