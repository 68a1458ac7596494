//! `cognito-mcp doctor`: checks the server's configuration, credentials and user pool,
//! and gives advice for each failed check.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::date_time::{DateTime, Format};
use clap::Args;
use parking_lot::Mutex;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::address::without_address;
use super::{Failed, say, say_json, tools};
use crate::cognito::backend::endpoint::Endpoints;
use crate::cognito::backend::{self, Backend, aws};
use crate::cognito::failure::UNREADABLE;
use crate::cognito::operations::Effect;
use crate::cognito::pools::{self, Pools};
use crate::cognito::watch::Watch;
use crate::config::{BackendKind, Config};
use crate::error::ToolError;
use crate::hints;
use crate::ids::PoolId;
use crate::run::confirm;
use crate::start::dotenv;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  cognito-mcp doctor
          The embedded emulator.
  cognito-mcp doctor --backend aws --profile work --user-pool-id eu-west-1_AbCdEfGhI
          A pool on AWS: credentials, Region, clock, access. Give it the flags of `serve`.
  cognito-mcp doctor --backend aws --json
          For programs. The exit code is 0 only where nothing failed.";

/// What to check.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The flags of `serve`.
    #[command(flatten)]
    pub config: Config,
}

/// The checks, in the order in which they ran.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Whether no check failed.
    pub ok: bool,
    /// The checks. A check that depends on a failed one is left out.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What was checked.
    pub check: &'static str,
    /// Whether it succeeded.
    pub ok: bool,
    /// What was found, and what to do if the check failed.
    pub message: String,
}

impl Report {
    fn good(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, true, message.into());
    }

    fn bad(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, false, message.into());
    }

    fn add(&mut self, check: &'static str, ok: bool, message: String) {
        let message = message.trim_end_matches('.').to_owned() + ".";
        self.checks.push(Check { check, ok, message });
    }

    fn lines(&self) -> String {
        let mut lines = String::new();
        for Check { check, ok, message } in &self.checks {
            let mark = if *ok { "ok    " } else { "failed" };
            let _ = writeln!(lines, "{mark}  {check}: {message}");
        }
        lines
    }
}

/// Runs the checks and prints the report.
pub async fn run(arguments: &Arguments) -> Result<(), Failed> {
    let report = examine(&arguments.config).await;
    if arguments.json {
        say_json(&report)?;
    } else {
        say(report.lines())?;
    }
    if report.ok {
        Ok(())
    } else {
        Err(Failed::silently())
    }
}

/// Checks the requirements of a server with these flags.
pub async fn examine(config: &Config) -> Report {
    let mut report = Report::default();
    if let Some(read) = config.dotenv.report() {
        report.good(".env", read);
    }
    let (rest, address) = without_address(config);
    let config = &rest;
    if let Some(message) = address {
        report.good("listen", message);
    }
    if let Some(pool) = malformed(config) {
        report.bad("pool", pool);
    }
    match tools::cost(config).await {
        Ok(cost) => report.good("tools", cost),
        Err(error) => report.bad("flags", error.to_string()),
    }
    if report.checks.iter().all(|check| check.ok) {
        match confirm::describe(config) {
            Some(Ok(how)) => report.good("confirmation", how),
            Some(Err(why)) => report.bad("confirmation", why),
            None => {}
        }
        match config.backend {
            BackendKind::Emulated => emulated(&mut report, config).await,
            BackendKind::Aws => on_aws(&mut report, config).await,
        }
    }
    report.ok = report.checks.iter().all(|check| check.ok);
    report
}

/// The reason why the default pool cannot be one.
fn malformed(config: &Config) -> Option<String> {
    let pool = Config::named(config.user_pool_id.as_ref())?;
    let form = PoolId::parse(&pool).err()?;
    Some(format!("{}: {}", config.pool_source(), form.named(&pool)))
}

async fn emulated(report: &mut Report, config: &Config) {
    let backend = match backend::connect(config).await {
        Ok(backend) => backend,
        Err(error) => return report.bad("backend", error.to_string()),
    };
    let keeps = match &config.emulator.data {
        Some(path) => format!("keeps its data in {}", path.display()),
        None => "loses its data when it ends".to_owned(),
    };
    let about =
        format!("the embedded emulator: it needs no credentials and no network, and {keeps}");
    report.good("backend", about);
    let Some(emulator) = &backend.emulator else {
        return;
    };
    match emulator.home() {
        Some(home) => report.good("region", home),
        None => report.good("region", backend.region.as_str()),
    }
    for warning in emulator.warnings(config) {
        report.good("note", warning);
    }
    // An id of `.env` counts only if the emulator has the pool.
    let is_known =
        |pool: &String| !config.dotenv.is_used(dotenv::USER_POOL_ID) || emulator.reaches(pool);
    let pool = Config::named(config.user_pool_id.as_ref())
        .filter(is_known)
        .or_else(|| emulator.initial_defaults().user_pool_id)
        .filter(|pool| config.selection.pools.is_empty() || config.selection.pools.contains(pool));
    let subject = Subject {
        config,
        region: &backend.region,
        account: None,
    };
    subject.pool(report, &backend, pool.as_deref()).await;
}

