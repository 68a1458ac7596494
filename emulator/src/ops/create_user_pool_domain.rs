//! `CreateUserPoolDomain`: adds a domain to a pool. It is a prefix of Cognito's domain,
//! or a custom domain with a certificate.
//!
//! The domain is active at once. The emulator serves no pages for it.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::domain::{self, Domain};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    domain: String,
    user_pool_id: String,
    managed_login_version: Option<i64>,
    custom_domain_config: Option<Map<String, Value>>,
    routing: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    managed_login_version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_front_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing: Option<Value>,
}

/// The order of the checks is inferred: the tier, the name, the certificate, and
/// existing domains.
pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let version = request.managed_login_version.unwrap_or(1);
    pool.validate_login_version(version)?;
    let is_custom = request.custom_domain_config.is_some();
    if let Some(config) = &request.custom_domain_config {
        domain::validate_custom_name(&request.domain)?;
        domain::validate_certificate(config, cx.scope, &cx.world.chance)?;
    } else {
        domain::validate_prefix(&request.domain)?;
        if request.routing.is_some() {
            return Err(Error::RoutingOfPrefix);
        }
    }
    if pool.domains.place(is_custom).is_some() {
        return Err(Error::DomainConfigured);
    }
    cx.state.insert_domain(&request.domain, &pool)?;
    let domain = Domain {
        name: request.domain,
        managed_login_version: version,
        config: request.custom_domain_config,
        routing: request.routing,
        distribution: domain::distribution(&cx.world.chance),
    };
    *pool.domains.place(is_custom) = Some(domain.clone());
    Ok(Response {
        managed_login_version: version,
        cloud_front_domain: is_custom.then_some(domain.distribution),
        routing: domain.routing,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// A pool can have one domain of each kind. It shows their names and cannot
    /// be deleted (R178).
    #[test]
    fn a_pool_has_one_domain_of_each_kind() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"another"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","ManagedLoginVersion":2,
                "CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1","SecurityPolicy":"TLS_V1_2_2021"},
                "Routing":{"Failover":{"SecondaryRegion":"us-west-2","PrimaryRoute53HealthCheckId":"check"}}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"login.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            only /UserPool/Domain DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/CustomDomain DescribeUserPool {"UserPoolId":"$pool"}
            DeleteUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        400 InvalidParameterException: User pool already has a domain configured.
        200 {"CloudFrontDomain":"dwjxlb2sub4jv8.cloudfront.net","ManagedLoginVersion":2,"Routing":{"Failover":{"PrimaryRoute53HealthCheckId":"check","SecondaryRegion":"us-west-2"}}}
        400 InvalidParameterException: User pool already has a domain configured.
        "my-prefix"
        "auth.example.com"
        400 InvalidParameterException: User pool cannot be deleted. It has a domain configured that should be deleted first.
        "#);
    }

    /// A prefix is unique in its Region for all accounts, a custom domain is
    /// unique everywhere (R179).
    #[test]
    fn names_are_unique() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            as second /UserPool/Id CreateUserPool {"PoolName":"second"}
            CreateUserPoolDomain {"UserPoolId":"$second","Domain":"my-prefix"}
            in eu-west-1
            as third /UserPool/Id CreateUserPool {"PoolName":"third"}
            CreateUserPoolDomain {"UserPoolId":"$third","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$third","Domain":"auth.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            in us-east-1
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$second","Domain":"my-prefix"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        200 {"CloudFrontDomain":"djy01xwqluntvs.cloudfront.net","ManagedLoginVersion":1}
        "$second"
        400 InvalidParameterException: Domain already associated with another user pool.
        "$third"
        200 {"ManagedLoginVersion":1}
        400 InvalidParameterException: Domain already associated with another user pool.
        200 {}
        200 {"ManagedLoginVersion":1}
        "#);
    }

    /// Fact 8d. Prefixes do not count.
    #[test]
    fn an_account_has_at_most_four_custom_domains_in_a_region() {
        let mut fixture = Fixture::empty();
        for n in 0..5 {
            fixture.run(&format!(
                r#"as p{n} /UserPool/Id CreateUserPool {{"PoolName":"p"}}"#
            ));
        }
        let creation = |n: u32| {
            format!(
                r#"CreateUserPoolDomain {{"UserPoolId":"$p{n}","Domain":"a{n}.example.com","CustomDomainConfig":{{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}}}"#
            )
        };
        for n in 0..4 {
            fixture.run(&creation(n));
        }
        assert_snapshot!(fixture.run(&creation(4)), @"400 LimitExceededException: Custom domains cannot exceed limit of 4.");
        assert_snapshot!(fixture.run(r#"
            CreateUserPoolDomain {"UserPoolId":"$p4","Domain":"prefix"}
            DeleteUserPoolDomain {"UserPoolId":"$p0","Domain":"a0.example.com"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        200 {}
        "#);
        assert_snapshot!(fixture.run(&creation(4)), @r#"200 {"CloudFrontDomain":"de0d5svaig99k2.cloudfront.net","ManagedLoginVersion":1}"#);
    }

    /// R180 to R182. A reserved word is refused if it is a whole part of the name.
    #[test]
    fn names_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"Upper"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"-a"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-cognito-login"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"aws"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"amazon-1"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"example","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth..example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"awsome-cognitos"}
        "#), @r#"
        400 InvalidParameterException: The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$
        400 InvalidParameterException: The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$
        400 InvalidParameterException: The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$
        400 InvalidParameterException: Domain cannot contain reserved word: cognito
        400 InvalidParameterException: Domain cannot contain reserved word: aws
        400 InvalidParameterException: Domain cannot contain reserved word: amazon
        400 InvalidParameterException: Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain or domain parent is a top-level domain.
        400 InvalidParameterException: Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain or domain parent is a top-level domain.
        400 InvalidParameterException: Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain or domain parent is a top-level domain.
        200 {"ManagedLoginVersion":1}
        "#);
    }

    /// Each call fixes one fault of the call above (R137, R183).
    #[test]
    fn precedence() {
        let lite = serde_json::json!({"UserPoolTier": "LITE"});
        assert_snapshot!(Fixture::with_pool(lite).run(r#"
            CreateUserPoolDomain {"UserPoolId":"us-east-1_nope","Domain":"","ManagedLoginVersion":2,"CustomDomainConfig":{}}
            CreateUserPoolDomain {"UserPoolId":"us-east-1_nope","Domain":"com","ManagedLoginVersion":2,"CustomDomainConfig":{"CertificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"com","ManagedLoginVersion":2,"CustomDomainConfig":{"CertificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"com","ManagedLoginVersion":3,"CustomDomainConfig":{"CertificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"com","ManagedLoginVersion":1,"CustomDomainConfig":{"CertificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/1"}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"cognito","Routing":{}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix","Routing":{}}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'domain' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'customDomainConfig.certificateArn' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Managed Login Version 2
        400 InvalidParameterException: ManagedLoginVersion must be 1 or 2.
        400 InvalidParameterException: Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain or domain parent is a top-level domain.
        400 InvalidParameterException: The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain. (Service: CloudFront, Status Code: 400, Request ID: 36cd2e00-45c1-447a-87c7-695c301479c9)
        400 InvalidParameterException: Domain cannot contain reserved word: cognito
        400 InvalidParameterException: Routing is supported for custom domains only.
        200 {"ManagedLoginVersion":1}
        400 InvalidParameterException: User pool already has a domain configured.
        "#);
    }
}
