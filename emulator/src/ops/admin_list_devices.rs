//! `AdminListDevices`: lists the devices of a user, page by page. The list includes
//! devices that are not remembered.
//!
//! The API page does not list `UserNotFoundException`. For an unknown user the
//! emulator returns an empty list. This is inferred: Cognito returned one for a name
//! that was not a username (aws/aws-cli#5463).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminListDevices.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::views::device::{DeviceList, View};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    limit: Option<usize>,
    pagination_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<DeviceList> {
    let pool = cx.pool(&request.user_pool_id)?;
    let Ok(user) = pool.user(&request.username) else {
        return Ok(DeviceList::empty());
    };
    let token = request.pagination_token.as_deref();
    DeviceList::page(&pool, user, View::Developer, request.limit, token, cx.now())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::Fixture;

    fn pool_with_device_tracking() -> Value {
        json!({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true}})
    }

    #[test]
    fn shows_every_device() {
        let mut fixture = Fixture::with_pool(pool_with_device_tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            AdminUpdateDeviceStatus {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$device","DeviceRememberedStatus":"not_remembered"}
            spread AdminListDevices {"UserPoolId":"$pool","Username":"$sub"}
        "#), @r#"
        200 {}
        200
          Devices:
            -
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
              DeviceLastModifiedDate: 1700000000.0
        "#);
    }

    #[test]
    fn the_next_page_follows_a_forgotten_device() {
        let mut fixture =
            Fixture::with_pool(pool_with_device_tracking()).and_user("ana", json!([]));
        for name in ["first", "second", "third"] {
            fixture = fixture.on_device("ana");
            fixture.run(&format!("{name} = $device\nadvance 1"));
        }
        assert_snapshot!(fixture.run(r#"
            only /Devices/1/DeviceKey AdminListDevices {"UserPoolId":"$pool","Username":"ana","Limit":2}
            AdminForgetDevice {"UserPoolId":"$pool","Username":"ana","DeviceKey":"$second"}
            only /Devices/0/DeviceKey AdminListDevices {"UserPoolId":"$pool","Username":"ana","PaginationToken":"$token"}
            only /PaginationToken AdminListDevices {"UserPoolId":"$pool","Username":"ana","Limit":2}
        "#), @r#"
        "$second"
        200
        "$device"
        absent
        "#);
    }

    /// Each call fixes what the response to the call above reports.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(pool_with_device_tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            AdminListDevices {"UserPoolId":"nope","Username":"","Limit":61}
            AdminListDevices {"UserPoolId":"us-east-1_nope","Username":"noname","PaginationToken":"nope"}
            AdminListDevices {"UserPoolId":"$pool","Username":"noname","PaginationToken":"nope"}
            AdminListDevices {"UserPoolId":"$pool","Username":"ana","PaginationToken":"nope"}
            only /Devices/0/DeviceKey AdminListDevices {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: 4 validation errors detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {"Devices":[]}
        400 InvalidParameterException: Invalid pagination token given.
        "$device"
        "#);
    }
}
