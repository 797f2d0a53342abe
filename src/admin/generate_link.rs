//! Generation of email links to send by other means.

use serde_json::Value;
use url::Url;

use super::AdminClient;
use crate::{
    auth::grant::VerifyOtp,
    error::{Error, Result},
    input,
    secret::Secret,
    types::{self, GenerateLinkRequest, GenerateLinkResult, GenerateLinkType, LinkVerificationType, OtpType, User},
};

/// A link to generate (`POST /admin/generate_link`). The server sends nothing; sending the link is up to the caller.
///
/// ```
/// # use gotrue::admin::GenerateLink;
/// # async fn f(client: gotrue::Client, admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let link = GenerateLink::magic_link("ada@example.com").redirect_to("https://app.example.com/welcome");
/// let link = admin.generate_link(link).await?;
/// // For a custom email: a link to a page of the application, which verifies the hash.
/// let url = format!("https://app.example.com/confirm?token_hash={}", link.token_hash().expose());
/// // On that page:
/// let session = client.verify_otp(link.verify_otp()).await?.session();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to AdminClient::generate_link"]
pub struct GenerateLink {
    request: GenerateLinkRequest,
    audience: Option<String>,
}

impl GenerateLink {
    /// A link that confirms the email address of a new user, who is created with this password.
    ///
    /// A user who has signed up but not confirmed the email address gets another link, and keeps the password.
    pub fn sign_up(email: impl Into<String>, password: impl Into<Secret>) -> Self {
        let mut link = Self::new(GenerateLinkType::Signup, email);
        link.request.password = Some(password.into());
        link
    }

    /// A link that signs in. An unknown user is signed up with an unknown password, and the link becomes a sign-up
    /// link.
    pub fn magic_link(email: impl Into<String>) -> Self {
        Self::new(GenerateLinkType::Magiclink, email)
    }

    /// A link that signs in without the password, so that the user can set a new one.
    pub fn recovery(email: impl Into<String>) -> Self {
        Self::new(GenerateLinkType::Recovery, email)
    }

    /// A link that accepts an invitation. The user is created.
    pub fn invite(email: impl Into<String>) -> Self {
        Self::new(GenerateLinkType::Invite, email)
    }

    /// A link that confirms a change of the email address, at the current one. Rejected if the server requires only the
    /// confirmation at the new one.
    pub fn email_change_current(email: impl Into<String>, new_email: impl Into<String>) -> Self {
        Self::email_change(GenerateLinkType::EmailChangeCurrent, email, new_email)
    }

    /// A link that confirms a change of the email address, at the new one.
    pub fn email_change_new(email: impl Into<String>, new_email: impl Into<String>) -> Self {
        Self::email_change(GenerateLinkType::EmailChangeNew, email, new_email)
    }

    fn email_change(kind: GenerateLinkType, email: impl Into<String>, new_email: impl Into<String>) -> Self {
        let mut link = Self::new(kind, email);
        link.request.new_email = Some(new_email.into());
        link
    }

    fn new(kind: GenerateLinkType, email: impl Into<String>) -> Self {
        let request = GenerateLinkRequest {
            type_: kind,
            email: email.into(),
            new_email: None,
            password: None,
            data: None,
            redirect_to: None,
        };
        Self { request, audience: None }
    }

    /// Sets the metadata of a new user, a JSON object. For [`sign_up`](Self::sign_up), [`magic_link`](Self::magic_link)
    /// and [`invite`](Self::invite).
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.request.data = Some(data.into());
        self
    }

    /// Sets the URL to which the link redirects. If the server does not allow it, it uses its site URL instead,
    /// which [`GeneratedLink::redirect_to`] then contains.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.request.redirect_to = Some(url.into());
        self
    }

    /// Sets the user's audience, if it is not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    fn check(&self) -> Result<()> {
        use GenerateLinkType::{EmailChangeCurrent, EmailChangeNew, Recovery};
        let GenerateLinkRequest { type_, email, new_email, password, data, redirect_to } = &self.request;
        input::not_empty("email address", email)?;
        input::optional("new email address", new_email.as_deref())?;
        input::optional("password", password.as_ref().map(Secret::expose))?;
        input::metadata(data.as_ref())?;
        // The server would silently drop it.
        if data.is_some() && matches!(type_, Recovery | EmailChangeCurrent | EmailChangeNew) {
            return Err(Error::invalid("metadata", "cannot be set by a link for an existing user"));
        }
        input::redirect_to(redirect_to.as_deref())?;
        input::audience(self.audience.as_deref())
    }
}

