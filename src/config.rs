//! Configuration: flags, then the environment, then the `.env` file.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use crate::start::dotenv::{self, DotEnv};
use crate::start_error::StartError;

const FOR_AWS: &str = "With --backend aws";
const FOR_EMULATOR: &str = "Emulator";
const FOR_TOOLS: &str = "Tools";
const FOR_SAFETY: &str = "Safety";
const FOR_HTTP: &str = "HTTP";
const FOR_FLEET: &str = "Several replicas";

/// Default time limit for a call, in seconds. It is enough for a thousand new users, and
/// short enough that a client still waits.
const CALL_SECONDS: u64 = 300;

/// Configuration of the MCP server.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Config {
    /// The backend: the embedded emulator, or Cognito.
    #[arg(long, value_enum, default_value_t)]
    pub backend: BackendKind,
    /// User pool that tools use when a call names none.
    #[arg(long, env = "COGNITO_USER_POOL_ID")]
    pub user_pool_id: Option<String>,
    /// App client that tools use when a call names none.
    #[arg(long, env = "COGNITO_CLIENT_ID")]
    pub client_id: Option<String>,
    /// AWS Region [emulator: that of its pools, or us-east-1; AWS: from the SDK's own chain].
    #[arg(long, env = "AWS_REGION")]
    pub region: Option<String>,
    /// Which tools and pools the server offers.
    #[command(flatten)]
    pub selection: Selection,
    /// Publish tools without the schemas of their answers, for clients that show them to the model.
    ///
    /// `cognito-mcp tools` shows what they cost.
    #[arg(long, help_heading = FOR_TOOLS)]
    pub no_output_schemas: bool,
    /// Show passwords, tokens and other secrets in answers [emulator: true; AWS: false].
    ///
    /// Otherwise answers have references, which later calls accept in place of the secrets.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub reveal_secrets: Option<bool>,
    /// Write the secrets of answers into files in this folder, to which only you may have access.
    ///
    /// Nothing deletes the files.
    #[arg(long, env = "COGNITO_MCP_SECRETS_DIR", value_name = "FOLDER")]
    pub secrets_dir: Option<PathBuf>,
    /// Append a line of JSON about every call to this file, before the call writes and when it ends.
    ///
    /// With `--http`, `-` is standard output, for a collector.
    /// If a line cannot be written, the call is not made or its answer is withheld. `docs/audit.schema.json` documents the lines.
    #[arg(long, env = "COGNITO_MCP_AUDIT_LOG", value_name = "FILE")]
    pub audit_log: Option<PathBuf>,
    /// Begin a new audit log when the current one reaches this many MiB; old ones get the time as a suffix.
    #[arg(long, env = "COGNITO_MCP_AUDIT_ROTATE", value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..))]
    pub audit_rotate: Option<u64>,
    /// Profile of ~/.aws/config for credentials and Region; keys in the environment are then ignored.
    ///
    /// `AWS_PROFILE` also names one, but keys in the environment precede it, as in every AWS SDK.
    #[arg(long, help_heading = FOR_AWS)]
    pub profile: Option<String>,
    /// Custom endpoint of the Cognito API [`AWS_ENDPOINT_URL` works as in every AWS SDK].
    #[arg(long, value_name = "URL", help_heading = FOR_AWS)]
    pub endpoint_url: Option<String>,
    /// Allow a plain HTTP endpoint on another machine, which receives session tokens and passwords unencrypted.
    ///
    /// No environment variable sets this.
    #[arg(long, help_heading = FOR_AWS)]
    pub allow_plain_http_endpoint: bool,
    /// List and run the tools that write. Without it the server only reads.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t, default_missing_value = "true", hide_default_value = true, action = ArgAction::Set, help_heading = FOR_AWS)]
    pub allow_writes: bool,
    /// List and run every tool: those that write, and those that delete users or disable them.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t, default_missing_value = "true", hide_default_value = true, action = ArgAction::Set, help_heading = FOR_AWS)]
    pub allow_destructive: bool,
    /// Which calls that delete or disable must be confirmed, and whether by a person.
    ///
    /// A client that can ask its user (elicitation) asks, and only an explicit yes confirms. The
    /// values differ for other clients.
    #[arg(long, env = "COGNITO_MCP_CONFIRM", value_enum, default_value_t, value_name = "WHERE", help_heading = FOR_SAFETY)]
    pub confirm: Confirm,
    /// Also serve the embedded emulator over HTTP at this address; port 0 is any free port.
    ///
    /// If another process has the address, MCP over stdio is served without it.
    #[arg(long, value_name = "ADDRESS", help_heading = FOR_EMULATOR)]
    pub listen: Option<SocketAddr>,
    /// Allow `--listen` with an address that other machines can reach; they need no credentials.
    #[arg(long, requires = "listen", help_heading = FOR_EMULATOR)]
    pub expose: bool,
    /// Time limit for one call, in seconds (default: 300).
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..), help_heading = FOR_SAFETY)]
    pub call_timeout: Option<u32>,
    /// MCP over HTTP, instead of stdio.
    #[command(flatten)]
    pub http: Http,
    /// State that replicas share.
    #[command(flatten)]
    pub shared_state: SharedState,
    /// Configuration of the emulator.
    #[command(flatten)]
    pub emulator: EmulatorFlags,
    /// The `.env` file of the current folder.
    #[arg(skip)]
    pub dotenv: DotEnv,
}

