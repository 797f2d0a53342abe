//! Captcha tokens.

use crate::{secret::Secret, types::SecurityMetadata};

/// Returns the request field that contains the captcha token.
pub(super) fn captcha(token: Option<Secret>) -> Option<SecurityMetadata> {
    token.map(|token| SecurityMetadata { captcha_token: Some(token) })
}
