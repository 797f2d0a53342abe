//! Invitations.

use serde_json::Value;

use super::AdminClient;
use crate::{
    error::Result,
    input,
    types::{InviteRequest, User},
};

/// An invitation by email (`POST /invite`).
///
/// The link in the email signs the new user in, who then sets a password. PKCE does not apply, because the invitation
/// is not requested by the browser that opens the link.
#[derive(Clone, Debug)]
#[must_use = "pass it to AdminClient::invite"]
pub struct Invite {
    email: String,
    data: Option<Value>,
    audience: Option<String>,
    redirect_to: Option<String>,
}

impl Invite {
    /// An invitation to this email address.
    pub fn email(email: impl Into<String>) -> Self {
        Self { email: email.into(), data: None, audience: None, redirect_to: None }
    }

    /// Sets the metadata of the new user, a JSON object.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Sets the audience of the new user, if it is not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Sets the URL to which the link in the email redirects. The server must allow it.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.redirect_to = Some(url.into());
        self
    }
}

impl AdminClient {
    /// Creates a user and emails an invitation.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `email_exists`,
    /// `over_email_send_rate_limit`.
    pub async fn invite(&self, invite: Invite) -> Result<User> {
        input::not_empty("email address", &invite.email)?;
        input::metadata(invite.data.as_ref())?;
        input::audience(invite.audience.as_deref())?;
        input::redirect_to(invite.redirect_to.as_deref())?;
        let request = InviteRequest { email: invite.email, data: invite.data };
        let call = self.raw_call()?;
        let operation = call.raw.invite(invite.redirect_to.as_deref(), invite.audience.as_deref(), &request);
        call.finish(operation).await
    }
}
