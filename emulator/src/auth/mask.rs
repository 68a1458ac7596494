//! Masked destinations for `CodeDeliveryDetails`.

/// An e-mail address as in `f***@e***`: the first letters of both halves (fact 7.9).
#[must_use]
pub fn email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first = |text: &str| text.chars().take(1).collect::<String>();
    format!("{}***@{}***", first(local), first(domain))
}

/// A phone number as in `+*******9934`: one star for each digit except the last
/// four (fact 7.11; the number of stars is inferred).
#[must_use]
pub fn phone(number: &str) -> String {
    let digits = number.trim_start_matches('+');
    let hidden = digits.chars().count().saturating_sub(4);
    let shown: String = digits.chars().skip(hidden).collect();
    format!("+{}{shown}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails() {
        assert_eq!(email("floci@example.com"), "f***@e***");
        assert_eq!(email("j@g"), "j***@g***");
        assert_eq!(email("élan@über.example"), "é***@ü***");
        assert_eq!(
            email(r#""a@b"@example.com"#),
            r#""***@e***"#,
            "the domain follows the last @"
        );
    }

    #[test]
    fn phones() {
        assert_eq!(phone("+12065559934"), "+*******9934");
        assert_eq!(phone("+4915112345678"), "+*********5678");
        assert_eq!(phone("+1234"), "+1234");
    }
}
