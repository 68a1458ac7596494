//! `UpdateDeviceStatus`: sets whether a device of the signed-in user is
//! remembered.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateDeviceStatus.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    device_key: String,
    device_remembered_status: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write()?;
    let status = request.device_remembered_status.as_deref();
    pool.set_device_status(id, &request.device_key, status, cx.now())?;
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
    fn a_device_is_remembered_or_not() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$device","DeviceRememberedStatus":"not_remembered"}
            only /Device/DeviceAttributes/5/Value AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$device"}
            only /Device/DeviceAttributes/5/Value AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$device","DeviceRememberedStatus":"remembered"}
            only /Device/DeviceAttributes/5/Value AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
        "#), @r#"
        200 {}
        "not_remembered"
        200 {}
        "not_remembered"
        200 {}
        "remembered"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            UpdateUserPool {"UserPoolId":"$pool"}
            UpdateDeviceStatus {"AccessToken":"no token","DeviceKey":"nope","DeviceRememberedStatus":"forgotten"}
            UpdateDeviceStatus {"AccessToken":"no.token","DeviceKey":"us-east-1_0"}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"us-east-1_0"}
            UpdateUserPool {"UserPoolId":"$pool","DeviceConfiguration":{"ChallengeRequiredOnNewDevice":true}}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"us-east-1_0"}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$device"}
        "#), @r#"
        200 {}
        400 InvalidParameterException: 3 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+; Value 'nope' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+; Value 'forgotten' at 'deviceRememberedStatus' failed to satisfy constraint: Member must satisfy enum value set: [remembered, not_remembered]
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidUserPoolConfigurationException: User pool is not configured for device tracking
        200 {}
        400 ResourceNotFoundException: Device does not exist.
        200 {}
        "#);
    }
}
