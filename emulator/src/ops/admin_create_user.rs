//! `AdminCreateUser`: makes a user with a temporary password.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::shapes::user::{Attribute, UserView};
use crate::state::user::{Status, User};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
    temporary_password: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user: UserView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.schema.check_new(&request.user_attributes)?;
    if pool.users.find(&request.username).is_some() {
        return Err(Error::AccountExists);
    }
    let sub = cx.world.chance.sub();
    let mut user = User::new(
        &request.username,
        &sub,
        Status::ForceChangePassword,
        cx.now(),
    );
    for attribute in &request.user_attributes {
        user.attributes.set(&attribute.name, &attribute.value);
    }
    let policy = &pool.settings.policies.password_policy;
    let password = request
        .temporary_password
        .unwrap_or_else(|| policy.generate(&cx.world.chance));
    let verifier = pool.new_password(cx.world, &user, &password)?;
    user.set_password(verifier, Some(cx.now()));
    let view = UserView::from(&user);
    pool.users.insert(user);
    Ok(Response { user: view })
}
