//! `DescribeUserPoolDomain`: returns a domain. The description is empty for a
//! domain that the caller's account does not have in the Region (fact 10.4).
//!
//! The description of a prefix is from a capture of 2025, including the version of
//! Cognito's pages. The additional members of a custom domain are from
//! aws/aws-cdk#6787.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolDomain.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    domain: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    domain_description: Description,
}

/// `DomainDescriptionType`.
#[derive(Serialize)]
#[serde(untagged)]
enum Description {
    Unknown {},
    Known(Box<Known>),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Known {
    user_pool_id: String,
    #[serde(rename = "AWSAccountId")]
    account: String,
    domain: String,
    #[serde(rename = "S3Bucket")]
    bucket: String,
    cloud_front_distribution: String,
    version: &'static str,
    status: &'static str,
    /// Absent for a prefix (live: imo-tikuwa/cognito-demo, 2025-07; a log of the
    /// AWS CLI, 2025-08). AWS's example of 2019 has an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_domain_config: Option<Map<String, Value>>,
    managed_login_version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing: Option<Value>,
}

#[expect(clippy::unnecessary_wraps, reason = "as every page")]
pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let handle = cx.state.pool_handle_of_domain(cx.scope, &request.domain);
    let pool = handle.as_ref().map(crate::state::PoolHandle::read);
    let found = pool
        .as_ref()
        .and_then(|pool| Some((pool, pool.domains.find(&request.domain)?.clone())));
    let domain_description = match found {
        None => Description::Unknown {},
        Some((pool, domain)) => Description::Known(Box::new(Known {
            user_pool_id: pool.id.clone(),
            account: pool.scope.account.clone(),
            domain: domain.name,
            bucket: bucket(&pool.scope.region),
            cloud_front_distribution: domain.distribution,
            version: "20250702011951",
            status: "ACTIVE",
            custom_domain_config: domain.config,
            managed_login_version: domain.managed_login_version,
            routing: domain.routing,
        })),
    };
    Ok(Response { domain_description })
}

/// The bucket of Cognito's pages, named after an airport near the Region. The names of
/// the first two Regions were seen live, the others are inferred.
fn bucket(region: &str) -> String {
    let airport = match region {
        "us-east-1" => "iad",
        "ap-northeast-1" => "nrt",
        "us-east-2" => "cmh",
        "us-west-1" => "sfo",
        "us-west-2" => "pdx",
        "eu-west-1" => "dub",
        "eu-west-2" => "lhr",
        "eu-central-1" => "fra",
        "ap-southeast-1" => "sin",
        "ap-southeast-2" => "syd",
        "ap-south-1" => "bom",
        other => other,
    };
    format!("aws-cognito-prod-{airport}-assets")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn shows_both_kinds_of_domains() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","ManagedLoginVersion":2,
                "CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1","SecurityPolicy":"TLS_V1_2_2021"},
                "Routing":{"Failover":{"SecondaryRegion":"us-west-2","PrimaryRoute53HealthCheckId":"check"}}}
            DescribeUserPoolDomain {"Domain":"my-prefix"}
            spread DescribeUserPoolDomain {"Domain":"auth.example.com"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        200 {"CloudFrontDomain":"djy01xwqluntvs.cloudfront.net","ManagedLoginVersion":2,"Routing":{"Failover":{"PrimaryRoute53HealthCheckId":"check","SecondaryRegion":"us-west-2"}}}
        200 {"DomainDescription":{"AWSAccountId":"123456789012","CloudFrontDistribution":"daqgx18rv1c0jl.cloudfront.net","Domain":"my-prefix","ManagedLoginVersion":1,"S3Bucket":"aws-cognito-prod-iad-assets","Status":"ACTIVE","UserPoolId":"$pool","Version":"20250702011951"}}
        200
          DomainDescription:
            AWSAccountId: "123456789012"
            CloudFrontDistribution: "djy01xwqluntvs.cloudfront.net"
            CustomDomainConfig: {"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1","SecurityPolicy":"TLS_V1_2_2021"}
            Domain: "auth.example.com"
            ManagedLoginVersion: 2
            Routing: {"Failover":{"PrimaryRoute53HealthCheckId":"check","SecondaryRegion":"us-west-2"}}
            S3Bucket: "aws-cognito-prod-iad-assets"
            Status: "ACTIVE"
            UserPoolId: "$pool"
            Version: "20250702011951"
        "#);
    }

    /// An unused name, the name of another account's domain, and invalid names.
    #[test]
    fn unknown_domains_have_an_empty_description() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            DescribeUserPoolDomain {"Domain":""}
            DescribeUserPoolDomain {"Domain":"_"}
            DescribeUserPoolDomain {"Domain":"auth.example.com"}
            in eu-west-1
            DescribeUserPoolDomain {"Domain":"my-prefix"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        400 InvalidParameterException: 1 validation error detected: Value '' at 'domain' failed to satisfy constraint: Member must have length greater than or equal to 1
        200 {"DomainDescription":{}}
        200 {"DomainDescription":{}}
        200 {"DomainDescription":{}}
        "#);
    }
}
