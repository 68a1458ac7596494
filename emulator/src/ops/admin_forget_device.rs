//! `AdminForgetDevice`: deletes a device of a user. The device's refresh tokens
//! are refused from then on.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminForgetDevice.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    device_key: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    pool.forget_device(id, &request.device_key)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::Fixture;

    fn tracking() -> Value {
        json!({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true}})
    }

    #[test]
    fn a_deleted_device_is_refused() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            AdminForgetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            AdminListDevices {"UserPoolId":"$pool","Username":"ana"}
            AdminForgetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","DEVICE_KEY":"$device"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh","DEVICE_KEY":"$device"}}
        "#), @r#"
        200
        200 {"Devices":[]}
        400 ResourceNotFoundException: Device does not exist.
        400 ResourceNotFoundException: Device does not exist.
        400 NotAuthorizedException: Invalid Refresh Token.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana")
            .and_user("bob", json!([]));
        assert_snapshot!(fixture.run(r#"
            AdminForgetDevice {"UserPoolId":"nope","Username":"","DeviceKey":"nope"}
            AdminForgetDevice {"UserPoolId":"us-east-1_nope","Username":"noname","DeviceKey":"us-east-1_0"}
            AdminForgetDevice {"UserPoolId":"$pool","Username":"noname","DeviceKey":"us-east-1_0"}
            AdminForgetDevice {"UserPoolId":"$pool","Username":"bob","DeviceKey":"$device"}
            AdminForgetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
        "#), @r"
        400 InvalidParameterException: 4 validation errors detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value 'nope' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 ResourceNotFoundException: Device does not exist.
        200
        ");
    }
}
