//! `GetCSVHeader`: returns the columns of an import job's file.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetCSVHeader.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::import::file;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_id: String,
    #[serde(rename = "CSVHeader")]
    csv_header: Vec<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    Ok(Response {
        user_pool_id: pool.id.clone(),
        csv_header: file::header(&pool.schema),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn standard_and_custom_attributes() {
        assert_snapshot!(Fixture::new().run(r#"
            spread GetCSVHeader {"UserPoolId":"$pool"}
            AddCustomAttributes {"UserPoolId":"$pool","CustomAttributes":[{"Name":"team","AttributeDataType":"String"}]}
            only /CSVHeader/19 GetCSVHeader {"UserPoolId":"$pool"}
            only /CSVHeader/20 GetCSVHeader {"UserPoolId":"$pool"}
        "#), @r#"
        200
          CSVHeader:
            - "name"
            - "given_name"
            - "family_name"
            - "middle_name"
            - "nickname"
            - "preferred_username"
            - "profile"
            - "picture"
            - "website"
            - "email"
            - "email_verified"
            - "gender"
            - "birthdate"
            - "zoneinfo"
            - "locale"
            - "phone_number"
            - "phone_number_verified"
            - "address"
            - "updated_at"
            - "cognito:mfa_enabled"
            - "cognito:username"
            - "password_hash"
          UserPoolId: "$pool"
        200 {}
        "custom:team"
        "cognito:mfa_enabled"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            GetCSVHeader {}
            GetCSVHeader {"UserPoolId":"us-east-1_nope"}
            only /UserPoolId GetCSVHeader {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        "$pool"
        "#);
    }
}