/// The selected tools and user pools.
#[derive(Clone, Debug, Default, Args)]
pub struct Selection {
    /// Toolsets, separated by commas; `default` and `all` are sets too.
    #[arg(long, env = "COGNITO_MCP_TOOLSETS", value_name = "NAMES", value_delimiter = ',', help_heading = FOR_TOOLS)]
    pub toolsets: Vec<String>,
    /// Tools by name or glob (`list_*`), in addition to `--toolsets`, or alone without it.
    #[arg(long, env = "COGNITO_MCP_TOOLS", value_name = "GLOBS", value_delimiter = ',', help_heading = FOR_TOOLS)]
    pub tools: Vec<String>,
    /// Tools by name or glob to exclude, even if another flag selects them.
    #[arg(long, env = "COGNITO_MCP_EXCLUDE_TOOLS", value_name = "GLOBS", value_delimiter = ',', help_heading = FOR_TOOLS)]
    pub exclude_tools: Vec<String>,
    /// Work only on this user pool; repeat the flag for several. All others are out of scope.
    #[arg(long = "pool", env = "COGNITO_MCP_POOLS", value_name = "ID", value_delimiter = ',', help_heading = FOR_SAFETY)]
    pub pools: Vec<String>,
}

/// MCP over HTTP, and its authentication.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = FOR_HTTP)]
pub struct Http {
    /// Serve MCP over HTTP at this address, such as 127.0.0.1:8080, instead of stdio.
    #[arg(long = "http", value_name = "ADDRESS")]
    pub address: Option<SocketAddr>,
    /// The URL that clients use, if the server is behind a proxy or has a host name (default: `http://ADDRESS/mcp`).
    #[arg(long = "http-url", value_name = "URL", requires = "address")]
    pub url: Option<String>,
    /// Origins of web pages that may use the server, in addition to those of its machine and URL.
    #[arg(
        long = "http-origin",
        value_name = "ORIGINS",
        value_delimiter = ',',
        requires = "address"
    )]
    pub origins: Vec<String>,
    /// File with the token that clients must send; created with a new token if it does not exist.
    ///
    /// `COGNITO_MCP_HTTP_TOKEN` is the token itself, instead of a file.
    #[arg(long = "http-token-file", value_name = "FILE", requires = "address")]
    pub token_file: Option<PathBuf>,
    /// The token itself; hidden, because other users of the machine read flags.
    #[arg(
        long = "http-token",
        env = "COGNITO_MCP_HTTP_TOKEN",
        hide = true,
        hide_env_values = true
    )]
    pub token: Option<HiddenText>,
    /// After TERM, `/ready` answers 503 and calls are answered for up to this many seconds (default: 0).
    ///
    /// The server ends earlier if no call is under way and none has come for 5 seconds. A load
    /// balancer that checks `/ready` moves the calls to other replicas in this time.
    #[arg(long = "http-drain", value_name = "SECONDS", requires = "address")]
    pub drain: Option<u16>,
    /// Serve the console, a web page for people, and print its one-time address.
    ///
    /// It is at the address of `--http`, which must be a loopback address; without `--http` at
    /// 127.0.0.1:9230, or another port if that is taken.
    #[arg(long)]
    pub console: bool,
    /// Admit every caller without a token; on a loopback address only.
    #[arg(long, requires = "address")]
    pub insecure: bool,
    /// Admit access tokens of this issuer, a user pool: `https://cognito-idp.REGION.amazonaws.com/POOL`.
    ///
    /// Cognito checks once a minute whether a token is still valid; docs/agents.md lists which tokens this covers.
    #[arg(long, value_name = "URL", requires = "address")]
    pub oauth_issuer: Option<String>,
    /// Audiences of tokens, in addition to the server's URL: values of `aud`, and app clients for tokens without `aud`.
    #[arg(
        long,
        value_name = "VALUES",
        value_delimiter = ',',
        requires = "oauth_issuer"
    )]
    pub oauth_audience: Vec<String>,
    /// Scopes that a token must have, such as `cognito-mcp/use`; all are required.
    #[arg(
        long,
        value_name = "SCOPES",
        value_delimiter = ',',
        requires = "oauth_issuer"
    )]
    pub oauth_scope: Vec<String>,
}

