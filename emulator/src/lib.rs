//! Amazon Cognito user pools without AWS.
//!
//! The emulator refuses the same requests as Cognito, with the same sentences. It
//! is one synchronous [`wire::Service`]. Two mounts connect it to the AWS SDK for
//! Rust (`connector`) and to HTTP (`http`).
//!
//! As a dev-dependency it replaces the SDK's HTTP client. The test advances the
//! clock, and messages by e-mail or SMS are in the outbox:
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
//!
//! The modules that the documentation shows are the public interface, which follows semver. The
//! hidden modules are for `cognito-mcp` and change without notice.

#[doc(hidden)]
pub mod auth;
mod bearer;
#[doc(hidden)]
pub mod bounds;
#[cfg(feature = "connector")]
pub mod connector;
mod cx;
#[doc(hidden)]
pub mod domain;
mod encoded;
#[doc(hidden)]
pub mod error;
mod filter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hash_order;
#[cfg(feature = "http")]
pub mod http;
#[doc(hidden)]
pub mod ids;
#[cfg(feature = "http")]
#[doc(hidden)]
pub mod lambda;
pub mod layers;
#[doc(hidden)]
pub mod model;
mod named;
#[cfg(feature = "http")]
#[doc(hidden)]
pub mod network;
#[doc(hidden)]
pub mod ops;
mod page;
mod pattern;
#[doc(hidden)]
pub mod pool_file;
#[doc(hidden)]
pub mod quotas;
mod saml;
#[doc(hidden)]
pub mod settings;
mod shared_map;
mod sign_in;
pub mod stack;
#[doc(hidden)]
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod threat;
mod triggers;
#[doc(hidden)]
pub mod validate;
#[doc(hidden)]
pub mod views;
pub mod wire;
pub mod world;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use crate::cx::Cx;
use crate::error::Error;
use crate::ids::Region;
use crate::named::Named;
use crate::state::import::upload::Reserved;
use crate::state::import::{ImportLog, NotUploaded};
use crate::state::record::{DataError, Recorder};
use crate::wire::{Call, Reply, Service, Signature};
use crate::world::World;

/// The emulator: validates a call against the service model and runs its
/// operation.
///
/// Journal, faults, throttle and signatures are [`layers`] around it.
#[derive(Debug)]
pub struct Emulator {
    world: Arc<World>,
    state: state::State,
    issuer: Issuer,
}

/// The `iss` claim of tokens. Verifiers fetch the keys from this address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Issuer {
    /// `https://cognito-idp.<region>.amazonaws.com/<pool>` (fact 6.3); other partitions
    /// have other domains.
    #[default]
    Aws,
    /// `<base>/<pool>`, where the HTTP mount serves the keys.
    Base(String),
    /// Like `Base`, but with the address that the client used to sign in, because an
    /// emulator that listens on all addresses of a machine has several names. Calls
    /// without an address use this base.
    Followed(String),
}

impl Issuer {
    /// The issuer of one pool's tokens. `is_updated` is whether the pool has the issuer type
    /// `UPDATED`, whose host is another (developer guide, "Multi-Region issuer").
    #[must_use]
    pub fn of(&self, region: &str, pool_id: &str, is_updated: bool) -> String {
        match self {
            Self::Aws => {
                let suffix = Region::parse(region).map_or("amazonaws.com", |it| it.dns_suffix());
                let host = if is_updated {
                    "issuer-cognito-idp"
                } else {
                    "cognito-idp"
                };
                format!("https://{host}.{region}.{suffix}/{pool_id}")
            }
            Self::Base(base) | Self::Followed(base) => Self::at_base(base, pool_id),
        }
    }

    /// The issuer of one pool's tokens under `base`.
    #[must_use]
    pub fn at_base(base: &str, pool_id: &str) -> String {
        format!("{}/{pool_id}", base.trim_end_matches('/'))
    }

