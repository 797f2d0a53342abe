//! Links as a mail would have them, to be sent by other means.

use serde_json::Value;
use url::Url;

use super::AdminClient;
use crate::{
    auth::grant::Verify,
    error::{Error, Result},
    input,
    secret::Secret,
    types::{GenerateLinkRequest, GenerateLinkResponse, GenerateLinkType, LinkVerificationType, OtpType, User},
};

/// A link to make (`POST /admin/generate_link`). The server sends nothing; that is up to you.
///
/// ```
/// # use gotrue::admin::GenerateLink;
/// # async fn f(client: gotrue::Client, admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let link = GenerateLink::magic_link("ada@example.com").redirect_to("https://app.example.com/welcome");
/// let link = admin.generate_link(link).await?;
/// // For a mail of one's own: a link to one's own page, which then verifies the hash.
/// let url = format!("https://app.example.com/confirm?token_hash={}", link.token_hash().expose());
/// // On that page; here straight away.
/// let session = client.verify(link.verify()).await?.session();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to AdminClient::generate_link"]
pub struct GenerateLink {
    request: GenerateLinkRequest,
    audience: Option<String>,
}

impl GenerateLink {
    /// Confirms the address of a new user, who is created with this password.
    ///
    /// Somebody who has signed up but not confirmed the address gets another link, while the password stays.
    pub fn sign_up(email: impl Into<String>, password: impl Into<Secret>) -> Self {
        let mut link = Self::new(GenerateLinkType::Signup, email);
        link.request.password = Some(password.into());
        link
    }

    /// Signs in. An unknown user is signed up with a password that nobody knows, and the link is one of a sign-up.
    pub fn magic_link(email: impl Into<String>) -> Self {
        Self::new(GenerateLinkType::Magiclink, email)
    }

    /// Signs in without the password, so that a new one can be set.
    pub fn recovery(email: impl Into<String>) -> Self {
        Self::new(GenerateLinkType::Recovery, email)
    }

    /// Accepts an invitation. The user is created.
    pub fn invite(email: impl Into<String>) -> Self {
        Self::new(GenerateLinkType::Invite, email)
    }

    /// Confirms a change of the address, at the present one. Refused where the server asks the new one only.
    pub fn email_change_current(email: impl Into<String>, new_email: impl Into<String>) -> Self {
        Self::email_change(GenerateLinkType::EmailChangeCurrent, email, new_email)
    }

    /// Confirms a change of the address, at the new one.
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

    /// The metadata of a new user, a JSON object. For [`sign_up`](Self::sign_up), [`magic_link`](Self::magic_link) and
    /// [`invite`](Self::invite).
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.request.data = Some(data.into());
        self
    }

    /// Where the link leads in the end. The server has to allow it; otherwise its own site URL is used, and
    /// [`GeneratedLink::redirect_to`] says so.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.request.redirect_to = Some(url.into());
        self
    }

    /// The audience in which the user lives, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    fn check(&self) -> Result<()> {
        use GenerateLinkType::{EmailChangeCurrent, EmailChangeNew, Recovery};
        let GenerateLinkRequest { type_, email, new_email, password, data, redirect_to } = &self.request;
        input::not_empty("e-mail address", email)?;
        input::optional("new e-mail address", new_email.as_deref())?;
        input::optional("password", password.as_ref().map(Secret::expose))?;
        input::metadata(data.as_ref())?;
        // The server would drop it without a word.
        if data.is_some() && matches!(type_, Recovery | EmailChangeCurrent | EmailChangeNew) {
            return Err(Error::invalid("metadata", "cannot be set by a link for somebody who is there already"));
        }
        input::redirect_to(redirect_to.as_deref())?;
        input::audience(self.audience.as_deref())
    }
}

