//! Transitions of a user's status, as one table (fact 4a).

use super::user::Status::{
    self, Confirmed, ExternalProvider, ForceChangePassword, ResetRequired, Unconfirmed,
};
use crate::error::{Error, Result};

/// A transition of a user's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transition {
    /// `ConfirmSignUp` with the right code, or `AdminConfirmSignUp`.
    Confirm,
    /// `AdminSetUserPassword` with `Permanent`.
    SetPassword,
    /// `AdminSetUserPassword` without `Permanent`.
    SetTemporaryPassword,
    /// `AdminResetUserPassword`.
    Reset,
    /// `ForgotPassword`: sends a code and does not change the status.
    Forget,
    /// `ConfirmForgotPassword` with the right code.
    ConfirmForgotten,
    /// An answered `NEW_PASSWORD_REQUIRED`.
    ReplaceTemporary,
    /// `ChangePassword` with the right password.
    ChangePassword,
    /// `AdminCreateUser` with `RESEND`.
    Resend,
}

impl Transition {
    /// Every transition, for tests.
    pub const ALL: [Self; 9] = [
        Self::Confirm,
        Self::SetPassword,
        Self::SetTemporaryPassword,
        Self::Reset,
        Self::Forget,
        Self::ConfirmForgotten,
        Self::ReplaceTemporary,
        Self::ChangePassword,
        Self::Resend,
    ];
}

