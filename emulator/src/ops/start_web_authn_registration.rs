//! `StartWebAuthnRegistration`: starts the registration of a passkey.
//!
//! The browser's `navigator.credentials.create` accepts the response. Its result is for
//! `CompleteWebAuthnRegistration`. A new start cancels the previous registration.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StartWebAuthnRegistration.html>

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    credential_creation_options: Value,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (mut pool, id) = bearer.write_unless_deleted()?;
    Ok(Response {
        credential_creation_options: pool.begin_passkey(cx.world, id, &bearer.client_id)?,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;
    use crate::testing::authenticator::Authenticator;

    #[test]
    fn options_exclude_registered_passkeys() {
        let mut fixture = Fixture::with_passkeys("example.com").signed_in("ana");
        let start = r#"StartWebAuthnRegistration {"AccessToken":"$access"}"#;
        assert_snapshot!(fixture.run(start), @r#"200 {"CredentialCreationOptions":{"authenticatorSelection":{"requireResidentKey":true,"residentKey":"required","userVerification":"preferred"},"challenge":"$challenge","excludeCredentials":[],"pubKeyCredParams":[{"alg":-7,"type":"public-key"},{"alg":-257,"type":"public-key"}],"rp":{"id":"example.com","name":"example.com"},"timeout":60000,"user":{"displayName":"ana","id":"ZDg3Y2RlMTctODc2YS03MDE1LWNmMjYtM2U1MTc3NmZiNzVm","name":"ana"}}}"#);
        let mut fixture = fixture.and_passkey(&Authenticator::new("https://example.com"));
        assert_snapshot!(fixture.run(&format!(r#"
            SetUserPoolMfaConfig {{"UserPoolId":"$pool","WebAuthnConfiguration":{{"RelyingPartyId":"example.org","UserVerification":"required"}}}}
            {start}
        "#)), @r#"
        200 {"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"example.org","UserVerification":"required"}}
        200 {"CredentialCreationOptions":{"authenticatorSelection":{"requireResidentKey":true,"residentKey":"required","userVerification":"required"},"challenge":"$challenge","excludeCredentials":[{"id":"$passkey","type":"public-key"}],"pubKeyCredParams":[{"alg":-7,"type":"public-key"},{"alg":-257,"type":"public-key"}],"rp":{"id":"example.org","name":"example.org"},"timeout":60000,"user":{"displayName":"ana","id":"ZDg3Y2RlMTctODc2YS03MDE1LWNmMjYtM2U1MTc3NmZiNzVm","name":"ana"}}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            StartWebAuthnRegistration {}
            StartWebAuthnRegistration {"AccessToken":"invalidtoken"}
            StartWebAuthnRegistration {"AccessToken":"$access"}
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}
            StartWebAuthnRegistration {"AccessToken":"$access"}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","WebAuthnConfiguration":{"RelyingPartyId":"localhost"}}
            only /CredentialCreationOptions/rp StartWebAuthnRegistration {"AccessToken":"$access"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            StartWebAuthnRegistration {"AccessToken":"$access"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            StartWebAuthnRegistration {"AccessToken":"$access"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 WebAuthnNotEnabledException: WebAuthn is not enabled for this user pool.
        200 {}
        400 WebAuthnConfigurationMissingException: User pool does not have a relying party id or a domain configured.
        200 {"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"localhost"}}
        {"id":"localhost","name":"localhost"}
        200 {}
        400 NotAuthorizedException: User is disabled.
        200
        400 NotAuthorizedException: Invalid Access Token
        "#);
    }

    #[test]
    fn a_user_has_at_most_twenty_passkeys() {
        let mut fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        for _ in 0..20 {
            fixture = fixture.and_passkey(&Authenticator::new("http://localhost:3000"));
        }
        assert_snapshot!(fixture.run(r#"
            StartWebAuthnRegistration {"AccessToken":"$access"}
            DeleteWebAuthnCredential {"AccessToken":"$access","CredentialId":"$passkey"}
            only /CredentialCreationOptions/timeout StartWebAuthnRegistration {"AccessToken":"$access"}
        "#), @"
        400 LimitExceededException: WebAuthn credentials cannot exceed limit of 20.
        200 {}
        60000
        ");
    }
}
