//! Authorization codes.

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

/// The code from a redirect, with the verifier of the flow (`POST /token?grant_type=pkce`).
///
/// The verifier must come from the browser that brought the code; a web service keeps it in a cookie, see
/// [`PkceFlow`](crate::auth::PkceFlow).
///
/// Fails with `flow_state_not_found` if the code is unknown or was used, `flow_state_expired` after five minutes, and
/// `bad_code_verifier` if the verifier belongs to another flow.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let (url, verifier) = client.authorize(gotrue::Provider::Github).redirect_to("http://localhost:3000/cb").pkce()?;
/// // … open the URL in the browser, which comes back with a code …
/// let code = "8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10";
/// let session = client.sign_in(gotrue::AuthorizationCode::new(code, verifier)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sign_in"]
pub struct AuthorizationCode {
    code: Secret,
    verifier: PkceVerifier,
}

impl AuthorizationCode {
    /// Creates the grant from the code in the query of the redirect and the stored verifier.
    pub fn new(code: impl Into<Secret>, verifier: PkceVerifier) -> Self {
        Self { code: code.into(), verifier }
    }
}

impl Grant for AuthorizationCode {
    async fn exchange(self, client: &Client) -> Result<Session> {
        input::secret("authorization code", &self.code)?;
        let request = PkceGrant { auth_code: self.code, code_verifier: self.verifier.secret().clone() };
        token(&client.raw_call(), GrantType::Pkce, None, request).await
    }
}