/// The status of a user in status `from` after `step`, or the error.
pub fn after(from: Status, step: Transition) -> Result<Status> {
    match step {
        // R1, R2.
        Transition::Confirm => match from {
            Unconfirmed => Ok(Confirmed),
            _ => Err(Error::CannotBeConfirmed {
                status: from.as_str().to_owned(),
            }),
        },
        // The API Reference of `AdminSetUserPassword` says that it applies to
        // federated users too.
        Transition::SetPassword => Ok(Confirmed),
        Transition::SetTemporaryPassword => Ok(ForceChangePassword),
        // R14, R17.
        Transition::Reset => match from {
            Confirmed | ResetRequired => Ok(ResetRequired),
            _ => Err(Error::CannotResetPassword),
        },
        // R18, R19, R24, R25.
        Transition::Forget => match from {
            Confirmed | ResetRequired => Ok(from),
            Unconfirmed => Err(Error::NoVerifiedContact),
            ForceChangePassword | ExternalProvider => Err(Error::CannotResetPassword),
        },
        Transition::ConfirmForgotten => match from {
            Confirmed | ResetRequired => Ok(Confirmed),
            _ => Err(Error::CodeExpired),
        },
        Transition::ReplaceTemporary => match from {
            ForceChangePassword => Ok(Confirmed),
            // The user got these statuses after the challenge.
            Unconfirmed => Err(Error::NotConfirmed),
            ResetRequired => Err(Error::PasswordResetRequired),
            Confirmed | ExternalProvider => Err(Error::SessionInvalid),
        },
        // A user who is not CONFIRMED got the present status after the sign-in. The
        // errors are inferred from those that the operation declares.
        Transition::ChangePassword => match from {
            Confirmed | ForceChangePassword => Ok(Confirmed),
            ResetRequired => Err(Error::PasswordResetRequired),
            Unconfirmed => Err(Error::NotConfirmed),
            ExternalProvider => Err(Error::CannotResetPassword),
        },
        // R46. The operation adds the name.
        Transition::Resend => match from {
            ForceChangePassword => Ok(ForceChangePassword),
            _ => Err(Error::ResendNotPossible {
                username: String::new(),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use insta::assert_snapshot;

    use super::*;
    use crate::state::code::CodePurpose;
    use crate::state::contact::Contact;
    use crate::testing::Fixture;

    /// Runs every transition from every status through its operation, and
    /// compares the response and the user's status with the table.
    #[test]
    fn operations_change_the_status_as_in_the_table() {
        let mut transcript = String::new();
        for step in Transition::ALL {
            for from in Status::ALL {
                let (answer, to) = make(step, from);
                match after(from, step) {
                    Ok(expected) => {
                        assert_eq!(answer, "200", "{step:?} from {from:?}");
                        assert_eq!(to, expected, "{step:?} from {from:?}");
                    }
                    Err(error) => {
                        assert!(
                            answer.contains(error.code()),
                            "{step:?} from {from:?}: {answer}"
                        );
                        assert_eq!(to, from, "a refusal changes no status");
                    }
                }
                let [from, to] = [from, to].map(Status::as_str);
                writeln!(transcript, "{step:?}: {from} -> {to}, {answer}").unwrap();
            }
        }
        assert_snapshot!(transcript, @"
        Confirm: UNCONFIRMED -> CONFIRMED, 200
        Confirm: CONFIRMED -> CONFIRMED, 400 NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED
        Confirm: RESET_REQUIRED -> RESET_REQUIRED, 400 NotAuthorizedException: User cannot be confirmed. Current status is RESET_REQUIRED
        Confirm: FORCE_CHANGE_PASSWORD -> FORCE_CHANGE_PASSWORD, 400 NotAuthorizedException: User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD
        Confirm: EXTERNAL_PROVIDER -> EXTERNAL_PROVIDER, 400 NotAuthorizedException: User cannot be confirmed. Current status is EXTERNAL_PROVIDER
        SetPassword: UNCONFIRMED -> CONFIRMED, 200
        SetPassword: CONFIRMED -> CONFIRMED, 200
        SetPassword: RESET_REQUIRED -> CONFIRMED, 200
        SetPassword: FORCE_CHANGE_PASSWORD -> CONFIRMED, 200
        SetPassword: EXTERNAL_PROVIDER -> CONFIRMED, 200
        SetTemporaryPassword: UNCONFIRMED -> FORCE_CHANGE_PASSWORD, 200
        SetTemporaryPassword: CONFIRMED -> FORCE_CHANGE_PASSWORD, 200
        SetTemporaryPassword: RESET_REQUIRED -> FORCE_CHANGE_PASSWORD, 200
        SetTemporaryPassword: FORCE_CHANGE_PASSWORD -> FORCE_CHANGE_PASSWORD, 200
        SetTemporaryPassword: EXTERNAL_PROVIDER -> FORCE_CHANGE_PASSWORD, 200
        Reset: UNCONFIRMED -> UNCONFIRMED, 400 NotAuthorizedException: User password cannot be reset in the current state.
        Reset: CONFIRMED -> RESET_REQUIRED, 200
        Reset: RESET_REQUIRED -> RESET_REQUIRED, 200
        Reset: FORCE_CHANGE_PASSWORD -> FORCE_CHANGE_PASSWORD, 400 NotAuthorizedException: User password cannot be reset in the current state.
        Reset: EXTERNAL_PROVIDER -> EXTERNAL_PROVIDER, 400 NotAuthorizedException: User password cannot be reset in the current state.
        Forget: UNCONFIRMED -> UNCONFIRMED, 400 InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number
        Forget: CONFIRMED -> CONFIRMED, 200
        Forget: RESET_REQUIRED -> RESET_REQUIRED, 200
        Forget: FORCE_CHANGE_PASSWORD -> FORCE_CHANGE_PASSWORD, 400 NotAuthorizedException: User password cannot be reset in the current state.
        Forget: EXTERNAL_PROVIDER -> EXTERNAL_PROVIDER, 400 NotAuthorizedException: User password cannot be reset in the current state.
        ConfirmForgotten: UNCONFIRMED -> UNCONFIRMED, 400 ExpiredCodeException: Invalid code provided, please request a code again.
        ConfirmForgotten: CONFIRMED -> CONFIRMED, 200
        ConfirmForgotten: RESET_REQUIRED -> CONFIRMED, 200
        ConfirmForgotten: FORCE_CHANGE_PASSWORD -> FORCE_CHANGE_PASSWORD, 400 ExpiredCodeException: Invalid code provided, please request a code again.
        ConfirmForgotten: EXTERNAL_PROVIDER -> EXTERNAL_PROVIDER, 400 ExpiredCodeException: Invalid code provided, please request a code again.
        ReplaceTemporary: UNCONFIRMED -> UNCONFIRMED, 400 UserNotConfirmedException: User is not confirmed.
        ReplaceTemporary: CONFIRMED -> CONFIRMED, 400 NotAuthorizedException: Invalid session for the user.
        ReplaceTemporary: RESET_REQUIRED -> RESET_REQUIRED, 400 PasswordResetRequiredException: Password reset required for the user
        ReplaceTemporary: FORCE_CHANGE_PASSWORD -> CONFIRMED, 200
        ReplaceTemporary: EXTERNAL_PROVIDER -> EXTERNAL_PROVIDER, 400 NotAuthorizedException: Invalid session for the user.
        ChangePassword: UNCONFIRMED -> UNCONFIRMED, 400 UserNotConfirmedException: User is not confirmed.
        ChangePassword: CONFIRMED -> CONFIRMED, 200
        ChangePassword: RESET_REQUIRED -> RESET_REQUIRED, 400 PasswordResetRequiredException: Password reset required for the user
        ChangePassword: FORCE_CHANGE_PASSWORD -> CONFIRMED, 200
        ChangePassword: EXTERNAL_PROVIDER -> EXTERNAL_PROVIDER, 400 NotAuthorizedException: User password cannot be reset in the current state.
        Resend: UNCONFIRMED -> UNCONFIRMED, 400 UnsupportedUserStateException: Resend not possible. ana status is not FORCE_CHANGE_PASSWORD
        Resend: CONFIRMED -> CONFIRMED, 400 UnsupportedUserStateException: Resend not possible. ana status is not FORCE_CHANGE_PASSWORD
        Resend: RESET_REQUIRED -> RESET_REQUIRED, 400 UnsupportedUserStateException: Resend not possible. ana status is not FORCE_CHANGE_PASSWORD
        Resend: FORCE_CHANGE_PASSWORD -> FORCE_CHANGE_PASSWORD, 200
        Resend: EXTERNAL_PROVIDER -> EXTERNAL_PROVIDER, 400 UnsupportedUserStateException: Resend not possible. ana status is not FORCE_CHANGE_PASSWORD
        ");
    }

    /// Runs `step` for a user in status `from`. Returns the response and the
    /// new status.
    fn make(step: Transition, from: Status) -> (String, Status) {
        let mut fixture = Fixture::new().and_verified_user("ana").signed_in("ana");
        if step == Transition::ReplaceTemporary {
            fixture.run(
                r#"
                AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
                AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
                "#,
            );
        }
        let world = fixture.emulator().world().clone();
        let handle = fixture.pool_handle();
        let id = {
            let mut pool = handle.write();
            let id = pool.find("ana").unwrap();
            if step == Transition::ConfirmForgotten {
                let contact = Contact::of(pool.users.get(id).unwrap(), "email").unwrap();
                let letter = pool.issue_code(&world, id, CodePurpose::PasswordReset, &contact);
                letter.send(&world, [&*pool.id, "ana", "ana"], pool.envelope());
            }
            let placed = pool.edit_id(id, world.now(), |user| {
                user.status = from;
                Ok(())
            });
            placed.unwrap();
            id
        };
        let answer = fixture.run(match step {
            Transition::Confirm => r#"AdminConfirmSignUp {"UserPoolId":"$pool","Username":"ana"}"#,
            Transition::SetPassword => {
                r#"AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password","Permanent":true}"#
            }
            Transition::SetTemporaryPassword => {
                r#"AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}"#
            }
            Transition::Reset => r#"AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}"#,
            Transition::Forget => r#"ForgotPassword {"ClientId":"$client","Username":"ana"}"#,
            Transition::ConfirmForgotten => {
                r#"ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"$password"}"#
            }
            Transition::ReplaceTemporary => {
                r#"AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","Session":"$session","ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password"}}"#
            }
            Transition::ChangePassword => {
                r#"ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"$password"}"#
            }
            Transition::Resend => {
                r#"AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"RESEND"}"#
            }
        });
        let answer = match answer.strip_prefix("200 ") {
            Some(_) => "200".to_owned(),
            None => answer.trim_end().to_owned(),
        };
        let status = handle.read().users.get(id).unwrap().status;
        (answer, status)
    }
}
