//! `CreateUserPool`: makes a user pool.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Cx, Result};
use crate::shapes::pool::Settings;
use crate::state::pool::Pool;
use crate::state::users::Naming;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    pool_name: String,
    #[serde(default)]
    alias_attributes: Vec<String>,
    #[serde(default)]
    username_attributes: Vec<String>,
    #[serde(flatten)]
    settings: Settings,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Value> {
    let id = format!("{}_{}", cx.scope.region, cx.world.chance.pool_suffix());
    let naming = Naming {
        username_attributes: request.username_attributes,
        alias_attributes: request.alias_attributes,
        case_sensitive: true,
    };
    let mut pool = Pool::new(
        id.clone(),
        cx.scope.clone(),
        request.pool_name,
        naming,
        cx.now(),
    );
    pool.settings = request.settings;
    cx.state.insert(pool);
    Ok(json!({ "UserPool": { "Id": id } }))
}
