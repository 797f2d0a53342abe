//! Questions to services elsewhere.

use std::{collections::BTreeMap, fmt, time::Duration};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use gotrue::{
    Secret,
    reqwest::{Client, RequestBuilder, Response},
};
use serde::Deserialize;
use serde_json::json;

/// How long the service of leaked passwords may take.
const PASSWORD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the service of email addresses may take.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(3);

/// How many digits of the hash of a password the service gets.
const PREFIX: usize = 5;

/// A question whose answer is yes or no.
#[derive(Clone)]
pub(crate) enum Lookup {
    /// Whether a password has leaked.
    LeakedPassword { service: String, user_agent: String, password: Secret },
    /// Whether an email address is valid.
    EmailAddress { service: String, headers: BTreeMap<String, Vec<Secret>>, address: String },
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeakedPassword { .. } => f.write_str("LeakedPassword"),
            Self::EmailAddress { .. } => f.write_str("EmailAddress"),
        }
    }
}

impl Lookup {
    /// Asks the service. `None` if it fails or its answer is of no use.
    pub(crate) async fn send(&self) -> Option<bool> {
        let client = Client::builder().no_proxy().build().ok()?;
        match self {
            Self::LeakedPassword { service, user_agent, password } => {
                let hash = sha1(password);
                let (prefix, suffix) = hash.split_at(PREFIX);
                let request = client.get(format!("{service}/range/{prefix}")).header("user-agent", user_agent);
                let response = sent(request.timeout(PASSWORD_TIMEOUT)).await?;
                let hashes = response.text().await.ok()?;
                Some(hashes.lines().any(|line| line.split(':').next() == Some(suffix)))
            }
            Self::EmailAddress { service, headers, address } => {
                let mut request = client.post(service).json(&json!({ "email": address }));
                for (name, value) in headers.iter().filter_map(|(name, all)| all.last().map(|value| (name, value))) {
                    request = request.header(name, value.expose());
                }
                let response = sent(request.timeout(ADDRESS_TIMEOUT)).await?;
                response.json::<Validity>().await.ok()?.valid
            }
        }
    }
}

/// The answer about an email address.
#[derive(Deserialize)]
struct Validity {
    valid: Option<bool>,
}

async fn sent(request: RequestBuilder) -> Option<Response> {
    request.send().await.ok().filter(|response| response.status().is_success())
}

fn sha1(password: &Secret) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.expose().as_bytes());
    format!("{:X}", bytes::Bytes::copy_from_slice(hash.as_ref()))
}
