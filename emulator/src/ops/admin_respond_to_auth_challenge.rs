//! `AdminRespondToAuthChallenge`: answers a challenge of a sign-in from a server.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::sign_in::{Answer, Parameters, Response, respond};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    challenge_name: String,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: Parameters,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Answer> {
    let slot = cx.slot(&request.user_pool_id)?;
    respond(
        cx,
        &slot,
        &Response {
            client_id: &request.client_id,
            challenge: &request.challenge_name,
            session: request.session.as_deref(),
            responses: &request.challenge_responses,
        },
    )
}
