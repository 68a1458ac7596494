//! Descriptions of password policies.

use aws_sdk_cognitoidentityprovider::types::PasswordPolicyType;

/// Letters that count as upper-case ones.
pub(crate) const UPPERCASE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Letters that count as lower-case ones.
pub(crate) const LOWERCASE: &str = "abcdefghijklmnopqrstuvwxyz";
/// Digits.
pub(crate) const DIGITS: &str = "0123456789";
/// Symbols.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>
pub(crate) const SYMBOLS: &str = r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`+="#;
/// Symbols that need no quoting in JSON, shells and URLs.
pub(crate) const PLAIN_SYMBOLS: &str = "-_.~+=@%^";

/// The rules of a password policy, as one sentence.
pub(crate) fn in_words(policy: &PasswordPolicyType) -> String {
    let required = [
        (policy.require_uppercase, "an upper-case letter"),
        (policy.require_lowercase, "a lower-case letter"),
        (policy.require_numbers, "a digit"),
        (policy.require_symbols, "a symbol"),
    ];
    let required: Vec<&str> = required
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, what)| *what)
        .collect();
    let mut words = format!("At least {} characters", policy.minimum_length.unwrap_or(8));
    if !required.is_empty() {
        words = format!("{words}, with {}", required.join(", "));
    }
    if let Some(size @ 1..) = policy.password_history_size {
        words = format!("{words}; none of the last {size} passwords");
    }
    match policy.temporary_password_validity_days {
        0 => words,
        days => format!("{words}; temporary passwords last {days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_as_one_sentence() {
        let policy = PasswordPolicyType::builder()
            .minimum_length(12)
            .require_uppercase(true)
            .require_numbers(true)
            .password_history_size(3)
            .temporary_password_validity_days(7)
            .build();
        assert_eq!(
            in_words(&policy),
            "At least 12 characters, with an upper-case letter, a digit; none of the last 3 \
             passwords; temporary passwords last 7 days"
        );
    }
}
