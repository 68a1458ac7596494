//! `DescribeTermsByClient`: returns the terms document that an app client has under a
//! name.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeTermsByClient.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::terms::Terms;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    terms_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    terms: Terms,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let terms = pool.terms_of_client(&request.client_id, &request.terms_name)?;
    Ok(Response {
        terms: terms.clone(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Documents are deleted with their client.
    #[test]
    fn documents_are_deleted_with_their_client() {
        assert_snapshot!(Fixture::new().run(r#"
            as terms /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            DescribeTermsByClient {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use"}
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            DescribeTermsByClient {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use"}
            DescribeTerms {"UserPoolId":"$pool","TermsId":"$terms"}
        "#), @r#"
        "$terms"
        200 {"Terms":{"ClientId":"$client","CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.7E9,"Links":{"cognito:default":"https://example.com"},"TermsId":"$terms","TermsName":"terms-of-use","TermsSource":"LINK","UserPoolId":"$pool"}}
        200
        400 ResourceNotFoundException: User pool client $client does not exist.
        400 ResourceNotFoundException: Terms does not exist.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as terms /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            DescribeTermsByClient {"UserPoolId":"us-east-1_nope","ClientId":"nope","TermsName":"privacy"}
            DescribeTermsByClient {"UserPoolId":"us-east-1_nope","ClientId":"nope","TermsName":"privacy-policy"}
            DescribeTermsByClient {"UserPoolId":"$pool","ClientId":"nope","TermsName":"privacy-policy"}
            DescribeTermsByClient {"UserPoolId":"$pool","ClientId":"$client","TermsName":"privacy-policy"}
            only /Terms/TermsId DescribeTermsByClient {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use"}
        "#), @r#"
        "$terms"
        400 InvalidParameterException: 1 validation error detected: Value 'privacy' at 'termsName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(terms-of-use|privacy-policy)$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 ResourceNotFoundException: Terms privacy-policy for client $client does not exist.
        "$terms"
        "#);
    }
}
