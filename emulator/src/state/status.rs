//! How a user's status moves: one table (section 4a).

use super::user::Status::{
    self, Confirmed, ExternalProvider, ForceChangePassword, ResetRequired, Unconfirmed,
};
use crate::error::{Error, Result};

/// What moves a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    /// `ConfirmSignUp` with the right code, or `AdminConfirmSignUp`.
    Confirm,
    /// `AdminSetUserPassword` with `Permanent`.
    SetPassword,
    /// `AdminSetUserPassword` without `Permanent`.
    SetTemporaryPassword,
    /// `AdminResetUserPassword`.
    Reset,
    /// `ForgotPassword`: sends a code and leaves the status.
    Forget,
    /// `ConfirmForgotPassword` with the right code.
    ConfirmForgotten,
    /// An answered `NEW_PASSWORD_REQUIRED`.
    ReplaceTemporary,
    /// `AdminCreateUser` with `RESEND`.
    Resend,
}

impl Move {
    /// Every move, for tests.
    pub const ALL: [Self; 8] = [
        Self::Confirm,
        Self::SetPassword,
        Self::SetTemporaryPassword,
        Self::Reset,
        Self::Forget,
        Self::ConfirmForgotten,
        Self::ReplaceTemporary,
        Self::Resend,
    ];
}

/// Where `step` takes a user of status `from`, or why it does not.
pub fn after(from: Status, step: Move) -> Result<Status> {
    match step {
        // R1, R2.
        Move::Confirm => match from {
            Unconfirmed => Ok(Confirmed),
            _ => Err(Error::CannotBeConfirmed {
                status: from.as_str().to_owned(),
            }),
        },
        // Federated users too, says the API Reference of `AdminSetUserPassword`.
        Move::SetPassword => Ok(Confirmed),
        Move::SetTemporaryPassword => Ok(ForceChangePassword),
        // R14, R17.
        Move::Reset => match from {
            Confirmed | ResetRequired => Ok(ResetRequired),
            _ => Err(Error::CannotResetPassword),
        },
        // R18, R19, R24, R25.
        Move::Forget => match from {
            Confirmed | ResetRequired => Ok(from),
            Unconfirmed => Err(Error::NoVerifiedContact),
            ForceChangePassword | ExternalProvider => Err(Error::CannotResetPassword),
        },
        Move::ConfirmForgotten => match from {
            Confirmed | ResetRequired => Ok(Confirmed),
            _ => Err(Error::CodeExpired),
        },
        Move::ReplaceTemporary => match from {
            ForceChangePassword => Ok(Confirmed),
            // The session was made when the status still asked for a new password.
            _ => Err(Error::SessionInvalid),
        },
        // R46; the operation knows the name.
        Move::Resend => match from {
            ForceChangePassword => Ok(ForceChangePassword),
            _ => Err(Error::ResendNotPossible {
                username: String::new(),
            }),
        },
    }
}
