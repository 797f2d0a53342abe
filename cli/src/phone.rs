//! Phone numbers as people write them.

/// The least number of digits of a phone number.
const LEAST_DIGITS: usize = 5;

/// Returns the digits of a phone number, which is how the server stores it, or nothing if the text is not one.
pub fn digits(text: &str) -> Option<String> {
    let text = text.trim();
    let written = text.strip_prefix('+').unwrap_or(text);
    let digits: String = written.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    (digits.len() >= LEAST_DIGITS && digits.chars().all(|c| c.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_and_without_separators() {
        for text in ["15550000001", "+15550000001", " +1 555 000 0001", "+1 (555) 000-0001", "1.555.000.0001"] {
            assert_eq!(digits(text).as_deref(), Some("15550000001"), "{text}");
        }
        for text in ["", "+", "1234", "ada@example.com", "1555000000a", "++15550000001", "()-. "] {
            assert_eq!(digits(text), None, "{text}");
        }
    }
}