async fn on_aws(report: &mut Report, config: &Config) {
    let sdk = match aws::located(config).await {
        Ok(sdk) => sdk,
        Err(error) => return report.bad("region", error.to_string()),
    };
    let region = sdk.region().map(ToString::to_string).unwrap_or_default();
    let pool = Config::named(config.user_pool_id.as_ref());
    let endpoints = match Endpoints::of(config, &sdk) {
        Ok(endpoints) => endpoints,
        // The check ends here, because the search for credentials would also use this
        // endpoint.
        Err(error) => return report.bad("endpoint", error.to_string()),
    };
    show_endpoints(report, &endpoints);
    match backend::of_other_region(config, &region) {
        Some((pool, home)) => report.bad(
            "region",
            format!(
                "it is {region}, but the pool {pool} is in {home}: set AWS_REGION={home} or pass --region {home}"
            ),
        ),
        None => report.good("region", region.as_str()),
    }
    let sdk = match aws::signed(config, sdk).await {
        Ok(sdk) => sdk,
        Err(error) => return report.bad("credentials", error.to_string()),
    };
    let sdk = with_short_timeouts(&sdk);
    let clock = Clock::default();
    let mut subject = Subject {
        config,
        region: &region,
        account: None,
    };
    let asked = aws_sdk_sts::Client::new(&sdk)
        .get_caller_identity()
        .customize()
        .interceptor(clock.clone())
        .send()
        .await;
    let lost = match asked {
        Ok(who) => {
            let account = who.account.unwrap_or_default();
            let arn = who.arn.unwrap_or_default();
            report.good("credentials", format!("{arn} in account {account}"));
            subject.account = Some(account);
            false
        }
        Err(error) => {
            let error: Box<ToolError> = error.into();
            // An emulator of Cognito does not emulate STS.
            let elsewhere = sdk.endpoint_url().filter(|_| error.code == UNREADABLE);
            match elsewhere {
                Some(url) => report.good(
                    "credentials",
                    format!("found; {url} does not report their identity"),
                ),
                None => report.bad(
                    "credentials",
                    subject.explain(&error, "sts:GetCallerIdentity"),
                ),
            }
            elsewhere.is_none()
        }
    };
    clock.check(report, endpoints.of_identity());
    // If the credentials or the Region are wrong, requests to the pool fail for the same
    // reason.
    if lost || report.checks.iter().any(|check| !check.ok) {
        return;
    }
    let backend = aws::over(&sdk);
    subject.pool(report, &backend, pool.as_deref()).await;
}

/// Reports the endpoints and the proxy of requests.
fn show_endpoints(report: &mut Report, endpoints: &Endpoints) {
    report.good("endpoint", endpoints.cognito());
    for (service, to) in endpoints.others() {
        report.good("endpoint", format!("{to} for {service}"));
    }
    if let Some(proxy) = endpoints.proxy() {
        report.good("proxy", format!("requests go through {proxy}"));
    }
}

/// `sdk` with short timeouts and no retries: a diagnosis should not take long.
fn with_short_timeouts(sdk: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(Duration::from_secs(10))
        .build();
    sdk.clone()
        .into_builder()
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .build()
}

/// The state that the checks share.
struct Subject<'a> {
    config: &'a Config,
    region: &'a str,
    account: Option<String>,
}

/// The operations to try on a pool, which common tools use.
const PROBES: [&str; 4] = [
    "DescribeUserPool",
    "ListUsers",
    "ListGroups",
    "ListUserPoolClients",
];

