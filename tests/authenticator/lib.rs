//! A browser with a software authenticator that stores one passkey.

use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, DefaultClientData, WebauthnError},
    crypto::aws_lc_rs::AwsLcRsBackend,
    types::{
        Passkey,
        ctap2::{Aaguid, Ctap2Error},
    },
};
use serde_json::{Value, json};
use url::Url;

/// The origin that the fake server expects.
pub const ORIGIN: &str = "http://localhost:3000";

/// A device with at most one passkey.
#[derive(Clone, Default)]
pub struct Device {
    passkey: Option<Passkey>,
}

impl Device {
    /// Creates a credential for the options of a registration.
    pub async fn create(&mut self, options: impl Into<Value>, origin: &str) -> Result<Value, WebauthnError> {
        let mut authenticator = Authenticator::new(Aaguid::new_empty(), self.passkey.take(), Consent, AwsLcRsBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        let mut browser = Client::new(authenticator).allows_insecure_localhost(true);
        let options = serde_json::from_value(public_key(options.into())).unwrap();
        let origin = Url::parse(origin).unwrap();
        let made = browser.register(&origin, options, DefaultClientData).await;
        self.passkey.clone_from(browser.authenticator().store());
        Ok(serde_json::to_value(made?).unwrap())
    }

    /// Uses the credential for the options of an authentication.
    pub async fn get(&mut self, options: impl Into<Value>, origin: &str) -> Result<Value, WebauthnError> {
        let authenticator = Authenticator::new(Aaguid::new_empty(), self.passkey.take(), Consent, AwsLcRsBackend);
        let mut browser = Client::new(authenticator).allows_insecure_localhost(true);
        let options = serde_json::from_value(public_key(options.into())).unwrap();
        let origin = Url::parse(origin).unwrap();
        let used = browser.authenticate(&origin, options, DefaultClientData).await;
        self.passkey.clone_from(browser.authenticator().store());
        Ok(serde_json::to_value(used?).unwrap())
    }
}

fn public_key(options: Value) -> Value {
    if options["publicKey"].is_object() { options } else { json!({ "publicKey": options }) }
}

/// A user who is present and consents.
struct Consent;

#[async_trait::async_trait]
impl UserValidationMethod for Consent {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}