impl Http {
    /// The time in which calls move to other replicas before the server ends.
    #[must_use]
    pub fn drain_time(&self) -> Duration {
        Duration::from_secs(self.drain.map_or(0, u64::from))
    }
}

/// State that several replicas of the server share.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = FOR_FLEET)]
pub struct SharedState {
    /// Keep what replicas share in this Redis or Valkey: `redis://HOST:6379`, or `rediss://` for TLS.
    ///
    /// Set the variable, not the flag, if the URL has a password: other users of the machine read
    /// flags. docs/fleet.md lists what is shared.
    #[arg(
        long = "shared-state",
        env = "COGNITO_MCP_SHARED_STATE",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub store: Option<HiddenText>,
    /// File with the keys that encrypt the shared state, one per line: the first encrypts, all decrypt.
    ///
    /// Each is 32 bytes in base64, as `openssl rand -base64 32` writes them. All replicas have the same file.
    #[arg(long, env = "COGNITO_MCP_SHARED_KEY_FILE", value_name = "FILE")]
    pub shared_key_file: Option<PathBuf>,
    /// File with the password of the shared state, instead of one in the URL.
    #[arg(long, value_name = "FILE", requires = "store")]
    pub shared_password_file: Option<PathBuf>,
    /// Name of this replica in the audit log [the name of the machine, with `--shared-state`].
    #[arg(long, env = "COGNITO_MCP_REPLICA", value_name = "NAME")]
    pub replica: Option<String>,
    /// Serve metrics for Prometheus at `http://ADDRESS/metrics`, without a token and without values of arguments.
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<SocketAddr>,
    /// Name of this fleet in the shared state, if several share one [cognito-mcp].
    #[arg(long, value_name = "NAME", requires = "store")]
    pub shared_name: Option<String>,
}

/// A text that is hidden in debug output.
#[derive(Clone)]
pub struct HiddenText(pub String);

impl From<String> for HiddenText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for HiddenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Configuration of the stand-alone emulator.
#[derive(Clone, Debug, Args)]
pub struct EmulatorConfig {
    /// Port to listen on.
    #[arg(long, default_value_t = 9229)]
    pub port: u16,
    /// Address to listen on. One that other machines can reach, such as 0.0.0.0, needs --expose.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Allow an address that other machines can reach; they need no credentials. A container needs this for its published port.
    #[arg(long)]
    pub expose: bool,
    /// Region of the demo pool, and of calls whose signature has no Region [that of the pools in the files, or us-east-1].
    #[arg(long, env = "AWS_REGION")]
    pub region: Option<String>,
    /// Also serve the console, a web page for people, at 127.0.0.1:9230 or another port if that is
    /// taken, and print its one-time address.
    #[arg(long)]
    pub console: bool,
    /// Configuration of the emulator.
    #[command(flatten)]
    pub emulator: EmulatorFlags,
}

