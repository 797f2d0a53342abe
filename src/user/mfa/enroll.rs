//! Enrollment of factors.

use base64::{Engine, engine::general_purpose::STANDARD};
use uuid::Uuid;

use super::Mfa;
use crate::{
    error::{Error, Result},
    input,
    secret::Secret,
    types::{EnrollFactorRequest, EnrollFactorResult, EnrollableFactorType},
};

/// The options of a TOTP factor to enroll (an authenticator app). See [`Mfa`] for an example.
#[derive(Clone, Debug, Default)]
#[must_use = "pass it to Mfa::enroll_totp"]
pub struct EnrollTotp {
    friendly_name: Option<String>,
    issuer: Option<String>,
}

impl EnrollTotp {
    /// Creates the options of a factor without a name. The issuer defaults to the host of the server's site URL.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name that the user sees. It must be unique among the user's factors; only one of them may have no name.
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.friendly_name = Some(name.into());
        self
    }

    /// Sets the site name that the authenticator app shows. It must not contain `&`, at which the server would cut the
    /// `otpauth:` URI.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }
}

/// The options of a phone factor to enroll, which receives codes by text message.
///
/// ```
/// # use gotrue::{UserClient, types::MessageChannel, user::EnrollPhone};
/// # async fn f(user: UserClient) -> Result<(), gotrue::Error> {
/// let mfa = user.mfa();
/// let factor = mfa.enroll_phone(EnrollPhone::new("+15550000002").friendly_name("work")).await?;
/// let challenge = mfa.challenge_via(factor.id, MessageChannel::Whatsapp).await?;
/// let session = mfa.verify(&challenge, "123456").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Mfa::enroll_phone"]
pub struct EnrollPhone {
    phone: String,
    friendly_name: Option<String>,
}

impl EnrollPhone {
    /// Creates the options of a factor with this phone number, with or without a leading `+`.
    pub fn new(phone: impl Into<String>) -> Self {
        Self { phone: phone.into(), friendly_name: None }
    }

    /// Sets the name that the user sees. It must be unique among the user's factors; only one of them may have no name.
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.friendly_name = Some(name.into());
        self
    }
}

/// An enrolled TOTP factor with the secret for the authenticator app. The server returns the secret only once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TotpFactor {
    /// The id of the factor, for [`Mfa::challenge`].
    pub id: Uuid,
    /// The name that the user sees.
    pub friendly_name: Option<String>,
    /// The QR code to scan, an SVG document. It contains the secret.
    pub qr_code: Secret,
    /// The secret in base32, for users who cannot scan the QR code.
    pub secret: Secret,
    /// The secret as an `otpauth:` URI.
    pub uri: Secret,
}

impl TotpFactor {
    /// Returns the QR code as a `data:` URI, for the `src` of an image.
    #[must_use]
    pub fn qr_code_data_uri(&self) -> Secret {
        format!("data:image/svg+xml;base64,{}", STANDARD.encode(self.qr_code.expose())).into()
    }
}

impl Mfa {
    /// Enrolls an authenticator app (`POST /factors`). The factor is unverified until it is challenged and verified.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `mfa_factor_name_conflict`, `too_many_enrolled_mfa_factors`,
    /// `mfa_totp_enroll_not_enabled`, `insufficient_aal`; `no_authorization` for an anonymous user.
    pub async fn enroll_totp(&self, factor: EnrollTotp) -> Result<TotpFactor> {
        let EnrollTotp { friendly_name, issuer } = factor;
        if issuer.as_ref().is_some_and(|issuer| issuer.contains('&')) {
            return Err(Error::invalid("issuer", "must not contain &, because the server cuts it there"));
        }
        let request =
            EnrollFactorRequest { factor_type: EnrollableFactorType::Totp, friendly_name, issuer, phone: None };
        let call = self.user.user_call().await?;
        let response = call.finish(call.raw.enroll_factor(&request)).await?;
        let totp = call.required("the secret", response.totp)?;
        Ok(TotpFactor {
            id: response.id,
            friendly_name: response.friendly_name.filter(|name| !name.is_empty()),
            qr_code: totp.qr_code.unwrap_or_default(),
            secret: call.required("the secret", totp.secret)?,
            uri: call.required("the secret", totp.uri)?,
        })
    }

    /// Enrolls a phone (`POST /factors`). This sends no message yet; [`challenge`](Self::challenge) does.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `mfa_verified_factor_exists`,
    /// `mfa_phone_enroll_not_enabled`, and those of [`enroll_totp`](Self::enroll_totp).
    pub async fn enroll_phone(&self, factor: EnrollPhone) -> Result<EnrollFactorResult> {
        input::not_empty("phone number", &factor.phone)?;
        let EnrollPhone { phone, friendly_name } = factor;
        let factor_type = EnrollableFactorType::Phone;
        let request = EnrollFactorRequest { factor_type, friendly_name, issuer: None, phone: Some(phone) };
        let call = self.user.user_call().await?;
        call.finish(call.raw.enroll_factor(&request)).await
    }

    /// Enrolls a security key or a platform authenticator (`POST /factors`). The name must be unique among the user's
    /// factors. Continue with [`challenge_webauthn`](Self::challenge_webauthn).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `mfa_webauthn_enroll_not_enabled`, and
    /// those of [`enroll_totp`](Self::enroll_totp).
    pub async fn enroll_webauthn(&self, friendly_name: impl Into<String>) -> Result<EnrollFactorResult> {
        let friendly_name = friendly_name.into();
        input::not_empty("factor name", &friendly_name)?;
        let factor_type = EnrollableFactorType::Webauthn;
        let request =
            EnrollFactorRequest { factor_type, friendly_name: Some(friendly_name), issuer: None, phone: None };
        let call = self.user.user_call().await?;
        call.finish(call.raw.enroll_factor(&request)).await
    }
}
