//! The signed-in user and the clients of this server's own OAuth.

use uuid::Uuid;

use super::UserClient;
use crate::{
    error::Result,
    input,
    types::{OAuthAuthorizationResponse, OAuthConsentAction, OAuthConsentRequest, OAuthGrant, OAuthRedirect},
};

/// What the user consents to, and has consented to. From [`UserClient::oauth`]; for the site that asks for consent.
///
/// ```
/// # use gotrue::{UserClient, types::OAuthAuthorizationResponse};
/// # async fn show(name: Option<String>, scope: Option<String>) -> bool { true }
/// # async fn f(user: UserClient) -> Result<(), gotrue::Error> {
/// let oauth = user.oauth();
/// // From the query of the page for consent.
/// let id = "nmo334o52jjgyr5lnthutsbum2crzyx6";
/// let go_on = match oauth.authorization(id).await? {
///     OAuthAuthorizationResponse::Authorization(asked) => {
///         if show(asked.client.name, asked.scope).await { oauth.approve(id).await? } else { oauth.deny(id).await? }
///     }
///     // An earlier consent covers what is asked for.
///     OAuthAuthorizationResponse::Redirect(go_on) => go_on,
///     // Unknown to this version.
///     _ => return Ok(()),
/// };
/// // Send the browser there; the address holds a code.
/// println!("{}", go_on.redirect_url.expose());
///
/// for grant in oauth.grants().await? {
///     oauth.revoke(grant.client.id).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct OAuthConsents {
    user: UserClient,
}

impl UserClient {
    /// The user's consents to clients of this server's own OAuth.
    #[must_use]
    pub fn oauth(&self) -> OAuthConsents {
        OAuthConsents { user: self.clone() }
    }
}

impl OAuthConsents {
    /// What a client asks for, or where to go on at once when an earlier consent covers it
    /// (`GET /oauth/authorizations/{authorization_id}`). Ties the request to this user, so it comes before the answer.
    ///
    /// # Errors
    /// `oauth_authorization_not_found`; `validation_failed` when it has been answered.
    pub async fn authorization(&self, authorization_id: &str) -> Result<OAuthAuthorizationResponse> {
        input::not_empty("authorization id", authorization_id)?;
        let call = self.user.user_call().await?;
        call.answer(call.raw.oauth_authorization(authorization_id).await).await
    }

    /// Consents, and says where to go on: the client's address, with a code
    /// (`POST /oauth/authorizations/{authorization_id}/consent`).
    ///
    /// # Errors
    /// As [`authorization`](Self::authorization).
    pub async fn approve(&self, authorization_id: &str) -> Result<OAuthRedirect> {
        input::not_empty("authorization id", authorization_id)?;
        let request = OAuthConsentRequest { action: OAuthConsentAction::Approve };
        let call = self.user.user_call().await?;
        call.answer(call.raw.oauth_consent(authorization_id, &request).await).await
    }

    /// Refuses, and says where to go on: the client's address, with the error `access_denied`.
    ///
    /// # Errors
    /// As [`authorization`](Self::authorization).
    pub async fn deny(&self, authorization_id: &str) -> Result<OAuthRedirect> {
        input::not_empty("authorization id", authorization_id)?;
        let request = OAuthConsentRequest { action: OAuthConsentAction::Deny };
        let call = self.user.user_call().await?;
        call.answer(call.raw.oauth_consent(authorization_id, &request).await).await
    }

    /// The clients that the user has consented to (`GET /user/oauth/grants`).
    pub async fn grants(&self) -> Result<Vec<OAuthGrant>> {
        let call = self.user.user_call().await?;
        call.answer(call.raw.list_oauth_grants().await).await
    }

    /// Takes back the consent to a client, and ends its sessions of this user (`DELETE /user/oauth/grants`).
    ///
    /// # Errors
    /// `oauth_consent_not_found`.
    pub async fn revoke(&self, client_id: Uuid) -> Result<()> {
        let call = self.user.user_call().await?;
        call.answer(call.raw.revoke_oauth_grant(&client_id).await).await
    }
}
