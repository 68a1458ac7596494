//! `GetUserPoolMfaConfig`: returns the second factors of a pool, and its
//! passkey settings.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserPoolMfaConfig.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::views::pool::MfaView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<MfaView> {
    let pool = cx.pool(&request.user_pool_id)?;
    Ok(MfaView::from(&*pool))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn shows_enabled_factors() {
        assert_snapshot!(Fixture::new().run(r#"
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"RelyingPartyId":"example.com","UserVerification":"required"}}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"MfaConfiguration":"OFF"}
        200 {"MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"RelyingPartyId":"example.com","UserVerification":"required"}}
        200 {"MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"RelyingPartyId":"example.com","UserVerification":"required"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            GetUserPoolMfaConfig {}
            GetUserPoolMfaConfig {"UserPoolId":"us-east-1_nope"}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {"MfaConfiguration":"OFF"}
        "#);
    }
}
