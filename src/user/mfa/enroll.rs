//! New factors.

use base64::{Engine, engine::general_purpose::STANDARD};
use uuid::Uuid;

use super::Mfa;
use crate::{
    error::{Error, Result},
    input,
    secret::Secret,
    types::{EnrollFactorRequest, EnrollFactorResponse, FactorType},
};

/// A factor of an authenticator application, to enrol. See [`Mfa`].
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Mfa::enroll_totp"]
pub struct EnrollTotp {
    friendly_name: Option<String>,
    issuer: Option<String>,
}

impl EnrollTotp {
    /// A factor without a name, for the host of the server's site URL.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the user calls it. No two factors of a user have the same name, and only one has none.
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.friendly_name = Some(name.into());
        self
    }

    /// What the authenticator shows as the site. Without `&`, which the server's `otpauth:` URI would be cut at.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }
}

/// A factor that gets codes by phone, to enrol.
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
#[must_use = "give it to Mfa::enroll_phone"]
pub struct EnrollPhone {
    phone: String,
    friendly_name: Option<String>,
}

impl EnrollPhone {
    /// The phone number, with or without a leading `+`.
    pub fn new(phone: impl Into<String>) -> Self {
        Self { phone: phone.into(), friendly_name: None }
    }

    /// What the user calls it. No two factors of a user have the same name, and only one has none.
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.friendly_name = Some(name.into());
        self
    }
}

/// What an authenticator application has to know, this once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TotpFactor {
    /// The id of the factor, to be challenged.
    pub id: Uuid,
    /// What the user calls it.
    pub friendly_name: Option<String>,
    /// The QR code to scan, an SVG document. It holds the secret.
    pub qr_code: Secret,
    /// The secret (base32), to type where nothing can be scanned.
    pub secret: Secret,
    /// The secret as an `otpauth:` URI.
    pub uri: Secret,
}

impl TotpFactor {
    /// The QR code as a `data:` URI, for the `src` of an image.
    #[must_use]
    pub fn qr_code_data_uri(&self) -> Secret {
        format!("data:image/svg+xml;base64,{}", STANDARD.encode(self.qr_code.expose())).into()
    }
}

impl Mfa {
    /// Enrols an authenticator application (`POST /factors`).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `mfa_factor_name_conflict`, `too_many_enrolled_mfa_factors`,
    /// `mfa_totp_enroll_not_enabled`, `insufficient_aal`; `no_authorization` for an anonymous user.
    pub async fn enroll_totp(&self, factor: EnrollTotp) -> Result<TotpFactor> {
        let EnrollTotp { friendly_name, issuer } = factor;
        if issuer.as_ref().is_some_and(|issuer| issuer.contains('&')) {
            return Err(Error::invalid("issuer", "must not contain &, because the server cuts it there"));
        }
        let request = EnrollFactorRequest { factor_type: FactorType::Totp, friendly_name, issuer, phone: None };
        let call = self.user.user_call().await?;
        let reply = call.answer(call.raw.enroll_factor(&request).await).await?;
        let totp = call.required("the secret", reply.totp)?;
        Ok(TotpFactor {
            id: reply.id,
            friendly_name: reply.friendly_name.filter(|name| !name.is_empty()),
            qr_code: totp.qr_code.unwrap_or_default(),
            secret: call.required("the secret", totp.secret)?,
            uri: call.required("the secret", totp.uri)?,
        })
    }

    /// Enrols a phone (`POST /factors`). Nothing is sent yet; challenge it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `mfa_verified_factor_exists`,
    /// `mfa_phone_enroll_not_enabled`, and those of [`enroll_totp`](Self::enroll_totp).
    pub async fn enroll_phone(&self, factor: EnrollPhone) -> Result<EnrollFactorResponse> {
        input::not_empty("phone number", &factor.phone)?;
        let EnrollPhone { phone, friendly_name } = factor;
        let factor_type = FactorType::Phone;
        let request = EnrollFactorRequest { factor_type, friendly_name, issuer: None, phone: Some(phone) };
        let call = self.user.user_call().await?;
        call.answer(call.raw.enroll_factor(&request).await).await
    }

    /// Enrols a security key or a platform authenticator (`POST /factors`), by a name that none of the user's factors
    /// has. Challenge it by [`challenge_webauthn`](Self::challenge_webauthn).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `mfa_webauthn_enroll_not_enabled`, and
    /// those of [`enroll_totp`](Self::enroll_totp).
    pub async fn enroll_webauthn(&self, friendly_name: impl Into<String>) -> Result<EnrollFactorResponse> {
        let friendly_name = friendly_name.into();
        input::not_empty("factor name", &friendly_name)?;
        let factor_type = FactorType::Webauthn;
        let request =
            EnrollFactorRequest { factor_type, friendly_name: Some(friendly_name), issuer: None, phone: None };
        let call = self.user.user_call().await?;
        call.answer(call.raw.enroll_factor(&request).await).await
    }
}