/// A generated link and its codes. Anyone who has one of them can sign in.
///
/// Pitfalls:
///
/// - PKCE does not apply: the [`action_link`](Self::action_link) leads to a redirect with tokens in its fragment, which
///   only a browser sees. For a server, link to a page of its own that receives the hash, and exchange the hash with
///   [`VerifyOtp::token_hash`] (see [`verify_otp`](Self::verify_otp)).
/// - A magic link for an unknown user is a sign-up link, as [`verification_type`](Self::verification_type) shows.
/// - For a change of the email address at the new one, [`hashed_token`](Self::hashed_token) is not the hash in the link
///   and does not work. Use [`token_hash`](Self::token_hash) instead.
/// - The link, the hash and the code are one credential: using one of them uses up all, and the next link of the same
///   type invalidates them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GeneratedLink {
    /// The user, who may be new.
    pub user: User,
    /// The link to the server's `/verify`.
    pub action_link: Secret,
    /// The code, for [`VerifyOtp::email`]. For a change of the email address at the new one, pass the new address.
    pub email_otp: Secret,
    /// The hash in the server's field of this name; see [`token_hash`](Self::token_hash).
    pub hashed_token: Secret,
    /// The actual purpose of the link.
    pub verification_type: LinkVerificationType,
    /// The URL to which the link redirects.
    pub redirect_to: String,
}

impl GeneratedLink {
    /// Returns the hash that can be exchanged: the one in the link.
    #[must_use]
    pub fn token_hash(&self) -> Secret {
        let link = Url::parse(self.action_link.expose()).ok();
        let token = link.as_ref().and_then(|link| link.query_pairs().find(|(name, _)| name == "token"));
        token.map_or_else(|| self.hashed_token.clone(), |(_, token)| Secret::from(token.into_owned()))
    }

    /// Returns the exchange of the hash for a session, for [`Client::verify_otp`](crate::Client::verify_otp).
    pub fn verify_otp(&self) -> VerifyOtp {
        VerifyOtp::token_hash(self.token_hash(), self.otp_type())
    }

    fn otp_type(&self) -> OtpType {
        match self.verification_type.as_str() {
            "signup" => OtpType::Signup,
            "magiclink" => OtpType::Magiclink,
            "recovery" => OtpType::Recovery,
            "invite" => OtpType::Invite,
            "email_change_current" | "email_change_new" => OtpType::EmailChange,
            _ => OtpType::Email,
        }
    }
}

impl From<GenerateLinkResult> for GeneratedLink {
    fn from(GenerateLinkResult { user, link }: GenerateLinkResult) -> Self {
        let types::GeneratedLink { action_link, email_otp, hashed_token, verification_type, redirect_to, .. } = link;
        Self { user, action_link, email_otp, hashed_token, verification_type, redirect_to }
    }
}

impl AdminClient {
    /// Generates a link without sending it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `email_exists` for a sign-up or invitation of a confirmed user, and
    /// for a new email address that is taken; `user_not_found` for a recovery or a change of the email address;
    /// `weak_password`.
    pub async fn generate_link(&self, link: GenerateLink) -> Result<GeneratedLink> {
        link.check()?;
        let call = self.raw_call()?;
        // The redirect URL is in the body, where it takes precedence over the query.
        let operation = call.raw.admin_generate_link(None, link.audience.as_deref(), &link.request);
        call.finish(operation).await.map(GeneratedLink::from)
    }
}
