//! Real servers that the environment names.

use std::env;

use gotrue::{Secret, chrono::Utc, reqwest, url::Url};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use support::mail::Mailbox;

use crate::world::Kind;

const PROVIDER_URL: &str = "GOTRUE_LIVE_IDP_URL";

/// The two servers, and the services around them.
#[derive(Clone, Debug)]
pub struct Live {
    autoconfirm: String,
    confirm: String,
    pub jwt_secret: Secret,
    pub mail: Mailbox,
    provider_url: Option<String>,
}

impl Live {
    /// Reads the servers from the environment. Returns the missing variable as an error.
    pub fn from_env() -> Result<Self, String> {
        let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
        Ok(Self {
            autoconfirm: variable("GOTRUE_LIVE_AUTOCONFIRM_URL")?,
            confirm: variable("GOTRUE_LIVE_CONFIRM_URL")?,
            jwt_secret: variable("GOTRUE_LIVE_JWT_SECRET")?.into(),
            mail: Mailbox::new(variable("GOTRUE_LIVE_MAIL")?),
            provider_url: variable(PROVIDER_URL).ok(),
        })
    }

    /// These servers, if they have an OpenID provider.
    pub fn with_provider(self) -> Result<Self, String> {
        if self.provider_url.is_some() { Ok(self) } else { Err(format!("{PROVIDER_URL} is not set")) }
    }

    pub fn url(&self, kind: Kind) -> &str {
        match kind {
            Kind::Autoconfirm => &self.autoconfirm,
            Kind::Confirm => &self.confirm,
        }
    }

    pub fn service_key(&self) -> Secret {
        let claims = json!({ "role": "service_role", "exp": Utc::now().timestamp() + 3600 });
        let key = EncodingKey::from_secret(self.jwt_secret.expose().as_bytes());
        jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap().into()
    }

    /// An ID token of the provider for the client ID of the servers.
    pub async fn id_token(&self, nonce: Option<&str>) -> Secret {
        let mut url = Url::parse(&format!("{}/id_token?aud=kc", self.provider_url.as_ref().unwrap())).unwrap();
        if let Some(nonce) = nonce {
            url.query_pairs_mut().append_pair("nonce", nonce);
        }
        let reply = reqwest::get(url).await.unwrap().json::<Value>().await.unwrap();
        reply["id_token"].as_str().unwrap().into()
    }
}
