//! `ChangePassword`: changes the password of the signed-in user.
//!
//! The user stays signed in. Wrong passwords count against the hourly limit and do not
//! lock the user (<https://github.com/aws-amplify/aws-sdk-android/issues/627>).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::password::PasswordWay;
use crate::error::Error;
use crate::state::code::Limit;
use crate::state::pool::Pool;
use crate::state::status::{Transition, after};
use crate::state::user::User;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    previous_password: Option<String>,
    proposed_password: String,
    access_token: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write()?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let status = after(user.status, Transition::ChangePassword)?;
    // A user with a password must send it. The sentence with the parameter's older name
    // is from a program that matches it. That a call without the password does not
    // count against the limit is inferred.
    if user.password.is_some() && request.previous_password.is_none() {
        return Err(Error::MissingParameter {
            parameter: "OldPassword".to_owned(),
        });
    }
    pool.take(id, Limit::ChangePassword, cx.now())?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if !knows_password(&pool, user, request.previous_password.as_deref()) {
        return Err(Error::BadCredentials);
    }
    let way = PasswordWay::Existing;
    let verifier = pool.new_password(cx.world, user, &request.proposed_password, way)?;
    pool.edit_id(id, cx.now(), |user| {
        user.set_password(verifier, None);
        user.status = status;
        Ok(())
    })?;
    Ok(Response {})
}

/// Whether the request has the user's password. A user without a password must not send
/// one (R59).
fn knows_password(pool: &Pool, user: &User, previous: Option<&str>) -> bool {
    match (&user.password, previous) {
        (None, None) => true,
        (Some(verifier), Some(previous)) => {
            verifier.verifies(pool.short_name(), &user.username, previous)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn the_new_password_signs_in_and_tokens_stay_valid() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Another-Horse-8"}
            GetUser {"AccessToken":"$access"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"Another-Horse-8"}}
        "#), @r#"
        200 {}
        200 {"UserAttributes":[{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn five_requests_an_hour_with_any_result() {
        let mut fixture = Fixture::with_user("ana").signed_in("ana");
        for _ in 0..5 {
            fixture.run(r#"ChangePassword {"AccessToken":"$access","PreviousPassword":"wrong","ProposedPassword":"Another-Horse-8"}"#);
        }
        assert_snapshot!(fixture.run(r#"
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Another-Horse-8"}
            advance 3599
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Another-Horse-8"}
            advance 1
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Another-Horse-8"}
        "#), @"
        200 {}
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Access Token has expired
        ");
    }

    #[test]
    fn a_first_password_needs_no_previous_one() {
        let mut fixture = Fixture::with_user("ana").signed_in("ana");
        let handle = fixture.pool_handle();
        handle
            .write()
            .edit("ana", fixture.emulator().world().now(), |user| {
                user.password = None;
                Ok(())
            })
            .unwrap();
        assert_snapshot!(fixture.run(r#"
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Another-Horse-8"}
            ChangePassword {"AccessToken":"$access","ProposedPassword":"Another-Horse-8"}
            ChangePassword {"AccessToken":"$access","ProposedPassword":"Third-Horse-9"}
        "#), @"
        400 NotAuthorizedException: Incorrect username or password.
        200 {}
        400 InvalidParameterException: Missing required parameter OldPassword
        ");
    }

    #[test]
    fn a_reset_password_is_not_changed_and_a_temporary_one_becomes_permanent() {
        let mut fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "email", "Value": "ana@example.com"}, {"Name": "email_verified", "Value": "true"}]),
            )
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Another-Horse-8"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"Temporary-Horse-1"}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"Temporary-Horse-1","ProposedPassword":"Another-Horse-8"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"Another-Horse-8"}}
        "#), @r#"
        200 {}
        400 PasswordResetRequiredException: Password reset required for the user
        200 {}
        200 {}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let remembers =
            json!({"Policies": {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 1}}});
        let mut fixture = Fixture::with_pool(remembers)
            .and_user("ana", json!([]))
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            ChangePassword {"AccessToken":"no token","PreviousPassword":"wrong"}
            ChangePassword {"AccessToken":"no.token","PreviousPassword":"wrong","ProposedPassword":"weak"}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"wrong","ProposedPassword":"weak"}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"weak"}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"$password"}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Another-Horse-8"}
        "#), @"
        400 InvalidParameterException: 3 validation errors detected: Value at 'previousPassword' failed to satisfy constraint: Member must have length greater than or equal to 6; Value at 'proposedPassword' failed to satisfy constraint: Member must not be null; Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+
        400 InvalidParameterException: 2 validation errors detected: Value at 'previousPassword' failed to satisfy constraint: Member must have length greater than or equal to 6; Value at 'proposedPassword' failed to satisfy constraint: Member must have length greater than or equal to 6
        400 InvalidParameterException: 2 validation errors detected: Value at 'previousPassword' failed to satisfy constraint: Member must have length greater than or equal to 6; Value at 'proposedPassword' failed to satisfy constraint: Member must have length greater than or equal to 6
        400 InvalidParameterException: 1 validation error detected: Value at 'proposedPassword' failed to satisfy constraint: Member must have length greater than or equal to 6
        400 PasswordHistoryPolicyViolationException: Password has previously been used
        200 {}
        ");
    }
}
