//! `UpdateManagedLoginBranding`: changes a style.
//!
//! Every request must have a source, even if only images change. Omitted members do not
//! change ([`Look::updated`]). Pool and style are optional in the model. That they are
//! reported missing with the sentence of sign-in is inferred.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateManagedLoginBranding.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::branding::{Look, StyleView};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: Option<String>,
    managed_login_branding_id: Option<String>,
    #[serde(flatten)]
    look: Look,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    managed_login_branding: StyleView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let missing = |parameter: &str| Error::MissingParameter {
        parameter: parameter.to_owned(),
    };
    let pool = request.user_pool_id.ok_or_else(|| missing("UserPoolId"))?;
    let id = request
        .managed_login_branding_id
        .ok_or_else(|| missing("ManagedLoginBrandingId"))?;
    let mut pool = cx.pool_mut(&pool)?;
    let style = pool.style_mut(&id)?;
    request.look.validate()?;
    style.look = style.look.updated(request.look)?;
    style.modified_at = cx.now();
    Ok(Response {
        managed_login_branding: StyleView::new(&pool.id, pool.style(&id)?),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// Settings are merged. An image replaces the image of the same kind.
    /// `UseCognitoProvidedValues` removes the settings.
    #[test]
    fn omitted_members_do_not_change() {
        assert_snapshot!(Fixture::new().run(r#"
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client",
                "Settings":{"a":{"b":1,"c":[1]}},
                "Assets":[{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"PNG"},{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG"}]}
            advance 60
            spread UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","Settings":{"a":{"c":[2]},"d":true}}
            spread UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":false,"Settings":{},"Assets":[{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"WEBP"}]}
            spread UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true}
            spread UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","Settings":{"e":1},"Assets":[]}
            spread DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
        "#), @r#"
        "$style"
        200
          ManagedLoginBranding:
            Assets: [{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"PNG"},{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG"}]
            CreationDate: 1700000000.0
            LastModifiedDate: 1700000060.0
            ManagedLoginBrandingId: "$style"
            Settings: {"a":{"b":1,"c":[2]},"d":true}
            UseCognitoProvidedValues: false
            UserPoolId: "$pool"
        200
          ManagedLoginBranding:
            Assets: [{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG"},{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"WEBP"}]
            CreationDate: 1700000000.0
            LastModifiedDate: 1700000060.0
            ManagedLoginBrandingId: "$style"
            Settings: {"a":{"b":1,"c":[2]},"d":true}
            UseCognitoProvidedValues: false
            UserPoolId: "$pool"
        200
          ManagedLoginBranding:
            Assets: [{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG"},{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"WEBP"}]
            CreationDate: 1700000000.0
            LastModifiedDate: 1700000060.0
            ManagedLoginBrandingId: "$style"
            UseCognitoProvidedValues: true
            UserPoolId: "$pool"
        200
          ManagedLoginBranding:
            Assets: [{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG"},{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"WEBP"}]
            CreationDate: 1700000000.0
            LastModifiedDate: 1700000060.0
            ManagedLoginBrandingId: "$style"
            Settings: {"e":1}
            UseCognitoProvidedValues: false
            UserPoolId: "$pool"
        200
          ManagedLoginBranding:
            Assets: [{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"PNG"},{"Category":"FORM_LOGO","ColorMode":"DARK","Extension":"WEBP"}]
            CreationDate: 1700000000.0
            LastModifiedDate: 1700000060.0
            ManagedLoginBrandingId: "$style"
            Settings: {"e":1}
            UseCognitoProvidedValues: false
            UserPoolId: "$pool"
        "#);
    }

    /// Every update needs a source: all cases measured (floci-io/floci#2869).
    #[test]
    fn sources_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
            UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
            UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","Assets":[]}
            UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true,"Settings":{}}
            DescribeManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style"}
        "#), @r#"
        "$style"
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        200 {"ManagedLoginBranding":{"Assets":[],"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ManagedLoginBrandingId":"$style","UseCognitoProvidedValues":true,"UserPoolId":"$pool"}}
        "#);
    }

    #[test]
    fn a_style_has_at_most_40_images() {
        let mut fixture = Fixture::new();
        let image = |n: usize| json!({"Category": "IDP_BUTTON_ICON", "ColorMode": "DARK", "Extension": "PNG", "ResourceId": format!("i{n}")});
        let images = |range: std::ops::Range<usize>| json!(range.map(image).collect::<Vec<_>>());
        let style = json!({"UserPoolId": fixture.get("pool"), "ClientId": fixture.get("client"), "Settings": {}, "Assets": images(0..30)});
        let style = fixture.must("CreateManagedLoginBranding", style);
        let id = &style["ManagedLoginBranding"]["ManagedLoginBrandingId"];
        let mut update = |range| {
            let update = json!({"UserPoolId": fixture.get("pool"), "ManagedLoginBrandingId": id, "Settings": {}, "Assets": images(range)});
            let reply = fixture.call("UpdateManagedLoginBranding", update);
            let images = reply.body.pointer("/ManagedLoginBranding/Assets");
            images
                .and_then(|images| Some(images.as_array()?.len()))
                .ok_or(reply.message)
        };
        assert_eq!(update(20..40), Ok(40));
        let refusal = "A managed login branding style cannot have more than 40 assets.".to_owned();
        assert_eq!(update(40..41), Err(Some(refusal)));
        assert_eq!(update(0..1), Ok(40));
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as style /ManagedLoginBranding/ManagedLoginBrandingId CreateManagedLoginBranding {"UserPoolId":"$pool","ClientId":"$client","UseCognitoProvidedValues":true}
            UpdateManagedLoginBranding {"ManagedLoginBrandingId":"nope"}
            UpdateManagedLoginBranding {}
            UpdateManagedLoginBranding {"UserPoolId":"us-east-1_nope"}
            UpdateManagedLoginBranding {"UserPoolId":"us-east-1_nope","ManagedLoginBrandingId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","Settings":{},"Assets":[{"Category":"FORM_LOGO","ColorMode":"LIGHT","Extension":"ICO"}]}
            only /ManagedLoginBranding/Settings UpdateManagedLoginBranding {"UserPoolId":"$pool","ManagedLoginBrandingId":"$style","Settings":{}}
        "#), @r#"
        "$style"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'managedLoginBrandingId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$
        400 InvalidParameterException: Missing required parameter UserPoolId
        400 InvalidParameterException: Missing required parameter ManagedLoginBrandingId
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: ManagedLoginBranding does not exist.
        400 InvalidParameterException: useCognitoProvidedValues or settings should be specified (but not both)
        400 InvalidParameterException: Invalid assets provided. Validation errors: [{category: FORM_LOGO, extension: ICO, colorMode: LIGHT, errorMessage: "Invalid file extension ICO."}]
        {}
        "#);
    }
}
