//! `CreateUserPoolClient`: makes an app client, with a secret if asked to.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::shapes::client::{ClientView, Doing, Settings};
use crate::state::client::Client;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    #[serde(default)]
    generate_secret: bool,
    client_secret: Option<Box<str>>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_client: ClientView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let has_secret = request.generate_secret || request.client_secret.is_some();
    if request.generate_secret && request.client_secret.is_some() {
        return Err(Error::SecretGivenAndGenerated);
    }
    let settings = Settings::from_request(request.settings)?;
    settings.judge(&pool, has_secret, Doing::Creating)?;
    let generated = || {
        request
            .generate_secret
            .then(|| cx.world.chance.client_secret().into())
    };
    let client = Client {
        id: cx.world.chance.client_id(),
        secret: request.client_secret.or_else(generated),
        created_at: cx.now(),
        modified_at: cx.now(),
        settings,
    };
    let user_pool_client = ClientView::new(&pool.id, &client);
    let id = client.id.clone();
    pool.insert_client(client)?;
    cx.state.insert_client(&id, &pool.id);
    Ok(Response { user_pool_client })
}