/// What to verify, and which cases.
#[derive(Clone, Debug, Default, Args)]
pub struct VerifyConfig {
    /// What to verify: a fresh emulator in this process, or Cognito.
    #[arg(long, value_enum, default_value_t)]
    pub backend: BackendKind,
    /// Another server of the cognito-idp API to verify instead.
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Areas of the corpus; all if absent.
    #[arg(long, value_name = "AREA")]
    pub area: Vec<String>,
    /// Cases by their ids; all if absent.
    #[arg(long, value_name = "ID")]
    pub case: Vec<String>,
    /// Read the corpus from this folder, such as `fidelity` [the one built in].
    #[arg(long, value_name = "FOLDER")]
    pub corpus: Option<PathBuf>,
    /// Settings of the account that some cases need, such as the ARN of a role; a wrong name lists them.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
    /// AWS Region [us-east-1; with --backend aws from the SDK's own chain].
    #[arg(long, env = "AWS_REGION")]
    pub region: Option<String>,
    /// Profile of ~/.aws/config, with --backend aws.
    #[arg(long)]
    pub profile: Option<String>,
    /// The `.env` file of the current folder.
    #[arg(skip)]
    pub dotenv: DotEnv,
}

/// Configuration of the IAM policy.
#[derive(Clone, Debug, Default, Args)]
pub struct PolicyConfig {
    /// What the server will offer.
    #[command(flatten)]
    pub selection: Selection,
    /// Include the tools that write.
    #[arg(long)]
    pub allow_writes: bool,
    /// Include every tool: those that write, and those that delete or disable.
    #[arg(long)]
    pub allow_destructive: bool,
    /// AWS Region of the pools [*; a pool's id contains its own].
    #[arg(long, env = "AWS_REGION")]
    pub region: Option<String>,
    /// AWS account of the pools (default: any).
    #[arg(long, value_parser = account)]
    pub account: Option<String>,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: PolicyFormat,
}

/// The output formats of policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    /// An IAM policy document.
    #[default]
    Json,
    /// A Terraform data source, and a policy from it.
    Terraform,
    /// A managed policy of the AWS CDK, in TypeScript.
    Cdk,
}

/// Parses an AWS account id.
pub fn account(given: &str) -> Result<String, String> {
    let digits = given.bytes().filter(u8::is_ascii_digit).count();
    if given.len() == 12 && digits == 12 {
        Ok(given.to_owned())
    } else {
        Err("an AWS account has 12 digits".to_owned())
    }
}

