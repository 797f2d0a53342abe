//! Codes and links, sent to the mailbox.

use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use gotrue::Secret;
use serde_json::{Value, json};
use sha2::{Digest, Sha224};
use url::Url;
use uuid::Uuid;

use crate::{
    code_challenge::Challenge,
    hooks::Event,
    mailbox::{Message, Template},
    model::{
        ErrorCode, OtpType,
        types::{MessageSent, User},
    },
    state::{rows::account::SentCode, store::State},
    wire::{ApiError, quoted},
};

/// A message to send.
pub(crate) struct OutgoingMessage {
    /// The type of the code. `None` for a reauthentication.
    pub(crate) otp_type: Option<OtpType>,
    pub(crate) challenge: Option<Challenge>,
    /// Where the link leads.
    pub(crate) redirect_to: String,
}

/// A code for an address, not sent yet.
#[derive(Default)]
struct NewCode {
    to: String,
    code: String,
    hash: String,
}

/// Returns the hash of a code, which links contain.
pub(crate) fn token_hash(address: &str, code: &str) -> String {
    format!("{:x}", Bytes::copy_from_slice(&Sha224::digest(format!("{address}{code}"))))
}

fn no_sms_provider(message: &str) -> ApiError {
    ApiError::new(500, ErrorCode::UnexpectedFailure, message)
}

/// Removes the label of an address: `ada+test@example.com` is `ada@example.com`.
fn without_label(address: &str) -> String {
    let parts = address.split_once('+').and_then(|(name, rest)| Some((name, rest.split_once('@')?.1)));
    parts.map_or_else(|| address.to_owned(), |(name, domain)| format!("{name}@{domain}"))
}

impl State {
    /// Sends a message to the address or phone that its type implies; for an email change, to both addresses. Returns the
    /// response, in which only a phone number with a fixed code has an id.
    pub(crate) fn send(&mut self, user_id: Uuid, message: &OutgoingMessage) -> Result<MessageSent, ApiError> {
        let both_confirm = self.settings.secure_email_change;
        let account = self.account(user_id)?;
        let user = &account.user;
        let (email, phone) = (account.email().to_owned(), account.phone().to_owned());
        let to_phone = match message.otp_type {
            Some(OtpType::Sms | OtpType::PhoneChange) => true,
            None => email.is_empty(),
            _ => false,
        };
        let addresses = match message.otp_type {
            Some(OtpType::EmailChange) if !both_confirm => {
                vec![user.new_email.clone().unwrap_or_default()]
            }
            Some(OtpType::EmailChange) => vec![email, user.new_email.clone().unwrap_or_default()],
            Some(OtpType::PhoneChange) => vec![user.new_phone.clone().unwrap_or_default()],
            _ if to_phone => vec![phone],
            _ => vec![email],
        };
        let last = match message.otp_type {
            None => user.reauthentication_sent_at,
            Some(OtpType::Recovery | OtpType::Magiclink | OtpType::Email) => user.recovery_sent_at,
            Some(OtpType::EmailChange) => user.email_change_sent_at,
            Some(OtpType::PhoneChange) => user.phone_change_sent_at,
            Some(_) => user.confirmation_sent_at,
        };
        let codes = if to_phone { self.settings.phone_codes } else { self.settings.email_codes };
        // Administrators may invite again at any time.
        if message.otp_type != Some(OtpType::Invite) {
            self.check_interval(last, codes.interval, to_phone)?;
        }
        self.check_sending(&addresses, to_phone)?;
        if let Some(challenge) = &message.challenge {
            self.begin_by_message(user_id, challenge, message.otp_type)?;
        }
        // A new code invalidates older ones of the same kind.
        let account = self.account(user_id)?;
        account.drop_codes(message.otp_type);
        if message.otp_type == Some(OtpType::EmailChange) {
            account.is_change_half_confirmed = false;
        }
        let mut codes = Vec::new();
        for address in addresses.into_iter().filter(|address| !address.is_empty()) {
            codes.extend(self.new_code(user_id, address, to_phone, message)?);
        }
        self.set_sent_at(user_id, message.otp_type)?;
        self.send_codes(user_id, &codes, to_phone, message)?;
        let has_test_code = to_phone && codes.is_empty();
        Ok(MessageSent { message_id: has_test_code.then(|| "test-otp".to_owned()) })
    }

    /// Makes the code for an address. `None` if the owner of a phone number knows it already.
    fn new_code(
        &mut self,
        user_id: Uuid,
        to: String,
        to_phone: bool,
        message: &OutgoingMessage,
    ) -> Result<Option<NewCode>, ApiError> {
        let now = self.now();
        let length = if to_phone { self.settings.phone_codes.length } else { self.settings.email_codes.length };
        let test_code = self.test_code(&to).filter(|_| to_phone);
        let code = test_code.clone().map_or_else(|| self.random.code(length), String::from);
        let prefix = if message.challenge.is_some() { "pkce_" } else { "" };
        let hash = format!("{prefix}{}", token_hash(&to, &code));
        let sent = SentCode::new(message.otp_type, &to, &hash, now);
        self.account(user_id)?.codes.push(sent);
        Ok(test_code.is_none().then_some(NewCode { to, code, hash }))
    }