impl Subject<'_> {
    /// Checks that the pool exists and may be read.
    async fn pool(&self, report: &mut Report, backend: &Backend, pool: Option<&str>) {
        let named = &self.config.selection.pools;
        let pools: Vec<&str> = match pool {
            Some(pool) => vec![pool],
            None => named.iter().map(|pool| pool.trim()).collect(),
        };
        let allowed = match Pools::new(&self.config.selection.pools) {
            Ok(allowed) => Arc::new(allowed),
            Err(error) => return report.bad("pool", error.to_string()),
        };
        let watch = Watch::new(OPERATIONS, Effect::Read, allowed, CancellationToken::new());
        let asked = async {
            for pool in &pools {
                self.probe(report, backend, pool).await;
            }
            if pools.is_empty() {
                self.pools(report, &backend.client).await;
            }
        };
        Arc::new(watch).over(asked).await;
    }

    async fn probe(&self, report: &mut Report, backend: &Backend, pool: &str) {
        let client = &backend.client;
        let mut may = Vec::new();
        for operation in PROBES {
            match probe(client, operation, pool).await {
                Ok(()) => may.push(operation),
                Err(error) if error.code == "ResourceNotFoundException" => {
                    let there = self.others(client).await;
                    report.bad("pool", format!("{}{there}", self.not_found(backend, pool)));
                    return;
                }
                Err(error) => {
                    let denied = error.code == "AccessDeniedException";
                    let action = format!("cognito-idp:{operation}");
                    report.bad("pool", self.explain(&error, &action));
                    // Access is denied to each operation separately. Any other error is the
                    // same for all.
                    if !denied {
                        return;
                    }
                }
            }
        }
        if !may.is_empty() {
            report.good("pool", format!("{pool} answers {}", may.join(", ")));
        }
    }

    /// Reports the pools of the account, if no pool is configured.
    async fn pools(&self, report: &mut Report, client: &Client) {
        match list(client).await {
            Ok(pools) if pools.is_empty() => report.good(
                "pool",
                format!("none exists in {} yet, and none is configured", self.region),
            ),
            Ok(pools) => report.good(
                "pool",
                format!(
                    "none is configured (--user-pool-id), so every call must name one. Existing pools: {}",
                    pools.join(", ")
                ),
            ),
            Err(error) => report.bad("pool", self.explain(&error, "cognito-idp:ListUserPools")),
        }
    }

    fn not_found(&self, backend: &Backend, pool: &str) -> String {
        let (region, source) = (self.region, self.config.pool_source());
        if backend.emulator.is_some() {
            return match pools::other_region(pool, region) {
                Some(home) => format!(
                    "the embedded emulator works in {region}, and the pool {pool} ({source}) is in \
                     {home}: pass --region {home} if it is in a seed file."
                ),
                None => format!(
                    "the embedded emulator has no user pool {pool} ({source}): load it with \
                     --seed-file or --data, or name a pool that exists."
                ),
            };
        }
        let account = self
            .account
            .as_ref()
            .map_or_else(String::new, |account| format!(" of account {account}"));
        format!(
            "there is no user pool {pool} in {region}{account}: check {source}, and whether these are \
             the credentials (--profile) of the account that has it."
        )
    }

    /// The existing pools as a sentence, if they may be listed.
    async fn others(&self, client: &Client) -> String {
        match list(client).await {
            Ok(pools) if pools.is_empty() => " No pool exists here".to_owned(),
            Ok(pools) => format!(" Existing pools: {}", pools.join(", ")),
            Err(_) => String::new(),
        }
    }

    /// Explains an error to the operator, with advice.
    fn explain(&self, error: &ToolError, action: &str) -> String {
        let message = error.message.trim_end_matches('.');
        let profile = Config::named(self.config.profile.as_ref());
        let sign_in = profile.map_or_else(
            || "`aws sso login`".to_owned(),
            |profile| format!("`aws sso login --profile {profile}`"),
        );
        match error.code.as_str() {
            "AccessDeniedException" | "AccessDenied" => {
                let pool = Config::named(self.config.user_pool_id.as_ref());
                let denied = hints::Denied::read(message, action, self.region, pool.as_deref());
                format!("access denied: {}", denied.advice(Some(&self.policy())))
            }
            "ExpiredTokenException" | "ExpiredToken" => format!(
                "the session of the credentials has expired: sign in again ({sign_in}), or use new keys"
            ),
            "UnrecognizedClientException" | "InvalidClientTokenId" => {
                "AWS does not know the access key: check it and, if it begins with ASIA, the \
                 session token that belongs to it"
                    .to_owned()
            }
            "RequestExpired" | "SignatureDoesNotMatch" | "InvalidSignatureException" => {
                if is_about_time(error) {
                    format!(
                        "AWS does not accept the time of the request ({message}): check this machine's clock"
                    )
                } else {
                    "the secret access key does not belong to the access key: copy both again"
                        .to_owned()
                }
            }
            "ConnectionFailed" | "RequestTimedOut" => format!(
                "AWS cannot be reached ({message}): check the network, VPN, firewall or proxy, and \
                 the endpoint's address if one is configured"
            ),
            "InvalidParameterException" | "ValidationException" => {
                format!("{message}: a user pool id looks like eu-west-1_AbCdEfGhI")
            }
            code => format!("{code}: {message}"),
        }
    }

    /// The command that prints the IAM policy for these flags.
    fn policy(&self) -> String {
        let mut command = "cognito-mcp policy".to_owned();
        for (flag, values) in [
            ("--toolsets", &self.config.selection.toolsets),
            ("--tools", &self.config.selection.tools),
            ("--exclude-tools", &self.config.selection.exclude_tools),
        ] {
            if !values.is_empty() {
                let _ = write!(command, " {flag} '{}'", values.join(","));
            }
        }
        match (self.config.allow_destructive, self.config.allow_writes) {
            (true, _) => command += " --allow-destructive",
            (_, true) => command += " --allow-writes",
            _ => {}
        }
        let default = Config::named(self.config.user_pool_id.as_ref());
        let pools = match (&self.config.selection.pools, default) {
            (pools, Some(default)) if pools.is_empty() => vec![default],
            (pools, _) => pools.clone(),
        };
        for pool in pools {
            let _ = write!(command, " --pool {pool}");
        }
        command
    }
}

