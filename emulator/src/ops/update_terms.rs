//! `UpdateTerms`: changes a terms document.
//!
//! Omitted members do not change. Links are replaced as a whole (both
//! inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateTerms.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::state::terms::Terms;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    terms_id: String,
    terms_name: Option<String>,
    terms_source: Option<String>,
    enforcement: Option<String>,
    links: Option<Map<String, Value>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    terms: Terms,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let before = pool.terms_of(&request.terms_id)?.clone();
    let terms = Terms {
        terms_name: request.terms_name.unwrap_or(before.terms_name),
        terms_source: request.terms_source.unwrap_or(before.terms_source),
        enforcement: request.enforcement.unwrap_or(before.enforcement),
        links: request.links.unwrap_or(before.links),
        last_modified_date: cx.now(),
        ..before
    };
    pool.replace_terms(terms.clone())?;
    Ok(Response { terms })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn omitted_members_do_not_change() {
        assert_snapshot!(Fixture::new().run(r#"
            as terms /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com","cognito:german":"https://example.com/de"}}
            advance 60
            spread UpdateTerms {"UserPoolId":"$pool","TermsId":"$terms"}
            UpdateTerms {"UserPoolId":"$pool","TermsId":"$terms","TermsName":"privacy-policy","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com/privacy"}}
            DescribeTerms {"UserPoolId":"$pool","TermsId":"$terms"}
        "#), @r#"
        "$terms"
        200
          Terms:
            ClientId: "$client"
            CreationDate: 1700000000.0
            Enforcement: "NONE"
            LastModifiedDate: 1700000060.0
            Links: {"cognito:default":"https://example.com","cognito:german":"https://example.com/de"}
            TermsId: "$terms"
            TermsName: "terms-of-use"
            TermsSource: "LINK"
            UserPoolId: "$pool"
        200 {"Terms":{"ClientId":"$client","CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.70000006E9,"Links":{"cognito:default":"https://example.com/privacy"},"TermsId":"$terms","TermsName":"privacy-policy","TermsSource":"LINK","UserPoolId":"$pool"}}
        200 {"Terms":{"ClientId":"$client","CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.70000006E9,"Links":{"cognito:default":"https://example.com/privacy"},"TermsId":"$terms","TermsName":"privacy-policy","TermsSource":"LINK","UserPoolId":"$pool"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as terms /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            as privacy /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"privacy-policy","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            UpdateTerms {"UserPoolId":"us-east-1_nope","TermsId":"nope","TermsName":"privacy-policy"}
            UpdateTerms {"UserPoolId":"us-east-1_nope","TermsId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11","TermsName":"privacy-policy"}
            UpdateTerms {"UserPoolId":"$pool","TermsId":"6dcf7c51-3ba9-4bb1-8d2a-1c2f7a0b9e11","TermsName":"privacy-policy"}
            UpdateTerms {"UserPoolId":"$pool","TermsId":"$terms","TermsName":"privacy-policy"}
            only /Terms/TermsName UpdateTerms {"UserPoolId":"$pool","TermsId":"$terms","TermsName":"terms-of-use"}
        "#), @r#"
        "$terms"
        "$privacy"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'termsId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Terms does not exist.
        400 TermsExistsException: Terms privacy-policy already exists for client $client
        "terms-of-use"
        "#);
    }
}