/// Configuration of the emulator.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = FOR_EMULATOR)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct EmulatorFlags {
    /// Start without the demo pool, client and users.
    #[arg(long)]
    pub empty: bool,
    /// Start with the user pools of this file (YAML or JSON); may be repeated. A reset returns to them.
    ///
    /// The file has pools, clients, users and everything else, with ids and passwords:
    /// docs/pool-file.md. `cognito-mcp export` writes one. The demo pool is then left out, unless
    /// `--demo` asks for it.
    #[arg(long = "seed-file", value_name = "FILE")]
    pub seed_files: Vec<PathBuf>,
    /// Make the demo pool, client and users, also with `--seed-file`.
    #[arg(long, conflicts_with = "empty")]
    pub demo: bool,
    /// Ignore ids that requests choose by the tag `_custom_id_` and the client name `_custom_id_:ID`, as Cognito does.
    #[arg(long)]
    pub no_custom_ids: bool,
    /// Keep the state in this file, so that it survives a restart; created if it does not exist.
    ///
    /// The file has pools, users with password hashes and refresh tokens, save points, and advances of
    /// the clock. Messages, the journal and sign-ins in progress are not kept. Only you may read it.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Issuer in tokens [the HTTP address if there is one, else the form of AWS].
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Throttle as AWS does (`aws`), at a share of its rates (`10%`), or not (`off`, the default).
    #[arg(long, value_name = "RATE")]
    pub throttle: Option<String>,
    /// Address of a Lambda trigger, such as `pre-sign-up=http://localhost:9000`; may be repeated.
    ///
    /// Before the `=`, give the function's ARN or name; after it, the address of a local runtime with
    /// Lambda's Invoke API (SAM local, `LocalStack`, the Runtime Interface Emulator), or a complete
    /// URL, which is used unchanged. `GET /_emulator/triggers` reports invocations.
    #[arg(long = "trigger", value_name = "FUNCTION=URL")]
    pub triggers: Vec<String>,
    /// Leave out the bar of the sign-in pages that names the emulator and links to its messages.
    #[arg(long)]
    pub plain_pages: bool,
    /// Seed of ids, codes and sessions.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print a line on stderr for each HTTP request to the emulator: operation, status, exception.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub log: Option<Log>,
    /// Delivery of messages.
    #[command(flatten)]
    pub delivery: DeliveryFlags,
    /// HTTPS of the emulator's address.
    #[command(flatten)]
    pub tls: TlsFlags,
    /// RSA private keys (PEM) that sign tokens, two for each pool. More pools get the embedded test keys.
    #[arg(long, value_name = "FILE")]
    pub signing_keys: Option<PathBuf>,
}

/// Delivery of the emulator's messages, in addition to its outbox.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = FOR_EMULATOR)]
pub struct DeliveryFlags {
    /// Also send e-mail through this SMTP server, such as `smtp://localhost:1025` for Mailpit.
    ///
    /// `smtps://` is TLS, and `smtp://HOST?tls=required` is STARTTLS. Set the variable, not the
    /// flag, if the URL has a password: other users of the machine read flags.
    #[arg(
        long,
        env = "COGNITO_MCP_SMTP",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub smtp: Option<HiddenText>,
    /// Also post SMS and the messages of custom senders to this URL, as JSON with their codes.
    #[arg(
        long,
        env = "COGNITO_MCP_MESSAGE_WEBHOOK",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub message_webhook: Option<HiddenText>,
}

/// HTTPS of the emulator's address.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = FOR_EMULATOR)]
pub struct TlsFlags {
    /// Serve HTTPS instead of HTTP, with certificates of a local authority that is made on first use.
    ///
    /// The authority is in `~/.local/share/cognito-mcp/tls`; clients must trust its `ca.pem`, which can
    /// only sign for this machine (`localhost`, names under it, loopback addresses).
    #[arg(long)]
    pub tls: bool,
    /// Serve HTTPS with the certificate chain (PEM) in this file, the server's certificate first.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key (PEM) of `--tls-cert`.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl TlsFlags {
    /// Whether a flag requires HTTPS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.tls || self.tls_cert.is_some()
    }
}

/// What the emulator logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// A line for each HTTP request, without secrets.
    Requests,
}

/// The backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BackendKind {
    /// The embedded emulator.
    #[default]
    Emulated,
    /// Amazon Cognito.
    Aws,
}

/// Which calls that delete or disable must be confirmed, and whether by a person.
///
/// If a client can ask its user, only the user confirms. The values differ for other
/// clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Confirm {
    /// On every backend: if a client cannot ask its user, its agent repeats the name, and no person is asked.
    Always,
    /// On AWS, as `always`: on the emulator nothing is real.
    #[default]
    Aws,
    /// Nowhere.
    Never,
    /// On every backend by a person: the client's user, or `cognito-mcp approve`.
    Person,
}

impl EmulatorConfig {
    /// The configuration of a server with a console, whose emulator is this one.
    #[must_use]
    pub fn with_console(&self) -> Config {
        let config = Config {
            region: self.region.clone(),
            listen: Some(SocketAddr::new(self.host, self.port)),
            expose: self.expose,
            emulator: self.emulator.clone(),
            ..Config::default()
        };
        config.with_console()
    }
}

