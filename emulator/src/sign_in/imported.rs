//! The first sign-in of a user who was imported with a password hash.

use crate::auth::password::Verifier;
use crate::cx::Cx;
use crate::state::PoolHandle;

/// Replaces the imported hash of `username` by a verifier of `password`, if the password
/// is correct and the user is not locked out. From then on the user is like any other. Before that, the user cannot sign
/// in by SRP.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html#cognito-user-pools-import-password-hash-overview>
///
/// To verify an imported hash is slow, so the pool's lock is not held meanwhile.
pub(super) fn adopt(cx: &Cx<'_>, handle: &PoolHandle, username: &str, password: &str) {
    let (id, hash) = {
        let pool = handle.read();
        let Some(id) = pool.users.find(username) else {
            return;
        };
        let user = pool.users.get(id);
        let user = user.filter(|user| user.attempts.locked_until(cx.now()).is_none());
        let Some(hash) = user.and_then(|user| user.imported_hash.clone()) else {
            return;
        };
        (id, hash)
    };
    if !hash.verifies(password) {
        return;
    }
    let mut pool = handle.write();
    let name = pool.short_name().to_owned();
    pool.users.edit_unindexed(id, |user| {
        if user.imported_hash.as_ref() == Some(&hash) {
            let verifier = Verifier::new(&name, &user.username, password, &cx.world.chance);
            user.password = Some(verifier);
            user.imported_hash = None;
        }
    });
}
