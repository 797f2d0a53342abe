//! Signing in with a code, or with the link that a mail contains instead.

use gotrue::{Client, Session, VerifyOtp, types::OtpType, url::Url};

use crate::{
    failure::{Exit, Failure, Result},
    prompt,
};

/// Prompts for the code or link that was sent to the address, and signs in with it.
pub async fn sign_in(client: &Client, address: &str, is_phone: bool) -> Result<Session> {
    let answer = prompt::line(if is_phone { "Code" } else { "Code, or link from the mail" })?;
    let verify = match link(&answer) {
        Some(link) => link?,
        None if is_phone => VerifyOtp::phone(address, answer),
        None => VerifyOtp::email(address, answer),
    };
    let session = client.verify_otp(verify).await?.session();
    session.ok_or_else(|| Failure::new(Exit::Refused, "the code confirmed an address, but does not sign in"))
}

/// Reads a pasted link of the form `…/verify?token=…&type=…`. Returns nothing for text that is not a URL.
fn link(text: &str) -> Option<Result<VerifyOtp>> {
    let url = Url::parse(text.trim()).ok().filter(Url::has_host)?;
    let parameter = |wanted: &[&str]| {
        let found = url.query_pairs().find(|(name, _)| wanted.contains(&name.as_ref()));
        found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
    };
    let verify = || {
        let token = parameter(&["token", "token_hash"]).ok_or_else(|| {
            Failure::usage("the link contains no token").hint("paste the link from the mail, before opening it")
        })?;
        let otp_type = match parameter(&["type"]) {
            Some(text) => text.parse().map_err(|_| Failure::usage(format!("the link has an unknown type {text}")))?,
            None => OtpType::Email,
        };
        Ok(VerifyOtp::token_hash(token, otp_type))
    };
    Some(verify())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_with_a_token_are_accepted() {
        assert!(link("123456").is_none() && link("").is_none() && link("mailto:ada@example.com").is_none());
        assert!(link(" https://a.example/auth/v1/verify?token=t&type=magiclink&redirect_to=x ").unwrap().is_ok());
        assert!(link("https://app.example/confirm?token_hash=t&type=email").unwrap().is_ok());
        assert!(link("https://a.example/#access_token=t").unwrap().is_err());
        assert!(link("https://a.example/verify?token=&type=magiclink").unwrap().is_err());
    }
}
