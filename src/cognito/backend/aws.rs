//! The AWS backend. Credentials, Region and profile come from the SDK's own chain.

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{
    Builder, Credentials, FrameworkMetadata, ProvideCredentials, SharedCredentialsProvider,
};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::service_config::ServiceConfigKey;
use tokio::time::timeout;

use super::caller::Caller;
use super::endpoint::{self, Endpoints};
use super::{Backend, LimitsAreFinal, StartError, retry_partition};
use crate::cognito::jwt::Issuers;
use crate::cognito::pacing::{Paced, Pacer};
use crate::cognito::watch::Watched;
use crate::cognito::web::{self, Web};
use crate::config::Config;
use crate::ids::{Endpoint, PoolId, Region as Known};
use crate::shared_state::State;

/// Time limit at start for the search for a Region, and for the search for credentials.
///
/// The SDK allows the same time for credentials at every later call. Outside of EC2
/// it gives up on instance metadata after at most 3 seconds.
const SEARCH: Duration = Duration::from_secs(5);

/// Time limit for one attempt. Cognito waits up to three times 5 seconds for a Lambda
/// trigger, in addition to its own work.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
const ATTEMPT: Duration = Duration::from_secs(20);

/// Time limit for a call with all attempts. MCP clients commonly stop waiting for a tool
/// after 60 seconds, and then do not show its error.
const OPERATION: Duration = Duration::from_secs(45);

/// Connects with the credentials and the Region that [`find`] returns.
pub async fn connect(config: &Config) -> Result<Backend, StartError> {
    let (sdk, endpoints) = find(config).await?;
    let region = region_of(&sdk).map(|region| region.to_string());
    let region = region.unwrap_or_default();
    if let Some((pool, home)) = super::of_other_region(config, &region) {
        return Err(StartError(format!(
            "The pool {pool} is in {home}, and the Region is {region}. Set AWS_REGION={home}, pass \
             --region {home}, or name a pool of {region}."
        )));
    }
    let state = Arc::new(State::open(&config.shared_state)?);
    let caller = Caller::of(&sdk);
    // Replicas share the rates of one account. Without the store, nothing is requested at start.
    let account = if state.is_shared() {
        account_of(&caller).await
    } else {
        String::new()
    };
    Ok(Backend {
        caller,
        endpoints: Some(endpoints),
        ..over_with(&sdk, state, &account)
    })
}

/// The account of the server's credentials; a fixed word if it is not known.
async fn account_of(caller: &Caller) -> String {
    match timeout(SEARCH, caller.identity()).await {
        Ok(Ok(identity)) => identity.account,
        _ => "unknown".to_owned(),
    }
}

/// Finds the credentials and the Region that the flags, the environment or the profile
/// name, and the endpoints of requests.
pub async fn find(config: &Config) -> Result<(SdkConfig, Endpoints), StartError> {
    let sdk = located(config).await?;
    // This runs before the search for credentials, which may send requests to custom
    // endpoints.
    let endpoints = Endpoints::of(config, &sdk)?;
    check_endpoint(&sdk)?;
    Ok((signed(config, sdk).await?, endpoints))
}

/// Checks that credentials exist. An emulator at `--endpoint-url` on this machine accepts any, so
/// there they are made up if the machine has none.
pub async fn signed(config: &Config, sdk: SdkConfig) -> Result<SdkConfig, StartError> {
    let found = match sdk.credentials_provider() {
        Some(provider) => credentials(&provider).await,
        None => Err(String::new()),
    };
    let Err(why) = found else {
        return Ok(sdk);
    };
    let url = Config::named(config.endpoint_url.as_ref());
    let is_named = Config::named(config.profile.as_ref()).is_some();
    if !is_named && url.is_some_and(|url| endpoint::is_local(&url)) {
        let keys = Credentials::new("any", "any", None, None, "emulator");
        let keys = SharedCredentialsProvider::new(keys);
        return Ok(sdk.into_builder().credentials_provider(keys).build());
    }
    Err(no_credentials(config, why).await)
}

/// Finds the Region and the source of credentials.
pub async fn located(config: &Config) -> Result<SdkConfig, StartError> {
    check_home(|name| std::env::var_os(name))?;
    let named = Config::named(config.region.as_ref());
    let mut found = load(config, named).await;
    if found.is_none() {
        found = match region_of_pool(config) {
            Some(region) => load(config, Some(region)).await,
            None => None,
        };
    }
    let (region, sdk) = found.ok_or_else(|| no_region(config))?;
    check_region(&region)?;
    let profile = Config::named(config.profile.as_ref());
    let retries = endpoint::retries(&sdk)?;
    let mut builder = sdk.into_builder().retry_config(retries);
    if let Some(profile) = &profile {
        // The SDK's chain would prefer keys in the environment to a profile named by flag.
        let provider = of_profile(profile, region);
        builder = builder.credentials_provider(SharedCredentialsProvider::new(provider));
    }
    Ok(builder.build())
}

