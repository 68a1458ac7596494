//! `AddCustomAttributes`: adds custom attributes to a pool's schema. They
//! cannot be removed.
//!
//! Names get the prefix `custom:`, or `dev:custom:` (fact 9.12). The operation
//! adds all attributes or none.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddCustomAttributes.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::schema::GivenAttribute;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    custom_attributes: Vec<GivenAttribute>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.imports.check_idle()?;
    pool.schema.add_custom(request.custom_attributes)?;
    pool.modified_at = cx.now();
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Facts 9.12, 9.13.
    #[test]
    fn attributes_are_prefixed_and_shown() {
        assert_snapshot!(Fixture::new().run(r#"
            AddCustomAttributes {"UserPoolId":"$pool",
                "CustomAttributes":[{"Name":"team","AttributeDataType":"String"},{"Name":"age","AttributeDataType":"Number"},{"Name":"since","AttributeDataType":"DateTime"},{"Name":"note","AttributeDataType":"String","DeveloperOnlyAttribute":true,"Mutable":false}]}
            only /UserPool/SchemaAttributes/20 DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SchemaAttributes/21 DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SchemaAttributes/22 DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SchemaAttributes/23 DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SchemaAttributes/24 DescribeUserPool {"UserPoolId":"$pool"}
            only /User/Attributes/0 AdminCreateUser {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"custom:team","Value":"a"}]}
        "#), @r#"
        200 {}
        {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"nickname","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
        {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"custom:team","Required":false,"StringAttributeConstraints":{}}
        {"AttributeDataType":"Number","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"custom:age","NumberAttributeConstraints":{},"Required":false}
        {"AttributeDataType":"DateTime","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"custom:since","Required":false}
        {"AttributeDataType":"String","DeveloperOnlyAttribute":true,"Mutable":false,"Name":"dev:custom:note","Required":false,"StringAttributeConstraints":{}}
        {"Name":"custom:team","Value":"a"}
        "#);
    }

    /// R156, R159 to R161: if one attribute is invalid, none is added.
    #[test]
    fn refusals_add_nothing() {
        assert_snapshot!(Fixture::new().run(r#"
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"team","AttributeDataType":"String"}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String"},{"Name":"y","AttributeDataType":"String","Required":true}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String"},{"Name":"y","AttributeDataType":"String","StringAttributeConstraints":{"MinLength":"2","MaxLength":"1"}}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String"},{"Name":"y","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":"2","MaxValue":"1"}}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String"},{"Name":"team","AttributeDataType":"String"}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String"},{"Name":"x","AttributeDataType":"String"}]}
            only /UserPool/SchemaAttributes/21 DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SchemaAttributes/22 DescribeUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        200 {}
        400 InvalidParameterException: Required custom attributes are not supported currently.
        400 InvalidParameterException: Attribute custom:y cannot have a max length shorter than it's min length
        400 InvalidParameterException: Attribute custom:y cannot have a max value smaller than it's min value
        400 InvalidParameterException: custom:team: Existing attribute already has name custom:team.
        400 InvalidParameterException: custom:x: Existing attribute already has name custom:x.
        {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"custom:team","Required":false,"StringAttributeConstraints":{}}
        absent
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            AddCustomAttributes {"UserPoolId":"us-east-1_nope"}
            AddCustomAttributes {"UserPoolId":"us-east-1_nope","CustomAttributes":[{"Name":"abcdefghijklmnopqrstu","AttributeDataType":"String"}]}
            AddCustomAttributes {"UserPoolId":"us-east-1_nope","CustomAttributes":[{"Required":true}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Required":true}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","Required":true}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String","Required":true}]}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String"}]}
        "#), @"
        400 InvalidParameterException: 1 validation error detected: Value null at 'customAttributes' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value 'abcdefghijklmnopqrstu' at 'customAttributes.1.member.name' failed to satisfy constraint: Member must have length less than or equal to 20
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Attribute name is required.
        400 InvalidParameterException: Invalid AttributeDataType input, consider using the provided AttributeDataType enum.
        400 InvalidParameterException: Required custom attributes are not supported currently.
        200 {}
        ");
    }

    /// Fact 8d.
    #[test]
    fn a_pool_has_at_most_50_custom_attributes() {
        let mut fixture = Fixture::new();
        for from in [0, 25] {
            let attributes: Vec<_> = (from..from + 25)
                .map(
                    |n| serde_json::json!({"Name": format!("a{n}"), "AttributeDataType": "String"}),
                )
                .collect();
            let pool = fixture.get("pool").to_owned();
            fixture.must(
                "AddCustomAttributes",
                serde_json::json!({"UserPoolId": pool, "CustomAttributes": attributes}),
            );
        }
        assert_snapshot!(fixture.run(r#"
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"x","AttributeDataType":"String"}]}
            only /UserPool/SchemaAttributes/70/Name DescribeUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: A user pool cannot have more than 50 custom attributes.
        "custom:a49"
        "#);
    }
}
