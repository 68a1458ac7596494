//! `DeleteManagedLoginBranding`: deletes the style of an app client.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteManagedLoginBranding.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    managed_login_branding_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = &request.managed_login_branding_id;
    pool.style(id)?;
    pool.styles.retain(|style| style.id != *id);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above. After the deletion, the client can
    /// have another style.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
            DeleteManagedLoginBranding {"UserPoolId":"us-east-1_nope","ManagedLoginBrandingId":"nope"}
            DeleteManagedLoginBranding {"UserPoolId":"us-east-1_nope","ManagedLoginBrandingId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DeleteManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DeleteManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
            DeleteManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$client"}
            only /ManagedLoginBranding/Assets CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{}}
        "#), @r#"
        "$style"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'managedLoginBrandingId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: ManagedLoginBranding does not exist.
        200
        400 ResourceNotFoundException: ManagedLoginBranding does not exist.
        400 ResourceNotFoundException: ManagedLoginBranding for client $client does not exist.
        []
        "#);
    }
}
