//! `SetUICustomization`: sets the appearance of the classic hosted UI for an app
//! client, or with `ALL` for all clients without their own.
//!
//! The pool needs a domain. That a request without a client is for all clients, and the
//! order of the checks, are inferred.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUICustomization.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::ui_customization::{ALL, UiCustomization, validate_css};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: Option<String>,
    #[serde(rename = "CSS")]
    css: Option<String>,
    image_file: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Response {
    #[serde(rename = "UICustomization")]
    ui_customization: UiCustomization,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.check_has_domain()?;
    let client = request.client_id.as_deref().unwrap_or(ALL);
    if client != ALL {
        pool.client(client)?;
    }
    if let Some(css) = &request.css {
        validate_css(css)?;
    }
    let customized = pool.customize_ui(client, request.css, request.image_file, cx.now());
    Ok(Response {
        ui_customization: customized.without_image(),
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

    /// CSS and logo are set together, and removed together.
    #[test]
    fn css_and_logo_are_replaced() {
        assert_snapshot!(with_domain().run(r#"
            SetUICustomization {"UserPoolId":"$pool","CSS":".label-customizable{font-weight: 400;}"}
            advance 60
            spread SetUICustomization {"UserPoolId":"$pool","ClientId":"ALL","CSS":".label-customizable{font-weight: 500;}","ImageFile":"iVBORw0KGgo="}
            SetUICustomization {"UserPoolId":"$pool","ClientId":"$client","ImageFile":"iVBORw0KGgo="}
            advance 60
            SetUICustomization {"UserPoolId":"$pool","ClientId":"$client","CSS":".label-customizable{font-weight: 400;}"}
            SetUICustomization {"UserPoolId":"$pool","ClientId":"$client"}
            SetUICustomization {"UserPoolId":"$pool","ClientId":"ALL"}
            GetUICustomization {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"UICustomization":{"CSS":".label-customizable{font-weight: 400;}","CSSVersion":"20231114221320","ClientId":"ALL","CreationDate":1.7E9,"LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200
          UICustomization:
            CSS: ".label-customizable{font-weight: 500;}"
            CSSVersion: "20231114221420"
            ClientId: "ALL"
            CreationDate: 1700000000.0
            ImageUrl: "https://d6vk3eovpuqllk.cloudfront.net/$pool/ALL/20231114221420/assets/images/image.jpg"
            LastModifiedDate: 1700000060.0
            UserPoolId: "$pool"
        200 {"UICustomization":{"CSSVersion":"20231114221420","ClientId":"$client","CreationDate":1.70000006E9,"ImageUrl":"https://d6vk3eovpuqllk.cloudfront.net/$pool/$client/20231114221420/assets/images/image.jpg","LastModifiedDate":1.70000006E9,"UserPoolId":"$pool"}}
        200 {"UICustomization":{"CSS":".label-customizable{font-weight: 400;}","CSSVersion":"20231114221520","ClientId":"$client","CreationDate":1.70000006E9,"LastModifiedDate":1.70000012E9,"UserPoolId":"$pool"}}
        200 {"UICustomization":{}}
        200 {"UICustomization":{}}
        200 {"UICustomization":{}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::new();
        assert_snapshot!(fixture.run(r#"
            SetUICustomization {"UserPoolId":"nope","ClientId":"nope","CSS":"body {} @import 'a';"}
            SetUICustomization {"UserPoolId":"us-east-1_nope","ClientId":"nope","CSS":"body {} @import 'a';"}
            SetUICustomization {"UserPoolId":"$pool","ClientId":"nope","CSS":"body {} @import 'a';"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: There has to be an existing domain associated with this user pool.
        "#);
        fixture.run(r#"CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix"}"#);
        assert_snapshot!(fixture.run(r#"
            SetUICustomization {"UserPoolId":"$pool","ClientId":"nope","CSS":"body {} @import 'a';"}
            SetUICustomization {"UserPoolId":"$pool","ClientId":"$client","CSS":"body {} @import 'a';"}
            SetUICustomization {"UserPoolId":"$pool","ClientId":"$client","CSS":"body {}"}
            only /UICustomization/CSS SetUICustomization {"UserPoolId":"$pool","ClientId":"$client","CSS":".banner-customizable {}"}
        "#), @r#"
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 InvalidParameterException: The CSS cannot contain HTML, JavaScript, or @import, @supports, @page or @media statements.
        400 InvalidParameterException: The CSS class body is not in the list of allowed classes.
        ".banner-customizable {}"
        "#);
    }
}
