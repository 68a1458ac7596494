//! `DescribeTerms`: returns a terms document.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeTerms.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::terms::Terms;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    terms_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    terms: Terms,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let terms = pool.terms_of(&request.terms_id)?.clone();
    Ok(Response { terms })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as terms /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            DescribeTerms {"UserPoolId":"us-east-1_nope","TermsId":"nope"}
            DescribeTerms {"UserPoolId":"us-east-1_nope","TermsId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DescribeTerms {"UserPoolId":"$pool","TermsId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DescribeTerms {"UserPoolId":"$pool","TermsId":"$terms"}
        "#), @r#"
        "$terms"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'termsId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Terms does not exist.
        200 {"Terms":{"ClientId":"$client","CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.7E9,"Links":{"cognito:default":"https://example.com"},"TermsId":"$terms","TermsName":"terms-of-use","TermsSource":"LINK","UserPoolId":"$pool"}}
        "#);
    }
}
