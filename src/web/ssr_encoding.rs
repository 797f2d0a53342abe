//! The encoding of values in the cookies of `@supabase/ssr`.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};

use crate::secret::Secret;

/// The prefix of a value in base64url. A value without it is the JSON itself.
const PREFIX: &str = "base64-";

/// The decoder of `@supabase/ssr` ignores the last bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Returns the value for this JSON.
pub(super) fn encode(json: &str) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(json))
}

/// Returns the JSON of a value.
pub(super) fn decode(value: &str) -> Option<Secret> {
    let Some(encoded) = value.strip_prefix(PREFIX) else { return Some(value.into()) };
    let mut encoded: String = encoded.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n' | '=')).collect();
    if encoded.len() % 4 == 1 {
        // The decoder of `@supabase/ssr` ignores a character that is left over.
        encoded.pop();
    }
    String::from_utf8(LENIENT.decode(encoded).ok()?).ok().map(Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_as_lenient_as_in_javascript() {
        // The base64url of `{}` is `e30`; of `?>~` it is `Pz5-`.
        for (value, expected) in [
            ("base64-e30", Some("{}")),
            ("base64-e30=", Some("{}")),
            ("base64-e\t3 0\r\n", Some("{}")),
            ("base64-e31", Some("{}")),
            ("base64-e30AA", Some("{}\0")),
            ("base64-Pz5-", Some("?>~")),
            ("base64-Pz5+", None),
            ("base64-_w", None),
            ("base64-", Some("")),
            ("base64l-1-e30", Some("base64l-1-e30")),
            ("{}", Some("{}")),
        ] {
            assert_eq!(decode(value).as_ref().map(Secret::expose), expected, "{value}");
        }
    }
}
