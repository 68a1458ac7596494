//! `ListDevices`: lists the remembered devices of the signed-in user, page by
//! page.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListDevices.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::error::Error;
use crate::views::device::{DeviceList, View};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    limit: Option<usize>,
    pagination_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<DeviceList> {
    let (pool, id) = cx.bearer(&request.access_token)?.read()?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let token = request.pagination_token.as_deref();
    DeviceList::page(&pool, user, View::User, request.limit, token, cx.now())
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
    fn shows_remembered_devices_without_developer_attributes() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            first = $device
            advance 1
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            spread ListDevices {"AccessToken":"$access"}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device"}
            spread ListDevices {"AccessToken":"$access"}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$first","DeviceRememberedStatus":"not_remembered"}
            ListDevices {"AccessToken":"$access"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200
          Devices:
            -
              DeviceAttributes: [{"Name":"device_status","Value":"valid"},{"Name":"device_name","Value":"Phone"},{"Name":"last_ip_used","Value":"127.0.0.1"}]
              DeviceCreateDate: 1700000000.0
              DeviceKey: "$first"
              DeviceLastAuthenticatedDate: 1700000000.0
              DeviceLastModifiedDate: 1700000000.0
        200 {"UserConfirmationNecessary":false}
        200
          Devices:
            -
              DeviceAttributes: [{"Name":"device_status","Value":"valid"},{"Name":"device_name","Value":"Phone"},{"Name":"last_ip_used","Value":"127.0.0.1"}]
              DeviceCreateDate: 1700000000.0
              DeviceKey: "$first"
              DeviceLastAuthenticatedDate: 1700000000.0
              DeviceLastModifiedDate: 1700000000.0
            -
              DeviceAttributes: [{"Name":"device_status","Value":"valid"},{"Name":"last_ip_used","Value":"127.0.0.1"}]
              DeviceCreateDate: 1700000001.0
              DeviceKey: "$device"
              DeviceLastAuthenticatedDate: 1700000001.0
              DeviceLastModifiedDate: 1700000001.0
        200 {}
        200 {"Devices":[{"DeviceAttributes":[{"Name":"device_status","Value":"valid"},{"Name":"last_ip_used","Value":"127.0.0.1"}],"DeviceCreateDate":1.700000001E9,"DeviceKey":"$device","DeviceLastAuthenticatedDate":1.700000001E9,"DeviceLastModifiedDate":1.700000001E9}]}
        "#);
    }

    #[test]
    fn page_by_page() {
        let mut fixture = Fixture::with_pool(tracking()).and_user("ana", json!([]));
        for name in ["first", "second", "third"] {
            fixture = fixture.on_device("ana");
            fixture.run(&format!("{name} = $device\nadvance 1"));
        }
        assert_snapshot!(fixture.run(r#"
            only /Devices/1/DeviceKey ListDevices {"AccessToken":"$access","Limit":2}
            ForgetDevice {"AccessToken":"$access","DeviceKey":"$second"}
            only /Devices/0/DeviceKey ListDevices {"AccessToken":"$access","PaginationToken":"$token"}
            only /PaginationToken ListDevices {"AccessToken":"$access","Limit":2}
        "#), @r#"
        "$second"
        200
        "$device"
        absent
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .on_device("ana");
        assert_snapshot!(fixture.run(r#"
            ListDevices {"AccessToken":"no token","Limit":61}
            ListDevices {"AccessToken":"no.token","PaginationToken":"nope"}
            ListDevices {"AccessToken":"$access","PaginationToken":"nope"}
            only /Devices/0/DeviceKey ListDevices {"AccessToken":"$access"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+; Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidParameterException: Invalid pagination token given.
        "$device"
        "#);
    }
}
