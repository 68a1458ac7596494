//! `CreateUserPool`: makes a user pool.
//!
//! Usernames are case-sensitive unless `UsernameConfiguration` says otherwise
//! (fact 9.5). MFA can only be switched on together with an SMS sender; other
//! factors come with `SetUserPoolMfaConfig`.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::shapes::pool::{PoolView, Settings, UsernameConfiguration};
use crate::shapes::schema::{GivenAttribute, Schema};
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
    username_configuration: Option<UsernameConfiguration>,
    #[serde(default)]
    schema: Vec<GivenAttribute>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool: PoolView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    if !request.alias_attributes.is_empty() && !request.username_attributes.is_empty() {
        return Err(Error::AliasAndUsernameAttributes);
    }
    let settings = Settings::default().with(request.settings)?;
    let naming = Naming {
        username_attributes: request.username_attributes,
        alias_attributes: request.alias_attributes,
        case_sensitive: request
            .username_configuration
            .is_none_or(|configuration| configuration.case_sensitive),
    };
    let id = format!("{}_{}", cx.scope.region, cx.world.chance.pool_suffix());
    let mut pool = Pool::new(id, cx.scope.clone(), request.pool_name, naming, cx.now());
    pool.shows_case_sensitivity = request.username_configuration.is_some();
    // A sender is what R140 asks for; the verified number that its sentence
    // names is not needed (the reference of `MfaConfiguration`).
    if settings.mfa_configuration != "OFF" {
        if settings.sms_configuration.is_none() {
            return Err(Error::SmsConfigurationForMfa);
        }
        pool.mfa.sms = true;
    }
    settings.judge(cx.scope, &pool.mfa)?;
    pool.settings = settings;
    pool.schema = Schema::of_pool(request.schema)?;
    let user_pool = PoolView::from(&pool);
    cx.state.insert(pool)?;
    Ok(Response { user_pool })
}
