//! `UpdateUserPoolDomain`: changes the version of a domain's pages, and the certificate
//! of a custom domain. The request for a custom domain must always have the certificate
//! (hashicorp/terraform-provider-aws#43252). That other omitted members do not change
//! is inferred.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolDomain.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::domain;

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

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let found = pool.domains.find(&request.domain);
    let mut domain = found.ok_or(Error::DomainNotFound)?.clone();
    if let Some(version) = request.managed_login_version {
        pool.validate_login_version(version)?;
        if domain.managed_login_version != version {
            pool.end_browser_sessions();
        }
        domain.managed_login_version = version;
    }
    match (&domain.config, request.custom_domain_config) {
        (Some(_), None) => return Err(Error::CustomToPrefix),
        (None, Some(_)) => return Err(Error::PrefixToCustom),
        (None, None) if request.routing.is_some() => return Err(Error::RoutingOfPrefix),
        (None, None) => {}
        (Some(_), Some(config)) => {
            domain::validate_certificate(&config, cx.scope, &cx.world.chance)?;
            domain.config = Some(config);
            domain.routing = request.routing.or(domain.routing);
        }
    }
    if let Some(place) = pool.domains.find_mut(&request.domain) {
        *place = Some(domain.clone());
    }
    Ok(Response {
        managed_login_version: domain.managed_login_version,
        cloud_front_domain: domain.config.map(|_| domain.distribution),
        routing: domain.routing,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn version_and_certificate() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1","SecurityPolicy":"TLS_V1"}}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix","ManagedLoginVersion":2}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","ManagedLoginVersion":2,"CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/2"}}
            only /DomainDescription/CustomDomainConfig DescribeUserPoolDomain {"Domain":"auth.example.com"}
            only /DomainDescription/ManagedLoginVersion DescribeUserPoolDomain {"Domain":"auth.example.com"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        200 {"CloudFrontDomain":"djy01xwqluntvs.cloudfront.net","ManagedLoginVersion":1}
        200 {"ManagedLoginVersion":2}
        200 {"ManagedLoginVersion":2}
        200 {"CloudFrontDomain":"djy01xwqluntvs.cloudfront.net","ManagedLoginVersion":2}
        {"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/2"}
        2
        "#);
    }

    /// A pool with managed login cannot change to a tier without it (inferred
    /// from R134 and R137).
    #[test]
    fn managed_login_prevents_a_lower_tier() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix","ManagedLoginVersion":2}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix","ManagedLoginVersion":1}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix","ManagedLoginVersion":2}
        "#), @r#"
        200 {"ManagedLoginVersion":2}
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Managed Login Version 2
        200 {"ManagedLoginVersion":1}
        200 {}
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Managed Login Version 2
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let lite = serde_json::json!({"UserPoolTier": "LITE"});
        assert_snapshot!(Fixture::with_pool(lite).run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            UpdateUserPoolDomain {"UserPoolId":"us-east-1_nope","Domain":"","ManagedLoginVersion":2}
            UpdateUserPoolDomain {"UserPoolId":"us-east-1_nope","Domain":"nope","ManagedLoginVersion":2}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"nope","ManagedLoginVersion":2}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","ManagedLoginVersion":2}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","ManagedLoginVersion":1}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:iam::123456789012:server-certificate/1"}}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/2"}}
            UpdateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix","Routing":{}}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        200 {"CloudFrontDomain":"djy01xwqluntvs.cloudfront.net","ManagedLoginVersion":1}
        400 InvalidParameterException: 1 validation error detected: Value '' at 'domain' failed to satisfy constraint: Member must have length greater than or equal to 1
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: No such domain or user pool exists.
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Managed Login Version 2
        400 InvalidParameterException: Cannot convert custom domain to prefix domain.
        400 InvalidParameterException: The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain. (Service: CloudFront, Status Code: 400, Request ID: 0e4cdf3a-5371-4b6a-a9f0-1e8451e05e76)
        400 InvalidParameterException: Cannot convert prefix domain to custom domain.
        400 InvalidParameterException: Routing is supported for custom domains only.
        "#);
    }
}
