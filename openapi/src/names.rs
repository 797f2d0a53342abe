//! Names in the document, and the Rust names that are derived from them.

/// Returns whether a name consists of lower-case letters, digits and underscores.
pub fn is_snake_case(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Returns whether a name consists of letters and digits, and starts with an upper-case letter.
pub fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Returns the name of the enum variant for a string: `SmartCard` for `smart-card`. Only the last part of a URN counts:
/// `EmailAddress` for `urn:…:emailAddress`.
pub fn variant(value: &str) -> String {
    let last = value.rsplit(':').next().unwrap_or(value);
    let words = last.split(|c: char| !c.is_ascii_alphanumeric());
    words.flat_map(|word| word.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(word.chars().skip(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_named_after_its_value() {
        for (value, name) in [
            ("bad_jwt", "BadJwt"),
            ("aal2", "Aal2"),
            ("smart-card", "SmartCard"),
            ("mfa/phone", "MfaPhone"),
            ("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", "EmailAddress"),
        ] {
            assert_eq!(variant(value), name);
        }
    }
}
