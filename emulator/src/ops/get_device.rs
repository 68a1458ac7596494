//! `GetDevice`: returns a device of the signed-in user, if it is remembered.
//!
//! Any other device is reported as unknown. This was observed live: aws-sdk-android's
//! integration test `testRememberDevice`.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetDevice.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::views::device::{DeviceView, View};

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
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    device: DeviceView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (pool, id) = cx.bearer(&request.access_token)?.read()?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let device = user.device(&request.device_key)?;
    if !device.remembered {
        return Err(Error::DeviceNotFound);
    }
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
    fn reads_a_remembered_device() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            spread GetDevice {"AccessToken":"$access","DeviceKey":"$device"}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$device","DeviceRememberedStatus":"not_remembered"}
            GetDevice {"AccessToken":"$access","DeviceKey":"$device"}
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
        400 ResourceNotFoundException: Device does not exist.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            GetDevice {"AccessToken":"no token","DeviceKey":"nope"}
            GetDevice {"DeviceKey":"us-east-1_0"}
            GetDevice {"AccessToken":"no.token","DeviceKey":"us-east-1_0"}
            GetDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0"}
            only /Device/DeviceKey GetDevice {"AccessToken":"$access","DeviceKey":"$device"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value 'nope' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+; Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 ResourceNotFoundException: Device does not exist.
        "$device"
        "#);
    }
}
