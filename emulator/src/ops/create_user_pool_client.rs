//! `CreateUserPoolClient`: makes an app client.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Cx, Result};
use crate::shapes::client::Settings;
use crate::state::client::Client;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    #[serde(default)]
    generate_secret: bool,
    #[serde(flatten)]
    settings: Settings,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Value> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let client = Client {
        id: cx.world.chance.client_id(),
        secret: request
            .generate_secret
            .then(|| cx.world.chance.client_secret().into()),
        created_at: cx.now(),
        modified_at: cx.now(),
        settings: request.settings,
    };
    let mut answer = json!({ "UserPoolClient": { "ClientId": client.id } });
    if let Some(secret) = &client.secret {
        answer["UserPoolClient"]["ClientSecret"] = json!(secret);
    }
    cx.state.insert_client(&client.id, &pool.id);
    pool.clients.insert(client.id.clone(), client);
    Ok(answer)
}
