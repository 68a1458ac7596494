//! `UpdateProvisionedLimit`: sets the request rate of a category, in requests
//! per second, for an account and Region.
//!
//! The rate applies at once if the emulator enforces quotas. The maximum of an
//! account is the value that Service Quotas granted. The emulator grants
//! [`GRANTED`] times the default.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateProvisionedLimit.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::quotas::{Category, quota};
use crate::settings::limit::{Limit, LimitDefinition};

/// The maximum that an account can provision, as a multiple of the default
/// (inferred: AWS grants it account by account).
const GRANTED: u32 = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    limit_definition: LimitDefinition,
    requested_limit_value: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    limit: Limit,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let category = request.limit_definition.category()?;
    let quota = quota(category);
    let name = || format!("{category:?}");
    if !quota.adjustable {
        return Err(Error::LimitNotAdjustable { category: name() });
    }
    let is_sign_in = matches!(
        category,
        Category::UserAuthentication | Category::UserFederation
    );
    if is_sign_in && uses_managed_login(cx) {
        return Err(Error::LimitOfManagedLogin { category: name() });
    }
    let requested = u32::try_from(request.requested_limit_value).unwrap_or(0);
    if requested < quota.rate {
        return Err(Error::LimitBelowDefault {
            default: quota.rate.to_string(),
        });
    }
    let maximum = quota.rate * GRANTED;
    if requested > maximum {
        return Err(Error::LimitAboveMaximum {
            maximum: maximum.to_string(),
        });
    }
    let provisioned = &cx.world.provisioned;
    provisioned.set(cx.scope, category, requested);
    let limit = Limit::read(request.limit_definition, provisioned, cx.scope)?;
    Ok(Response { limit })
}

/// Whether a pool of the account and Region has a domain, and so uses managed
/// login.
fn uses_managed_login(cx: &Cx<'_>) -> bool {
    let mut pools = cx.state.list(cx.scope, 0, usize::MAX).into_iter();
    pools.any(|(_, handle)| handle.read().domains.any())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// The rate is per account and Region.
    #[test]
    fn rates_are_regional() {
        let mut fixture = Fixture::empty();
        fixture.run(
            r#"creation = {"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserCreation"}}"#,
        );
        assert_snapshot!(fixture.run(r#"
            UpdateProvisionedLimit {"LimitDefinition":$creation,"RequestedLimitValue":300}
            GetProvisionedLimit {"LimitDefinition":$creation}
            in eu-west-1
            only /Limit/ProvisionedLimitValue GetProvisionedLimit {"LimitDefinition":$creation}
            in us-east-1
            only /Limit/ProvisionedLimitValue UpdateProvisionedLimit {"LimitDefinition":$creation,"RequestedLimitValue":50}
            only /Limit/ProvisionedLimitValue GetProvisionedLimit {"LimitDefinition":$creation}
        "#), @r#"
        200 {"Limit":{"FreeLimitValue":50,"LimitDefinition":{"Attributes":{"Category":"UserCreation"},"LimitClass":"API_CATEGORY"},"ProvisionedLimitValue":300}}
        200 {"Limit":{"FreeLimitValue":50,"LimitDefinition":{"Attributes":{"Category":"UserCreation"},"LimitClass":"API_CATEGORY"},"ProvisionedLimitValue":300}}
        50
        50
        50
        "#);
    }

    #[test]
    fn managed_login_prevents_a_change() {
        let mut fixture = Fixture::new();
        fixture.run(r#"CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"pages"}"#);
        assert_snapshot!(fixture.run(r#"
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserAuthentication"}},"RequestedLimitValue":300}
            only /Limit/ProvisionedLimitValue UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserRead"}},"RequestedLimitValue":300}
        "#), @"
        400 InvalidParameterException: The limit of the category UserAuthentication cannot be adjusted while a user pool uses managed login.
        300
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::empty().run(r#"
            UpdateProvisionedLimit {}
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{}},"RequestedLimitValue":-1}
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"Signing"}},"RequestedLimitValue":-1}
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserList"}},"RequestedLimitValue":-1}
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserRead"}},"RequestedLimitValue":-1}
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserRead"}},"RequestedLimitValue":119}
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserRead"}},"RequestedLimitValue":1201}
            UpdateProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserRead"}},"RequestedLimitValue":1200}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'limitDefinition' failed to satisfy constraint: Member must not be null; Value null at 'requestedLimitValue' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: The attribute Category is required for the limit class API_CATEGORY.
        400 ResourceNotFoundException: Limit for the category Signing does not exist.
        400 InvalidParameterException: The limit of the category UserList is not adjustable.
        400 InvalidParameterException: The requested limit value cannot be less than the default of 120.
        400 InvalidParameterException: The requested limit value cannot be less than the default of 120.
        400 ServiceQuotaExceededException: The requested limit value exceeds the account-level maximum limit of 1200.
        200 {"Limit":{"FreeLimitValue":120,"LimitDefinition":{"Attributes":{"Category":"UserRead"},"LimitClass":"API_CATEGORY"},"ProvisionedLimitValue":1200}}
        "#);
    }
}
