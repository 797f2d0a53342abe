//! Email addresses and phone numbers.

use crate::wire::ApiError;

/// Validates an email address and returns it in lower case.
pub(crate) fn email(text: &str) -> Result<String, ApiError> {
    match text.len() {
        0 => Err(ApiError::validation_failed("An email address is required")),
        256.. => Err(ApiError::validation_failed("An email address is too long")),
        _ if is_email(text) => Ok(text.to_lowercase()),
        _ => Err(ApiError::validation_failed("Unable to validate email address: invalid format")),
    }
}

/// Returns whether the text is an email address as HTML defines it: a local part of certain ASCII characters, `@` and a
/// domain.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    !local.is_empty() && local.bytes().all(is_local) && domain.split('.').all(is_label)
}

/// Validates a phone number (E.164) and returns it without the plus and spaces.
pub(crate) fn phone(text: &str) -> Result<String, ApiError> {
    let number = plain_phone(text);
    let is_one = (2..=15).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !number.starts_with('0');
    if is_one { Ok(number) } else { Err(ApiError::validation_failed("Invalid phone number format (E.164 required)")) }
}

/// Returns a phone number as the server stores it: without a leading plus and spaces.
pub(crate) fn plain_phone(phone: &str) -> String {
    phone.strip_prefix('+').unwrap_or(phone).replace(' ', "")
}

/// Validates the channel for a message to a phone.
pub(crate) fn check_channel(channel: &str) -> Result<(), ApiError> {
    if ["", "sms", "whatsapp"].contains(&channel) {
        return Ok(());
    }
    let message = "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or \
                   Twilio Verify is used as the provider.";
    Err(ApiError::validation_failed(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_html() {
        for good in ["ada@example.com", "a.b+c@localhost", "Ada@EXAMPLE.com", "a@1.2"] {
            assert_eq!(email(good).ok(), Some(good.to_lowercase()), "{good}");
        }
        for bad in ["", "ada", "ada@", "@x", "a@@x", "a@b@c", "a@b..c", "a@-b.c", "ä@example.com", "a b@c"] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email(&format!("{}@example.com", "a".repeat(255))).is_err());
    }

    #[test]
    fn numbers_are_of_e164() {
        assert_eq!(phone("+1 555 0000001").ok().as_deref(), Some("15550000001"));
        for bad in ["", "+", "1", "0155", "1555-1", "1234567890123456"] {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }
}
