//! `GetSigningCertificate`: returns the certificate with which a pool signs
//! SAML requests: X.509, in base64.
//!
//! The certificate is valid for ten years from the pool's creation. In the emulator it
//! does not change, but Cognito issues a new one each year. The emulator does not sign
//! SAML requests, so the key is the key of ID tokens.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetSigningCertificate.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::certificate;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    certificate: String,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let handle = cx.pool_handle(&request.user_pool_id)?;
    let since = handle.read().created_at;
    Ok(Response {
        certificate: certificate::certificate(handle.keys.id(), &request.user_pool_id, since),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// The certificate does not change. It differs from the encryption
    /// certificate and from another pool's.
    #[test]
    fn each_pool_has_its_own_certificate() {
        let mut fixture = Fixture::new();
        let transcript = fixture.run(r#"
            as signing /Certificate GetSigningCertificate {"UserPoolId":"$pool"}
            advance 31536000
            only /Certificate GetSigningCertificate {"UserPoolId":"$pool"}
            as encryption /IdentityProvider/ProviderDetails/ActiveEncryptionCertificate CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"}}
            as second /UserPool/Id CreateUserPool {"PoolName":"second"}
            as other /Certificate GetSigningCertificate {"UserPoolId":"$second"}
        "#);
        let names = ["signing", "encryption", "other"];
        let distinct: BTreeSet<_> = names.iter().map(|name| fixture.get(name)).collect();
        assert_eq!(distinct.len(), names.len());
        assert_snapshot!(transcript, @r#"
        "$signing"
        "$signing"
        "$encryption"
        "$second"
        "$other"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            GetSigningCertificate {"UserPoolId":"nope"}
            GetSigningCertificate {"UserPoolId":"us-east-1_nope"}
            as certificate /Certificate GetSigningCertificate {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        "$certificate"
        "#);
    }
}