impl VerifyConfig {
    pub(crate) fn fill(&mut self, mut file: DotEnv) -> &DotEnv {
        let for_aws = self.backend == BackendKind::Aws;
        file.fill_region(&mut self.region, for_aws);
        if for_aws {
            file.fill_profile(self.profile.as_ref());
        }
        self.dotenv = file;
        &self.dotenv
    }
}

impl Config {
    /// Sets values that flags and the environment do not set from the `.env` file.
    pub(crate) fn fill(&mut self, mut file: DotEnv) -> &DotEnv {
        let for_aws = self.backend == BackendKind::Aws;
        file.fill(&mut self.user_pool_id, dotenv::USER_POOL_ID);
        file.fill(&mut self.client_id, dotenv::CLIENT_ID);
        file.fill_region(&mut self.region, for_aws);
        if for_aws {
            file.fill_profile(self.profile.as_ref());
        }
        self.dotenv = file;
        &self.dotenv
    }

    /// The setting that names the default pool, for messages.
    pub(crate) fn pool_source(&self) -> &'static str {
        if self.dotenv.is_used(dotenv::USER_POOL_ID) {
            return "COGNITO_USER_POOL_ID in .env";
        }
        let variable = std::env::var(dotenv::USER_POOL_ID).ok();
        if variable.is_some() && variable == self.user_pool_id {
            dotenv::USER_POOL_ID
        } else {
            "--user-pool-id"
        }
    }

    /// This configuration with a console and, unless it selects tools, with all of them.
    #[must_use]
    pub fn with_console(mut self) -> Self {
        self.http.console = true;
        let selection = &mut self.selection;
        if selection.toolsets.is_empty() && selection.tools.is_empty() {
            selection.toolsets = vec!["all".to_owned()];
        }
        self
    }

    /// The profile that `AWS_PROFILE` names, in the environment or in `.env`.
    pub(crate) fn aws_profile(&self) -> Option<String> {
        let named = std::env::var("AWS_PROFILE").ok();
        let named = named.filter(|profile| !profile.is_empty());
        named.or_else(|| self.dotenv.profile().map(ToOwned::to_owned))
    }

    /// Whether a call that deletes or disables must be confirmed.
    #[must_use]
    pub fn confirms(&self) -> bool {
        match self.confirm {
            Confirm::Always | Confirm::Person => true,
            Confirm::Aws => self.backend == BackendKind::Aws,
            Confirm::Never => false,
        }
    }

    /// Whether such a call of a person at the console must be confirmed, on every backend: a
    /// person may have clicked by mistake.
    #[must_use]
    pub fn console_confirms(&self) -> bool {
        self.http.console && self.confirm != Confirm::Never
    }

    /// Whether an agent can confirm such a call by the argument `confirm`, if its client
    /// cannot ask its user.
    #[must_use]
    pub fn agent_confirms(&self) -> bool {
        self.confirms() && self.confirm != Confirm::Person
    }

    /// The time limit for one call.
    #[must_use]
    pub fn call_limit(&self) -> Duration {
        Duration::from_secs(self.call_timeout.map_or(CALL_SECONDS, u64::from))
    }

    /// The value, or none if it is empty: an empty variable counts as unset.
    #[must_use]
    pub fn named(value: Option<&String>) -> Option<String> {
        value.filter(|value| !value.is_empty()).cloned()
    }

    /// Whether answers may show secrets.
    ///
    /// # Errors
    /// If secrets are to be shown and also kept in files.
    pub fn reveals_secrets(&self) -> Result<bool, StartError> {
        match (self.reveal_secrets, &self.secrets_dir) {
            (Some(true), Some(_)) => Err(StartError(
                "--reveal-secrets shows secrets in answers, --secrets-dir keeps them in files: \
                remove one of them."
                    .to_owned(),
            )),
            (Some(reveals), _) => Ok(reveals),
            (None, folder) => Ok(self.backend == BackendKind::Emulated && folder.is_none()),
        }
    }
}
