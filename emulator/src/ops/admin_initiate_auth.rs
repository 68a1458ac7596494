//! `AdminInitiateAuth`: begins a sign-in from a server, or refreshes its tokens.
//!
//! `USER_PASSWORD_AUTH` belongs to `InitiateAuth`. `DEVICE_KEY`, metadata and
//! context are taken and act on nothing yet.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::sign_in::{Answer, Caller, Parameters, Start, start};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: Parameters,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Answer> {
    let slot = cx.slot(&request.user_pool_id)?;
    start(
        cx,
        &slot,
        &Start {
            caller: Caller::Admin,
            client_id: &request.client_id,
            flow: &request.auth_flow,
            parameters: &request.auth_parameters,
        },
    )
}
