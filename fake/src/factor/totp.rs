//! Authenticator applications: the secret that they share with the server, and the codes that come of it.

use chrono::{DateTime, Utc};
use totp_rs::Totp;
use url::{Url, form_urlencoded};

use crate::model::types::TotpEnrollment;
use crate::{account::Account, state::State};
use gotrue::Secret;

/// What an application has to know.
pub(super) fn enrollment(issuer: &str, account: &Account, secret: &[u8; 20]) -> TotpEnrollment {
    let uri = otpauth_uri(issuer, account.email(), secret);
    TotpEnrollment {
        qr_code: Some(picture(&uri).into()),
        secret: Some(totp_rs::Secret::new_stack(*secret).to_base32().into()),
        uri: Some(uri.into()),
    }
}

/// Whether a code is that of now, or of one step before or after.
pub(super) fn is_right(secret: [u8; 20], code: &Secret, now: DateTime<Utc>) -> bool {
    totp(secret).check(code.expose(), seconds(now)).is_some()
}

impl State {
    /// The host of the site.
    pub(super) fn host(&self) -> String {
        self.base_url.split_once("://").map_or("", |(_, host)| host).to_owned()
    }

    /// The code that an authenticator shows now.
    pub(crate) fn totp_code(&self, secret: &Secret) -> Option<Secret> {
        let bytes = totp_rs::Secret::try_from_base32(secret.expose()).ok()?;
        let secret = bytes.as_bytes().try_into().ok()?;
        Some(totp(secret).generate(seconds(self.now())).to_string().into())
    }
}

/// SHA-1, six digits, thirty seconds, and one step to either side, as the real server has it.
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
            // A space is `%20` here, since not every authenticator knows `+`.
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            uri.set_query(Some(&query.replace('+', "%20")));
            uri.into()
        },
    )
}

/// In place of a QR code, which nobody scans in a test: a picture of the URI in letters.
fn picture(uri: &str) -> String {
    let uri = uri.replace('&', "&amp;");
    format!("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><text y=\"12\">{uri}</text></svg>\n")
}
