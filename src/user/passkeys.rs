//! The passkeys of the signed-in user.

use serde::Serialize;
use uuid::Uuid;

use super::UserClient;
use crate::{
    auth::webauthn,
    error::{Error, Result},
    types::{Passkey, PasskeyRegistrationOptions, PasskeyRegistrationRequest, PasskeyUpdateRequest},
};

/// Manages the user's passkeys. From [`UserClient::passkeys`]. To sign in with a passkey, see
/// [`PasskeyAssertion`](crate::PasskeyAssertion).
///
/// Each call fails with `passkey_disabled` if passkeys are disabled on the server.
///
/// ```
/// # use gotrue::{UserClient, serde_json::Value};
/// # async fn ask_the_browser(options: Value) -> Value { options }
/// # async fn f(user: UserClient) -> Result<(), gotrue::Error> {
/// let passkeys = user.passkeys();
/// let challenge = passkeys.registration_options().await?;
/// // navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
/// let credential = ask_the_browser(challenge.options.into()).await;
/// let passkey = passkeys.register(challenge.challenge_id, credential).await?;
/// passkeys.rename(passkey.id, "Ada's phone").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Passkeys {
    user: UserClient,
}

impl UserClient {
    /// Returns a client for the user's passkeys.
    #[must_use]
    pub fn passkeys(&self) -> Passkeys {
        Passkeys { user: self.clone() }
    }
}

impl Passkeys {
    /// Starts the registration of a passkey, and returns a challenge with the options for the authenticator
    /// (`POST /passkeys/registration/options`).
    ///
    /// # Errors
    /// `too_many_passkeys`; `validation_failed` for a user who signs in by SSO; `insufficient_aal`.
    pub async fn registration_options(&self) -> Result<PasskeyRegistrationOptions> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.passkey_registration_options()).await
    }

    /// Registers the passkey that the authenticator created (`POST /passkeys/registration/verify`). The credential is a
    /// [`PublicKeyCredential`](crate::types::PublicKeyCredential), a [`serde_json::Value`], or any value that
    /// serializes to that form.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `webauthn_challenge_not_found`, `webauthn_challenge_expired`,
    /// `webauthn_verification_failed`, `webauthn_credential_exists`, `too_many_passkeys`.
    pub async fn register(&self, challenge_id: Uuid, credential: impl Serialize) -> Result<Passkey> {
        let request = PasskeyRegistrationRequest { challenge_id, credential: webauthn::attestation(credential)? };
        let call = self.user.user_call().await?;
        call.finish(call.raw.passkey_registration_verify(&request)).await
    }

    /// Returns all passkeys of the user (`GET /passkeys`).
    pub async fn list(&self) -> Result<Vec<Passkey>> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.list_passkeys()).await
    }

    /// Renames a passkey (`PATCH /passkeys/{passkey_id}`). The name is 1 to 120 bytes long and not blank.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `validation_failed` if the passkey does not exist.
    pub async fn rename(&self, passkey_id: Uuid, name: impl Into<String>) -> Result<Passkey> {
        let friendly_name = name.into();
        if friendly_name.trim().is_empty() || friendly_name.len() > 120 {
            return Err(Error::invalid("passkey name", "must be 1 to 120 bytes long"));
        }
        let request = PasskeyUpdateRequest { friendly_name };
        let call = self.user.user_call().await?;
        call.finish(call.raw.update_passkey(&passkey_id, &request)).await
    }

    /// Deletes a passkey (`DELETE /passkeys/{passkey_id}`).
    ///
    /// # Errors
    /// `validation_failed` if the passkey does not exist; `insufficient_aal`.
    pub async fn delete(&self, passkey_id: Uuid) -> Result<()> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.delete_passkey(&passkey_id)).await
    }
}
