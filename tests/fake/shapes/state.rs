//! What happened between the exchanges that are kept: mails that were read, and steps that others show already.

use std::time::Duration;

use gotrue::{
    Password, SignOutScope, SignUp, VerifyOtp,
    admin::{CreateUser, GenerateLink},
    reqwest,
    types::{OtpType, PublicKeyCredential},
    url::Url,
};
use serde_json::{Value, json};
use support::authenticator::ORIGIN;

use super::play::{Exchange, PASSWORD, Play};

const MAIL: &str = "mail-5615942f@example.com";

impl Play {
    /// Brings the server into the state that it was in before an exchange.
    pub async fn prepare(&mut self, exchange: &Exchange) {
        match exchange.name.as_str() {
            "012-signup-repeated-obfuscated" => {
                let sign_up = SignUp::email("ada-5615942f@example.com", PASSWORD).data(json!({ "k": "v" }));
                self.client("confirm").sign_up(sign_up).await.unwrap();
            }
            "047-user_get-session-missing" => self.somebody_gone(exchange).await,
            "062-verify_post-sms" => {
                let code = self.confirm.last_message_to("15550000002").unwrap().code;
                self.put("654321", code.expose());
            }
            "068-magiclink-ok" => self.confirm_mail().await,
            "069-verify_get-redirect-implicit" => {
                let hash = self.confirm.last_message_to(MAIL).unwrap().token_hash.unwrap();
                self.put("4b0970a56ee9c86693abe477b5a8ef627bd6e7d9047f91606f944c83", hash.expose());
            }
            "073-token_pkce-wrong-verifier" => {
                let link = self.confirm.last_message_to(MAIL).unwrap().link.unwrap();
                let code = parameter(&open(link.expose()).await, "code");
                self.put("22934b42-bf22-4f33-89a6-e244f623d90e", code);
            }
            "100-factor_verify-totp" => {
                let secret = self.translated("EURTWBG3TTDRURAGHQKGXMRWBDUWCV62").into();
                self.put("202703", self.autoconfirm.totp_code(&secret).unwrap().expose());
            }
            "149-admin_generate_link-email-change-current" => {
                let admin = self.client("confirm").admin(self.confirm.service_key());
                admin.generate_link(GenerateLink::recovery("gl-5615942f@example.com")).await.unwrap();
            }
            "224-token_pkce-provider" => {
                let state = self.translated("ee263be3-e4e9-4a5c-8b39-bc2f72aae34e");
                let url = format!("{}/callback?code=c&state={state}", self.autoconfirm.url());
                self.put("48a64630-eae5-4c9e-99e3-7d2b85500c11", parameter(&open(&url).await, "code"));
            }
            "236-passkey_registration_verify-ok" => self.make_passkey(exchange).await,
            "240-passkey_authentication_verify-ok" => self.use_passkey().await,
            "246-factor_challenge-webauthn-request" => self.make_factor(exchange).await,
            "247-factor_verify-webauthn-request" => self.use_factor().await,
            "251-token_refresh-first" => {
                let sign_up = SignUp::email("reuse-5615942f@example.com", PASSWORD);
                let session = self.client("autoconfirm").sign_up(sign_up).await.unwrap().session().unwrap();
                self.put("laujlqfgiiad", session.refresh_token().expose());
            }
            "254-token_refresh-family-revoked" => self.revoke_family().await,
            _ => {}
        }
    }

    async fn somebody_confirmed(&self, email: &str) {
        let admin = self.client("confirm").admin(self.confirm.service_key());
        admin.users().create(CreateUser::email(email).password(PASSWORD).confirm_email()).await.unwrap();
    }

    /// A token of somebody who has been deleted since.
    async fn somebody_gone(&mut self, exchange: &Exchange) {
        let email = "gone@example.com";
        self.somebody_confirmed(email).await;
        let client = self.client("confirm");
        let session = client.sign_in(Password::email(email, PASSWORD)).await.unwrap();
        self.put(bearer(exchange), session.access_token().expose());
        client.admin(self.confirm.service_key()).users().delete(session.user().id).await.unwrap();
    }

    async fn confirm_mail(&self) {
        let hash = self.confirm.last_message_to(MAIL).unwrap().token_hash.unwrap();
        let client = self.client("confirm");
        let session = client.verify_otp(VerifyOtp::token_hash(hash, OtpType::Email)).await.unwrap().session().unwrap();
        client.user(session.access_token()).sign_out(SignOutScope::Local).await.unwrap();
    }

    async fn revoke_family(&mut self) {
        let client = self.client("autoconfirm");
        let first = self.translated("laujlqfgiiad");
        let second = self.translated("hvfrknicbbst");
        let third = client.refresh(second).await.unwrap();
        self.clock.advance(Duration::from_secs(11));
        assert!(client.refresh(first).await.unwrap_err().ends_session());
        self.put("gaxottgdoejy", third.refresh_token().expose());
    }

    async fn make_passkey(&mut self, exchange: &Exchange) {
        let passkeys = self.client("autoconfirm").user(self.translated(bearer(exchange))).passkeys();
        let challenge = passkeys.registration_options().await.unwrap();
        let credential = self.device.create(challenge.options, ORIGIN).await.unwrap();
        self.put("17cf9018-e20f-4c81-80a2-905a246cef1b", challenge.challenge_id.to_string());
        self.members.insert("credential".to_owned(), json!(answer(credential)));
    }

    async fn use_passkey(&mut self) {
        let options = self.last["options"].clone();
        let credential = self.device.get(options, ORIGIN).await.unwrap();
        self.members.insert("credential".to_owned(), json!(answer(credential)));
    }

    /// A security key that has been used once, for a session of AAL2.
    async fn make_factor(&mut self, exchange: &Exchange) {
        let factor = self.translated("0d3d77cf-2151-49d5-84ca-2d4b54cb9638").parse().unwrap();
        let client = self.client("autoconfirm");
        let session = client.sign_in(Password::email("linker-5615942f@example.com", PASSWORD)).await.unwrap();
        let mfa = client.user(session.access_token()).mfa();
        let challenge = mfa.challenge_webauthn(factor).await.unwrap();
        let made = self.device.create(challenge.options.clone(), ORIGIN).await.unwrap();
        let strong = mfa.verify_webauthn(&challenge, made).await.unwrap();
        self.put(bearer(exchange), strong.access_token().expose());
    }

    async fn use_factor(&mut self) {
        let options = self.last["webauthn"]["credential_options"].clone();
        let used = self.device.get(options, ORIGIN).await.unwrap();
        let webauthn = json!({ "type": "request", "credential_response": answer(used) });
        self.members.insert("webauthn".to_owned(), webauthn);
    }
}

/// A credential as browsers write it.
fn answer(credential: Value) -> PublicKeyCredential {
    PublicKeyCredential::try_from(credential).unwrap()
}

fn bearer(exchange: &Exchange) -> &str {
    exchange.request["headers"]["Authorization"].as_str().unwrap().strip_prefix("Bearer ").unwrap()
}

/// Opens a URL of the server, and tells where it leads.
async fn open(url: &str) -> Url {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let reply = http.get(url).send().await.unwrap();
    Url::parse(reply.headers()["location"].to_str().unwrap()).unwrap()
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}
