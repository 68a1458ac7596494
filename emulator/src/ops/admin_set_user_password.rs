//! `AdminSetUserPassword`: sets a user's password, permanent or temporary.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::status::{Move, after};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    password: String,
    #[serde(default)]
    permanent: bool,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let (step, temporary_since) = match request.permanent {
        true => (Move::SetPassword, None),
        false => (Move::SetTemporaryPassword, Some(cx.now())),
    };
    let status = after(user.status, step)?;
    let verifier = pool.new_password(cx.world, user, &request.password)?;
    pool.edit_id(id, cx.now(), |user| {
        user.set_password(verifier, temporary_since);
        user.status = status;
        Ok(())
    })?;
    Ok(Response {})
}
