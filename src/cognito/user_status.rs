//! Status of a user, in words: its meaning for the next sign-in, and the call that changes it.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html>

/// The meaning of a disabled user, whatever the status is.
pub(crate) const DISABLED: &str =
    "sign-ins are refused until an administrator enables the user (`enable_user`)";

/// The meaning of `status` for the next sign-in, with the call that changes it. None for a
/// status that this program does not know.
pub(crate) fn in_words(status: &str) -> Option<&'static str> {
    Some(match status {
        "CONFIRMED" => "the user can sign in with the password",
        "FORCE_CHANGE_PASSWORD" => {
            "the password is temporary, and the next sign-in requires a new one; if it has expired \
             or is lost, an administrator sets another (`reset_password`)"
        }
        "UNCONFIRMED" => {
            "the user signed up and is not confirmed; sign-ins are refused until the code is \
             given (`confirm_sign_up`) or an administrator confirms (`confirm_user`)"
        }
        "RESET_REQUIRED" => {
            "the password is void; the user chooses a new one with the code that was sent \
             (`confirm_forgot_password`), or an administrator sets one (`reset_password`)"
        }
        "EXTERNAL_PROVIDER" => {
            "the user signs in at an identity provider, which keeps the password \
             (`build_sign_in_url`)"
        }
        "COMPROMISED" => {
            "the password is known to be compromised; an administrator sets another \
             (`reset_password`)"
        }
        "ARCHIVED" => "the user is no longer active",
        _ => return None,
    })
}

/// The meaning of the status of a user that is enabled or not.
pub(crate) fn explanation(status: &str, enabled: bool) -> Option<String> {
    match (enabled, in_words(status)) {
        (true, words) => words.map(ToOwned::to_owned),
        (false, _) => Some(format!("the user is disabled: {DISABLED}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disabled_user_is_explained_before_the_status() {
        let disabled = explanation("CONFIRMED", false).unwrap();
        assert!(disabled.contains("enable_user"), "{disabled}");
        assert_eq!(
            explanation("CONFIRMED", true).as_deref(),
            in_words("CONFIRMED")
        );
        assert_eq!(explanation("NEW", true), None);
    }
}
