//! `DescribeManagedLoginBrandingByClient`: returns the style of an app client.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeManagedLoginBrandingByClient.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::branding::StyleView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    return_merged_resources: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    managed_login_branding: StyleView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let style = pool.style_of(&request.client_id)?;
    let view = StyleView::new(&pool.id, style);
    Ok(Response {
        managed_login_branding: view.merged(request.return_merged_resources),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// A style is deleted with its client.
    #[test]
    fn a_style_is_deleted_with_its_client() {
        assert_snapshot!(Fixture::new().run(r#"
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c"}
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$client"}
            only /ManagedLoginBranding/Settings/componentClasses/focusState DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$client","ReturnMergedResources":true}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$other"}
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$client"}
            DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
        "#), @r#"
        "$other"
        "$style"
        200 {"ManagedLoginBranding":{"Assets":[],"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true,"UserPoolId":"$pool"}}
        {"darkMode":{"borderColor":"539fe5ff"},"lightMode":{"borderColor":"0972d3ff"}}
        400 ResourceNotFoundException: ManagedLoginBranding for client $other does not exist.
        200
        400 ResourceNotFoundException: User pool client $client does not exist.
        400 ResourceNotFoundException: ManagedLoginBranding does not exist.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            DescribeManagedLoginBrandingByClient {"UserPoolId":"us-east-1_nope"}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"us-east-1_nope","ClientId":"nope"}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"nope"}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$client"}
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 ResourceNotFoundException: ManagedLoginBranding for client $client does not exist.
        "$style"
        200 {"ManagedLoginBranding":{"Assets":[],"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true,"UserPoolId":"$pool"}}
        "#);
    }
}
