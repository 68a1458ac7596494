//! `DeleteWebAuthnCredential`: deletes a passkey of the signed-in user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteWebAuthnCredential.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    credential_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write_unless_deleted()?;
    pool.forget_passkey(id, &request.credential_id)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;
    use crate::testing::authenticator::Authenticator;

    /// Each call fixes one fault of the call above. Passkeys can be deleted
    /// even if the pool no longer accepts them.
    #[test]
    fn precedence() {
        let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        let mut fixture = fixture.and_passkey(&Authenticator::new("http://localhost:3000"));
        assert_snapshot!(fixture.run(r#"
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}}}
            DeleteWebAuthnCredential {}
            DeleteWebAuthnCredential {"AccessToken":"invalidtoken","CredentialId":"unknown"}
            DeleteWebAuthnCredential {"AccessToken":"$access","CredentialId":"unknown"}
            DeleteWebAuthnCredential {"AccessToken":"$access","CredentialId":"$passkey"}
            DeleteWebAuthnCredential {"AccessToken":"$access","CredentialId":"$passkey"}
            ListWebAuthnCredentials {"AccessToken":"$access"}
        "#), @r#"
        200 {}
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null; Value null at 'credentialId' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 ResourceNotFoundException: WebAuthn credential not found.
        200 {}
        400 ResourceNotFoundException: WebAuthn credential not found.
        200 {"Credentials":[]}
        "#);
    }
}
