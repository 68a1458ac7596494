//! Amazon Cognito user pools without AWS.
//!
//! The emulator refuses what Cognito refuses, in Cognito's words. It is one
//! synchronous [`wire::Service`]; mounts put it beneath the AWS SDK for Rust
//! (`connector`) or behind HTTP (`http`).
//!
//! As a dev-dependency it takes the place of the SDK's HTTP client. The clock
//! moves when the test says so, and what e-mail or SMS would have carried is in
//! the outbox:
//!
//! ```
//! # #[cfg(feature = "connector")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use aws_sdk_cognitoidentityprovider::Client;
//! use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Builder, Credentials, Region};
//! use aws_sdk_cognitoidentityprovider::types::{AttributeType, VerifiedAttributeType};
//! use cognito_emulator::connector::sdk_http_client;
//! use cognito_emulator::stack::{OutboxFilter, Stack};
//! use cognito_emulator::world::Clock;
//!
//! let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
//! let config = Builder::new()
//!     .behavior_version(BehaviorVersion::latest())
//!     .region(Region::new("us-east-1"))
//!     .credentials_provider(Credentials::new("test", "test", None, None, "test"))
//!     .http_client(sdk_http_client(&stack))
//!     .build();
//! let cognito = Client::from_conf(config);
//!
//! let pool = cognito
//!     .create_user_pool()
//!     .pool_name("demo")
//!     .auto_verified_attributes(VerifiedAttributeType::Email)
//!     .send()
//!     .await?;
//! let pool = pool.user_pool().and_then(|pool| pool.id()).unwrap();
//! let client = cognito.create_user_pool_client().user_pool_id(pool).client_name("web").send().await?;
//! let client = client.user_pool_client().and_then(|client| client.client_id()).unwrap();
//!
//! let email = AttributeType::builder().name("email").value("ana@example.com").build()?;
//! cognito
//!     .sign_up()
//!     .client_id(client)
//!     .username("ana")
//!     .password("Correct-Horse-7")
//!     .user_attributes(email)
//!     .send()
//!     .await?;
//! let code = stack.outbox(&OutboxFilter::default())[0].code.clone();
//! let confirm = cognito.confirm_sign_up().client_id(client).username("ana").confirmation_code(code);
//!
//! // A day later the code has expired.
//! stack.advance(Duration::from_hours(24));
//! let error = confirm.send().await.unwrap_err().into_service_error();
//! assert!(error.is_expired_code_exception());
//!
//! cognito.resend_confirmation_code().client_id(client).username("ana").send().await?;
//! let code = stack.outbox(&OutboxFilter::default())[1].code.clone();
//! cognito.confirm_sign_up().client_id(client).username("ana").confirmation_code(code).send().await?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "connector"))]
//! # fn main() {}
//! ```

pub mod auth;
mod bearer;
pub mod bounds;
#[cfg(feature = "connector")]
pub mod connector;
mod cx;
pub mod error;
mod filter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hash_order;
#[cfg(feature = "http")]
pub mod http;
pub mod ids;
#[cfg(feature = "http")]
pub mod lambda;
pub mod layers;
pub mod model;
pub mod ops;
mod page;
mod pattern;
pub mod quotas;
pub mod shapes;
mod sign_in;
pub mod stack;
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod threat;
mod triggers;
pub mod validate;
pub mod wire;
pub mod world;

use std::sync::Arc;

use bytes::Bytes;

use crate::cx::Cx;
use crate::ids::Region;
use crate::state::import::upload::Reserved;
use crate::state::import::{ImportLog, NotUploaded};
use crate::wire::{Call, Reply, Service, Signature};
use crate::world::World;

/// Cognito itself: judges a call by the service model and runs its operation.
///
/// Policies (journal, faults, throttling, signatures) are [`layers`] around it.
#[derive(Debug)]
pub struct Emulator {
    world: Arc<World>,
    state: state::State,
    issuer: Issuer,
}

/// The `iss` claim of tokens: verifiers look for the keys under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Issuer {
    /// `https://cognito-idp.<region>.amazonaws.com/<pool>` (fact 6.3); other partitions
    /// have other domains.
    #[default]
    Aws,
    /// `<base>/<pool>`: where the HTTP mount serves the keys.
    Base(String),
}