    /// Sends codes to the mailbox, or to the hook that sends messages.
    fn send_codes(
        &mut self,
        user_id: Uuid,
        codes: &[NewCode],
        to_phone: bool,
        message: &OutgoingMessage,
    ) -> Result<(), ApiError> {
        let user = self.account(user_id)?.user.clone();
        for NewCode { to, code, hash } in codes {
            let payload = || json!({ "user": user, "sms": { "otp": code, "phone": to } });
            if to_phone && self.call_hook(Event::SendSms, payload())?.is_some() {
                return Ok(());
            }
            if to_phone && !self.settings.sms_provider.is_ready() {
                return Err(self.undone(no_sms_provider("Unable to get SMS provider")));
            }
            if !to_phone && self.call_hook(Event::SendEmail, self.email_payload(&user, codes, message))?.is_some() {
                // One call is for both addresses.
                return Ok(());
            }
            if !to_phone && !self.is_valid_address(to)? {
                let message = format!("Email address {} is invalid", quoted(user.email.as_deref().unwrap_or_default()));
                return Err(self.undone(ApiError::new(400, ErrorCode::EmailAddressInvalid, message)));
            }
            let link = message.otp_type.filter(|_| !to_phone).map(|otp_type| self.link(hash, otp_type, message));
            let token_hash = (!to_phone).then(|| hash.clone().into());
            let template = (!to_phone).then(|| Template::of(message.otp_type));
            self.deliver(to, template, message.otp_type, code.clone().into(), token_hash, link);
        }
        Ok(())
    }

    /// Returns the payload of the hook for emails. For a change of the email address with two confirmations, the code of
    /// each address has the hash of the other one beside it, as in the real server.
    fn email_payload(&self, user: &User, codes: &[NewCode], message: &OutgoingMessage) -> Value {
        let empty = NewCode::default();
        let (current, new) = match codes {
            [current, new] => (current, new),
            [only] => (only, &empty),
            _ => (&empty, &empty),
        };
        let (hash, hash_new) = if codes.len() == 2 { (&new.hash, &current.hash) } else { (&current.hash, &empty.hash) };
        let action = match message.otp_type {
            None => "reauthentication".to_owned(),
            Some(OtpType::Email) => "magiclink".to_owned(),
            Some(otp_type) => otp_type.to_string(),
        };
        // A reauthentication has no link.
        let hash = if message.otp_type.is_none() { "" } else { hash };
        json!({
            "user": user,
            "email_data": {
                "token": current.code,
                "token_hash": hash,
                "redirect_to": message.redirect_to,
                "email_action_type": action,
                "site_url": self.link_base(),
                "token_new": new.code,
                "token_hash_new": hash_new,
                "old_email": "",
                "old_phone": "",
                "provider": "",
                "factor_type": "",
            },
        })
    }

    pub(crate) fn link(&self, hash: &str, otp_type: OtpType, message: &OutgoingMessage) -> Secret {
        let paths = &self.settings.link_paths;
        let path = match otp_type {
            OtpType::Invite => &paths.invite,
            OtpType::Recovery | OtpType::Magiclink => &paths.recovery,
            OtpType::EmailChange => &paths.email_change,
            _ => &paths.confirmation,
        };
        // The server encodes the URL only if it contains one of these characters.
        let redirect_to = if message.redirect_to.contains(['&', '=', '#']) {
            url::form_urlencoded::byte_serialize(message.redirect_to.as_bytes()).collect()
        } else {
            message.redirect_to.clone()
        };
        let page = self.link_page(path);
        let (page, fragment) = page.find('#').map_or((page.as_str(), ""), |at| page.split_at(at));
        let page = page.split('?').next().unwrap_or_default();
        format!("{page}?token={hash}&type={otp_type}&redirect_to={redirect_to}{fragment}").into()
    }

    /// Returns the URL of the server in links.
    pub(crate) fn link_base(&self) -> &str {
        self.hook_run.external_url.as_ref().unwrap_or(&self.base_url)
    }

    /// Returns the page that a link opens. A path replaces that of the URL of the server, except behind the gateway.
    fn link_page(&self, path: &str) -> String {
        if self.settings.gateway && path.starts_with('/') {
            return format!("{}{path}", self.link_base());
        }
        let page = Url::parse(self.link_base()).and_then(|base| base.join(path));
        page.map_or_else(|_| format!("{}{path}", self.link_base()), String::from)
    }

