//! `VerifyUserAttribute`: verifies the `email` or `phone_number` of the
//! signed-in user with the code that was sent.
//!
//! A new value that waits for its code replaces the old one.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifyUserAttribute.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::code::{CodePurpose, Limit};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    attribute_name: String,
    code: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write()?;
    let name = &*request.attribute_name;
    let purpose = CodePurpose::proof_of(name)?;
    pool.take(id, Limit::VerifyUserAttribute, cx.now())?;

    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let code = user.codes.check(purpose, &request.code, cx.now())?;
    let proven = |value: Option<&str>| value == Some(&*code.destination);
    let pending = user.pending.get(name);
    if !proven(pending) && !proven(user.attribute(name)) {
        // The value has changed since the code was sent, so the code verifies
        // nothing.
        return Err(Error::CodeExpired);
    }
    let mut attributes = user.attributes.clone();
    attributes.set(name, &code.destination);
    attributes.set(&format!("{name}_verified"), "true");
    if let Some(taken) = pool.taken(&attributes, Some(id)).into_iter().next() {
        return Err(taken.refusal());
    }
    pool.edit_id(id, cx.now(), |user| {
        if user.attribute(name) != attributes.get(name) {
            user.pending.remove(name);
        }
        user.codes.clear(purpose);
        user.attributes = attributes;
        Ok(())
    })?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn signed_in(pool: serde_json::Value) -> Fixture {
        let email = json!([{"Name": "email", "Value": "ana@example.com"}]);
        Fixture::with_pool(pool)
            .and_user("ana", email)
            .signed_in("ana")
    }

    #[test]
    fn a_code_can_be_used_once_and_expires_after_a_day() {
        assert_snapshot!(signed_in(json!({})).run(r#"
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"123456"}
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"wrong"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
            GetUser {"AccessToken":"$access"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
            advance 86400
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
        "#), @r#"
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {}
        200 {"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        "#);
    }

    #[test]
    fn fifteen_attempts_an_hour() {
        let mut fixture = signed_in(json!({}));
        fixture.run(
            r#"GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}"#,
        );
        for _ in 0..15 {
            fixture.run(r#"VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"wrong"}"#);
        }
        assert_snapshot!(fixture.run(r#"
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
            advance 3600
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
        "#), @r#"
        400 LimitExceededException: Attempt limit exceeded, please try after some time.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        "#);
    }

    #[test]
    fn another_users_alias_cannot_be_verified() {
        let mut fixture = signed_in(json!({"AliasAttributes": ["email"]})).and_user(
            "bob",
            json!([{"Name": "email", "Value": "ana@example.com"}, {"Name": "email_verified", "Value": "true"}]),
        );
        assert_snapshot!(fixture.run(r#"
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"bob"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        400 AliasExistsException: An account with the given email already exists.
        200
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(signed_in(json!({})).run(r#"
            VerifyUserAttribute {"AccessToken":"no token","AttributeName":"nickname","Code":""}
            VerifyUserAttribute {"AccessToken":"no.token","AttributeName":"nickname","Code":"wrong"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"nickname","Code":"wrong"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"wrong"}
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"wrong"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+; Value '' at 'code' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'code' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidParameterException: Invalid attribute name. Only phone_number and email can be verified.
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {}
        "#);
    }
}
