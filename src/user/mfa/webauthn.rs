//! WebAuthn challenges to a factor.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FactorChallenge, Mfa};
use crate::{
    auth::webauthn,
    error::Result,
    session::Session,
    types::{ChallengeFactorRequest, CredentialOptions, VerifyFactorRequest, WebAuthnAnswer, WebAuthnCeremony},
};

/// A challenge to an authenticator: to create a credential if the factor is unverified, otherwise to use it. It can be
/// serialized and stored until the user responds.
///
/// ```
/// # use gotrue::{UserClient, serde_json::Value};
/// # async fn ask_the_browser(options: Value) -> Value { options }
/// # async fn f(user: UserClient) -> Result<(), gotrue::Error> {
/// let mfa = user.mfa();
/// let factor = mfa.enroll_webauthn("security key").await?;
/// let challenge = mfa.challenge_webauthn(factor.id).await?;
/// // Call navigator.credentials.create or get, depending on challenge.ceremony.
/// let credential = ask_the_browser(challenge.options.clone().into()).await;
/// let session = mfa.verify_webauthn(&challenge, credential).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct WebAuthnChallenge {
    /// The challenge.
    pub challenge: FactorChallenge,
    /// Whether to create or to use a credential.
    pub ceremony: WebAuthnCeremony,
    /// The options for the authenticator, an object with `publicKey`.
    pub options: CredentialOptions,
}

impl Mfa {
    /// Creates a challenge to an authenticator (`POST /factors/{factor_id}/challenge`).
    ///
    /// # Errors
    /// `mfa_factor_not_found`, `mfa_webauthn_verify_not_enabled`, `over_request_rate_limit`.
    pub async fn challenge_webauthn(&self, factor_id: Uuid) -> Result<WebAuthnChallenge> {
        let request = ChallengeFactorRequest { channel: None, webauthn: None };
        let call = self.user.user_call().await?;
        let response = call.finish(call.raw.challenge_factor(&factor_id, &request)).await?;
        let challenge = FactorChallenge::from_response(factor_id, &response);
        // The challenge of another type of factor has no such part.
        let webauthn = call.required("the WebAuthn part", response.webauthn)?;
        Ok(WebAuthnChallenge { challenge, ceremony: webauthn.type_, options: webauthn.credential_options })
    }

    /// Verifies a challenge with a credential (`POST /factors/{factor_id}/verify`), and returns the session as
    /// [`verify`](Self::verify) does.
    ///
    /// The credential is what the browser's `PublicKeyCredential.toJSON()` or an authenticator crate returns: a
    /// [`PublicKeyCredential`](crate::types::PublicKeyCredential), a [`serde_json::Value`], or any value that
    /// serializes to that form.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; as [`verify`](Self::verify).
    pub async fn verify_webauthn(&self, challenge: &WebAuthnChallenge, credential: impl Serialize) -> Result<Session> {
        let credential_response = match &challenge.ceremony {
            ceremony if *ceremony == WebAuthnCeremony::Create => webauthn::attestation(credential)?,
            _ => webauthn::assertion(credential)?,
        };
        let type_ = challenge.ceremony.clone();
        let webauthn = WebAuthnAnswer { type_, credential_response, rp_id: None, rp_origins: None };
        let (factor_id, challenge_id) = (challenge.challenge.factor_id(), challenge.challenge.challenge_id());
        let request = VerifyFactorRequest { challenge_id, code: None, webauthn: Some(webauthn) };
        self.verify_request(factor_id, request).await
    }
}
