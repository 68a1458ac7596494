//! `GetProvisionedLimit`: returns the request rate of a category, in requests
//! per second, for an account and Region.
//!
//! That categories with a fixed rate are returned as well is inferred.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetProvisionedLimit.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::limit::{Limit, LimitDefinition};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    limit_definition: LimitDefinition,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    limit: Limit,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let provisioned = &cx.world.provisioned;
    let limit = Limit::read(request.limit_definition, provisioned, cx.scope)?;
    Ok(Response { limit })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::empty().run(r#"
            GetProvisionedLimit {}
            GetProvisionedLimit {"LimitDefinition":{"LimitClass":"API","Attributes":{}}}
            GetProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{}}}
            GetProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"userCreation"}}}
            GetProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserCreation"}}}
            GetProvisionedLimit {"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserList"}}}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value null at 'limitDefinition' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value 'API' at 'limitDefinition.limitClass' failed to satisfy constraint: Member must satisfy enum value set: [API_CATEGORY]
        400 InvalidParameterException: The attribute Category is required for the limit class API_CATEGORY.
        400 ResourceNotFoundException: Limit for the category userCreation does not exist.
        200 {"Limit":{"FreeLimitValue":50,"LimitDefinition":{"Attributes":{"Category":"UserCreation"},"LimitClass":"API_CATEGORY"},"ProvisionedLimitValue":50}}
        200 {"Limit":{"FreeLimitValue":30,"LimitDefinition":{"Attributes":{"Category":"UserList"},"LimitClass":"API_CATEGORY"},"ProvisionedLimitValue":30}}
        "#);
    }
}
