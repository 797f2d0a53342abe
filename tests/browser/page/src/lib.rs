//! The page that the tests open: what an application does, as functions that the tests call.

#![cfg(target_arch = "wasm32")]

use futures_util::{StreamExt, lock::Mutex};
use gotrue::{
    Client, PasskeyAssertion, Password, Provider, SessionManager, SignOutScope, SignUp, WebStore,
    auth::{CallbackOutcome, FlowKind},
    browser,
    manager::{Events, FollowStore},
};
use wasm_bindgen::prelude::*;

/// The state of the page: a session, and its events.
#[wasm_bindgen]
pub struct Page {
    auth: SessionManager,
    events: Mutex<Events>,
    _following: FollowStore,
}

#[wasm_bindgen]
impl Page {
    /// Opens the session in `localStorage`, or in `sessionStorage` if `is_private`.
    pub async fn open(url: String, api_key: String, is_private: bool) -> Result<Page, JsError> {
        let client = Client::new(url, api_key)?;
        let store = if is_private { WebStore::session("session")? } else { WebStore::local("session")? };
        let auth = client.session_manager(store).await?;
        Ok(Self { events: Mutex::new(auth.events()), _following: auth.follow_store(), auth })
    }

    pub async fn sign_up(&self, email: String, password: String) -> Result<(), JsError> {
        self.auth.sign_up(SignUp::email(email, password)).await?;
        Ok(())
    }

    pub async fn sign_in(&self, email: String, password: String) -> Result<(), JsError> {
        self.auth.sign_in(Password::email(email, password)).await?;
        Ok(())
    }

    pub async fn sign_out(&self) -> Result<(), JsError> {
        Ok(self.auth.sign_out(SignOutScope::Local).await?)
    }

    /// Returns the email address of the session's user.
    pub fn email(&self) -> Option<String> {
        self.auth.session()?.user().email.clone()
    }

    pub async fn access_token(&self) -> Result<String, JsError> {
        Ok(self.auth.access_token().await?.expose().to_owned())
    }

    /// Refreshes the session, and returns the new access token.
    pub async fn refresh(&self) -> Result<String, JsError> {
        Ok(self.auth.refresh().await?.access_token().expose().to_owned())
    }

    /// Waits for an event with this name.
    pub async fn wait_for(&self, name: String) -> Result<String, JsError> {
        let mut events = self.events.lock().await;
        while let Some(event) = events.next().await {
            let event = format!("{event:?}");
            if event.starts_with(&name) {
                return Ok(name);
            }
        }
        Err(JsError::new("there are no more events"))
    }

    /// Verifies the access token, and returns its email address.
    pub async fn verify(&self) -> Result<Option<String>, JsError> {
        let token = self.auth.access_token().await?;
        let verifier = self.auth.client().jwt_verifier().audience("authenticated").ask_server_for_hs256(false);
        Ok(verifier.verify(&token).await?.email.clone())
    }

    /// Verifies the access token with a changed signature, and returns the error.
    pub async fn verify_forged(&self) -> Result<String, JsError> {
        let token = self.auth.access_token().await?.expose().to_owned();
        let (start, signature) = token.rsplit_once('.').unwrap_or_default();
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        let forged = format!("{start}.{first}{}", signature.get(1..).unwrap_or_default());
        match self.auth.client().jwt_verifier().verify(&forged.into()).await {
            Ok(_) => Err(JsError::new("the forged token was accepted")),
            Err(error) => Ok(error.to_string()),
        }
    }

    /// Verifies a token with the keys of a server, or with a shared secret if there is one, and returns its subject.
    pub async fn verify_token(url: String, secret: String, token: String) -> Result<String, JsError> {
        let verifier = Client::new(url, "")?.jwt_verifier().ask_server_for_hs256(false);
        let verifier = if secret.is_empty() { verifier } else { verifier.hs256_secret(secret) };
        Ok(verifier.verify(&token.into()).await?.sub.to_string())
    }

    pub async fn register_passkey(&self) -> Result<(), JsError> {
        let passkeys = self.auth.user().passkeys();
        let challenge = passkeys.registration_options().await?;
        let credential = browser::create_credential(&challenge.options).await?;
        passkeys.register(challenge.challenge_id, credential).await?;
        Ok(())
    }

    pub async fn sign_in_with_passkey(&self) -> Result<(), JsError> {
        let challenge = self.auth.client().passkey_options().await?;
        let credential = browser::get_credential(&challenge.options).await?;
        self.auth.sign_in(PasskeyAssertion::new(challenge.challenge_id, credential)).await?;
        Ok(())
    }

    /// Leaves for the provider.
    pub fn start_flow(&self) -> Result<(), JsError> {
        let client = self.auth.client();
        let flow = browser::start_flow(client, FlowKind::SignIn)?;
        let redirect_to = flow.redirect_to(browser::current_url()?)?;
        let url = client.authorize(Provider::Github).redirect_to(redirect_to).pkce_with(flow.verifier())?;
        Ok(browser::leave_for(&url)?)
    }

    /// Returns what the page was returned with from the provider.
    pub async fn complete_flow(&self) -> Result<String, JsError> {
        Ok(match browser::complete_flow(&self.auth).await? {
            Some(CallbackOutcome::SignedIn { kind, .. }) => format!("{kind:?}"),
            Some(CallbackOutcome::ConfirmationPending { message }) => message,
            None => "nothing".to_owned(),
        })
    }
}