    /// The issuer for a client that used `address`, and whether it follows that address.
    fn for_client<'a>(&'a self, address: Option<&'a str>) -> (Cow<'a, Self>, Option<&'a str>) {
        match (self, address) {
            (Self::Followed(_), Some(address)) => {
                (Cow::Owned(Self::Base(address.to_owned())), Some(address))
            }
            _ => (Cow::Borrowed(self), None),
        }
    }
}

impl Emulator {
    /// Creates an empty emulator in `world`. Its tokens have the issuer `issuer` and are
    /// signed with keys of `keyring`. `recorder` writes its changes into a data file.
    #[must_use]
    pub fn new(
        world: Arc<World>,
        issuer: Issuer,
        keyring: auth::keys::Keyring,
        recorder: Option<Arc<Recorder>>,
    ) -> Self {
        Self {
            world,
            state: state::State::new(keyring, recorder),
            issuer,
        }
    }

    /// The public keys of a pool, as in its `jwks.json`.
    #[must_use]
    pub fn jwks(&self, pool_id: &str) -> Option<serde_json::Value> {
        Some(self.state.pool_handle(pool_id)?.keys.jwks())
    }

    /// The issuer of a pool's tokens; `None` if the pool does not exist.
    #[must_use]
    pub fn issuer_of(&self, pool_id: &str) -> Option<String> {
        self.issuer_for(pool_id, None)
    }

    /// The issuer of a pool's tokens for a client that uses `address`, as in
    /// `http://cognito:9229`; `None` if the pool does not exist.
    #[must_use]
    pub fn issuer_for(&self, pool_id: &str, address: Option<&str>) -> Option<String> {
        let handle = self.state.pool_handle(pool_id)?;
        let (issuer, _) = self.issuer.for_client(address);
        let pool = handle.read();
        Some(issuer.of(&handle.scope.region, pool_id, pool.has_updated_issuer()))
    }

    /// Whether the issuer follows the address that a client uses.
    #[must_use]
    pub fn follows_clients(&self) -> bool {
        matches!(self.issuer, Issuer::Followed(_))
    }

    /// Uploads the file of an import job to its `PreSignedUrl`, without HTTP.
    ///
    /// # Errors
    ///
    /// The errors of S3.
    pub fn upload(&self, url: &str, file: impl Into<Bytes>) -> Result<(), NotUploaded> {
        let file = file.into();
        let room = self.reserve_upload(url, file.len())?;
        self.fill_upload(url, file, room)
    }

    /// Reserves memory for the file of an import job, before the file of
    /// `bytes` bytes is read.
    ///
    /// # Errors
    ///
    /// The errors of S3, and [`NotUploaded::NoRoom`].
    pub fn reserve_upload(&self, url: &str, bytes: usize) -> Result<Reserved, NotUploaded> {
        let now = self.world.now();
        // This frees the memory of expired jobs.
        self.state.work_on_imports(&self.world);
        self.state.reserve_upload(url, bytes, now)
    }

    /// Like [`Emulator::upload`], but with memory that was reserved before.
    ///
    /// # Errors
    ///
    /// The errors of S3.
    pub fn fill_upload(&self, url: &str, file: Bytes, room: Reserved) -> Result<(), NotUploaded> {
        self.state.upload(url, file, room, self.world.now())
    }

    /// The `CloudWatch` log of an import job, if the job exists.
    #[must_use]
    pub fn import_log(&self, pool_id: &str, job_id: &str) -> Option<ImportLog> {
        self.state.work_on_imports(&self.world);
        self.state.import_log(pool_id, job_id)
    }

    /// The name of a pool; `None` if it does not exist.
    #[must_use]
    pub fn pool_name(&self, pool_id: &str) -> Option<String> {
        Some(self.state.pool_handle(pool_id)?.read().name.clone())
    }

    /// How much longer a user is locked after wrong passwords; `None` if a password can be tried
    /// now, or the pool or the user does not exist. Cognito does not report this time to clients.
    #[must_use]
    pub fn locked_for(&self, pool_id: &str, username: &str) -> Option<std::time::Duration> {
        let pool = self.state.pool_handle(pool_id)?.read();
        let now = self.world.now();
        let until = pool.user(username).ok()?.attempts.locked_until(now)?;
        Some(until.since(now))
    }

