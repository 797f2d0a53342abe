//! Challenges that an authenticator answers.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FactorChallenge, Mfa};
use crate::{
    auth::webauthn,
    error::Result,
    session::Session,
    types::{ChallengeFactorRequest, CredentialOptions, VerifyFactorRequest, WebAuthnAnswer, WebAuthnCeremony},
};

/// A challenge to an authenticator: to make a credential while the factor is unverified, and to use it from then on.
/// It can be kept in between.
///
/// ```
/// # use gotrue::{UserClient, serde_json::Value};
/// # async fn ask_the_browser(options: Value) -> Value { options }
/// # async fn f(user: UserClient) -> Result<(), gotrue::Error> {
/// let mfa = user.mfa();
/// let factor = mfa.enroll_webauthn("security key").await?;
/// let challenge = mfa.challenge_webauthn(factor.id).await?;
/// // navigator.credentials.create or get, as challenge.ceremony says
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
    /// Whether a credential is to be made or used.
    pub ceremony: WebAuthnCeremony,
    /// What the authenticator has to know, an object with `publicKey`.
    pub options: CredentialOptions,
}

impl Mfa {
    /// Asks for an answer of an authenticator (`POST /factors/{factor_id}/challenge`).
    ///
    /// # Errors
    /// `mfa_factor_not_found`, `mfa_webauthn_verify_not_enabled`, `over_request_rate_limit`.
    pub async fn challenge_webauthn(&self, factor_id: Uuid) -> Result<WebAuthnChallenge> {
        let request = ChallengeFactorRequest { channel: None, webauthn: None };
        let call = self.user.user_call().await?;
        let reply = call.answer(call.raw.challenge_factor(&factor_id, &request).await).await?;
        let challenge = FactorChallenge::of_reply(factor_id, &reply);
        // A factor of another kind has none.
        let webauthn = call.required("the WebAuthn part", reply.webauthn)?;
        Ok(WebAuthnChallenge { challenge, ceremony: webauthn.type_, options: webauthn.credential_options })
    }

    /// Answers it (`POST /factors/{factor_id}/verify`), with a credential as the browser's
    /// `PublicKeyCredential.toJSON()` or an authenticator crate gives it: a
    /// [`PublicKeyCredential`](crate::types::PublicKeyCredential), a [`serde_json::Value`], or anything of that form.
    ///
    /// The session that comes back is as with [`verify`](Self::verify).
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; as [`verify`](Self::verify).
    pub async fn verify_webauthn(&self, challenge: &WebAuthnChallenge, credential: impl Serialize) -> Result<Session> {
        let credential_response = match &challenge.ceremony {
            ceremony if *ceremony == WebAuthnCeremony::Create => webauthn::attestation(credential)?,
            _ => webauthn::assertion(credential)?,
        };
        let type_ = challenge.ceremony.clone();
        let answer = WebAuthnAnswer { type_, credential_response, rp_id: None, rp_origins: None };
        let (factor_id, challenge_id) = (challenge.challenge.factor_id(), challenge.challenge.challenge_id());
        let request = VerifyFactorRequest { challenge_id, code: None, webauthn: Some(answer) };
        self.verify_request(factor_id, request).await
    }
}
