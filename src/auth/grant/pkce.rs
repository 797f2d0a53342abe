//! The code from a redirect.

use super::{Grant, token};
use crate::{
    auth::pkce::PkceVerifier,
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{GrantType, PkceGrant},
};

/// The code that a redirect brought, with the verifier of the flow that led there (`POST /token?grant_type=pkce`).
///
/// Fails with `flow_state_not_found` when the code is unknown or was used, `flow_state_expired` when it took more than
/// five minutes, `bad_code_verifier` when the verifier is another flow's.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let (url, verifier) = client.authorize(gotrue::Provider::Github).redirect_to("http://localhost:3000/cb").pkce()?;
/// // … the browser goes to the URL, and comes back with a code …
/// let code = "8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10";
/// let session = client.sign_in(gotrue::AuthorizationCode::new(code, verifier)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::sign_in"]
pub struct AuthorizationCode {
    code: Secret,
    verifier: PkceVerifier,
}

impl AuthorizationCode {
    /// The code from the redirect's query, and the verifier that was kept.
    pub fn new(code: impl Into<Secret>, verifier: PkceVerifier) -> Self {
        Self { code: code.into(), verifier }
    }
}

impl Grant for AuthorizationCode {
    async fn exchange(self, client: &Client) -> Result<Session> {
        input::secret("authorization code", &self.code)?;
        let request = PkceGrant { auth_code: self.code, code_verifier: self.verifier.secret().clone() };
        token(client, GrantType::Pkce, None, request).await
    }
}
