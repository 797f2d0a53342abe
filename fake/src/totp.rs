//! Authenticator apps: the shared secret, and the codes derived from it (RFC 6238).

use chrono::{DateTime, Utc};
use gotrue::Secret;
use qrcode::{QrCode, render::svg};
use totp_rs::Totp;
use url::{Url, form_urlencoded};

use crate::model::types::TotpEnrollment;

/// Returns the data that an authenticator app needs.
pub(crate) fn enrollment(issuer: &str, email: &str, secret: &[u8; 20]) -> TotpEnrollment {
    let uri = otpauth_uri(issuer, email, secret);
    TotpEnrollment {
        qr_code: Some(picture(&uri).into()),
        secret: Some(totp_rs::Secret::new_stack(*secret).to_base32().into()),
        uri: Some(uri.into()),
    }
}

/// Returns whether a code is valid now: that of the current time step, or of the one before or after it.
pub(crate) fn is_right(secret: [u8; 20], code: &Secret, now: DateTime<Utc>) -> bool {
    totp(secret).check(code.expose(), seconds(now)).is_some()
}

/// Returns the code that an authenticator app shows at that time.
pub(crate) fn code(secret: &Secret, now: DateTime<Utc>) -> Option<Secret> {
    let bytes = totp_rs::Secret::try_from_base32(secret.expose()).ok()?;
    bytes.as_bytes().try_into().ok().map(|secret| code_of(secret, now))
}

/// Returns the code of an app with this secret.
pub(crate) fn code_of(secret: [u8; 20], now: DateTime<Utc>) -> Secret {
    totp(secret).generate(seconds(now)).to_string().into()
}

/// SHA-1, six digits, steps of 30 seconds and one step of tolerance, as at the real server.
fn totp(secret: [u8; 20]) -> Totp {
    totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack(secret)).build_noncompliant()
}

fn seconds(moment: DateTime<Utc>) -> u64 {
    moment.timestamp().try_into().unwrap_or_default()
}

fn otpauth_uri(issuer: &str, account: &str, secret: &[u8; 20]) -> String {
    let secret = totp_rs::Secret::new_stack(*secret).to_base32();
    let parameters =
        [("algorithm", "SHA1"), ("digits", "6"), ("issuer", issuer), ("period", "30"), ("secret", &secret)];
    Url::parse("otpauth://totp").map_or_else(
        |_| String::new(),
        |mut uri| {
            uri.set_path(&format!("/{issuer}:{account}"));
            // Not every authenticator app decodes `+` as a space.
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            uri.set_query(Some(&query.replace('+', "%20")));
            uri.into()
        },
    )
}

/// Returns the URI as a QR code, an SVG document.
pub(crate) fn picture(uri: &str) -> String {
    // Only a URI of more than two thousand characters does not fit.
    QrCode::new(uri).map(|code| code.render::<svg::Color<'_>>().build()).unwrap_or_default()
}
