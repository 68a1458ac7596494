//! `UpdateUserAttributes`: changes attributes of the signed-in user. An empty
//! value deletes an attribute.
//!
//! If the pool verifies `email` or `phone_number`, a code is sent to a new value. The
//! new value applies at once, unverified, unless the pool requires verification first.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::attribute::Attribute;
use crate::state::contact::CodeDeliveryDetails;
use crate::state::given::AttributeSource;
use crate::triggers::Metadata;
use crate::triggers::message::{MessageContext, Source, post};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    user_attributes: Vec<Attribute>,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    // Absent if no code was sent:
    // <https://github.com/aws-amplify/aws-sdk-ios/issues/4255>.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_delivery_details_list: Vec<CodeDeliveryDetails>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (mut pool, id) = bearer.write()?;
    let client = pool.client(&bearer.client_id)?;
    let change = pool.validate_update(
        id,
        AttributeSource::Update,
        Some(client),
        &request.user_attributes,
    )?;
    let drafts = pool.apply(cx.world, id, change)?;
    let context = MessageContext {
        source: Source::UpdateUserAttribute,
        client_id: Some(&bearer.client_id),
        metadata: &request.client_metadata,
    };
    Ok(Response {
        code_delivery_details_list: post(cx.world, pool, drafts, &context)?,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::Fixture;

    fn signed_in(pool: Value) -> Fixture {
        let profile = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "nickname", "Value": "Annie"},
        ]);
        Fixture::with_pool(pool)
            .and_user("ana", profile)
            .signed_in("ana")
    }

    #[test]
    fn a_new_address_applies_at_once_and_is_unverified_until_confirmed() {
        assert_snapshot!(signed_in(json!({"AutoVerifiedAttributes": ["email"]})).run(r#"
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"new@example.org"}]}
            outbox
            GetUser {"AccessToken":"$access"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
            GetUser {"AccessToken":"$access"}
        "#), @r#"
        200 {"CodeDeliveryDetailsList":[{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"n***@e***"}]}
        AttributeVerification Email to new@example.org: Your verification code Your verification code is $code.
        200 {"UserAttributes":[{"Name":"email","Value":"new@example.org"},{"Name":"email_verified","Value":"false"},{"Name":"nickname","Value":"Annie"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        200 {}
        200 {"UserAttributes":[{"Name":"email","Value":"new@example.org"},{"Name":"email_verified","Value":"true"},{"Name":"nickname","Value":"Annie"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        "#);
    }

    #[test]
    fn a_new_address_can_require_verification_first() {
        let pool = json!({
            "AutoVerifiedAttributes": ["email"],
            "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        });
        assert_snapshot!(signed_in(pool).run(r#"
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"new@example.org"},{"Name":"nickname","Value":"A"}]}
            GetUser {"AccessToken":"$access"}
            first = $code
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$first"}
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
            GetUser {"AccessToken":"$access"}
        "#), @r#"
        200 {"CodeDeliveryDetailsList":[{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"n***@e***"}]}
        200 {"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"nickname","Value":"A"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"n***@e***"}}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {}
        200 {"UserAttributes":[{"Name":"email","Value":"new@example.org"},{"Name":"email_verified","Value":"true"},{"Name":"nickname","Value":"A"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        "#);
    }

    #[test]
    fn addresses_that_the_pool_does_not_verify_get_no_code() {
        assert_snapshot!(signed_in(json!({})).run(r#"
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"new@example.org"},{"Name":"nickname","Value":""}]}
            outbox
            GetUser {"AccessToken":"$access"}
        "#), @r#"
        200 {}
        nothing sent
        200 {"UserAttributes":[{"Name":"email","Value":"new@example.org"},{"Name":"email_verified","Value":"false"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        "#);
    }

    #[test]
    fn each_changed_address_gets_its_code() {
        let pool = json!({
            "AutoVerifiedAttributes": ["email", "phone_number"],
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
        });
        assert_snapshot!(signed_in(pool).run(r#"
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"phone_number","Value":"+12065559934"},{"Name":"email","Value":"new@example.org"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"phone_number","Value":"+12065559934"}]}
        "#), @r#"
        200 {"CodeDeliveryDetailsList":[{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"n***@e***"},{"AttributeName":"phone_number","DeliveryMedium":"SMS","Destination":"+*******9934"}]}
        200 {}
        "#);
    }

    #[test]
    fn aliases_of_other_users_are_refused() {
        let by_email =
            json!({"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]});
        let mut fixture = Fixture::with_pool(by_email)
            .and_user("ana@example.com", json!([]))
            .and_user("bob@example.com", json!([]))
            .signed_in("ana@example.com");
        assert_snapshot!(fixture.run(r#"
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"bob@example.com"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"new@example.com"}]}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana@example.com","PASSWORD":"$password"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"new@example.com","PASSWORD":"$password"}}
        "#), @r#"
        400 AliasExistsException: An account with the given email already exists.
        200 {"CodeDeliveryDetailsList":[{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"n***@e***"}]}
        400 UserNotFoundException: User does not exist.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
        let by_name = json!({"AliasAttributes": ["preferred_username"]});
        let mut fixture = Fixture::with_pool(by_name)
            .and_user("ana", json!([]))
            .and_user(
                "bob",
                json!([{"Name": "preferred_username", "Value": "bobby"}]),
            )
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"preferred_username","Value":"bobby"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"preferred_username","Value":"bob"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"preferred_username","Value":"ana"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"preferred_username","Value":"annie"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"annie"}
        "#), @r#"
        400 AliasExistsException: An account with the given preferred_username already exists.
        400 AliasExistsException: User account already exists for the alias.
        200 {}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"preferred_username","Value":"annie"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let pool = json!({"Schema": [{"Name": "email", "Required": true}, {"Name": "team", "AttributeDataType": "String", "Mutable": false}]});
        let client = json!({"WriteAttributes": ["email", "custom:team"]});
        let mut fixture = Fixture::with_pool_and_client(pool, client)
            .and_user(
                "ana",
                json!([{"Name": "email", "Value": "ana@example.com"}]),
            )
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            UpdateUserAttributes {"AccessToken":"no token"}
            UpdateUserAttributes {"AccessToken":"no.token","UserAttributes":[{"Name":"email_verified","Value":"true"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email_verified","Value":"true"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"nickname","Value":"Annie"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"custom:team","Value":"red"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":""}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"ana"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"email","Value":"new@example.org"}]}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userAttributes' failed to satisfy constraint: Member must not be null; Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 InvalidParameterException: user.custom:team: Attribute cannot be updated.

        400 InvalidParameterException: user.email: Required attribute cannot be deleted.

        400 InvalidParameterException: Invalid email address format.
        200 {}
        ");
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"update_email","Value":"x"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"sub","Value":"x"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"phone_number","Value":"0123"}]}
            UpdateUserAttributes {"AccessToken":"$access","UserAttributes":[{"Name":"phone_number","Value":"+12065559934"}]}
        "#), @"
        400 InvalidParameterException: user.update_email: Attribute does not exist in the schema.

        400 InvalidParameterException: Cannot modify the non-mutable attribute sub
        400 InvalidParameterException: Invalid phone number format.
        200 {}
        ");
    }
}
