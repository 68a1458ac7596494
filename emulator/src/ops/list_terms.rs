//! `ListTerms`: lists the terms documents of a pool, page by page, in order of
//! creation (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListTerms.html>

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;
use crate::state::terms::TermsDescription;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    terms: Vec<TermsDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let list = format!("terms {}", pool.id);
    let token = request.next_token.as_deref();
    let after: Option<u64> = page::resume(token, &list, cx.now())?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let (terms, next_token) = page::cut(
        pool.terms.range((from, Bound::Unbounded)),
        page::size(request.max_results),
        |(position, _)| **position,
        &list,
        cx.now(),
    );
    let described = terms.into_iter().map(|(_, terms)| terms.into());
    Ok(Response {
        terms: described.collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn page_by_page() {
        assert_snapshot!(Fixture::new().run(r#"
            ListTerms {"UserPoolId":"$pool"}
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c"}
            as first /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            as second /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"privacy-policy","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            as third /Terms/TermsId CreateTerms {"UserPoolId":"$pool","ClientId":"$other","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            ListTerms {"UserPoolId":"$pool","MaxResults":1}
            DeleteTerms {"UserPoolId":"$pool","TermsId":"$first"}
            ListTerms {"UserPoolId":"$pool","MaxResults":2,"NextToken":"$token"}
            ListTerms {"UserPoolId":"$pool","MaxResults":2}
        "#), @r#"
        200 {"Terms":[]}
        "$other"
        "$first"
        "$second"
        "$third"
        200 {"NextToken":"$token","Terms":[{"CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.7E9,"TermsId":"$first","TermsName":"terms-of-use"}]}
        200
        200 {"Terms":[{"CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.7E9,"TermsId":"$second","TermsName":"privacy-policy"},{"CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.7E9,"TermsId":"$third","TermsName":"terms-of-use"}]}
        200 {"Terms":[{"CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.7E9,"TermsId":"$second","TermsName":"privacy-policy"},{"CreationDate":1.7E9,"Enforcement":"NONE","LastModifiedDate":1.7E9,"TermsId":"$third","TermsName":"terms-of-use"}]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListTerms {"UserPoolId":"us-east-1_nope","MaxResults":61,"NextToken":"nope"}
            ListTerms {"UserPoolId":"us-east-1_nope","MaxResults":60,"NextToken":"nope"}
            ListTerms {"UserPoolId":"$pool","MaxResults":60,"NextToken":"nope"}
            ListTerms {"UserPoolId":"$pool","MaxResults":60}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"Terms":[]}
        "#);
    }
}
