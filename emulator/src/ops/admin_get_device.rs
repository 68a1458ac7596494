//! `AdminGetDevice`: returns a device of a user. The device need not be
//! remembered.
//!
//! The operation does not declare `UserNotFoundException`. It is inferred that
//! an unknown user causes the same exception as an unknown device.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetDevice.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::views::device::{DeviceView, View};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    device_key: String,
    user_pool_id: String,
    username: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    device: DeviceView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let user = pool
        .user(&request.username)
        .map_err(|_| Error::DeviceNotFound)?;
    let device = user.device(&request.device_key)?;
    Ok(Response {
        device: DeviceView::new(&pool, user, device, View::Developer),
    })
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
    fn returns_a_device_that_is_remembered_or_not() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            spread AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
            advance 60
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device","DeviceRememberedStatus":"not_remembered"}
            spread AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
        "#), @r#"
        200
          Device:
            DeviceAttributes:
              - {"Name":"device_status","Value":"valid"}
              - {"Name":"device_name","Value":"Phone"}
              - {"Name":"dev:device_arn","Value":"arn:aws:cognito-idp:us-east-1:123456789012:owner/ana.$pool/device/$device"}
              - {"Name":"dev:device_owner","Value":"ana.$pool"}
              - {"Name":"last_ip_used","Value":"127.0.0.1"}
              - {"Name":"dev:device_remembered_status","Value":"remembered"}
              - {"Name":"dev:device_sdk","Value":"aws-sdk-unknown-unknown"}
            DeviceCreateDate: 1700000000.0
            DeviceKey: "$device"
            DeviceLastAuthenticatedDate: 1700000000.0
            DeviceLastModifiedDate: 1700000000.0
        200 {}
        200
          Device:
            DeviceAttributes:
              - {"Name":"device_status","Value":"valid"}
              - {"Name":"device_name","Value":"Phone"}
              - {"Name":"dev:device_arn","Value":"arn:aws:cognito-idp:us-east-1:123456789012:owner/ana.$pool/device/$device"}
              - {"Name":"dev:device_owner","Value":"ana.$pool"}
              - {"Name":"last_ip_used","Value":"127.0.0.1"}
              - {"Name":"dev:device_remembered_status","Value":"not_remembered"}
              - {"Name":"dev:device_sdk","Value":"aws-sdk-unknown-unknown"}
            DeviceCreateDate: 1700000000.0
            DeviceKey: "$device"
            DeviceLastAuthenticatedDate: 1700000000.0
            DeviceLastModifiedDate: 1700000060.0
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
            AdminGetDevice {"UserPoolId":"nope","Username":"","DeviceKey":"nope"}
            AdminGetDevice {"UserPoolId":"us-east-1_nope","Username":"noname","DeviceKey":"$device"}
            AdminGetDevice {"UserPoolId":"$pool","Username":"noname","DeviceKey":"$device"}
            AdminGetDevice {"UserPoolId":"$pool","Username":"bob","DeviceKey":"$device"}
            only /Device/DeviceKey AdminGetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device"}
        "#), @r#"
        400 InvalidParameterException: 4 validation errors detected: Value 'nope' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+; Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Device does not exist.
        400 ResourceNotFoundException: Device does not exist.
        "$device"
        "#);
    }
}
