//! What happens before any proof: triggers of the pool.

use super::Start;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::Slot;
use crate::triggers::{authentication, migration};

/// Brings whom nobody knows here from elsewhere, where the pool knows how.
///
/// Only flows that send a password lead there.
pub(super) fn migrate(
    cx: &Cx<'_>,
    slot: &Slot,
    start: &Start<'_>,
    username: &str,
    password: &str,
) -> Result<()> {
    let client_id = start.client_id;
    let event = {
        let pool = slot.read();
        if pool.users.find(username).is_some() {
            return Ok(());
        }
        migration::at_sign_in(&pool, username, client_id, password, start.metadata)
    };
    let Some(event) = event else { return Ok(()) };
    let hides_users = slot.read().client(client_id)?.settings.hides_users();
    // That a client which hides users hides this too is inferred.
    let hide = |error| match error {
        Error::MigrationFailed { .. } if hides_users => Error::BadCredentials,
        error => error,
    };
    let migrant = migration::run(event, cx.world, client_id).map_err(hide)?;
    let mut pool = slot.write();
    migrant
        .admit(cx.world, &mut pool, username, client_id, Some(password))
        .map_err(hide)?;
    Ok(())
}

/// Lets `PreAuthentication` refuse, before anything is proved.
///
/// It runs for a user of any status (inferred), and for an unknown one only
/// where the client hides who exists.
pub(super) fn before(cx: &Cx<'_>, slot: &Slot, start: &Start<'_>, username: &str) -> Result<()> {
    let event = {
        let pool = slot.read();
        let user = pool.user(username).ok();
        if user.is_none() && !pool.client(start.client_id)?.settings.hides_users() {
            return Ok(());
        }
        authentication::before(&pool, username, user, start.client_id, start.metadata)
    };
    authentication::run(event, cx.world)
}
