//! The command line and its commands.

use std::sync::LazyLock;

use clap::{Parser, Subcommand};
use cognito_emulator::model;

use crate::commands::{
    approve, call, console, convert, diff, doctor, export, health, init, pages, pull, secret, tools,
};
use crate::config::{Config, EmulatorConfig, PolicyConfig, VerifyConfig};
use crate::start::dotenv::DotEnv;
use crate::start_error::StartError;

/// MCP server for Amazon Cognito user pools, with a faithful Cognito emulator inside.
///
/// Without arguments: MCP on stdio, with an embedded emulator behind it.
#[derive(Debug, Parser)]
#[command(name = "cognito-mcp", version, long_version = LONG_VERSION.as_str(), args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// The command; `serve` if absent.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `serve`.
    #[command(flatten)]
    pub config: Config,
}

/// What `--version` prints: the version, the commit if scripts/release-build compiled the
/// program, and the date of the service model.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let commit = option_env!("BUILD_COMMIT").map(|commit| format!("commit {commit}, "));
    let (version, commit) = (env!("CARGO_PKG_VERSION"), commit.unwrap_or_default());
    format!("{version} ({commit}model of {})", model::date())
});

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve MCP on stdin and stdout, or over HTTP.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<Config>),
    /// Serve the console, a web page for people, and open it in a browser.
    #[command(after_help = console::EXAMPLES)]
    Console(Box<console::Arguments>),
    /// Configure an MCP client to start this server: shows the difference, asks, writes.
    #[command(after_help = init::EXAMPLES)]
    Init(Box<init::Arguments>),
    /// Check credentials, Region, clock and access to the pool, and report what to fix.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Box<doctor::Arguments>),
    /// List the tools that an agent gets, with their tokens.
    #[command(after_help = tools::EXAMPLES)]
    Tools(Box<tools::Arguments>),
    /// Approve a call that waits for a person (`--confirm person`); without a code, list such calls.
    #[command(after_help = approve::EXAMPLES)]
    Approve(approve::Arguments),
    /// Show a secret that a server hides from its client, once.
    #[command(after_help = secret::EXAMPLES)]
    Secret(secret::Arguments),
    /// Call one tool, for scripts: JSON on stdout, or an error on stderr and exit code 1.
    #[command(after_help = call::EXAMPLES)]
    Call(Box<call::Arguments>),
    /// Serve the emulator alone over HTTP, for any AWS SDK or the AWS CLI.
    #[command(after_help = EMULATOR_EXAMPLES)]
    Emulator(EmulatorConfig),
    /// Export the user pools of a running emulator as a pool file, for `--seed-file`.
    #[command(after_help = export::EXAMPLES)]
    Export(export::Arguments),
    /// Convert CloudFormation templates to a pool file, for `--seed-file`.
    #[command(after_help = convert::EXAMPLES)]
    Convert(convert::Arguments),
    /// Check whether an emulator or an MCP server answers; with --wait, wait until it does.
    #[command(after_help = health::EXAMPLES)]
    Health(health::Arguments),
    /// Run the fidelity corpus: every known fact about Cognito, as calls and responses.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyConfig),
    /// Print the least IAM policy for the selected tools and pools.
    #[command(after_help = POLICY_EXAMPLES)]
    Policy(PolicyConfig),
    /// Copy a user pool on AWS into a pool file, which the emulator loads.
    #[command(after_help = pull::EXAMPLES)]
    Pull(Box<pull::Arguments>),
    /// Show the differences between two user pools: pool files, pools on AWS or of an emulator.
    #[command(after_help = diff::EXAMPLES)]
    Diff(Box<diff::Arguments>),
    /// Print shell completions.
    #[command(after_help = pages::COMPLETIONS_EXAMPLES)]
    Completions(pages::Completions),
    /// Print the manual pages.
    #[command(after_help = pages::MAN_EXAMPLES)]
    Man(pages::Manual),
}

const SERVE_EXAMPLES: &str = "\
Examples:
  cognito-mcp serve
          MCP on stdin and stdout, with an embedded emulator behind it. A client starts
          it; `cognito-mcp init` configures the client.
  cognito-mcp serve --backend aws --profile work --user-pool-id eu-west-1_AbCdEfGhI
          A pool on AWS, read only.
  cognito-mcp serve --backend aws --allow-writes --exclude-tools 'create_users'
          With permission to write, but not in bulk.
  cognito-mcp serve --listen 127.0.0.1:9229
          Also serves the emulator over HTTP, for applications: both use the same state.
  cognito-mcp serve --console
          Also serves the console, in which a person sees and does what the agent can.";

