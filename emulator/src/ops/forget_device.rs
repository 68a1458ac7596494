//! `ForgetDevice`: deletes a device of the signed-in user. The device's refresh
//! tokens are refused from then on.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgetDevice.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    // The token is optional in the model. That a missing token is refused like an
    // invalid one is inferred.
    #[serde(default)]
    access_token: String,
    device_key: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write()?;
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
            ForgetDevice {"AccessToken":"$access","DeviceKey":"$device"}
            AdminListDevices {"UserPoolId":"$pool","Username":"ana"}
            ForgetDevice {"AccessToken":"$access","DeviceKey":"$device"}
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
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            ForgetDevice {"AccessToken":"no token","DeviceKey":"nope"}
            ForgetDevice {"DeviceKey":"us-east-1_0"}
            ForgetDevice {"AccessToken":"no.token","DeviceKey":"us-east-1_0"}
            ForgetDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0"}
            ForgetDevice {"AccessToken":"$access","DeviceKey":"$device"}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+; Value 'nope' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 ResourceNotFoundException: Device does not exist.
        200
        ");
    }
}