    /// Forgets the failed passwords of a user, so that a password can be tried now. Returns the
    /// username and whether the user was locked. Cognito has no such operation.
    ///
    /// # Errors
    ///
    /// Cognito's exception if the pool or the user does not exist.
    pub fn unlock(&self, pool_id: &str, username: &str) -> Result<(String, bool), Error> {
        let handle = self.state.pool_handle(pool_id);
        let handle = handle.ok_or_else(|| Error::PoolNotFound {
            pool: pool_id.to_owned(),
        })?;
        let mut pool = handle.write();
        let id = pool.find(username)?;
        let name = pool.user(username)?.username.to_string();
        let was_locked = pool.unlock(id, self.world.now());
        Ok((name, was_locked))
    }

    /// The pool id that `call` names by an id, an ARN, a client, an access token or a session
    /// string. The pool need not exist.
    #[must_use]
    pub fn pool_of(&self, call: &Call) -> Option<String> {
        Named::of_call(call).find_map(|named| match named {
            Named::Pool(id) => Some(id),
            Named::Client(id) => self.state.pool_of_client(&id),
            Named::Host { .. } => None,
        })
    }

    /// Whether the pool that is named exists here.
    pub(crate) fn has(&self, named: &Named) -> bool {
        match named {
            Named::Pool(id) => self.state.pool_handle(id).is_some(),
            Named::Client(id) => self.state.pool_of_client(id).is_some(),
            Named::Host { region, name } => self.state.pool_handle_of_host(region, name).is_some(),
        }
    }

    /// An empty emulator in `world`, for the pools of `account`. Its issuer is the same. `place`
    /// is the account's place in the keyring.
    pub(crate) fn of_account(&self, world: Arc<World>, account: &str, place: usize) -> Self {
        Self {
            world,
            state: self.state.of_account(account, place),
            issuer: self.issuer.clone(),
        }
    }

    /// An empty emulator in `world` that shares nothing with this one. It has the same issuer, and
    /// the keys of the shared world.
    pub(crate) fn new_isolated(&self, world: Arc<World>) -> Self {
        Self {
            world,
            state: self.state.new_isolated(),
            issuer: self.issuer.clone(),
        }
    }

    /// Deletes every pool. New pools get the signing keys again from the first one on.
    pub fn clear(&self) {
        self.state.clear();
    }

    /// Writes the changes of all calls so far into the data file, if there is one.
    ///
    /// # Errors
    ///
    /// The file cannot be written, in one sentence. The changes are written with the next ones.
    pub fn record(&self) -> Result<(), DataError> {
        let Some(recorder) = self.state.recorder() else {
            return Ok(());
        };
        recorder.record_world(self.world.row());
        recorder.flush()
    }

    /// The world of the emulator.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The state of the emulator.
    #[must_use]
    pub fn state(&self) -> &state::State {
        &self.state
    }
}

impl Service for Emulator {
    fn call(&self, call: &Call) -> Reply {
        let (issuer, followed) = self.issuer.for_client(call.address.as_deref());
        let request_id = self.world.chance.uuid();
        let cx = Cx {
            world: &self.world,
            state: &self.state,
            issuer: &issuer,
            followed,
            scope: &call.scope,
            signed: call.signature == Signature::SigV4,
            operation: &call.operation,
            request_id: &request_id,
        };
        let mut reply = match &call.web {
            Some(request) => domain::answer(&cx, request),
            None => match ops::answer(&cx, call) {
                Ok(body) => Reply::ok(body),
                Err(error) => Reply::error(&error),
            },
        };
        if let Err(error) = self.record() {
            reply = Reply::error(&Error::NotRecorded { reason: error.0 });
        }
        reply.request_id = request_id;
        reply
    }
}
