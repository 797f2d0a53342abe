//! Passwords, in plain text or as imported hashes.

use std::fmt;

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use gotrue::Secret;

use serde::{Deserialize, Serialize};

use super::firebase_scrypt::FirebaseScrypt;
use crate::{
    model::{ErrorCode, WeakPasswordReason, types::WeakPassword},
    settings::ServerSettings,
    wire::ApiError,
};

/// How much of a password bcrypt reads, in bytes.
const LONGEST: usize = 72;

/// A stored password.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Password {
    Plain(Secret),
    Bcrypt(String),
    Argon2(String),
    FirebaseScrypt(FirebaseScrypt),
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Password {
    /// Parses a hash in a format that the server supports.
    pub(crate) fn from_hash(hash: &str) -> Result<Self, ApiError> {
        let is_argon2 = |hash: &PasswordHash| {
            ["argon2i", "argon2id"].contains(&hash.algorithm.as_str()) && hash.version == Some(19)
        };
        if PasswordHash::new(hash).is_ok_and(|hash| is_argon2(&hash)) {
            return Ok(Self::Argon2(hash.to_owned()));
        }
        if hash.parse::<bcrypt::HashParts>().is_ok() {
            return Ok(Self::Bcrypt(hash.to_owned()));
        }
        if let Some(hash) = FirebaseScrypt::parse(hash) {
            return Ok(Self::FirebaseScrypt(hash));
        }
        Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "Error creating user"))
    }

    pub(crate) fn is(&self, password: &Secret) -> bool {
        match self {
            Self::Plain(known) => known.expose().as_bytes() == used_by_bcrypt(password.expose()),
            Self::Bcrypt(hash) => bcrypt::verify(password.expose(), hash).unwrap_or(false),
            Self::Argon2(hash) => PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok()),
            Self::FirebaseScrypt(hash) => hash.is(password.expose()),
        }
    }
}

fn used_by_bcrypt(password: &str) -> &[u8] {
    &password.as_bytes()[..password.len().min(LONGEST)]
}

/// Fails with the message if bcrypt would not read the whole password.
pub(crate) fn check_length(password: &Secret, message: &str) -> Result<(), ApiError> {
    if password.expose().len() > LONGEST { Err(ApiError::validation_failed(message)) } else { Ok(()) }
}

/// Returns why a password breaks the rules, if it does.
pub(crate) fn weakness(settings: &ServerSettings, password: &Secret, has_leaked: bool) -> Option<WeakPassword> {
    let (text, sets) = (password.expose(), &settings.required_characters);
    let (mut reasons, mut messages) = (Vec::new(), Vec::new());
    if text.len() < settings.min_password_length {
        reasons.push(WeakPasswordReason::Length);
        messages.push(format!("Password should be at least {} characters.", settings.min_password_length));
    }
    if sets.iter().any(|set| !text.contains(|character| set.contains(character))) {
        reasons.push(WeakPasswordReason::Characters);
        messages.push(format!("Password should contain at least one character of each: {}.", sets.join(", ")));
    }
    if has_leaked {
        reasons.push(WeakPasswordReason::Pwned);
        messages.push("Password is known to be weak and easy to guess, please choose a different one.".to_owned());
    }
    (!reasons.is_empty()).then(|| WeakPassword { message: Some(messages.join(" ")), reasons: Some(reasons) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHES: [(&str, &str); 3] = [
        ("correct-horse-7", "$2b$04$abcdefghijklmnopqrstuuSQyLzxZtaUFpi/q2P5wWap0qvqIvC5q"),
        ("password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"),
        // The example that Firebase publishes.
        (
            "user1password",
            "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0Qs\
             EmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo7\
             8198JAdRuid5lQ==",
        ),
    ];

    #[test]
    fn bcrypt_reads_72_bytes() {
        let [longest, longer] = [LONGEST, LONGEST + 1].map(|length| Secret::from("a".repeat(length)));
        assert!(check_length(&longest, "").is_ok() && check_length(&longer, "").is_err());
        assert!(Password::Plain(longest.clone()).is(&longer));
        assert!(!Password::Plain("a".repeat(LONGEST - 1).into()).is(&longest));
    }

    #[test]
    fn hashes_are_held_against_passwords() {
        for (right, hash) in HASHES {
            let password = Password::from_hash(hash).unwrap();
            assert!(password.is(&right.into()), "{hash}");
            assert!(!password.is(&"another".into()), "{hash}");
            assert_eq!(format!("{password:?}"), "[redacted]");
        }
        for bad in [
            "",
            "zzz",
            "$2b$04$short",
            "$argon2d$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g",
            "$argon2id$x",
            "$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk=aw==$c2FsdA==$aGFzaA==",
        ] {
            assert!(Password::from_hash(bad).is_err(), "{bad}");
        }
    }
}
