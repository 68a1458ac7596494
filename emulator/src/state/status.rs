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
    match (step, from) {
        (Move::Confirm, Unconfirmed) => Ok(Confirmed),
        // R1, R2.
        (Move::Confirm, _) => Err(Error::CannotBeConfirmed {
            status: from.as_str().to_owned(),
        }),

        // Federated users too, says the API Reference of `AdminSetUserPassword`.
        (Move::SetPassword, _) => Ok(Confirmed),
        (Move::SetTemporaryPassword, _) => Ok(ForceChangePassword),

        // R14, R17.
        (Move::Reset, Confirmed | ResetRequired) => Ok(ResetRequired),
        (Move::Reset, _) => Err(Error::CannotResetPassword),

        // R18, R19, R24, R25.
        (Move::Forget, Confirmed | ResetRequired) => Ok(from),
        (Move::Forget, Unconfirmed) => Err(Error::NoVerifiedContact),
        (Move::Forget, ForceChangePassword | ExternalProvider) => Err(Error::CannotResetPassword),

        (Move::ConfirmForgotten, Confirmed | ResetRequired) => Ok(Confirmed),
        (Move::ConfirmForgotten, _) => Err(Error::CodeExpired),

        (Move::ReplaceTemporary, ForceChangePassword) => Ok(Confirmed),
        // The session was made when the status still asked for a new password.
        (Move::ReplaceTemporary, _) => Err(Error::SessionInvalid),

        // R46.
        (Move::Resend, ForceChangePassword) => Ok(ForceChangePassword),
        (Move::Resend, _) => Err(Error::ResendNotPossible {
            username: String::new(),
        }),
    }
}
