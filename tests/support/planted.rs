//! Secrets that a test plants and then looks for in every text that comes out.

/// The planted values, one in each form that a secret has: a password, a refresh token, a JWT, a code.
pub const PLANTED: [&str; 4] = [
    "planted-Secret-0123456789",
    "f5pr2ljsaq5q",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0YzdmNmYzIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "0ded07958ffc49a6158b962652090af28fc4932ee848dc7c69ccccaa",
];

/// Fails if the text contains a planted value or one of its parts.
#[track_caller]
pub fn assert_clean(text: &str) {
    for planted in PLANTED {
        for part in planted.split('.') {
            assert!(!text.contains(part), "{part} is in: {text}");
        }
    }
}
