//! Sessions of signed-in users, as lists show them.

use serde::Serialize;

use crate::state::token::{SignIn, TokenSession};
use crate::world::Time;

/// `SessionDescriptionType`.
///
/// The emulator does not know the address and the user agent. Device and country are
/// `unknown`, as documented for unknown values, and the address is absent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionView {
    session_id: Box<str>,
    session_type: &'static str,
    client_id: Box<str>,
    create_date: Time,
    last_active_date: Time,
    device_type: &'static str,
    last_location: Location,
    is_current_session: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    country: &'static str,
}

impl SessionView {
    /// The record of a sign-in. `is_current` is whether the caller's token belongs to
    /// it.
    #[must_use]
    pub fn new(sign_in: &SignIn, session: &TokenSession, is_current: bool) -> Self {
        Self {
            session_id: session.id.clone(),
            session_type: "TOKEN",
            client_id: sign_in.client_id.clone(),
            create_date: sign_in.at,
            last_active_date: session.last_active,
            device_type: "unknown",
            last_location: Location { country: "unknown" },
            is_current_session: is_current,
        }
    }
}
