//! `DescribeManagedLoginBranding`: returns a style.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeManagedLoginBranding.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::branding::StyleView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    managed_login_branding_id: String,
    return_merged_resources: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    managed_login_branding: StyleView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let style = pool.style(&request.managed_login_branding_id)?;
    let view = StyleView::new(&pool.id, style);
    Ok(Response {
        managed_login_branding: view.merged(request.return_merged_resources),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// A merged style has Cognito's settings in place of the missing ones.
    #[test]
    fn returns_a_style_as_stored_or_merged() {
        assert_snapshot!(Fixture::new().run(r#"
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{"components":{"pageText":{"lightMode":{"bodyColor":"000000ff"}}}}}
            DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
            only /ManagedLoginBranding/Settings/categories DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","ReturnMergedResources":false}
            only /ManagedLoginBranding/Settings/components/pageText DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","ReturnMergedResources":true}
            only /ManagedLoginBranding/Settings/categories/global DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","ReturnMergedResources":true}
            UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true}
            only /ManagedLoginBranding/Settings DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
            only /ManagedLoginBranding/Settings/components/pageText DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","ReturnMergedResources":true}
        "#), @r#"
        "$style"
        200 {"ManagedLoginBranding":{"Assets":[],"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ManagedLoginBrandingId":"$style","Settings":{"components":{"pageText":{"lightMode":{"bodyColor":"000000ff"}}}},"UseCognitoProvidedValues":false,"UserPoolId":"$pool"}}
        absent
        {"darkMode":{"bodyColor":"b6bec9ff","descriptionColor":"b6bec9ff","headingColor":"d1d5dbff"},"lightMode":{"bodyColor":"000000ff","descriptionColor":"414d5cff","headingColor":"000716ff"}}
        {"colorSchemeMode":"LIGHT","pageFooter":{"enabled":false},"pageHeader":{"enabled":false},"spacingDensity":"REGULAR"}
        200 {"ManagedLoginBranding":{"Assets":[],"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true,"UserPoolId":"$pool"}}
        absent
        {"darkMode":{"bodyColor":"b6bec9ff","descriptionColor":"b6bec9ff","headingColor":"d1d5dbff"},"lightMode":{"bodyColor":"414d5cff","descriptionColor":"414d5cff","headingColor":"000716ff"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
            DescribeManagedLoginBranding {"UserPoolId":"us-east-1_nope","ManagedLoginBrandingId":"00000000-0000-0000-0000-000000000000"}
            DescribeManagedLoginBranding {"UserPoolId":"us-east-1_nope","ManagedLoginBrandingId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
        "#), @r#"
        "$style"
        400 InvalidParameterException: 1 validation error detected: Value '00000000-0000-0000-0000-000000000000' at 'managedLoginBrandingId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: ManagedLoginBranding does not exist.
        200 {"ManagedLoginBranding":{"Assets":[],"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true,"UserPoolId":"$pool"}}
        "#);
    }
}
