//! `AdminDeleteUserAttributes`: deletes attributes of a user.
//!
//! Attributes that the user does not have are ignored. If an address is deleted, its
//! `_verified` attribute is deleted as well (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUserAttributes.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::given::AttributeSource;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    user_attribute_names: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    let names = &request.user_attribute_names;
    let change = pool.validate_delete(id, AttributeSource::AdminDelete, None, names)?;
    pool.apply(cx.world, id, change)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn deletes_existing_attributes() {
        assert_snapshot!(Fixture::new().and_verified_user("ana").run(r#"
            advance 60
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"name","Value":"Ana"}]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributeNames":["email","nickname","name"]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let pool = json!({ "Schema": [{ "Name": "email", "Required": true }, { "Name": "badge", "AttributeDataType": "Number", "Mutable": false }] });
        assert_snapshot!(Fixture::with_pool(pool).and_verified_user("ana").run(r#"
            AdminDeleteUserAttributes {"UserPoolId":"us-east-1_nope","Username":"","UserAttributeNames":["nope"]}
            AdminDeleteUserAttributes {"UserPoolId":"us-east-1_nope","Username":"bob","UserAttributeNames":["nope"]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"bob","UserAttributeNames":["nope"]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributeNames":["nope","email"]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributeNames":["email"]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributeNames":["sub"]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributeNames":["custom:badge"]}
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributeNames":["name"]}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: Invalid user attributes: Type for attribute {nope} could not be determined
        400 InvalidParameterException: Invalid user attributes: emails: The attribute emails is required
        400 InvalidParameterException: Cannot modify the non-mutable attribute sub
        400 InvalidParameterException: Invalid user attributes: Custom.User.badge: This attribute does not satisfy the mutability validation defined in the schema.
        200 {}
        "#);
    }
}
