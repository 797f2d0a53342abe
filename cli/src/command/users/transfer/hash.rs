//! Password hashes: their kinds, and which of them the server accepts.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// The server's limits for the parameters of Argon2: memory in KiB, iterations and threads.
const MAX_ARGON2: [u64; 3] = [1024 * 1024, 20, 16];

/// The length of the shortest bcrypt hash.
const BCRYPT_LENGTH: usize = 59;

/// The kind of a password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashKind {
    Bcrypt,
    Argon2,
    FirebaseScrypt,
    /// The server does not accept it.
    Unsupported(&'static str),
}

impl HashKind {
    /// Returns the kind of a hash. Mirrors what the server checks before it stores one.
    pub fn of(hash: &str) -> Self {
        if hash.starts_with("$argon2") {
            return if is_argon2(hash) { Self::Argon2 } else { Self::Unsupported(unsupported_argon2(hash)) };
        }
        if hash.starts_with("$fbscrypt") {
            let is_valid = is_firebase_scrypt(hash);
            return if is_valid { Self::FirebaseScrypt } else { Self::Unsupported("invalid Firebase scrypt") };
        }
        if is_bcrypt(hash) { Self::Bcrypt } else { Self::Unsupported(other(hash)) }
    }

    pub fn is_accepted(self) -> bool {
        !matches!(self, Self::Unsupported(_))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Bcrypt => "bcrypt",
            Self::Argon2 => "Argon2",
            Self::FirebaseScrypt => "Firebase scrypt",
            Self::Unsupported(name) => name,
        }
    }
}

/// `$2b$10$` and 53 characters. The minor version may be missing or any character.
fn is_bcrypt(hash: &str) -> bool {
    let after_version = hash.strip_prefix("$2").and_then(|rest| {
        rest.strip_prefix('$').or_else(|| rest.split_at_checked(1).and_then(|(_, rest)| rest.strip_prefix('$')))
    });
    let cost = after_version.and_then(|rest| rest.get(..2)?.parse().ok());
    hash.len() >= BCRYPT_LENGTH && cost.is_some_and(|cost: u8| (4..=31).contains(&cost))
}

/// `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`.
fn is_argon2(hash: &str) -> bool {
    let ["", "argon2i" | "argon2id", "v=19", parameters, salt, digest] = hash.split('$').collect::<Vec<_>>()[..] else {
        return false;
    };
    let parameters: Vec<_> = parameters.split(',').collect();
    let is_within = |(index, name): (usize, &str)| {
        let value = parameters[index].strip_prefix(name).and_then(|text| text.parse::<u64>().ok());
        value.is_some_and(|value| (1..=MAX_ARGON2[index]).contains(&value))
    };
    let is_base64 = |text: &str| !text.is_empty() && is_base64(text, DecodePaddingMode::RequireNone);
    parameters.len() == 3
        && ["m=", "t=", "p="].into_iter().enumerate().all(is_within)
        && is_base64(salt)
        && is_base64(digest)
}

fn unsupported_argon2(hash: &str) -> &'static str {
    match hash.split('$').collect::<Vec<_>>()[..] {
        ["", "argon2d", ..] => "Argon2d",
        [_, _, "v=16", ..] => "Argon2 version 1.0",
        _ => "Argon2 with unsupported parameters",
    }
}

/// `$fbscrypt$v=1,n=14,r=8,p=1,ss=separator,sk=signer key$salt$hash`.
fn is_firebase_scrypt(hash: &str) -> bool {
    let ["", "fbscrypt", parameters, salt, digest] = hash.split('$').collect::<Vec<_>>()[..] else { return false };
    let mut parameters = parameters.split(',');
    let numbers = ["v=", "n=", "r=", "p="].map(|name| {
        parameters.next().and_then(|text| text.strip_prefix(name)).and_then(|text| text.parse::<u32>().ok())
    });
    let is_base64 = |text: &str| is_base64(text, DecodePaddingMode::RequireCanonical);
    let keys: Vec<_> = parameters.map(|text| text.strip_prefix("ss=").or_else(|| text.strip_prefix("sk="))).collect();
    matches!(numbers, [Some(1), Some(1..=31), Some(1..), Some(1..=255)])
        && keys.len() <= 2
        && keys.into_iter().all(|key| key.is_some_and(is_base64))
        && [salt, digest].into_iter().all(|text| !text.is_empty() && is_base64(text))
}

fn is_base64(text: &str, padding: DecodePaddingMode) -> bool {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(padding).with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, config).decode(text).is_ok()
}

