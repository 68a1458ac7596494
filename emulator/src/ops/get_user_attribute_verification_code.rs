//! `GetUserAttributeVerificationCode`: sends a code to the `email` or `phone_number` of
//! the signed-in user, even if it is verified.
//!
//! If a new value waits for its verification, the code is sent to it. Otherwise it is
//! sent to the current value (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAttributeVerificationCode.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::code::{CodePurpose, Limit};
use crate::state::contact::CodeDeliveryDetails;
use crate::state::contact::Contact;
use crate::triggers::Metadata;
use crate::triggers::message::{MessageContext, Source, post_one};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    attribute_name: String,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    code_delivery_details: CodeDeliveryDetails,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (mut pool, id) = bearer.write()?;
    let purpose = CodePurpose::proof_of(&request.attribute_name)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let contact = Contact::to_verify(user, purpose)?;
    pool.take(id, Limit::GetUserAttributeVerificationCode, cx.now())?;
    let draft = pool.issue_code(cx.world, id, purpose, &contact);
    let context = MessageContext {
        source: Source::VerifyUserAttribute,
        client_id: Some(&bearer.client_id),
        metadata: &request.client_metadata,
    };
    Ok(Response {
        code_delivery_details: post_one(cx.world, pool, draft, &context)?,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn signed_in() -> Fixture {
        let profile = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ]);
        Fixture::new().and_user("ana", profile).signed_in("ana")
    }

    #[test]
    fn a_verified_address_can_be_verified_again() {
        assert_snapshot!(signed_in().run(r#"
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
            outbox
            VerifyUserAttribute {"AccessToken":"$access","AttributeName":"email","Code":"$code"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        AttributeVerification Email to ana@example.com: Your verification code Your verification code is $code.
        200 {}
        "#);
    }

    #[test]
    fn five_codes_an_hour() {
        let mut fixture = signed_in();
        for _ in 0..5 {
            fixture.run(r#"GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}"#);
        }
        assert_snapshot!(fixture.run(r#"
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
            advance 3600
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
        "#), @r#"
        400 LimitExceededException: Attempt limit exceeded, please try after some time.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(signed_in().run(r#"
            GetUserAttributeVerificationCode {"AccessToken":"no token","AttributeName":""}
            GetUserAttributeVerificationCode {"AccessToken":"no.token","AttributeName":"nickname"}
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"nickname"}
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"phone_number"}
            GetUserAttributeVerificationCode {"AccessToken":"$access","AttributeName":"email"}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+; Value '' at 'attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'attributeName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidParameterException: Invalid attribute name. Only phone_number and email can be verified.
        400 InvalidParameterException: User does not have a valid registered phone number
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
    }
}
