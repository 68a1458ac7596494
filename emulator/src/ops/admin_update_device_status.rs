//! `AdminUpdateDeviceStatus`: sets whether a device of a user is remembered.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateDeviceStatus.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    device_key: String,
    device_remembered_status: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
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
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device","DeviceRememberedStatus":"not_remembered"}
            only /Device/DeviceAttributes/5/Value AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            only /Device/DeviceAttributes/5/Value AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device","DeviceRememberedStatus":"remembered"}
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
            AdminUpdateDeviceStatus {"UserPoolId":"nope","Username":"","DeviceKey":"nope","DeviceRememberedStatus":"forgotten"}
            AdminUpdateDeviceStatus {"UserPoolId":"us-east-1_nope","Username":"noname","DeviceKey":"us-east-1_0"}
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"noname","DeviceKey":"us-east-1_0"}
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"us-east-1_0"}
            UpdateUserPool {"UserPoolId":"$pool","DeviceConfiguration":{"ChallengeRequiredOnNewDevice":true}}
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"us-east-1_0"}
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
        "#), @r#"
        200 {}
        400 InvalidParameterException: 5 validation errors detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value 'nope' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+; Value 'forgotten' at 'deviceRememberedStatus' failed to satisfy constraint: Member must satisfy enum value set: [remembered, not_remembered]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidUserPoolConfigurationException: User pool is not configured for device tracking
        200 {}
        400 ResourceNotFoundException: Device does not exist.
        200 {}
        "#);
    }
}