    pub(crate) fn set_sent_at(&mut self, user_id: Uuid, otp_type: Option<OtpType>) -> Result<(), ApiError> {
        let now = Some(self.now());
        let user = &mut self.account(user_id)?.user;
        match otp_type {
            None => user.reauthentication_sent_at = now,
            Some(OtpType::Recovery | OtpType::Magiclink | OtpType::Email) => user.recovery_sent_at = now,
            Some(OtpType::EmailChange) => user.email_change_sent_at = now,
            Some(OtpType::PhoneChange) => user.phone_change_sent_at = now,
            Some(_) => user.confirmation_sent_at = now,
        }
        Ok(())
    }

    /// Fails within the minimum interval since the last message.
    pub(crate) fn check_interval(
        &self,
        last: Option<DateTime<Utc>>,
        interval: Duration,
        to_phone: bool,
    ) -> Result<(), ApiError> {
        let wait = last.map_or(0, |last| (interval - (self.now() - last)).num_seconds());
        if wait <= 0 {
            return Ok(());
        }
        let code = if to_phone { ErrorCode::OverSmsSendRateLimit } else { ErrorCode::OverEmailSendRateLimit };
        let message = format!("For security purposes, you can only request this after {wait} seconds.");
        Err(ApiError::new(429, code, message))
    }

    /// Returns the fixed code of a phone number, if it has one.
    fn test_code(&self, phone: &str) -> Option<Secret> {
        let is_valid = self.settings.test_codes_until.is_none_or(|until| self.now() < until);
        self.settings.test_codes.get(phone).filter(|_| is_valid).cloned()
    }

    /// Fails if an address is not authorized, or too many messages were sent to anybody.
    pub(crate) fn check_sending(&mut self, addresses: &[String], to_phone: bool) -> Result<(), ApiError> {
        let now = self.now();
        if to_phone {
            let has_test_code = addresses.iter().any(|phone| self.test_code(phone).is_some());
            if !has_test_code
                && !self.settings.autoconfirm_phones
                && !self.calls.text_messages.allows(self.settings.sent_text_messages, now)
            {
                return Err(ApiError::new(429, ErrorCode::OverSmsSendRateLimit, "SMS rate limit exceeded"));
            }
            return Ok(());
        }
        let authorized = &self.settings.authorized_addresses;
        let is_authorized =
            |address: &&String| authorized.iter().any(|known| known.eq_ignore_ascii_case(&without_label(address)));
        let new_first = addresses.iter().rev().filter(|address| !address.is_empty());
        if let Some(refused) = new_first.filter(|_| !authorized.is_empty()).find(|address| !is_authorized(address)) {
            let message = format!("Email address {} cannot be used as it is not authorized", quoted(refused));
            return Err(ApiError::new(400, ErrorCode::EmailAddressNotAuthorized, message));
        }
        let rate = self.settings.sent_emails;
        let is_allowed = match rate {
            Some(rate) if rate.is_zero() => false,
            rate => self.settings.autoconfirm_emails || self.calls.emails.allows(rate, now),
        };
        if is_allowed {
            return Ok(());
        }
        Err(ApiError::new(429, ErrorCode::OverEmailSendRateLimit, "email rate limit exceeded"))
    }

    /// Puts a message into the mailbox. A text message has no template.
    pub(crate) fn deliver(
        &mut self,
        to: &str,
        template: Option<Template>,
        otp_type: Option<OtpType>,
        code: Secret,
        token_hash: Option<Secret>,
        link: Option<Secret>,
    ) {
        let (id, sent_at) = (self.messages_sent, self.now());
        self.messages_sent += 1;
        let subject = template.map_or_else(String::new, |template| {
            let text = self.settings.subjects.get(&template).map_or(template.default_subject(), String::as_str);
            text.replace("{{ .Token }}", code.expose()).replace("{{ .Email }}", to)
        });
        self.mailbox.push(Message { to: to.to_owned(), subject, otp_type, code, token_hash, link, sent_at, id });
    }

    pub(crate) fn send_factor_code(&mut self, user_id: Uuid, number: &str) -> Result<String, ApiError> {
        let code = self.random.code(self.settings.factor_codes.length);
        let user = self.account(user_id)?.user.clone();
        let payload = json!({ "user": user, "sms": { "otp": code, "sms_type": "mfa", "phone": number } });
        if self.call_hook(Event::SendSms, payload).map_err(|_| ApiError::internal("error invoking hook"))?.is_none() {
            if !self.settings.sms_provider.is_ready() {
                return Err(self.undone(no_sms_provider("Failed to get SMS provider")));
            }
            self.deliver(number, None, None, code.clone().into(), None, None);
        }
        Ok(code)
    }
}