const EMULATOR_EXAMPLES: &str = "\
Examples:
  cognito-mcp emulator
          At http://127.0.0.1:9229, with a demo pool.
  cognito-mcp emulator --seed-file pools.yaml
          With the pools, ids and users of a file (docs/pool-file.md).
  cognito-mcp emulator --port 4566 --empty --throttle aws
          Without the demo, with AWS's request rates.
  cognito-mcp emulator --trigger pre-sign-up=http://localhost:9000
          With a Lambda function that a local runtime serves.
  cognito-mcp emulator --console
          With the console, a web page that shows users, messages and requests.
  cognito-mcp emulator --host 0.0.0.0 --expose
          For every machine that reaches this one, as in a container.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  cognito-mcp verify
          A fresh emulator in this process.
  cognito-mcp verify --area passwords --area codes
          Two areas of the corpus; --case R75 is one case.
  cognito-mcp verify --endpoint http://127.0.0.1:9229
          Another server of the cognito-idp API. If it is this project's emulator, its
          outbox is read and its clock moved forward.
  cognito-mcp verify --backend aws --region eu-west-1
          Amazon Cognito, in user pools that the run creates and deletes. Cases that
          need a code from a message, or hours to pass, are skipped.
  cognito-mcp verify --json > report.json
          The report for programs. The exit code is 0 only if nothing failed.";

const POLICY_EXAMPLES: &str = "\
Examples:
  cognito-mcp policy --region eu-west-1 --account 123456789012
          The default toolsets, reading only.
  cognito-mcp policy --toolsets users,groups --allow-writes --pool eu-west-1_AbCdEfGhI
          Two toolsets in one pool.
  cognito-mcp policy --toolsets all --allow-destructive --format terraform
          Everything, for Terraform.

The flags are those of `serve`. Operations that Cognito authorizes by an access token
or an app client need no permission and are not listed. If a call passes a role to
Cognito (logs of imports, SMS), iam:PassRole for that role is required in addition.";

impl Cli {
    /// Reads the `.env` file of the current folder, and applies it to settings that flags
    /// and the environment do not set. Returns what to report about the file.
    ///
    /// # Errors
    /// As [`DotEnv::read`].
    pub fn read_dotenv(&mut self) -> Result<Option<String>, StartError> {
        let file = match &self.command {
            Some(
                Command::Approve(_)
                | Command::Completions(_)
                | Command::Export(_)
                | Command::Health(_)
                | Command::Man(_)
                | Command::Secret(_),
            ) => {
                return Ok(None);
            }
            _ => DotEnv::read()?,
        };
        Ok(match &mut self.command {
            None => self.config.fill(file).report(),
            Some(Command::Serve(config)) => config.fill(file).report(),
            Some(Command::Console(arguments)) => arguments.config.fill(file).report(),
            Some(Command::Tools(arguments)) => arguments.config.fill(file).report(),
            Some(Command::Call(arguments)) => arguments.config.fill(file).report(),
            Some(Command::Doctor(arguments)) => {
                // `doctor` reports the file in its own checks.
                arguments.config.fill(file);
                None
            }
            Some(Command::Init(_)) => init::report(&file),
            Some(Command::Verify(config)) => config.fill(file).report(),
            Some(Command::Emulator(config)) => of_region(file, &mut config.region),
            Some(Command::Convert(arguments)) => of_region(file, &mut arguments.region),
            Some(Command::Policy(config)) => of_region(file, &mut config.region),
            Some(Command::Pull(arguments)) => arguments.connection.fill(file).report(),
            Some(Command::Diff(arguments)) => arguments.connection.fill(file).report(),
            Some(
                Command::Approve(_)
                | Command::Completions(_)
                | Command::Export(_)
                | Command::Health(_)
                | Command::Man(_)
                | Command::Secret(_),
            ) => None,
        })
    }
}

/// Sets the Region of a command that uses nothing else from the file.
fn of_region(mut file: DotEnv, region: &mut Option<String>) -> Option<String> {
    file.fill_region(region, false);
    file.report()
}
