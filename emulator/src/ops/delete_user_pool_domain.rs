//! `DeleteUserPoolDomain`: deletes a domain of a pool. The name can be used again at
//! once.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPoolDomain.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    domain: String,
    user_pool_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

/// An unknown domain and an unknown pool cause the same sentence (R184).
pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool_mut(&request.user_pool_id);
    let mut pool = pool.map_err(|_| Error::DomainNotFound)?;
    let place = pool.domains.find_mut(&request.domain);
    *place.ok_or(Error::DomainNotFound)? = None;
    cx.state.remove_domain(cx.scope, &request.domain);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Without a domain, the pool can be deleted (R178).
    #[test]
    fn domains_are_gone() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com","CustomDomainConfig":{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}}
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            DescribeUserPoolDomain {"Domain":"my-prefix"}
            only /UserPool/Domain DescribeUserPool {"UserPoolId":"$pool"}
            DeleteUserPool {"UserPoolId":"$pool"}
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"auth.example.com"}
            DeleteUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        200 {"CloudFrontDomain":"djy01xwqluntvs.cloudfront.net","ManagedLoginVersion":1}
        200 {}
        200 {"DomainDescription":{}}
        absent
        400 InvalidParameterException: User pool cannot be deleted. It has a domain configured that should be deleted first.
        200 {}
        200
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            as second /UserPool/Id CreateUserPool {"PoolName":"second"}
            DeleteUserPoolDomain {"UserPoolId":"us-east-1_nope"}
            DeleteUserPoolDomain {"UserPoolId":"us-east-1_nope","Domain":"my-prefix"}
            DeleteUserPoolDomain {"UserPoolId":"$second","Domain":"my-prefix"}
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"nope"}
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"my-prefix"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        "$second"
        400 InvalidParameterException: 1 validation error detected: Value null at 'domain' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: No such domain or user pool exists.
        400 InvalidParameterException: No such domain or user pool exists.
        400 InvalidParameterException: No such domain or user pool exists.
        200 {}
        400 InvalidParameterException: No such domain or user pool exists.
        "#);
    }
}
