//! `DeleteTerms`: deletes terms documents.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteTerms.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    terms_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.terms_of(&request.terms_id)?;
    pool.terms
        .retain(|_, terms| terms.terms_id != request.terms_id);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above. After the deletion, the name can be
    /// used again.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as terms /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            DeleteTerms {"UserPoolId":"us-east-1_nope","TermsId":"nope"}
            DeleteTerms {"UserPoolId":"us-east-1_nope","TermsId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DeleteTerms {"UserPoolId":"$pool","TermsId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11"}
            DeleteTerms {"UserPoolId":"$pool","TermsId":"$terms"}
            DeleteTerms {"UserPoolId":"$pool","TermsId":"$terms"}
            only /Terms/TermsName CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
        "#), @r#"
        "$terms"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'termsId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Terms does not exist.
        200
        400 ResourceNotFoundException: Terms does not exist.
        "terms-of-use"
        "#);
    }
}
