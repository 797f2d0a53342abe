//! Passkeys.

use serde::Serialize;
use uuid::Uuid;

use super::Grant;
use crate::{
    auth::{captcha::captcha, webauthn},
    client::Client,
    error::Result,
    secret::Secret,
    session::Session,
    types::{
        PasskeyAuthenticationOptions, PasskeyAuthenticationOptionsRequest, PasskeyAuthenticationRequest,
        PublicKeyCredential,
    },
};

/// A passkey's response to the challenge from [`Client::passkey_options`] (`POST /passkeys/authentication/verify`).
///
/// Fails with `webauthn_challenge_not_found`, `webauthn_challenge_expired`, `webauthn_verification_failed`,
/// `email_not_confirmed`, `user_banned`, `passkey_disabled`.
///
/// ```
/// # use gotrue::{Client, PasskeyAssertion, serde_json::Value};
/// # async fn ask_the_browser(options: Value) -> Value { options }
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let challenge = client.passkey_options().await?;
/// // navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
/// let credential = ask_the_browser(challenge.options.into()).await;
/// let session = client.sign_in(PasskeyAssertion::new(challenge.challenge_id, credential)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sign_in"]
pub struct PasskeyAssertion {
    challenge_id: Uuid,
    credential: Result<PublicKeyCredential>,
}

impl PasskeyAssertion {
    /// Creates the grant from the challenge and the credential, as the browser's `PublicKeyCredential.toJSON()` or an
    /// authenticator crate returns it: a [`PublicKeyCredential`], a [`serde_json::Value`], or anything that serializes
    /// like it. Binary values may be base64url, base64, or bytes (a list, a typed array, a Node.js `Buffer`).
    pub fn new(challenge_id: Uuid, credential: impl Serialize) -> Self {
        Self { challenge_id, credential: webauthn::assertion(credential) }
    }
}

impl Grant for PasskeyAssertion {
    async fn exchange(self, client: &Client) -> Result<Session> {
        let request = PasskeyAuthenticationRequest { challenge_id: self.challenge_id, credential: self.credential? };
        let call = client.raw_call();
        let operation = call.raw.passkey_authentication_verify(&request);
        Ok(call.session(call.finish(operation).await?))
    }
}

impl Client {
    /// Starts a sign-in with a passkey: returns a challenge, and options for the authenticator
    /// (`POST /passkeys/authentication/options`). The authenticator knows which of its passkeys belong to the server.
    ///
    /// # Errors
    /// `passkey_disabled`, `over_request_rate_limit`, `captcha_failed`.
    pub async fn passkey_options(&self) -> Result<PasskeyAuthenticationOptions> {
        let request = PasskeyAuthenticationOptionsRequest { gotrue_meta_security: None };
        let call = self.raw_call();
        call.finish(call.raw.passkey_authentication_options(&request)).await
    }

    /// Starts a sign-in with a passkey, with the token from the captcha widget, if the server requires one.
    ///
    /// # Errors
    /// As [`passkey_options`](Self::passkey_options).
    pub async fn passkey_options_with_captcha(
        &self,
        captcha_token: impl Into<Secret>,
    ) -> Result<PasskeyAuthenticationOptions> {
        let gotrue_meta_security = captcha(Some(captcha_token.into()));
        let request = PasskeyAuthenticationOptionsRequest { gotrue_meta_security };
        let call = self.raw_call();
        call.finish(call.raw.passkey_authentication_options(&request)).await
    }
}
