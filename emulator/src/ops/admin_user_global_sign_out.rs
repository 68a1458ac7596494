//! `AdminUserGlobalSignOut`: signs a user out everywhere.
//!
//! Access tokens are revoked, and refresh tokens are refused. The operation succeeds
//! for a user who is not signed in.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUserGlobalSignOut.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    pool.users
        .edit_unindexed(id, |user| user.sign_out_globally(cx.now()));
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn succeeds_for_a_user_who_is_not_signed_in() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminUserGlobalSignOut {"UserPoolId":"$pool","Username":"ana"}
            AdminUserGlobalSignOut {"UserPoolId":"$pool","Username":"ana"}
        "#), @"
        200 {}
        200 {}
        ");
    }

    #[test]
    fn refresh_tokens_are_refused_afterwards() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(r#"AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#);
        assert_snapshot!(fixture.run(r#"
            AdminUserGlobalSignOut {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
        "#), @"
        200 {}
        400 NotAuthorizedException: Refresh Token has been revoked
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminUserGlobalSignOut {"UserPoolId":"us-east-1_nope","Username":""}
            AdminUserGlobalSignOut {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminUserGlobalSignOut {"UserPoolId":"$pool","Username":"bob"}
            AdminUserGlobalSignOut {"UserPoolId":"$pool","Username":"ana"}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200 {}
        ");
    }
}