/// Names a hash of another kind by its prefix or its length.
fn other(hash: &str) -> &'static str {
    let hash = hash.to_lowercase();
    let scheme = hash.trim_start_matches(['$', '{']).split(['$', ':', '}']).next().unwrap_or_default();
    let is_hex = hash.chars().all(|c| c.is_ascii_hexdigit());
    match (scheme, hash.len()) {
        ("2" | "2a" | "2b" | "2x" | "2y", _) => "invalid bcrypt",
        (scheme, _) if scheme.starts_with("pbkdf2") => "PBKDF2",
        (scheme, _) if scheme.starts_with("scrypt") => "scrypt",
        ("1" | "apr1", _) => "MD5 crypt",
        ("5", _) => "SHA-256 crypt",
        ("6", _) => "SHA-512 crypt",
        ("ssha" | "ssha256" | "ssha512" | "sha" | "smd5" | "ldap", _) => "LDAP",
        ("md5", _) => "MD5",
        ("sha1", _) => "SHA-1",
        ("sha256", _) => "SHA-256",
        ("sha512", _) => "SHA-512",
        ("hmac", _) => "HMAC",
        (_, 32) if is_hex => "MD5",
        (_, 40) if is_hex => "SHA-1",
        (_, 64) if is_hex => "SHA-256",
        (_, 128) if is_hex => "SHA-512",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_that_the_server_accepts() {
        for (hash, kind) in [
            ("$2b$10$.rU67Fk.7/QRC6iLPFV8Eeb9w56VKAVOd9Lt5VqgERTn8KChBFLg6", HashKind::Bcrypt),
            ("$2y$04$abcdefghijklmnopqrstuuSQyLzxZtaUFpi/q2P5wWap0qvqIvC5q", HashKind::Bcrypt),
            ("$2$31$abcdefghijklmnopqrstuuSQyLzxZtaUFpi/q2P5wWap0qvqIvC5q", HashKind::Bcrypt),
            ("$argon2id$v=19$m=7168,t=5,p=1$c29tZXNhbHQ$c29tZWhhc2g", HashKind::Argon2),
            ("$argon2i$v=19$m=1048576,t=20,p=16$c29tZXNhbHQ$c29tZWhhc2g", HashKind::Argon2),
            ("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=c2lnbmVyIGtleQ==$c2FsdA==$aGFzaA==", HashKind::FirebaseScrypt),
            ("$fbscrypt$v=1,n=14,r=8,p=1$c2FsdA==$aGFzaA==", HashKind::FirebaseScrypt),
        ] {
            assert_eq!(HashKind::of(hash), kind, "{hash}");
        }
    }

    #[test]
    fn hashes_that_the_server_does_not_accept() {
        for (hash, name) in [
            ("$2b$10$short", "invalid bcrypt"),
            ("$2b$32$abcdefghijklmnopqrstuuSQyLzxZtaUFpi/q2P5wWap0qvqIvC5q", "invalid bcrypt"),
            ("$argon2d$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g", "Argon2d"),
            ("$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g", "Argon2 version 1.0"),
            ("$argon2id$v=19$m=8,t=21,p=1$c29tZXNhbHQ$c29tZWhhc2g", "Argon2 with unsupported parameters"),
            ("$argon2id$v=19$m=8,t=1,p=1,data=x$c29tZXNhbHQ$c29tZWhhc2g", "Argon2 with unsupported parameters"),
            ("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ=$c29tZWhhc2g", "Argon2 with unsupported parameters"),
            ("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$", "Argon2 with unsupported parameters"),
            ("$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk=aw==$c2FsdA==$aGFzaA==", "invalid Firebase scrypt"),
            ("$fbscrypt$v=1,n=0,r=8,p=1,ss=Bw==,sk=aw==$c2FsdA==$aGFzaA==", "invalid Firebase scrypt"),
            ("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw,sk=aw==$c2FsdA==$aGFzaA==", "invalid Firebase scrypt"),
            ("$pbkdf2-sha512$i=210000$c2FsdA==$aGFzaA==", "PBKDF2"),
            ("pbkdf2_sha256$600000$salt$hash", "PBKDF2"),
            ("$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$hash", "scrypt"),
            ("md5:abc", "MD5"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "MD5"),
            ("$6$salt$hash", "SHA-512 crypt"),
            ("{SSHA}aGFzaA==", "LDAP"),
            ("", "unknown"),
            ("é", "unknown"),
        ] {
            assert_eq!(HashKind::of(hash), HashKind::Unsupported(name), "{hash}");
        }
    }
}
