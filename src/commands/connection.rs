//! The flags that connect a command to a pool on AWS.

use clap::Args;

use super::Failed;
use crate::cognito::backend::{self, Backend};
use crate::config::{BackendKind, Config};
use crate::ids::PoolId;
use crate::start::dotenv::DotEnv;

/// Where the pools on AWS are, and the credentials. The flags are those of `serve`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "AWS")]
pub struct Connection {
    /// Profile of ~/.aws/config for credentials and Region; keys in the environment are then ignored.
    #[arg(long)]
    pub profile: Option<String>,
    /// AWS Region [that of the pool].
    #[arg(long)]
    pub region: Option<String>,
    /// Custom endpoint of the Cognito API [`AWS_ENDPOINT_URL` works as in every AWS SDK].
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Allow a plain HTTP endpoint on another machine, which receives session tokens unencrypted.
    #[arg(long)]
    pub allow_plain_http_endpoint: bool,
    /// The `.env` file of the current folder.
    #[arg(skip)]
    pub dotenv: DotEnv,
}

impl Connection {
    /// Sets values that flags and the environment do not set from the `.env` file.
    pub(crate) fn fill(&mut self, mut file: DotEnv) -> &DotEnv {
        file.fill_profile(self.profile.as_ref());
        self.dotenv = file;
        &self.dotenv
    }

    /// Connects to the Region of the pool `id`.
    pub(super) async fn connect(&self, id: &str) -> Result<Backend, Failed> {
        let config = Config {
            backend: BackendKind::Aws,
            user_pool_id: Some(id.to_owned()),
            profile: self.profile.clone(),
            region: self.region.clone().or_else(|| region_of(id)),
            endpoint_url: self.endpoint_url.clone(),
            allow_plain_http_endpoint: self.allow_plain_http_endpoint,
            dotenv: self.dotenv.clone(),
            ..Config::default()
        };
        let connected = backend::connect(&config).await;
        Ok(connected.map_err(|error| error.to_string())?)
    }
}

/// The Region of the pool `id`.
fn region_of(id: &str) -> Option<String> {
    let id = PoolId::parse(id).ok()?;
    Some(id.region().to_string())
}
