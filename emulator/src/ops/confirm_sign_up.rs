//! `ConfirmSignUp`: confirms an `UNCONFIRMED` user with the code that was sent,
//! and verifies the attribute that it was sent to.
//!
//! If the request has the `Session` of the sign-up, the response has a new session.
//! With it, `USER_AUTH` signs in without another code.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html>

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Cx, Result};
use crate::error::Error;
use crate::sign_in::signed_up;
use crate::state::code::{CodePurpose, Limit};
use crate::state::pool::Pool;
use crate::state::status::{Transition, after};
use crate::state::users::UserId;
use crate::triggers::Metadata;
use crate::triggers::sign_up::{self, Confirmed};
use crate::world::Time;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    confirmation_code: String,
    #[serde(default)]
    force_alias_creation: bool,
    #[serde(default)]
    client_metadata: Metadata,
    session: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let Request {
        client_id,
        username,
        ..
    } = &request;
    let mut pool = cx.client_pool_mut(client_id, username, request.secret_hash.as_deref())?;
    let Some(id) = pool.reach(username, client_id)? else {
        let limit = Limit::ConfirmSignUp;
        return Err(pool.refuse_code(username, CodePurpose::SignUp, limit, cx.now()));
    };
    let given = request.session.as_deref();
    if let Some(session) = given {
        signed_up::check_session(cx, &pool, client_id, id, session)?;
    }
    let attribute = confirm(&mut pool, id, &request, cx.now())?;
    let confirm =
        |session| signed_up::confirm_session(cx, &mut pool, client_id, id, session, attribute);
    let session = given.map(confirm).transpose()?;
    let (client_id, metadata) = (Some(client_id.as_str()), &request.client_metadata);
    sign_up::post_confirmation(cx.world, pool, id, client_id, Confirmed::SignUp, metadata)?;
    Ok(Response { session })
}

/// Confirms the user. Returns the attribute that the code was sent to.
fn confirm(pool: &mut Pool, id: UserId, request: &Request, now: Time) -> Result<SmolStr> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let status = after(user.status, Transition::Confirm)?;
    pool.take(id, Limit::ConfirmSignUp, now)?;

    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let code = user
        .codes
        .check(CodePurpose::SignUp, &request.confirmation_code, now)?;
    let attribute = code.attribute.clone();
    let mut attributes = user.attributes.clone();
    // The code verifies the address that it was sent to. The user's address may
    // have changed.
    if attributes.get(&attribute) == Some(&code.destination) {
        attributes.set(&format!("{attribute}_verified"), "true");
    }
    let taken = pool.taken(&attributes, Some(id));
    for taken in &taken {
        if !request.force_alias_creation || !pool.is_movable(taken) {
            return Err(taken.refusal());
        }
    }
    for taken in taken {
        taken.release(pool, now)?;
    }
    pool.edit_id(id, now, |user| {
        user.codes.clear(CodePurpose::SignUp);
        user.attributes = attributes;
        user.status = status;
        Ok(attribute)
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    const SIGN_UP: &str = r#"
        SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
    "#;

    fn signed_up() -> Fixture {
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}));
        fixture.run(SIGN_UP);
        fixture
    }

    #[test]
    fn the_code_confirms_the_user_and_verifies_the_address() {
        assert_snapshot!(signed_up().run(r#"
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
        "#), @r#"
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        400 NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED
        "#);
    }

    #[test]
    fn wrong_codes_leave_the_right_one_until_it_expires() {
        assert_snapshot!(signed_up().run(r#"
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong"}
            advance 86399
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong"}
            advance 1
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
            ResendConfirmationCode {"ClientId":"$client","Username":"ana"}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
        "#), @r#"
        400 CodeMismatchException: Invalid verification code provided, please try again.
        400 CodeMismatchException: Invalid verification code provided, please try again.
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {}
        "#);
    }

    #[test]
    fn fifteen_attempts_an_hour() {
        let mut fixture = signed_up();
        for _ in 0..15 {
            fixture.run(r#"ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong"}"#);
        }
        assert_snapshot!(fixture.run(r#"
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
            advance 3600
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
        "#), @"
        400 LimitExceededException: Attempt limit exceeded, please try after some time.
        200 {}
        ");
    }

    #[test]
    fn an_alias_of_another_user_moves_only_if_forced() {
        let aliases = json!({"AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"]});
        let mut fixture = Fixture::with_pool(aliases);
        fixture.run(SIGN_UP);
        assert_snapshot!(fixture.run(r#"
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
            SignUp {"ClientId":"$client","Username":"bob","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            ConfirmSignUp {"ClientId":"$client","Username":"bob","ConfirmationCode":"$code"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
            ConfirmSignUp {"ClientId":"$client","Username":"bob","ConfirmationCode":"$code","ForceAliasCreation":true}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
        "#), @r#"
        200 {}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        400 AliasExistsException: An account with the given email already exists.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"bob"}
        "#);
    }

    #[test]
    fn unknown_users_get_the_responses_of_real_ones() {
        let pool = json!({"AutoVerifiedAttributes": ["email"]});
        let client = json!({"PreventUserExistenceErrors": "ENABLED"});
        assert_snapshot!(Fixture::with_pool_and_client(pool, client).run(r#"
            ConfirmSignUp {"ClientId":"$client","Username":"noname","ConfirmationCode":"123456"}
            ResendConfirmationCode {"ClientId":"$client","Username":"noname"}
            ConfirmSignUp {"ClientId":"$client","Username":"noname","ConfirmationCode":"123456"}
            advance 86400
            ConfirmSignUp {"ClientId":"$client","Username":"noname","ConfirmationCode":"123456"}
        "#), @r#"
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"f***@k***"}}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool_and_client(
            json!({"AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}),
            json!({"GenerateSecret": true}),
        )
        .and_user("bob", json!([]));
        assert_snapshot!(fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","SecretHash":"$hash(ana)","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            ConfirmSignUp {"ClientId":"unknown","Username":"eve","ConfirmationCode":""}
            ConfirmSignUp {"ClientId":"unknown","Username":"eve","ConfirmationCode":"wrong"}
            ConfirmSignUp {"ClientId":"$client","Username":"eve","ConfirmationCode":"wrong"}
            ConfirmSignUp {"ClientId":"$client","Username":"eve","ConfirmationCode":"wrong","SecretHash":"$hash(ana)"}
            ConfirmSignUp {"ClientId":"$client","Username":"eve","ConfirmationCode":"wrong","SecretHash":"$hash(eve)"}
            ConfirmSignUp {"ClientId":"$client","Username":"bob","ConfirmationCode":"wrong","SecretHash":"$hash(bob)"}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong","SecretHash":"$hash(ana)"}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","SecretHash":"$hash(ana)"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'confirmationCode' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'confirmationCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 UserNotFoundException: Username/client id combination not found.
        400 NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {}
        "#);
    }
}
