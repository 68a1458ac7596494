//! `DeleteUserAttributes`: deletes attributes of the signed-in user.
//!
//! If an address is deleted, its `_verified` attribute is deleted as well. The app
//! needs write permission for the attributes. Both were recorded 2026-09-24 in
//! radkawar/stackd.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserAttributes.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::given::AttributeSource;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    user_attribute_names: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (mut pool, id) = bearer.write()?;
    let client = pool.client(&bearer.client_id)?;
    let names = &request.user_attribute_names;
    let change = pool.validate_delete(id, AttributeSource::Delete, Some(client), names)?;
    pool.apply(cx.world, id, change)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn signed_in(client: serde_json::Value) -> Fixture {
        let pool = json!({"Schema": [
            {"Name": "name", "Required": true},
            {"Name": "team", "AttributeDataType": "String", "Mutable": false},
        ]});
        let profile = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "name", "Value": "Ana"},
            {"Name": "custom:team", "Value": "red"},
        ]);
        Fixture::with_pool_and_client(pool, client)
            .and_user("ana", profile)
            .signed_in("ana")
    }

    #[test]
    fn the_verification_is_deleted_with_the_address() {
        assert_snapshot!(signed_in(json!({})).run(r#"
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["email","nickname"]}
            GetUser {"AccessToken":"$access"}
        "#), @r#"
        200 {}
        200 {"UserAttributes":[{"Name":"name","Value":"Ana"},{"Name":"custom:team","Value":"red"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = signed_in(json!({"WriteAttributes": ["email", "name", "custom:team"]}));
        assert_snapshot!(fixture.run(r#"
            DeleteUserAttributes {"AccessToken":"no token"}
            DeleteUserAttributes {"AccessToken":"no.token","UserAttributeNames":["nickname"]}
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["email","nickname"]}
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["email","email_verified"]}
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["email","name"]}
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["email","custom:team"]}
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["email"]}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userAttributeNames' failed to satisfy constraint: Member must not be null; Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 InvalidParameterException: Invalid user attributes: name.formatted: The attribute name.formatted is required
        400 InvalidParameterException: Invalid user attributes: Custom.User.team: This attribute does not satisfy the mutability validation defined in the schema.
        200 {}
        ");
        assert_snapshot!(signed_in(json!({})).run(r#"
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["x"]}
            DeleteUserAttributes {"AccessToken":"$access","UserAttributeNames":["sub"]}
        "#), @"
        400 InvalidParameterException: Invalid user attributes: Type for attribute {x} could not be determined
        400 InvalidParameterException: Cannot modify the non-mutable attribute sub
        ");
    }
}
