//! `GetUICustomization`: returns the appearance of the classic hosted UI for an
//! app client, or for all clients.
//!
//! A client without its own appearance has the one for all clients.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUICustomization.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::ui_customization::{ALL, UiCustomization};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Response {
    #[serde(rename = "UICustomization")]
    ui_customization: UiCustomization,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    pool.check_has_domain()?;
    let client = request.client_id.as_deref().unwrap_or(ALL);
    if client != ALL {
        pool.client(client)?;
    }
    Ok(Response {
        ui_customization: pool.ui_customization(client).without_image(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    fn with_domain() -> Fixture {
        let mut fixture = Fixture::new();
        fixture.run(r#"CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix"}"#);
        fixture
    }

    #[test]
    fn a_client_has_its_own_appearance_or_the_one_for_all() {
        assert_snapshot!(with_domain().run(r#"
            GetUICustomization {"UserPoolId":"$pool"}
            GetUICustomization {"UserPoolId":"$pool","ClientId":"$client"}
            only /UICustomization/ClientId SetUICustomization {"UserPoolId":"$pool","CSS":".label-customizable{font-weight: 400;}"}
            GetUICustomization {"UserPoolId":"$pool"}
            GetUICustomization {"UserPoolId":"$pool","ClientId":"ALL"}
            GetUICustomization {"UserPoolId":"$pool","ClientId":"$client"}
            only /UICustomization/ClientId SetUICustomization {"UserPoolId":"$pool","ClientId":"$client","CSS":""}
            GetUICustomization {"UserPoolId":"$pool","ClientId":"$client"}
            only /UICustomization/ClientId GetUICustomization {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"UICustomization":{}}
        200 {"UICustomization":{}}
        "ALL"
        200 {"UICustomization":{"CSS":".label-customizable{font-weight: 400;}","CSSVersion":"20231114221320","ClientId":"ALL","CreationDate":1.7E9,"LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"UICustomization":{"CSS":".label-customizable{font-weight: 400;}","CSSVersion":"20231114221320","ClientId":"ALL","CreationDate":1.7E9,"LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"UICustomization":{"CSS":".label-customizable{font-weight: 400;}","CSSVersion":"20231114221320","ClientId":"ALL","CreationDate":1.7E9,"LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "$client"
        200 {"UICustomization":{"CSS":"","CSSVersion":"20231114221320","ClientId":"$client","CreationDate":1.7E9,"LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "ALL"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::new();
        assert_snapshot!(fixture.run(r#"
            GetUICustomization {"UserPoolId":"nope","ClientId":"nope"}
            GetUICustomization {"UserPoolId":"us-east-1_nope","ClientId":"nope"}
            GetUICustomization {"UserPoolId":"$pool","ClientId":"nope"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: There has to be an existing domain associated with this user pool.
        "#);
        fixture.run(r#"CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix"}"#);
        assert_snapshot!(fixture.run(r#"
            GetUICustomization {"UserPoolId":"$pool","ClientId":"nope"}
            GetUICustomization {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        400 ResourceNotFoundException: User pool client nope does not exist.
        200 {"UICustomization":{}}
        "#);
    }
}
