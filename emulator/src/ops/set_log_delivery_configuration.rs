//! `SetLogDeliveryConfiguration`: replaces the destinations of a pool's logs.
//! An empty list ends log delivery (measured, floci-io/floci#2867).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetLogDeliveryConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::log_delivery::{self, LogConfiguration, LogDelivery};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    log_configurations: Vec<LogConfiguration>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    log_delivery_configuration: LogDelivery,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let logs = request.log_configurations;
    log_delivery::validate(&logs, &pool.settings.user_pool_tier, cx.scope)?;
    pool.log_delivery
        .insert(cx.scope.region.clone(), logs.clone());
    Ok(Response {
        log_delivery_configuration: LogDelivery {
            user_pool_id: request.user_pool_id,
            log_configurations: logs,
        },
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn plus_pool() -> Fixture {
        Fixture::with_pool(json!({"UserPoolTier": "PLUS"}))
    }

    /// The list is replaced as a whole, and an empty one ends log delivery.
    /// Nulls are ignored (measured, floci-io/floci#2867).
    #[test]
    fn the_list_is_replaced() {
        assert_snapshot!(plus_pool().run(r#"
            spread SetLogDeliveryConfiguration {"UserPoolId":"$pool",
                "LogConfigurations":[{"LogLevel":"ERROR","EventSource":"userNotification","CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:a"}},{"LogLevel":"INFO","EventSource":"userAuthEvents","S3Configuration":{"BucketArn":"arn:aws:s3:::bucket"}}]}
            spread GetLogDeliveryConfiguration {"UserPoolId":"$pool"}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents","FirehoseConfiguration":{"StreamArn":"arn:aws:firehose:us-east-1:123456789012:deliverystream/s"}}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents","CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:a"}}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[null]}
            GetLogDeliveryConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        200
          LogDeliveryConfiguration:
            LogConfigurations:
              - {"CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:a"},"EventSource":"userNotification","LogLevel":"ERROR"}
              - {"EventSource":"userAuthEvents","LogLevel":"INFO","S3Configuration":{"BucketArn":"arn:aws:s3:::bucket"}}
            UserPoolId: "$pool"
        200
          LogDeliveryConfiguration:
            LogConfigurations:
              - {"CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:a"},"EventSource":"userNotification","LogLevel":"ERROR"}
              - {"EventSource":"userAuthEvents","LogLevel":"INFO","S3Configuration":{"BucketArn":"arn:aws:s3:::bucket"}}
            UserPoolId: "$pool"
        200 {"LogDeliveryConfiguration":{"LogConfigurations":[{"EventSource":"userAuthEvents","FirehoseConfiguration":{"StreamArn":"arn:aws:firehose:us-east-1:123456789012:deliverystream/s"},"LogLevel":"INFO"}],"UserPoolId":"$pool"}}
        200 {"LogDeliveryConfiguration":{"LogConfigurations":[{"CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:a"},"EventSource":"userAuthEvents","LogLevel":"INFO"}],"UserPoolId":"$pool"}}
        200 {"LogDeliveryConfiguration":{"LogConfigurations":[],"UserPoolId":"$pool"}}
        200 {"LogDeliveryConfiguration":{"LogConfigurations":[],"UserPoolId":"$pool"}}
        "#);
    }

    /// The message for the tier is R136. The messages for missing destinations, repeated
    /// sources and log groups were measured. Those for streams, and for a level or
    /// destination that does not fit the source, are inferred.
    #[test]
    fn configurations_are_validated() {
        assert_snapshot!(plus_pool().run(r#"
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"ERROR","EventSource":"userNotification"}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"ERROR","EventSource":"userNotification","CloudWatchLogsConfiguration":{}},{"LogLevel":"INFO","EventSource":"userAuthEvents"}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents"},{"LogLevel":"INFO","EventSource":"userAuthEvents"}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents","S3Configuration":{"BucketArn":"arn:aws:s3:::a"}},{"LogLevel":"INFO","EventSource":"userAuthEvents","S3Configuration":{"BucketArn":"arn:aws:s3:::b"}}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"ERROR","EventSource":"userNotification","CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:ap-northeast-1:999999999999:log-group:/pf/probe"}}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents","FirehoseConfiguration":{"StreamArn":"arn:aws:firehose:us-west-2:123456789012:deliverystream/s"}}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool",
                "LogConfigurations":[{"LogLevel":"INFO","EventSource":"userNotification","CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:a"}},{"LogLevel":"ERROR","EventSource":"userAuthEvents","S3Configuration":{"BucketArn":"arn:aws:s3:::a"}}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"ERROR","EventSource":"userNotification","S3Configuration":{"BucketArn":"arn:aws:s3:::a"}}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents","S3Configuration":{"BucketArn":"arn:aws:s3:::a"},"CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:a"}}]}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"ESSENTIALS"}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents","S3Configuration":{"BucketArn":"arn:aws:s3:::a"}}]}
            GetLogDeliveryConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: Request validation Failed. Following event sources in request have no destination: [userNotification].
        400 InvalidParameterException: Request validation Failed. Following event sources in request have no destination: [userNotification, userAuthEvents].
        400 InvalidParameterException: Request validation Failed. Following event sources in request have no destination: [userAuthEvents]. Following event sources appear more then once in a request: [userAuthEvents].
        400 InvalidParameterException: Request validation Failed. Following event sources appear more then once in a request: [userAuthEvents].
        400 InvalidParameterException: Request validation Failed. [CloudWatch log group arn arn:aws:logs:ap-northeast-1:999999999999:log-group:/pf/probe failed with the following validation errors: ARN does not belong to invoking account. ARN does not belong to current region. ]
        400 InvalidParameterException: Request validation Failed. [Firehose stream arn arn:aws:firehose:us-west-2:123456789012:deliverystream/s failed with the following validation errors: ARN does not belong to current region. ]
        400 InvalidParameterException: Request validation Failed. [Log level INFO is not supported for event source userNotification., Log level ERROR is not supported for event source userAuthEvents.]
        400 InvalidParameterException: Request validation Failed. [Event source userNotification supports CloudWatchLogsConfiguration only.]
        400 InvalidParameterException: Request validation Failed. [Event source userAuthEvents has more than one destination.]
        200 {}
        400 FeatureUnavailableInTierException: The following feature is not available for the ESSENTIALS pricing tier configured: Log Streaming
        200 {"LogDeliveryConfiguration":{"LogConfigurations":[],"UserPoolId":"$pool"}}
        "#);
    }

    /// Each call fixes what the response to the call above reports.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            SetLogDeliveryConfiguration {"UserPoolId":"us-east-1_nope"}
            SetLogDeliveryConfiguration {"UserPoolId":"us-east-1_nope","LogConfigurations":[{"LogLevel":"TRACE","EventSource":"userAuthEvents"}]}
            SetLogDeliveryConfiguration {"UserPoolId":"us-east-1_nope","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents"}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents"}]}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"PLUS"}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents"}]}
            SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"INFO","EventSource":"userAuthEvents","S3Configuration":{"BucketArn":"arn:aws:s3:::a"}}]}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value null at 'logConfigurations' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value 'TRACE' at 'logConfigurations.1.member.logLevel' failed to satisfy constraint: Member must satisfy enum value set: [ERROR, INFO]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 FeatureUnavailableInTierException: The following feature is not available for the ESSENTIALS pricing tier configured: Log Streaming
        200 {}
        400 InvalidParameterException: Request validation Failed. Following event sources in request have no destination: [userAuthEvents].
        200 {"LogDeliveryConfiguration":{"LogConfigurations":[{"EventSource":"userAuthEvents","LogLevel":"INFO","S3Configuration":{"BucketArn":"arn:aws:s3:::a"}}],"UserPoolId":"$pool"}}
        "#);
    }
}