/// The operations that this command calls.
const OPERATIONS: &[&str] = &[
    "DescribeUserPool",
    "ListGroups",
    "ListUserPoolClients",
    "ListUserPools",
    "ListUsers",
];

async fn probe(client: &Client, operation: &str, pool: &str) -> Result<(), Box<ToolError>> {
    match operation {
        "ListUsers" => {
            let request = client.list_users().user_pool_id(pool).limit(1);
            request.send().await?;
        }
        "ListGroups" => {
            let request = client.list_groups().user_pool_id(pool).limit(1);
            request.send().await?;
        }
        "ListUserPoolClients" => {
            let request = client.list_user_pool_clients().user_pool_id(pool);
            request.max_results(1).send().await?;
        }
        _ => {
            client
                .describe_user_pool()
                .user_pool_id(pool)
                .send()
                .await?;
        }
    }
    Ok(())
}

async fn list(client: &Client) -> Result<Vec<String>, Box<ToolError>> {
    let answer = client.list_user_pools().max_results(60).send().await?;
    let named = answer.user_pools().iter().map(|pool| {
        let (id, name) = (
            pool.id().unwrap_or_default(),
            pool.name().unwrap_or_default(),
        );
        format!("{id} ({name})")
    });
    Ok(named.collect())
}

fn is_about_time(error: &ToolError) -> bool {
    ["expired", "not yet current", "earlier than", "later than"]
        .iter()
        .any(|words| error.message.contains(words))
}

/// How far this machine's clock is ahead of AWS's in seconds, by the `Date` of responses.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<Mutex<Option<f64>>>);

/// The difference in time, in seconds, from which AWS refuses a signature: five minutes.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const TOLERATED: f64 = 5.0 * 60.0;

impl Clock {
    /// `endpoint` is the custom endpoint that has responded, if it was not AWS.
    fn check(&self, report: &mut Report, endpoint: Option<&str>) {
        let ahead = *self.0.lock();
        let theirs = endpoint.map_or_else(|| "AWS's".to_owned(), |url| format!("that of {url}"));
        match ahead {
            // No response has arrived, which another check has reported.
            None => {}
            Some(ahead) if ahead.abs() < TOLERATED => {
                report.good(
                    "clock",
                    format!("within {:.0} s of {theirs}", ahead.abs().max(1.0)),
                );
            }
            Some(ahead) => {
                let minutes = ahead.abs() / 60.0;
                let side = if ahead > 0.0 { "ahead of" } else { "behind" };
                report.bad(
                    "clock",
                    format!(
                        "this machine's is {minutes:.0} minutes {side} {theirs}. AWS refuses requests that \
                         are 5 minutes off: synchronize it by NTP"
                    ),
                );
            }
        }
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The clock whose time is in signatures.
        let Some(clock) = components.time_source() else {
            return Ok(());
        };
        let here = DateTime::from(clock.now()).as_secs_f64();
        let there = context.response().headers().get("date");
        let there = there.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(there) = there {
            let mut ahead = self.0.lock();
            *ahead = Some(here - there.as_secs_f64());
        }
        Ok(())
    }
}