impl Issuer {
    /// The issuer of one pool's tokens.
    #[must_use]
    pub fn of(&self, region: &str, pool_id: &str) -> String {
        match self {
            Self::Aws => {
                let suffix = Region::parse(region).map_or("amazonaws.com", |it| it.dns_suffix());
                format!("https://cognito-idp.{region}.{suffix}/{pool_id}")
            }
            Self::Base(base) => format!("{}/{pool_id}", base.trim_end_matches('/')),
        }
    }
}

impl Emulator {
    /// An empty emulator in `world`, whose tokens name `issuer` and are signed
    /// by keys of `keyring`.
    #[must_use]
    pub fn new(world: Arc<World>, issuer: Issuer, keyring: auth::keys::Keyring) -> Self {
        Self {
            world,
            state: state::State::new(keyring),
            issuer,
        }
    }

    /// The public keys of a pool, as its `jwks.json` lists them.
    #[must_use]
    pub fn jwks(&self, pool_id: &str) -> Option<serde_json::Value> {
        Some(self.state.slot(pool_id)?.keys.jwks())
    }

    /// The issuer of a pool's tokens; `None` where there is no such pool.
    #[must_use]
    pub fn issuer_of(&self, pool_id: &str) -> Option<String> {
        let slot = self.state.slot(pool_id)?;
        Some(self.issuer.of(&slot.scope.region, pool_id))
    }

    /// Uploads the file of an import job to its `PreSignedUrl`, without HTTP.
    ///
    /// # Errors
    ///
    /// What S3 refuses.
    pub fn upload(&self, url: &str, file: impl Into<Bytes>) -> Result<(), NotUploaded> {
        let file = file.into();
        let room = self.reserve_upload(url, file.len())?;
        self.fill_upload(url, file, room)
    }

    /// Reserves room for the file of an import job before it is read: so many bytes.
    ///
    /// # Errors
    ///
    /// What S3 refuses, and [`NotUploaded::NoRoom`].
    pub fn reserve_upload(&self, url: &str, bytes: usize) -> Result<Reserved, NotUploaded> {
        let now = self.world.now();
        // Files of expired jobs make room.
        self.state.work_on_imports(&self.world);
        self.state.reserve_upload(url, bytes, now)
    }

    /// As [`Emulator::upload`], in room that is reserved.
    ///
    /// # Errors
    ///
    /// What S3 refuses.
    pub fn fill_upload(&self, url: &str, file: Bytes, room: Reserved) -> Result<(), NotUploaded> {
        self.state.upload(url, file, room, self.world.now())
    }

    /// What an import job has written to `CloudWatch` Logs, if there is such a job.
    #[must_use]
    pub fn import_log(&self, pool_id: &str, job_id: &str) -> Option<ImportLog> {
        self.state.work_on_imports(&self.world);
        self.state.import_log(pool_id, job_id)
    }

    /// The id of the pool that `call` is about, as its input tells by an id, an ARN, a
    /// client or an access token; whether there is such a pool is not asked.
    #[must_use]
    pub fn pool_of(&self, call: &Call) -> Option<String> {
        let text = |name: &str| call.input.as_deref()?.get(name)?.as_str();
        if let Some(id) = text("UserPoolId") {
            return Some(id.to_owned());
        }
        if let Some(arn) = text("ResourceArn") {
            let (_, id) = arn.rsplit_once(":userpool/")?;
            return Some(id.to_owned());
        }
        if let Some(client) = text("ClientId") {
            return self.state.pool_of_client(client);
        }
        let token = auth::jwt::decode(text("AccessToken")?).ok()?;
        let (_, id) = token.claims.get("iss")?.as_str()?.rsplit_once('/')?;
        Some(id.to_owned())
    }

    /// Deletes every pool. Signing keys are assigned from the first again.
    pub fn clear(&self) {
        self.state.clear();
    }

    /// Its world.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Its pools.
    #[must_use]
    pub fn state(&self) -> &state::State {
        &self.state
    }
}

impl Service for Emulator {
    fn call(&self, call: &Call) -> Reply {
        let cx = Cx {
            world: &self.world,
            state: &self.state,
            issuer: &self.issuer,
            scope: &call.scope,
            signed: call.signature == Signature::SigV4,
            operation: &call.operation,
        };
        let mut reply = match ops::answer(&cx, call) {
            Ok(body) => Reply::ok(body),
            Err(error) => Reply::error(&error),
        };
        reply.request_id = self.world.chance.uuid();
        reply
    }
}