/// The SDK's configuration in the Region `named`, or in the one that the SDK finds.
async fn load(config: &Config, named: Option<String>) -> Option<(Region, SdkConfig)> {
    // Without this, the SDK would read its retry settings and panic at an unknown value.
    let loader = aws_config::defaults(BehaviorVersion::latest());
    let mut loader = loader.retry_config(RetryConfig::standard());
    let profile = Config::named(config.profile.as_ref());
    if let Some(profile) = profile.as_deref().or(config.dotenv.profile()) {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = named {
        loader = loader.region(Region::new(region));
    }
    if let Some(url) = Config::named(config.endpoint_url.as_ref()) {
        loader = loader.endpoint_url(url);
    }
    // Only the search for a Region may use the network, so a timeout means that there is none.
    let sdk = timeout(SEARCH, loader.load()).await.ok()?;
    Some((region_of(&sdk)?, sdk))
}

/// The Region of the configured pools, if all have the same. A pool id begins with the
/// Region.
fn region_of_pool(config: &Config) -> Option<String> {
    let pools = config.user_pool_id.iter().chain(&config.selection.pools);
    let mut regions = pools.filter_map(|pool| {
        let pool = PoolId::parse(pool.trim()).ok()?;
        Some(pool.region().to_string())
    });
    let first = regions.next()?;
    regions.all(|region| region == first).then_some(first)
}

/// Refuses an environment in which the AWS SDK would read its files from the current
/// folder. A profile in that folder could name endpoints, and programs to run.
///
/// The SDK treats an unset or empty `HOME` as the current folder.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>
fn check_home(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), StartError> {
    if !cfg!(unix) {
        return Ok(());
    }
    let given = |name| variable(name).filter(|value| !value.is_empty());
    let files = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
    let is_absolute = |value: &OsString| Path::new(value).is_absolute();
    let is_below_home = |value: &OsString| value.to_string_lossy().starts_with("~/");
    for name in files {
        if given(name).is_some_and(|value| !is_absolute(&value) && !is_below_home(&value)) {
            return Err(StartError(format!(
                "{name} is a relative path, which would name a file of the current folder: set it \
                 to an absolute path."
            )));
        }
    }
    if given("HOME").is_some_and(|home| is_absolute(&home))
        || files
            .iter()
            .all(|name| given(name).is_some_and(|value| is_absolute(&value)))
    {
        return Ok(());
    }
    Err(StartError(
        "HOME is not an absolute path, so that the AWS configuration would be read from the current \
         folder: set HOME to your home folder, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to \
         absolute paths."
            .to_owned(),
    ))
}

/// Refuses a Region from which no address can be built.
fn check_region(region: &Region) -> Result<(), StartError> {
    if Known::parse(region.as_ref()).is_some() {
        return Ok(());
    }
    Err(StartError(format!(
        "`{region}` is not an AWS Region: write it as in eu-west-1."
    )))
}

/// Refuses an endpoint from which no address can be built.
fn check_endpoint(sdk: &SdkConfig) -> Result<(), StartError> {
    // The message does not repeat the value, which may contain credentials.
    match endpoint::of_cognito(sdk).as_deref().map(Endpoint::parse) {
        Some(Err(form)) => Err(StartError(format!(
            "The endpoint of the Cognito API cannot be used. {form}."
        ))),
        _ => Ok(()),
    }
}

/// A backend configured by `sdk`. Timeouts that `sdk` does not set have a default.
#[must_use]
pub fn over(sdk: &SdkConfig) -> Backend {
    over_with(sdk, Arc::new(State::process()), "")
}

/// As [`over`], with the state between calls. `account` is the account whose rates it paces.
fn over_with(sdk: &SdkConfig, state: Arc<State>, account: &str) -> Backend {
    let mut timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    if let Some(given) = sdk.timeout_config() {
        timeouts = given
            .to_builder()
            .take_unset_from(timeouts.to_builder())
            .build();
    }
    let clock = sdk.time_source().unwrap_or_default();
    // The SDK's own HTTP client, made here so that pacing can be put before it.
    let http = sdk
        .http_client()
        .unwrap_or_else(|| web::http_client(ProxyConfig::from_env()));
    let web = Web::over(http.clone());
    let region = sdk.region().map(ToString::to_string).unwrap_or_default();
    let place = format!("{account}:{region}");
    let pacer = Pacer::new(clock.clone(), || Some(1.0), Arc::clone(&state), &place);
    let config = Builder::from(sdk)
        .http_client(Paced::new(http, pacer))
        .framework_metadata(product())
        .interceptor(Watched::in_region(sdk.region()))
        .retry_classifier(LimitsAreFinal)
        .retry_partition(retry_partition())
        .timeout_config(timeouts)
        .build();
    Backend {
        state,
        client: Client::from_conf(config),
        emulator: None,
        endpoints: None,
        caller: Caller::unknown(),
        region,
        issuers: Issuers::web(web.clone(), endpoint::of_cognito(sdk).as_deref()),
        domains: web.clone(),
        web,
        clock,
    }
}

/// The endpoint that the SDK's client uses instead of Cognito's own: the flag, then the
/// setting for this service, then the setting for all services.
///
/// The SDK does not publish this endpoint, so its rule is repeated here. Key sets must come
/// from the same host as the API.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
#[must_use]
pub fn endpoint_url(sdk: &SdkConfig) -> Option<String> {
    let of_all = || sdk.endpoint_url().map(ToOwned::to_owned);
    if sdk.get_origin("endpoint_url").is_client_config() {
        return of_all();
    }
    let key = ServiceConfigKey::builder()
        .service_id("Cognito Identity Provider")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let of_service = sdk
        .service_config()
        .and_then(|known| known.load_config(key));
    of_service.or_else(of_all)
}

/// Names this program in the `User-Agent` of its requests.
fn product() -> FrameworkMetadata {
    FrameworkMetadata::new(env!("CARGO_PKG_NAME"), Some(env!("CARGO_PKG_VERSION")))
        .expect("a package's name and version have only letters, digits, dots and hyphens")
}

/// The Region, if one is set. An empty variable sets none.
fn region_of(sdk: &SdkConfig) -> Option<Region> {
    sdk.region()
        .filter(|region| !region.as_ref().is_empty())
        .cloned()
}

fn of_profile(profile: &str, region: Region) -> ProfileFileCredentialsProvider {
    ProfileFileCredentialsProvider::builder()
        .configure(&ProviderConfig::without_region().with_region(Some(region)))
        .profile_name(profile)
        .build()
}

/// Checks that `provider` has credentials. The error is the reason; it is empty if there
/// simply are none.
async fn credentials(provider: &impl ProvideCredentials) -> Result<(), String> {
    match timeout(SEARCH, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(reasons(&error)),
        Err(_) => Err(format!("the search took more than {} s", SEARCH.as_secs())),
    }
}

/// The messages of `error` and its sources, each once, without those that only say that
/// there are no credentials.
fn reasons(error: &(dyn Error + 'static)) -> String {
    let empty = [
        "an error occurred while loading",
        "the credential provider was not enabled",
    ];
    let mut reasons: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let reason = error.to_string();
        let is_repeated = reasons.iter().any(|before| before.contains(&reason));
        if !is_repeated && !empty.iter().any(|empty| reason.starts_with(empty)) {
            reasons.push(reason);
        }
        next = error.source();
    }
    reasons.join(": ")
}

fn no_region(config: &Config) -> StartError {
    // A user pool id begins with its Region.
    let pool = config.user_pool_id.as_deref().map(PoolId::parse);
    let example = match pool {
        Some(Ok(pool)) => format!("Set AWS_REGION={} (the pool's Region)", pool.region()),
        _ => "Set AWS_REGION".to_owned(),
    };
    missing(
        "No AWS Region is configured",
        &format!("{example}, pass --region, or name a profile that has one with --profile"),
    )
}

async fn no_credentials(config: &Config, why: String) -> StartError {
    let Some((profile, why)) = profile_and_why(config, &why).await else {
        // The error is that of the last source, the instance, and does not mention the others.
        let why = if why.is_empty() || why.contains("IMDS") {
            "neither the environment, nor a profile, a container or an instance has any".to_owned()
        } else {
            why
        };
        return missing(
            &format!("No AWS credentials could be loaded: {why}"),
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, sign in with `aws sso login`, or name a profile with --profile or AWS_PROFILE",
        );
    };
    let remedy = if why.contains("SSO") {
        format!("Sign in with `aws sso login --profile {profile}`")
    } else {
        "List the profiles with `aws configure list-profiles`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned()
    };
    missing(
        &format!("No AWS credentials could be loaded from profile `{profile}`: {why}"),
        &remedy,
    )
}

/// The named profile, and why it has no credentials.
///
/// If `AWS_PROFILE` names it, the SDK's chain tries other sources after it and reports only
/// the last one, so the profile is searched again.
async fn profile_and_why(config: &Config, why: &str) -> Option<(String, String)> {
    let (profile, why) = if let Some(profile) = Config::named(config.profile.as_ref()) {
        (profile, why.to_owned())
    } else {
        let profile = config.aws_profile()?;
        let region = Region::new(config.region.clone().unwrap_or_default());
        let why = credentials(&of_profile(&profile, region)).await.err()?;
        (profile, why)
    };
    let why = if why.is_empty() || why.contains("was not defined") {
        "it is not defined, or has no credentials".to_owned()
    } else {
        why
    };
    Some((profile, why))
}

fn missing(what: &str, remedy: &str) -> StartError {
    StartError(format!(
        "{what}. {remedy}; or use --backend emulated, the embedded emulator, which needs neither."
    ))
}
