//! Amazon Cognito: the SDK's own chain of credentials, Region and profile.

use std::error::Error;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{Builder, ProvideCredentials};

use super::{Backend, LimitsAreFinal, StartError};
use crate::config::Config;

/// Half of what Cognito allows an account's user creations (50 a second), so
/// that a long run leaves room for others.
const PACE: Duration = Duration::from_millis(40);

/// Connects with the credentials and the Region that the environment, the
/// profile or the flags name.
pub async fn connect(config: &Config) -> Result<Backend, StartError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = Config::named(config.region.as_ref()) {
        loader = loader.region(Region::new(region));
    }
    if let Some(url) = &config.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let sdk = loader.load().await;
    if sdk.region().is_none() {
        return Err(missing(
            "No AWS Region is configured",
            "Set AWS_REGION, pass --region, or name a profile that has one with --profile",
        ));
    }
    let Some(credentials) = sdk.credentials_provider() else {
        return Err(no_credentials("none are configured"));
    };
    if let Err(error) = credentials.provide_credentials().await {
        return Err(no_credentials(&chain(&error)));
    }
    Ok(over(&sdk))
}

/// A backend that speaks as `sdk` says.
#[must_use]
pub fn over(sdk: &SdkConfig) -> Backend {
    let config = Builder::from(sdk).retry_classifier(LimitsAreFinal).build();
    Backend {
        client: Client::from_conf(config),
        emulator: None,
        region: sdk.region().map(ToString::to_string).unwrap_or_default(),
        pace: PACE,
    }
}

/// An error and its causes, each once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let sentence = error.to_string();
        if !told.iter().any(|before| before.contains(&sentence)) {
            told.push(sentence);
        }
        next = error.source();
    }
    told.join(": ")
}

fn no_credentials(why: &str) -> StartError {
    missing(
        &format!("No AWS credentials could be loaded ({why})"),
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, sign in with `aws sso login`, or name a profile with --profile",
    )
}

fn missing(what: &str, remedy: &str) -> StartError {
    StartError(format!(
        "{what}. {remedy}; or leave --backend away to use the embedded emulator, which needs neither."
    ))
}
