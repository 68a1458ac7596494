//! `AdminSetUserSettings`: turns a user's SMS codes on or off.
//! `AdminSetUserMFAPreference` has replaced it.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserSettings.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::mfa::{MfaOption, turns_sms_on};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    #[serde(rename = "MFAOptions")]
    mfa_options: Vec<MfaOption>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    pool.set_sms_mfa(id, turns_sms_on(&request.mfa_options)?)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above. The next sign-in requires
    /// the code.
    #[test]
    fn precedence() {
        let fixture = Fixture::with_user("ana").and_mfa("OPTIONAL", &Factor::ALL);
        assert_snapshot!({ fixture }.run(r#"
            AdminSetUserSettings {}
            AdminSetUserSettings {"UserPoolId":"us-east-1_nope","Username":"bob","MFAOptions":[{"DeliveryMedium":"SMS"}]}
            AdminSetUserSettings {"UserPoolId":"$pool","Username":"bob","MFAOptions":[{"DeliveryMedium":"SMS"}]}
            AdminSetUserSettings {"UserPoolId":"$pool","Username":"ana","MFAOptions":[{"DeliveryMedium":"SMS"}]}
            AdminSetUserSettings {"UserPoolId":"$pool","Username":"ana","MFAOptions":[{"DeliveryMedium":"SMS","AttributeName":"phone_number"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"+12065559934"}]}
            AdminSetUserSettings {"UserPoolId":"$pool","Username":"ana","MFAOptions":[{"DeliveryMedium":"SMS","AttributeName":"phone_number"}]}
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null; Value null at 'mfaOptions' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: MFAOptions can only set SMS delivery to phone_number.
        400 InvalidParameterException: User does not have delivery config set to turn on SMS_MFA
        200 {}
        200 {}
        "SMS_MFA"
        "#);
    }
}
