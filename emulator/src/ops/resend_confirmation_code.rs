//! `ResendConfirmationCode`: sends a new sign-up code. The previous one becomes
//! invalid.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ResendConfirmationCode.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::code::{CodePurpose, Limit};
use crate::state::contact::CodeDeliveryDetails;
use crate::state::user::Status;
use crate::triggers::Metadata;
use crate::triggers::message::{MessageContext, Source, post_one};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    code_delivery_details: CodeDeliveryDetails,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let Request {
        client_id,
        username,
        secret_hash,
        client_metadata,
    } = &request;
    let mut pool = cx.client_pool_mut(client_id, username, secret_hash.as_deref())?;
    // This check does not depend on the user, so it comes first (inferred).
    let attributes: Vec<_> = pool.sign_up_attributes().collect();
    if attributes.is_empty() {
        return Err(Error::CannotResendCodes);
    }
    let (purpose, limit) = (CodePurpose::SignUp, Limit::ResendConfirmationCode);
    let code_delivery_details = match pool.reach(username, client_id)? {
        None => pool.pretend_code(username, purpose, limit, &attributes, cx.now())?,
        Some(id) => {
            let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
            if user.status != Status::Unconfirmed {
                // Inferred for statuses other than CONFIRMED.
                return Err(Error::AlreadyConfirmed);
            }
            // That a user without an address causes the same error is inferred.
            let contact = pool.sign_up_contact(user).ok_or(Error::CannotResendCodes)?;
            let pages = cx.link_pages(&pool, &contact)?;
            pool.take(id, limit, cx.now())?;
            let mut draft = pool.issue_code(cx.world, id, purpose, &contact);
            if let Some(pages) = pages {
                draft = pool.with_link(draft, &pages, client_id);
            }
            let context = MessageContext {
                source: Source::ResendCode,
                client_id: Some(client_id),
                metadata: client_metadata,
            };
            post_one(cx.world, pool, draft, &context)?
        }
    };
    Ok(Response {
        code_delivery_details,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn signed_up(client: serde_json::Value) -> Fixture {
        let pool = json!({"AutoVerifiedAttributes": ["email"]});
        let mut fixture = Fixture::with_pool_and_client(pool, client);
        fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
        "#);
        fixture
    }

    #[test]
    fn a_new_code_replaces_the_previous_one() {
        assert_snapshot!(signed_up(json!({})).run(r#"
            first = $code
            ResendConfirmationCode {"ClientId":"$client","Username":"ana"}
            outbox
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$first"}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        SignUp Email to ana@example.com: Your verification code Your verification code is $code.
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {}
        "#);
    }

    #[test]
    fn five_codes_an_hour() {
        let mut fixture = signed_up(json!({}));
        for _ in 0..5 {
            fixture.run(r#"ResendConfirmationCode {"ClientId":"$client","Username":"ana"}"#);
        }
        assert_snapshot!(fixture.run(r#"
            ResendConfirmationCode {"ClientId":"$client","Username":"ana"}
            advance 3600
            ResendConfirmationCode {"ClientId":"$client","Username":"ana"}
        "#), @r#"
        400 LimitExceededException: Attempt limit exceeded, please try after some time.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
    }

    #[test]
    fn unknown_users_can_be_hidden() {
        assert_snapshot!(signed_up(json!({"PreventUserExistenceErrors": "ENABLED"})).run(r#"
            ResendConfirmationCode {"ClientId":"$client","Username":"noname"}
            ResendConfirmationCode {"ClientId":"$client","Username":"noname"}
            ResendConfirmationCode {"ClientId":"$client","Username":"noname@example.com"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            ResendConfirmationCode {"ClientId":"$client","Username":"ana"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"f***@k***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"f***@k***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"n***@e***"}}
        200 {}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"u***@a***"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool_and_client(json!({}), json!({"GenerateSecret": true}))
            .and_user("bob", json!([]));
        assert_snapshot!(fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"eve","Password":"$password","SecretHash":"$hash(eve)"}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","SecretHash":"$hash(ana)","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            ResendConfirmationCode {"ClientId":"unknown","Username":""}
            ResendConfirmationCode {"ClientId":"unknown","Username":"noname"}
            ResendConfirmationCode {"ClientId":"$client","Username":"noname"}
            ResendConfirmationCode {"ClientId":"$client","Username":"noname","SecretHash":"$hash(noname)"}
        "#), @r#"
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Cannot resend codes. Auto verification not turned on.
        "#);
        let handle = fixture.pool_handle();
        handle.write().settings.auto_verified_attributes = vec!["email".to_owned()];
        assert_snapshot!(fixture.run(r#"
            ResendConfirmationCode {"ClientId":"$client","Username":"noname","SecretHash":"$hash(noname)"}
            ResendConfirmationCode {"ClientId":"$client","Username":"bob","SecretHash":"$hash(bob)"}
            ResendConfirmationCode {"ClientId":"$client","Username":"eve","SecretHash":"$hash(eve)"}
            ResendConfirmationCode {"ClientId":"$client","Username":"ana","SecretHash":"$hash(ana)"}
        "#), @r#"
        400 UserNotFoundException: Username/client id combination not found.
        400 InvalidParameterException: User is already confirmed.
        400 NotAuthorizedException: Cannot resend codes. Auto verification not turned on.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
    }
}
