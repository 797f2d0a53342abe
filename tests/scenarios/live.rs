//! Real servers, where the environment says that there are some.

use std::{env, time::Duration};

use gotrue::{Secret, chrono::Utc, reqwest, url::Url};
use jsonwebtoken::{EncodingKey, Header};
use quoted_printable::ParseMode;
use serde_json::{Value, json};

use crate::world::{Kind, Letter};

/// Two servers, of either kind, and what is around them.
#[derive(Clone, Debug)]
pub struct Live {
    autoconfirm: String,
    confirm: String,
    pub jwt_secret: Secret,
    provider_url: String,
    mail: String,
}

impl Live {
    /// The servers of the environment, or what is missing.
    pub fn from_env() -> Result<Self, String> {
        let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
        Ok(Self {
            autoconfirm: variable("GOTRUE_LIVE_AUTOCONFIRM_URL")?,
            confirm: variable("GOTRUE_LIVE_CONFIRM_URL")?,
            jwt_secret: variable("GOTRUE_LIVE_JWT_SECRET")?.into(),
            mail: variable("GOTRUE_LIVE_MAIL")?,
            provider_url: variable("GOTRUE_LIVE_IDP_URL")?,
        })
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

    /// An ID token of the provider, for the client that the servers are there.
    pub async fn id_token(&self, nonce: Option<&str>) -> Secret {
        let mut url = Url::parse(&format!("{}/id_token?aud=kc", self.provider_url)).unwrap();
        if let Some(nonce) = nonce {
            url.query_pairs_mut().append_pair("nonce", nonce);
        }
        let reply = reqwest::get(url).await.unwrap().json::<Value>().await.unwrap();
        reply["id_token"].as_str().unwrap().into()
    }

    /// Waits for a mail for at most ten seconds.
    pub async fn letter(&self, to: &str, number: usize) -> Letter {
        for _ in 0..200 {
            if let Some(mail) = self.mails_to(to).into_iter().nth(number - 1) {
                return read(&mail);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mail {number} to {to} did not come");
    }

    /// The mails to an address, oldest first. A line that is being written is none yet.
    fn mails_to(&self, to: &str) -> Vec<String> {
        let all = std::fs::read_to_string(&self.mail).unwrap();
        let mails = all.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let to_them = mails.filter(|mail| mail["to"].as_array().is_some_and(|those| those.iter().any(|it| it == to)));
        to_them.map(|mail| mail["data"].as_str().unwrap().to_owned()).collect()
    }
}

fn read(mail: &str) -> Letter {
    let (_, body) = mail.split_once("\r\n\r\n").unwrap();
    let body = quoted_printable::decode(body, ParseMode::Robust).unwrap();
    let body = String::from_utf8(body).unwrap();
    let link = body.split_once("href=\"").and_then(|(_, rest)| rest.split_once('"'));
    let link = link.map(|(link, _)| Url::parse(&link.replace("&amp;", "&")).unwrap());
    let is_code = |text: &&str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = body.split(['<', '>']).find(is_code).map(Secret::from);
    Letter { link, code }
}
