//! `CreateTerms`: adds links to the terms of use or to the privacy policy to an
//! app client's sign-up page, one for each language.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateTerms.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::terms::Terms;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    terms_name: String,
    terms_source: String,
    enforcement: String,
    links: Option<Map<String, Value>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    terms: Terms,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.client(&request.client_id)?;
    let terms = Terms {
        terms_id: cx.world.chance.uuid(),
        user_pool_id: request.user_pool_id,
        client_id: request.client_id,
        terms_name: request.terms_name,
        terms_source: request.terms_source,
        enforcement: request.enforcement,
        links: request.links.ok_or(Error::TermsLinksMissing)?,
        creation_date: cx.now(),
        last_modified_date: cx.now(),
    };
    pool.insert_terms(terms.clone())?;
    Ok(Response { terms })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each client can have both documents.
    #[test]
    fn a_client_can_have_both_documents() {
        assert_snapshot!(Fixture::new().run(r#"
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c"}
            spread CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com/terms","cognito:spanish":"https://example.com/terms/es"}}
            only /Terms/TermsName CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"privacy-policy","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com/privacy"}}
            only /Terms/TermsName CreateTerms {"UserPoolId":"$pool","ClientId":"$other","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:german":"https://example.com/terms"}}
        "#), @r#"
        "$other"
        200
          Terms:
            ClientId: "$client"
            CreationDate: 1700000000.0
            Enforcement: "NONE"
            LastModifiedDate: 1700000000.0
            Links: {"cognito:default":"https://example.com/terms","cognito:spanish":"https://example.com/terms/es"}
            TermsId: "b5885a80-6df6-4915-8e1c-c1a423dd9e1f"
            TermsName: "terms-of-use"
            TermsSource: "LINK"
            UserPoolId: "$pool"
        "privacy-policy"
        "terms-of-use"
        "#);
    }

    /// Fact 8d.
    #[test]
    fn a_pool_has_at_most_40_documents() {
        let mut fixture = Fixture::new();
        let pool = fixture.get("pool").to_owned();
        for _ in 0..20 {
            let client = serde_json::json!({"UserPoolId": pool, "ClientName": "c"});
            let client = fixture.must("CreateUserPoolClient", client);
            let client = &client["UserPoolClient"]["ClientId"];
            for name in ["terms-of-use", "privacy-policy"] {
                let terms = serde_json::json!({"UserPoolId": pool, "ClientId": client, "TermsName": name, "TermsSource": "LINK", "Enforcement": "NONE", "Links": {"cognito:default": "https://example.com"}});
                fixture.must("CreateTerms", terms);
            }
        }
        assert_snapshot!(fixture.run(r#"
            CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
        "#), @"400 LimitExceededException: Terms documents cannot exceed limit of 40.");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateTerms {"UserPoolId":"us-east-1_nope","ClientId":"nope","TermsName":"terms","TermsSource":"FILE","Enforcement":"ALL","Links":{"default":""}}
            CreateTerms {"UserPoolId":"us-east-1_nope","ClientId":"nope","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE"}
            CreateTerms {"UserPoolId":"$pool","ClientId":"nope","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE"}
            CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE"}
            only /Terms/Links CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
            CreateTerms {"UserPoolId":"$pool","ClientId":"$client","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:default":"https://example.com"}}
        "#), @r#"
        400 InvalidParameterException: 5 validation errors detected: Value 'terms' at 'termsName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(terms-of-use|privacy-policy)$; Value 'FILE' at 'termsSource' failed to satisfy constraint: Member must satisfy enum value set: [LINK]; Value 'ALL' at 'enforcement' failed to satisfy constraint: Member must satisfy enum value set: [NONE]; Value '{default=}' at 'links' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: ^cognito:(default|dutch|english|french|spanish|german|bahasa-indonesia|italian|japanese|korean|portuguese-brazil|chinese-(simplified|traditional))$]; Value '{default=}' at 'links' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 InvalidParameterException: Links are required when TermsSource is LINK.
        {"cognito:default":"https://example.com"}
        400 TermsExistsException: Terms terms-of-use already exists for client $client
        "#);
    }
}
