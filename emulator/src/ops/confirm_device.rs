//! `ConfirmDevice`: registers the device of a sign-in, with its verifier.
//!
//! If devices are remembered only at the user's request, the device is not remembered
//! until `UpdateDeviceStatus`. A device without a verifier is registered but never
//! verified (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmDevice.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::device::DeviceSecretVerifier;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    device_key: String,
    device_secret_verifier_config: Option<DeviceSecretVerifier>,
    device_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_confirmation_necessary: bool,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (mut pool, id) = bearer.write()?;
    pool.check_tracks_devices()?;
    let secret = request.device_secret_verifier_config;
    let secret = secret
        .as_ref()
        .map(DeviceSecretVerifier::read)
        .transpose()?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let mut sign_ins = user.sign_ins.iter();
    let sign_in = sign_ins
        .find(|sign_in| bearer.is_of(sign_in))
        .map(|sign_in| sign_in.id.clone())
        .ok_or(Error::InvalidDeviceKey)?;
    let (key, name) = (&request.device_key, request.device_name.as_deref());
    pool.confirm_device(id, &sign_in, key, name, secret, cx.now())?;
    Ok(Response {
        user_confirmation_necessary: pool.asks_to_remember(),
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
    fn a_device_is_registered_once() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceName":"Phone","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}
            spread GetDevice {"AccessToken":"$access","DeviceKey":"$device"}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceName":"Tablet","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}
            ForgetDevice {"AccessToken":"$access","DeviceKey":"$device"}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}
        "#), @r#"
        200 {"UserConfirmationNecessary":false}
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
        400 DeviceKeyExistsException: Device already exists.
        200
        400 InvalidParameterException: Invalid device key given.
        "#);
    }

    #[test]
    fn a_device_is_remembered_at_the_request_of_the_user() {
        let mut fixture = Fixture::with_pool(
            json!({"DeviceConfiguration": {"DeviceOnlyRememberedOnUserPrompt": true}}),
        )
        .and_user("ana", json!([]))
        .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}
            GetDevice {"AccessToken":"$access","DeviceKey":"$device"}
            ListDevices {"AccessToken":"$access"}
            UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$device","DeviceRememberedStatus":"remembered"}
            ListDevices {"AccessToken":"$access"}
        "#), @r#"
        200 {"UserConfirmationNecessary":true}
        400 ResourceNotFoundException: Device does not exist.
        200 {"Devices":[]}
        200 {}
        200 {"Devices":[{"DeviceAttributes":[{"Name":"device_status","Value":"valid"},{"Name":"last_ip_used","Value":"127.0.0.1"}],"DeviceCreateDate":1.7E9,"DeviceKey":"$device","DeviceLastAuthenticatedDate":1.7E9,"DeviceLastModifiedDate":1.7E9}]}
        "#);
    }

    /// R95. A device without a verifier is never verified.
    #[test]
    fn only_the_key_of_the_sign_in_is_accepted() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            first = $device
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$first"}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device"}
            # A sign-in on the device itself needs no confirmation.
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","DEVICE_KEY":"$device"}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: Invalid device key given.
        200 {"UserConfirmationNecessary":false}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 DeviceKeyExistsException: Device already exists.
        "#);
    }

    /// Negative numbers are not valid.
    #[test]
    fn salt_and_verifier_are_positive() {
        let mut fixture = Fixture::with_pool(tracking())
            .and_user("ana", json!([]))
            .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            # Without padding, as in the guide.
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{"PasswordVerifier":"TXlWZXJpZmllclN0cmluZw","Salt":"TXlTUlBTYWx0"}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{"Salt":"*"}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{"Salt":"gAA="}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{"Salt":"AAA="}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{"Salt":"AIA="}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{"Salt":"AIA=","PasswordVerifier":"gAA="}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{"Salt":"AIA=","PasswordVerifier":"AIA="}}
        "#), @"
        400 InvalidParameterException: Invalid device key given.
        400 InvalidParameterException: Missing required parameter Salt
        400 InvalidParameterException: Invalid value of parameter Salt
        400 InvalidParameterException: Invalid value of parameter Salt
        400 InvalidParameterException: Invalid value of parameter Salt
        400 InvalidParameterException: Missing required parameter PasswordVerifier
        400 InvalidParameterException: Invalid value of parameter PasswordVerifier
        400 InvalidParameterException: Invalid device key given.
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_user("ana").signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            ConfirmDevice {"AccessToken":"no token","DeviceKey":"nope"}
            ConfirmDevice {"AccessToken":"no.token","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{}}
            UpdateUserPool {"UserPoolId":"$pool","DeviceConfiguration":{"ChallengeRequiredOnNewDevice":true}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0","DeviceSecretVerifierConfig":{}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"us-east-1_0"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+; Value 'nope' at 'deviceKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidUserPoolConfigurationException: User pool is not configured for device tracking
        200 {}
        400 InvalidParameterException: Missing required parameter Salt
        400 InvalidParameterException: Invalid device key given.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"UserConfirmationNecessary":false}
        "#);
    }
}