/// A link that the server made, and the codes in it. Whoever has one of them is signed in.
///
/// Its traps:
///
/// - PKCE does not apply: the [`action_link`](Self::action_link) leads to a redirect with tokens in its fragment, which
///   only a browser sees. A server should rather be given the hash, by a link to a page of its own, and exchange it with
///   [`Verify::token_hash`] ([`verify`](Self::verify) is that).
/// - A magic link for an unknown user is one of a sign-up; [`verification_type`](Self::verification_type) says so.
/// - For a change of the address at the new one, [`hashed_token`](Self::hashed_token) is not the hash in the link and
///   does not work. [`token_hash`](Self::token_hash) is the right one.
/// - Link, hash and code are one: when one of them is used, all are, and the next link of the kind makes them void.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GeneratedLink {
    /// The user, just created or not.
    pub user: User,
    /// The link, to the server's `/verify`.
    pub action_link: Secret,
    /// The code, for [`Verify::email`]. With a change of the address at the new one, give that one.
    pub email_otp: Secret,
    /// The hash as the server names it; see [`token_hash`](Self::token_hash).
    pub hashed_token: Secret,
    /// What the link is for, after all.
    pub verification_type: LinkVerificationType,
    /// Where the link leads in the end.
    pub redirect_to: String,
}

impl GeneratedLink {
    /// The hash that can be exchanged: the one in the link.
    #[must_use]
    pub fn token_hash(&self) -> Secret {
        let link = Url::parse(self.action_link.expose()).ok();
        let token = link.as_ref().and_then(|link| link.query_pairs().find(|(name, _)| name == "token"));
        token.map_or_else(|| self.hashed_token.clone(), |(_, token)| Secret::from(token.into_owned()))
    }

    /// The exchange of the hash for a session, for [`Client::verify`](crate::Client::verify).
    pub fn verify(&self) -> Verify {
        Verify::token_hash(self.token_hash(), self.otp_type())
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

/// The server sends the link's fields among the user's.
impl From<GenerateLinkResponse> for GeneratedLink {
    fn from(reply: GenerateLinkResponse) -> Self {
        // Without `..`, so that a new field of the user cannot be forgotten here.
        let GenerateLinkResponse {
            action_link,
            email_otp,
            hashed_token,
            verification_type,
            redirect_to,
            id,
            aud,
            role,
            email,
            email_confirmed_at,
            invited_at,
            phone,
            phone_confirmed_at,
            confirmation_sent_at,
            confirmed_at,
            recovery_sent_at,
            new_email,
            email_change_sent_at,
            new_phone,
            phone_change_sent_at,
            reauthentication_sent_at,
            last_sign_in_at,
            app_metadata,
            user_metadata,
            factors,
            identities,
            created_at,
            updated_at,
            banned_until,
            deleted_at,
            is_anonymous,
        } = reply;
        let user = User {
            id,
            aud,
            role,
            email,
            email_confirmed_at,
            invited_at,
            phone,
            phone_confirmed_at,
            confirmation_sent_at,
            confirmed_at,
            recovery_sent_at,
            new_email,
            email_change_sent_at,
            new_phone,
            phone_change_sent_at,
            reauthentication_sent_at,
            last_sign_in_at,
            app_metadata,
            user_metadata,
            factors,
            identities,
            created_at,
            updated_at,
            banned_until,
            deleted_at,
            is_anonymous,
        };
        Self { user, action_link, email_otp, hashed_token, verification_type, redirect_to }
    }
}

impl AdminClient {
    /// Makes a link and sends nothing.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `email_exists` for a sign-up or an invitation of somebody who is
    /// confirmed, and for a new address that is taken; `user_not_found` for a recovery and a change of the address;
    /// `weak_password`.
    pub async fn generate_link(&self, link: GenerateLink) -> Result<GeneratedLink> {
        link.check()?;
        let call = self.call()?;
        // The address to go to is in the body, where it goes before that of the query.
        let reply = call.raw.admin_generate_link(None, link.audience.as_deref(), &link.request).await;
        call.answer(reply).await.map(GeneratedLink::from)
    }
}
