//! `AdminUpdateUserAttributes`: changes a user's attributes. An empty value
//! deletes an attribute.
//!
//! A new address is unverified unless `email_verified` or `phone_number_verified` is in
//! the request. If the pool verifies that attribute, a code is sent to the address.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::attribute::Attribute;
use crate::state::given::AttributeSource;
use crate::triggers::Metadata;
use crate::triggers::message::{MessageContext, Source, post};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    user_attributes: Vec<Attribute>,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    let change = pool.validate_update(
        id,
        AttributeSource::AdminUpdate,
        None,
        &request.user_attributes,
    )?;
    let drafts = pool.apply(cx.world, id, change)?;
    let context = MessageContext {
        source: Source::UpdateUserAttribute,
        client_id: None,
        metadata: &request.client_metadata,
    };
    post(cx.world, pool, drafts, &context)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn sets_replaces_and_deletes() {
        assert_snapshot!(Fixture::new().and_verified_user("ana").run(r#"
            advance 60
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"name","Value":"Ana"},{"Name":"email","Value":"ana@example.com"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"name","Value":""},{"Name":"email","Value":""}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"new@example.com"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            outbox
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[]}
        "#), @r#"
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"name","Value":"Ana"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"new@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"CONFIRMED","Username":"ana"}
        nothing sent
        200 {}
        "#);
    }

    #[test]
    fn a_new_address_is_verified_by_a_code_or_by_the_request() {
        let pool = json!({ "AutoVerifiedAttributes": ["email", "phone_number"], "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" } });
        assert_snapshot!(Fixture::with_pool(pool).and_verified_user("ana").run(r#"
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"new@example.com"},{"Name":"email_verified","Value":"true"}]}
            outbox
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"newer@example.com"}]}
            outbox
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"+12065550100"},{"Name":"phone_number_verified","Value":"false"}]}
            outbox
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email_verified","Value":"true"}]}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {}
        nothing sent
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"new@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        AttributeVerification Email to newer@example.com: Your verification code Your verification code is $code.
        200 {}
        AttributeVerification Sms to +12065550100:  Your verification code is $code.
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"newer@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"phone_number","Value":"+12065550100"},{"Name":"phone_number_verified","Value":"false"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserStatus: "CONFIRMED"
          Username: "ana"
        200 {}
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"newer@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"phone_number","Value":"+12065550100"},{"Name":"phone_number_verified","Value":"false"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserStatus: "CONFIRMED"
          Username: "ana"
        "#);
    }

    #[test]
    fn an_address_may_have_to_be_verified_first() {
        let pool = json!({ "AutoVerifiedAttributes": ["email"], "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] } });
        assert_snapshot!(Fixture::with_pool(pool).and_verified_user("ana").run(r#"
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"new@example.com"}]}
            outbox
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"newer@example.com"},{"Name":"email_verified","Value":"True"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {}
        AttributeVerification Email to new@example.com: Your verification code Your verification code is $code.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"newer@example.com"},{"Name":"email_verified","Value":"True"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    #[test]
    fn a_verified_alias_moves_to_the_updated_user() {
        let pool = json!({ "AliasAttributes": ["email", "preferred_username"] });
        assert_snapshot!(Fixture::with_pool(pool).and_verified_user("ana").and_user("bob", json!([])).run(r#"
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"preferred_username","Value":"annie"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"preferred_username","Value":"annie"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"email_verified","Value":"true"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {}
        400 AliasExistsException: An account with the given preferred_username already exists.
        200 {}
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"preferred_username","Value":"annie"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserStatus: "CONFIRMED"
          Username: "ana"
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"bob"}
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"preferred_username","Value":"annie"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserStatus: "CONFIRMED"
          Username: "ana"
        "#);
    }

    #[test]
    fn an_address_that_is_another_username_is_refused() {
        let pool = json!({ "UsernameAttributes": ["email"] });
        assert_snapshot!(Fixture::with_pool(pool).and_user("ana@example.com", json!([])).and_user("bob@example.com", json!([])).run(r#"
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"bob@example.com","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"bob@example.com","UserAttributes":[{"Name":"email","Value":"cyd@example.com"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"bob@example.com"}
            AdminGetUser {"UserPoolId":"$pool","Username":"cyd@example.com"}
        "#), @r#"
        400 AliasExistsException: An account with the given email already exists.
        200 {}
        400 UserNotFoundException: User does not exist.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"cyd@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"$sub"}
        "#);
    }

    #[test]
    fn unconfirmed_users_cannot_have_a_preferred_username() {
        let pool = json!({ "AliasAttributes": ["preferred_username"] });
        assert_snapshot!(Fixture::with_pool(pool).run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"preferred_username","Value":"annie"}]}
            AdminConfirmSignUp {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"preferred_username","Value":"annie"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"annie"}
        "#), @r#"
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        400 InvalidParameterException: Preferred username cannot be provided for unconfirmed account, since user pool is configured for preferred username alias.
        200 {}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"preferred_username","Value":"annie"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    #[test]
    fn developers_can_write_more_than_users() {
        let pool = json!({ "Schema": [{ "Name": "plan", "AttributeDataType": "String", "DeveloperOnlyAttribute": true, "Mutable": true }, { "Name": "badge", "AttributeDataType": "Number", "Mutable": false }] });
        assert_snapshot!(Fixture::with_pool(pool).and_user("ana", json!([{"Name":"custom:badge","Value":"7"}])).run(r#"
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"dev:custom:plan","Value":"gold"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"custom:plan","Value":"gold"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"custom:badge","Value":"8"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {}
        400 InvalidParameterException: user.custom:plan: Attribute does not exist in the schema.

        400 InvalidParameterException: user.custom:badge: Attribute cannot be updated.

        200 {"Enabled":true,"UserAttributes":[{"Name":"custom:badge","Value":"7"},{"Name":"dev:custom:plan","Value":"gold"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let pool = json!({ "Schema": [{ "Name": "email", "Required": true }] });
        assert_snapshot!(Fixture::with_pool(pool).and_verified_user("ana").run(r#"
            AdminUpdateUserAttributes {"UserPoolId":"us-east-1_nope","Username":"","UserAttributes":[{"Name":"nope","Value":"x"}]}
            AdminUpdateUserAttributes {"UserPoolId":"us-east-1_nope","Username":"bob","UserAttributes":[{"Name":"nope","Value":"x"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"bob","UserAttributes":[{"Name":"nope","Value":"x"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"nope","Value":"x"},{"Name":"sub","Value":"x"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"username","Value":"x"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"sub","Value":"x"},{"Name":"email","Value":"x"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"x"},{"Name":"phone_number","Value":"x"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"x"},{"Name":"email","Value":""}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":""},{"Name":"phone_number_verified","Value":"true"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number_verified","Value":"true"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"+12065550100"},{"Name":"phone_number_verified","Value":"true"}]}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: user.nope: Attribute does not exist in the schema.

        400 InvalidParameterException: user.username: Attribute does not exist in the schema.

        400 InvalidParameterException: user.sub: Attribute cannot be updated.

        400 InvalidParameterException: Invalid email address format.
        400 InvalidParameterException: Invalid phone number format.
        400 InvalidParameterException: user.email: Required attribute cannot be deleted.

        400 InvalidParameterException: phone_number must be provided to set phone_number_verified.
        200 {}
        ");
    }
}
