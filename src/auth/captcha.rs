//! Captcha tokens.

use crate::{secret::Secret, types::SecurityMetadata};

/// Puts a captcha token where every request has it.
pub(super) fn captcha(token: Option<Secret>) -> Option<SecurityMetadata> {
    token.map(|token| SecurityMetadata { captcha_token: Some(token) })
}
