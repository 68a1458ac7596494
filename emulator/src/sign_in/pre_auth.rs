//! Triggers that run before any credential is checked: `UserMigration` and
//! `PreAuthentication`.

use super::AuthRequest;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::triggers::{authentication, migration};

/// Runs `UserMigration` for an unknown user, and creates the user that it
/// returns.
///
/// Only flows that send a password do this.
pub(super) fn migrate_user(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
    username: &str,
    password: &str,
) -> Result<()> {
    let client_id = request.client_id;
    let event = {
        let pool = handle.read();
        if pool.users.find(username).is_some() {
            return Ok(());
        }
        migration::at_sign_in(&pool, username, client_id, password, request.metadata)
    };
    let Some(event) = event else { return Ok(()) };
    let hides_users = handle.read().client(client_id)?.settings.hides_users();
    // Inferred: a client that hides users also hides a failed migration.
    let hide = |error| match error {
        Error::MigrationFailed { .. } if hides_users => Error::BadCredentials,
        error => error,
    };
    let migrant = migration::run(event, cx.world, client_id).map_err(hide)?;
    let mut pool = handle.write();
    migrant
        .admit(cx.world, &mut pool, username, client_id, Some(password))
        .map_err(hide)?;
    Ok(())
}

/// Runs `PreAuthentication`, which can refuse the sign-in.
///
/// It runs for a user of any status (inferred). For an unknown user it runs
/// only if the client hides users.
pub(super) fn pre_authentication(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
    username: &str,
) -> Result<()> {
    let event = {
        let pool = handle.read();
        let user = pool.user(username).ok();
        if user.is_none() && !pool.client(request.client_id)?.settings.hides_users() {
            return Ok(());
        }
        authentication::pre_authentication(
            &pool,
            username,
            user,
            request.client_id,
            request.metadata,
        )
    };
    authentication::run(event, cx.world)
}
