//! `GetUser`: returns the profile of the signed-in user.
//!
//! The response has only the attributes that the app may read. `MFAOptions` is
//! obsolete and never sent.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html>

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Cx, Result};
use crate::error::Error;
use crate::state::mfa::Factor;
use crate::views::user::{AttributeView, attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    // Absent if no factor is set (fact 1.16).
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_mfa_setting: Option<Factor>,
    user_attributes: Vec<AttributeView>,
    #[serde(rename = "UserMFASettingList", skip_serializing_if = "Vec::is_empty")]
    user_mfa_setting_list: Vec<Factor>,
    username: SmolStr,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (pool, id) = bearer.read()?;
    let client = pool.client(&bearer.client_id)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let mut user_attributes = attributes(user);
    user_attributes.retain(|attribute| client.may_read(&attribute.name));
    Ok(Response {
        username: user.username.clone(),
        user_attributes,
        preferred_mfa_setting: user.mfa.preferred,
        user_mfa_setting_list: user.mfa.active(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn profile() -> serde_json::Value {
        json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "nickname", "Value": "Annie"},
        ])
    }

    #[test]
    fn users_see_the_attributes_that_their_app_may_read() {
        assert_snapshot!(Fixture::new().and_user("ana", profile()).signed_in("ana").run(r#"
            GetUser {"AccessToken":"$access"}
        "#), @r#"200 {"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"nickname","Value":"Annie"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}"#);
        let limited = json!({"ReadAttributes": ["nickname"]});
        let mut fixture = Fixture::with_pool_and_client(json!({}), limited)
            .and_user("ana", profile())
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            GetUser {"AccessToken":"$access"}
        "#), @r#"200 {"UserAttributes":[{"Name":"nickname","Value":"Annie"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}"#);
    }

    #[test]
    fn tokens_are_refused_after_sign_out_deletion_or_expiry() {
        let ana = || Fixture::with_user("ana").signed_in("ana");
        assert_snapshot!(ana().run(r#"
            advance 3599
            GetUser {"AccessToken":"$access"}
            advance 1
            GetUser {"AccessToken":"$access"}
        "#), @r#"
        200 {"UserAttributes":[{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        400 NotAuthorizedException: Access Token has expired
        "#);
        assert_snapshot!(ana().run(r#"
            GlobalSignOut {"AccessToken":"$access"}
            GetUser {"AccessToken":"$access"}
        "#), @"
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        ");
        assert_snapshot!(ana().run(r#"
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            GetUser {"AccessToken":"$access"}
        "#), @"
        200 {}
        400 NotAuthorizedException: User is disabled.
        ");
        assert_snapshot!(ana().run(r#"
            DeleteUser {"AccessToken":"$access"}
            GetUser {"AccessToken":"$access"}
        "#), @"
        200
        400 UserNotFoundException: User does not exist.
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_user("ana").signed_in("ana");
        let forged = format!(
            "{}AAAA",
            &fixture.get("access")[..fixture.get("access").len() - 4]
        );
        fixture.name("forged", &forged);
        assert_snapshot!(fixture.run(r#"
            GetUser {}
            GetUser {"AccessToken":"no token"}
            GetUser {"AccessToken":"no.token"}
            GetUser {"AccessToken":"$id"}
            GetUser {"AccessToken":"$forged"}
            GetUser {"AccessToken":"$access"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Invalid Access Token
        400 NotAuthorizedException: Could not verify signature for Access Token
        200 {"UserAttributes":[{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        "#);
    }
}
