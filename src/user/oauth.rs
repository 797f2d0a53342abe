//! Consents of the signed-in user to OAuth clients of this server.

use uuid::Uuid;

use super::UserClient;
use crate::{
    error::Result,
    input,
    types::{OAuthAuthorizationResult, OAuthConsentAction, OAuthConsentRequest, OAuthGrant, OAuthRedirect},
};

/// Manages the user's consents to OAuth clients of this server. From [`UserClient::oauth`]; for the site that shows the
/// consent page.
///
/// ```
/// # use gotrue::{UserClient, types::OAuthAuthorizationResult};
/// # async fn show(name: Option<String>, scope: Option<String>) -> bool { true }
/// # async fn f(user: UserClient) -> Result<(), gotrue::Error> {
/// let oauth = user.oauth();
/// // From the query of the consent page's URL:
/// let id = "nmo334o52jjgyr5lnthutsbum2crzyx6";
/// let redirect = match oauth.authorization(id).await? {
///     OAuthAuthorizationResult::Authorization(request) => {
///         let approved = show(request.client.name, request.scope).await;
///         if approved { oauth.approve(id).await? } else { oauth.deny(id).await? }
///     }
///     // An earlier consent covers the request.
///     OAuthAuthorizationResult::Redirect(redirect) => redirect,
///     // Unknown to this version of the crate.
///     _ => return Ok(()),
/// };
/// // Redirect the browser to this URL, which contains a code:
/// println!("{}", redirect.redirect_url.expose());
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
    /// Returns a client for the user's consents to OAuth clients of this server.
    #[must_use]
    pub fn oauth(&self) -> OAuthConsents {
        OAuthConsents { user: self.clone() }
    }
}

impl OAuthConsents {
    /// Returns what an OAuth client requests, or the redirect if an earlier consent covers it
    /// (`GET /oauth/authorizations/{authorization_id}`).
    ///
    /// Call it before [`approve`](Self::approve) or [`deny`](Self::deny): it binds the authorization request to this
    /// user.
    ///
    /// # Errors
    /// `oauth_authorization_not_found`; `validation_failed` if the request has already been approved or denied.
    pub async fn authorization(&self, authorization_id: &str) -> Result<OAuthAuthorizationResult> {
        input::not_empty("authorization id", authorization_id)?;
        let call = self.user.user_call().await?;
        call.finish(call.raw.oauth_authorization(authorization_id)).await
    }

    /// Approves an authorization request, and returns the redirect to the OAuth client, with a code
    /// (`POST /oauth/authorizations/{authorization_id}/consent`).
    ///
    /// # Errors
    /// As [`authorization`](Self::authorization).
    pub async fn approve(&self, authorization_id: &str) -> Result<OAuthRedirect> {
        input::not_empty("authorization id", authorization_id)?;
        let request = OAuthConsentRequest { action: OAuthConsentAction::Approve };
        let call = self.user.user_call().await?;
        call.finish(call.raw.oauth_consent(authorization_id, &request)).await
    }

    /// Denies an authorization request, and returns the redirect to the OAuth client, with the error `access_denied`
    /// (`POST /oauth/authorizations/{authorization_id}/consent`).
    ///
    /// # Errors
    /// As [`authorization`](Self::authorization).
    pub async fn deny(&self, authorization_id: &str) -> Result<OAuthRedirect> {
        input::not_empty("authorization id", authorization_id)?;
        let request = OAuthConsentRequest { action: OAuthConsentAction::Deny };
        let call = self.user.user_call().await?;
        call.finish(call.raw.oauth_consent(authorization_id, &request)).await
    }

    /// Returns the OAuth clients that the user has consented to (`GET /user/oauth/grants`).
    pub async fn grants(&self) -> Result<Vec<OAuthGrant>> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.list_oauth_grants()).await
    }

    /// Revokes the consent to an OAuth client, and ends the sessions that it has for this user
    /// (`DELETE /user/oauth/grants`).
    ///
    /// # Errors
    /// `oauth_consent_not_found`.
    pub async fn revoke(&self, client_id: Uuid) -> Result<()> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.revoke_oauth_grant(&client_id)).await
    }
}
