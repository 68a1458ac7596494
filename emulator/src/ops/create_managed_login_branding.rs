//! `CreateManagedLoginBranding`: creates a style for an app client's managed
//! login.
//!
//! The style has Cognito's settings or a document of settings. It is inferred that the
//! other members of the request are checked before the existence of a style.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateManagedLoginBranding.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::branding::{Look, Style, StyleView};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    #[serde(flatten)]
    look: Look,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    managed_login_branding: StyleView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.client(&request.client_id)?;
    request.look.validate()?;
    let style = Style {
        id: cx.world.chance.uuid(),
        client_id: request.client_id,
        look: request.look,
        created_at: cx.now(),
        modified_at: cx.now(),
    };
    pool.insert_style(style.clone())?;
    Ok(Response {
        managed_login_branding: StyleView::new(&pool.id, &style),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Settings are returned if they were sent, and images are always returned
    /// (measured, floci-io/floci#2869). Images are allowed with either source
    /// (cdk-preflight).
    #[test]
    fn settings_come_from_either_source() {
        assert_snapshot!(Fixture::new().run(r#"
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c"}
            as third /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c"}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
            spread CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$other","Settings":{},"Assets":[{"Category":"FAVICON_ICO","ColorMode":"DYNAMIC","Extension":"ICO","Bytes":"AA==","ResourceId":"a b"},{"Category":"PAGE_BACKGROUND","ColorMode":"DARK","Extension":"WEBP"}]}
            spread CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$third","UseCognitoProvidedValues":true,"Assets":[{"Category":"FAVICON_SVG","ColorMode":"LIGHT","Extension":"SVG","Bytes":"PHN2Zy8+"}]}
        "#), @r#"
        "$other"
        "$third"
        200 {"ManagedLoginBranding":{"Assets":[],"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ManagedLoginBrandingId":"bc9f3ad9-8afd-4f44-809d-8de32368a1e8","UseCognitoProvidedValues":true,"UserPoolId":"$pool"}}
        200
          ManagedLoginBranding:
            Assets: [{"Bytes":"AA==","Category":"FAVICON_ICO","ColorMode":"DYNAMIC","Extension":"ICO","ResourceId":"a b"},{"Category":"PAGE_BACKGROUND","ColorMode":"DARK","Extension":"WEBP"}]
            CreationDate: 1700000000.0
            LastModifiedDate: 1700000000.0
            ManagedLoginBrandingId: "4445fc10-5804-47ed-8e4c-df3a53712b6a"
            Settings: {}
            UseCognitoProvidedValues: false
            UserPoolId: "$pool"
        200
          ManagedLoginBranding:
            Assets: [{"Bytes":"PHN2Zy8+","Category":"FAVICON_SVG","ColorMode":"LIGHT","Extension":"SVG"}]
            CreationDate: 1700000000.0
            LastModifiedDate: 1700000000.0
            ManagedLoginBrandingId: "aeb10216-e211-434e-b6f2-e2a331525e90"
            UseCognitoProvidedValues: true
            UserPoolId: "$pool"
        "#);
    }

    /// Exactly one source is required: all cases measured.
    #[test]
    fn sources_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client"}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":false}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Assets":[]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true,"Settings":{"components":{}}}
            DescribeManagedLoginBrandingByClient {"UserPoolId":"$pool","ClientId":"$client"}
            only /ManagedLoginBranding/Settings CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":false,"Settings":{"components":{}}}
        "#), @r#"
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 ResourceNotFoundException: ManagedLoginBranding for client $client does not exist.
        {"components":{}}
        "#);
    }

    /// One sentence lists all faults of all images. A logo's width is one to four times
    /// its height.
    #[test]
    fn images_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},
                "Assets":[{"Category":"PAGE_BACKGROUND","ColorMode":"LIGHT","Extension":"ICO"},{"Category":"FAVICON_ICO","ColorMode":"DARK","Extension":"SVG"},{"Category":"FAVICON_SVG","ColorMode":"DARK","Extension":"PNG"},{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"PNG"}]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},"Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG","Bytes":"iVBORw0KGgoAAAANSUhEUgAAAeAAAAI6CAYAAAA="}]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},"Assets":[{"Category":"PAGE_HEADER_LOGO","ColorMode":"LIGHT","Extension":"PNG","Bytes":"iVBORw0KGgoAAAANSUhEUgAAAZEAAABkCAYAAAA="}]}
            only /ManagedLoginBranding/Settings CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},
                "Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG","Bytes":"iVBORw0KGgoAAAANSUhEUgAAAZAAAAGQCAYAAAA="},{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"PNG","Bytes":"iVBORw0KGgoAAAANSUhEUgAAAZAAAABkCAYAAAA="},{"Category":"PAGE_BACKGROUND","ColorMode":"DARK","Extension":"PNG","Bytes":"iVBORw0KGgoAAAANSUhEUgAAAeAAAAI6CAYAAAA="}]}
        "#), @r#"
        400 InvalidParameterException: Invalid assets provided. Validation errors: [{category: PAGE_BACKGROUND, extension: ICO, colorMode: LIGHT, errorMessage: "Invalid file extension ICO."}, {category: FAVICON_ICO, extension: SVG, colorMode: DARK, errorMessage: "Invalid file extension SVG."}, {category: FAVICON_SVG, extension: PNG, colorMode: DARK, errorMessage: "Invalid file extension PNG."}]
        400 InvalidParameterException: Invalid assets provided. Validation errors: [{category: FORM_LOGO, extension: PNG, colorMode: LIGHT, errorMessage: "Invalid file dimension. Assets of SubType LOGO must have a width:height ratio between 1:1 and 4:1. Detected width: 480.0; height: 570.0"}]
        400 InvalidParameterException: Invalid assets provided. Validation errors: [{category: PAGE_HEADER_LOGO, extension: PNG, colorMode: LIGHT, errorMessage: "Invalid file dimension. Assets of SubType LOGO must have a width:height ratio between 1:1 and 4:1. Detected width: 401.0; height: 100.0"}]
        {}
        "#);
    }

    /// Fact 8d.
    #[test]
    fn a_pool_has_at_most_20_styles() {
        let mut fixture = Fixture::new();
        let pool = fixture.get("pool").to_owned();
        for _ in 0..20 {
            let client = serde_json::json!({"UserPoolId": pool, "ClientName": "c"});
            let client = fixture.must("CreateUserPoolClient", client);
            let client = &client["UserPoolClient"]["ClientId"];
            let style = serde_json::json!({"UserPoolId": pool, "ClientId": client, "Settings": {}});
            fixture.must("CreateManagedLoginBranding", style);
        }
        assert_snapshot!(fixture.run(r#"
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
        "#), @"400 LimitExceededException: Managed login branding styles cannot exceed limit of 20.");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateManagedLoginBranding {"UserPoolId":"us-east-1_nope","ClientId":"nope","Assets":[{"Category":"LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            CreateManagedLoginBranding {"UserPoolId":"us-east-1_nope","ClientId":"nope","Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"nope","Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},"Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            only /ManagedLoginBranding/Settings CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},"Assets":[]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},"Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","Settings":{},"Assets":[]}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'LOGO' at 'assets.1.member.category' failed to satisfy constraint: Member must satisfy enum value set: [FAVICON_ICO, FAVICON_SVG, EMAIL_GRAPHIC, SMS_GRAPHIC, AUTH_APP_GRAPHIC, PASSWORD_GRAPHIC, PASSKEY_GRAPHIC, PAGE_HEADER_LOGO, PAGE_HEADER_BACKGROUND, PAGE_FOOTER_LOGO, PAGE_FOOTER_BACKGROUND, PAGE_BACKGROUND, FORM_BACKGROUND, FORM_LOGO, IDP_BUTTON_ICON]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 InvalidParameterException: Invalid assets provided. Validation errors: [{category: FORM_LOGO, extension: ICO, colorMode: LIGHT, errorMessage: "Invalid file extension ICO."}]
        {}
        400 InvalidParameterException: Invalid assets provided. Validation errors: [{category: FORM_LOGO, extension: ICO, colorMode: LIGHT, errorMessage: "Invalid file extension ICO."}]
        400 ManagedLoginBrandingExistsException: A ManagedLoginBranding already exists for client $client
        "#);
    }
}
