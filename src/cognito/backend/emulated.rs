//! The emulated backend: the SDK's client, connected to the embedded emulator.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{
    BehaviorVersion, Builder, Credentials, Region, StalledStreamProtectionConfig,
};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use cognito_emulator::auth::keys::Keyring;
use cognito_emulator::connector::sdk_http_client;
use cognito_emulator::domain::site::local_host;
use cognito_emulator::error::Error;
use cognito_emulator::http::authority::Scheme;
use cognito_emulator::http::{ConsoleAddress, Options, RequestLog};
use cognito_emulator::lambda::Endpoint;
use cognito_emulator::layers::journal::{Entry, JournalFilter};
use cognito_emulator::layers::throttle::Throttle;
use cognito_emulator::network::Network;
use cognito_emulator::pool_file::{Loaded, Mistake, PoolFile};
use cognito_emulator::stack::{self, Stack};
use cognito_emulator::wire::{Call, Scope, Service};
use cognito_emulator::world::TokenClock;
use cognito_emulator::{Emulator, Issuer};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::caller::{Caller, Identity};
use super::data_file::Opened;
use super::home::Home;
use super::seed::{Parsed, Seed};
use super::tls::Secured;
use super::{Backend, Defaults, LimitsAreFinal, StartError, retry_partition};
use crate::cognito::jwt::Issuers;
use crate::cognito::operations::{self, Effect};
use crate::cognito::pacing::{Paced, Pacer};
use crate::cognito::watch::Watched;
use crate::cognito::web::Web;
use crate::config::{Config, EmulatorConfig, EmulatorFlags, Log};
use crate::delivery::Deliveries;
use crate::shared_state::State;
use crate::start::{dotenv, exposure};
use crate::stderr::note;

/// The embedded emulator; clones share it.
#[derive(Clone)]
pub struct Emulated {
    stack: Stack,
    initial_defaults: InitialDefaults,
    initial: Option<Initial>,
    home: Option<Home>,
    /// The address of `--listen`, if another process has it.
    unserved: Option<SocketAddr>,
    changes: broadcast::Sender<Change>,
    deliveries: Option<Arc<Deliveries>>,
    listening: Option<Arc<Listening>>,
    /// The URL at which programs of this machine reach the HTTP server.
    address: Option<String>,
    /// The URL of the console, to which the HTTP server leads browsers.
    console: ConsoleAddress,
}

/// The emulator's own HTTP server, in addition to the MCP server (`--listen`).
struct Listening {
    end: CancellationToken,
    served: Mutex<Option<JoinHandle<()>>>,
}

/// What may have changed.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Everything in a pool.
    Pool(String),
    /// Everything.
    All,
    /// The journal: it has one more call.
    Journal,
}

/// The number of changes that a slow listener may lag behind. If it lags further, it is
/// notified that everything has changed.
const BACKLOG: usize = 64;

/// The demo's pool and app client, or those of the seed file. Each reset replaces them.
type InitialDefaults = Arc<Mutex<Defaults>>;

/// How important it is that the emulator has the address of `--listen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// Without it, the command is of no use.
    Required,
    /// Without it, the command still serves: an MCP client starts a server for each of its windows
    /// with the same flags, and shows no tools of a server that does not start.
    IfFree,
}

/// Starts an emulator and an SDK client for it.
pub async fn connect(config: &Config, listen: Listen) -> Result<Backend, StartError> {
    let listener = listener(config, listen).await?;
    let address = listener
        .as_ref()
        .map(TcpListener::local_addr)
        .transpose()
        .map_err(cannot_listen)?;
    if config.listen.is_none() && config.emulator.tls.is_on() {
        return Err(StartError(
            "--tls is for the emulator's HTTP address: add --listen, such as --listen \
             127.0.0.1:9229."
                .to_owned(),
        ));
    }
    let secured = Secured::new(&config.emulator.tls)?;
    let served = address.map(|address| (scheme(secured.as_ref()), address));
    let home = Home::new(
        Config::named(config.region.as_ref()),
        // The file of an application may have a pool on AWS.
        Config::named(config.user_pool_id.as_ref())
            .filter(|_| !config.dotenv.is_used(dotenv::USER_POOL_ID))
            .as_deref(),
    )?;
    let mut emulated = Emulated::start(&config.emulator, home, served)?;
    emulated.unserved = config.listen.filter(|_| address.is_none());
    if let (Some(listener), Some((scheme, address))) = (listener, served) {
        let url = local_url(scheme, address);
        if config.http.console {
            emulated.report_start(scheme, address);
        } else {
            let region = emulated.region();
            note(format_args!("Cognito is also at {url} (Region {region})."));
        }
        report_address(address, secured.as_ref(), &config.emulator);
        let options = Options {
            console: Arc::clone(&emulated.console),
            ..options(&config.emulator, secured)
        };
        emulated.address = Some(url);
        emulated.listening = Some(Listening::start(listener, emulated.stack.clone(), options));
    }
    emulated.report_deliveries();
    let region = emulated.region().to_owned();
    Ok(emulated.backend(&region))
}

/// Reports where the Region and the account come from, and `warnings`.
pub fn report_home(home: Option<&str>, warnings: &[String]) {
    if let Some(home) = home {
        note(home);
    }
    for warning in warnings {
        note(format_args!("cognito-mcp: warning: {warning}"));
    }
}

/// Listens on the address of `--listen`, if there is one. None if another process has it, and the
/// server can do without.
async fn listener(config: &Config, listen: Listen) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = config.listen else {
        return Ok(None);
    };
    let serving = if config.http.console {
        "console"
    } else {
        "serve"
    };
    let command = format!("cognito-mcp {serving} --listen {address} --expose");
    exposure::check(address.ip(), config.expose, &command)?;
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if listen == Listen::IfFree && error.kind() == io::ErrorKind::AddrInUse => {
            note(format_args!(
                "cognito-mcp: warning: --listen {address} is in use, as when another window of the \
                 client runs this server. This server works without the address: its emulator has \
                 data of its own, which applications at {address} do not see. --listen {} takes a \
                 free port.",
                SocketAddr::new(address.ip(), 0)
            ));
            Ok(None)
        }
        Err(error) => Err(cannot_use(address, "address with --listen", &error)),
    }
}

/// Serves the emulator alone over HTTP, until `interrupted`.
pub async fn serve(
    config: &EmulatorConfig,
    interrupted: CancellationToken,
) -> Result<(), StartError> {
    let (host, port) = (config.host, config.port);
    let command = format!("cognito-mcp emulator --host {host} --port {port} --expose");
    exposure::check(host, config.expose, &command)?;
    let address = SocketAddr::new(host, port);
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| cannot_use(address, "port with --port", &error))?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let secured = Secured::new(&config.emulator.tls)?;
    let scheme = scheme(secured.as_ref());
    let home = Home::new(Config::named(config.region.as_ref()), None)?;
    let emulated = Emulated::start(&config.emulator, home, Some((scheme, address)))?;
    emulated.report_start(scheme, address);
    report_home(emulated.home().as_deref(), &emulated.out_of_reach());
    emulated.report_deliveries();
    report_address(address, secured.as_ref(), &config.emulator);
    let end = interrupted.cancelled_owned();
    let options = options(&config.emulator, secured);
    let stack = emulated.stack.clone();
    let served = cognito_emulator::http::serve_with(listener, stack, options, end).await;
    emulated.finish_deliveries();
    served.map_err(cannot_listen)
}

/// The prefix of the demo's domain.
const DEMO_DOMAIN: &str = "demo";

/// The addresses to which the demo's sign-in pages may return: those that development servers and
/// OIDC libraries use by default.
const DEMO_URLS: &[&str] = &[
    "http://localhost:3000",
    "http://localhost:3000/",
    "http://localhost:3000/api/auth/callback/cognito",
    "http://localhost:3000/callback",
    "http://localhost:4200/",
    "http://localhost:5173/",
    "http://localhost:8000/callback",
    "http://localhost:8080/",
    "http://localhost:8080/callback",
    "http://localhost:8080/login/oauth2/code/cognito",
];

/// The demo's users, for the message at start.
const DEMO_USERS: &str = "\
Demo users ana (password Demo-Passw0rd, group admins), ben (temporary password Temporary-1) and \
cleo (disabled).";

/// The URL of an emulator at `address` for clients on this machine: a wildcard address
/// becomes the loopback address.
fn local_url(scheme: Scheme, address: SocketAddr) -> String {
    let ip = match address.ip().to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = scheme.as_str();
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}

/// The scheme of the emulator's address.
fn scheme(secured: Option<&Secured>) -> Scheme {
    match secured {
        Some(_) => Scheme::Https,
        None => Scheme::Http,
    }
}

/// The options of the HTTP server: TLS, and the log of requests if `--log` enables it.
fn options(flags: &EmulatorFlags, secured: Option<Secured>) -> Options {
    let requests = flags.log.filter(|log| *log == Log::Requests);
    Options {
        log: requests.map(|_| -> RequestLog { Arc::new(|line: &str| note(line)) }),
        tls: secured.map(|secured| secured.tls),
        console: ConsoleAddress::default(),
    }
}

/// Reports which machines can reach `address`, and which issuer tokens get if it depends on
/// the client's address. Reports the certificate that clients must trust.
fn report_address(address: SocketAddr, secured: Option<&Secured>, flags: &EmulatorFlags) {
    if let Some(file) = secured.and_then(|secured| secured.authority.as_ref()) {
        let file = file.display();
        note(format_args!(
            "Clients must trust the certificate in {file}, for example with \
             NODE_EXTRA_CA_CERTS={file}."
        ));
        if secured.is_some_and(|secured| secured.is_renewed) {
            note(format_args!(
                "The certificate of the local authority was near its end and is renewed: where you \
                 imported {file}, as in a browser, import it again."
            ));
        }
        if !exposure::is_loopback(address.ip()) {
            note(
                "It is for localhost and names under it: for names that other machines use, give a \
                 certificate with --tls-cert and --tls-key.",
            );
        }
    }
    if flags.issuer.is_none() && address.ip().to_canonical().is_unspecified() {
        note(
            "It listens on every address of this machine. The issuer of tokens is the address that \
             the client used to sign in, or 127.0.0.1 if a DNS server could assign the name that it \
             used, such as auth.example.com; --issuer sets one for all.",
        );
    }
    exposure::report(address.ip());
}

impl Listening {
    fn start(listener: TcpListener, stack: Stack, options: Options) -> Arc<Self> {
        let end = CancellationToken::new();
        let ended = end.clone().cancelled_owned();
        let served = tokio::spawn(async move {
            let served = cognito_emulator::http::serve_with(listener, stack, options, ended).await;
            if let Err(error) = served {
                tracing::error!(%error, "the HTTP emulator stopped");
            }
        });
        let served = Mutex::new(Some(served));
        Arc::new(Self { end, served })
    }
}

/// The initial state: the demo, and the seed files.
#[derive(Clone)]
struct Initial {
    has_demo: bool,
    seed: Seed,
    scope: Scope,
    /// The data file from which the state was read instead, and the number of its pools.
    restored: Option<(PathBuf, usize)>,
}

impl Initial {
    /// Fills an empty emulator. Returns the pool and client of calls that name none.
    fn fill(&self, emulator: &Emulator) -> Defaults {
        // The demo is first, so that its ids do not depend on the files.
        let demo = self.has_demo.then(|| demo(emulator, &self.scope));
        self.seed.load_into(emulator);
        match demo {
            Some(demo) => demo.unwrap_or_default(),
            None => self.seed.defaults(&self.scope.region),
        }
    }

    /// Finds the initial pool and client in a state that was read from a data file. Their ids
    /// follow from the seed and the files.
    fn find(&self, stack: &Stack, defaults: &InitialDefaults, seed: u64) {
        let mut defaults = defaults.lock();
        if defaults.user_pool_id.is_some() {
            return;
        }
        let fresh = Stack::builder().seed(seed).scope(self.scope.clone());
        let initial = fresh.build().inspect(|emulator| {
            if self.has_demo {
                return demo(emulator, &self.scope).unwrap_or_default();
            }
            self.seed.defaults_in(emulator, &self.scope.region)
        });
        let pool_of_client =
            |client: &str| stack.inspect(|emulator| emulator.state().pool_of_client(client));
        let has_pool = initial.user_pool_id.as_deref().is_some_and(|pool| {
            stack.inspect(|emulator| emulator.state().pool_handle(pool).is_some())
        });
        let mut client = initial.client_id.iter();
        if has_pool && client.all(|client| pool_of_client(client) == initial.user_pool_id) {
            *defaults = initial;
        }
    }
}

/// The error of an address that cannot be used. `other` is what the flags can choose instead.
fn cannot_use(address: SocketAddr, other: &str, error: &io::Error) -> StartError {
    StartError(format!(
        "Cannot listen on {address}: {error}. Choose another {other}."
    ))
}

fn cannot_listen(error: io::Error) -> StartError {
    StartError(format!("Cannot listen: {error}"))
}

impl Emulated {
    /// The name of a pool. None if it does not exist.
    pub(crate) fn pool_name(&self, pool: &str) -> Option<String> {
        self.stack().inspect(|emulator| emulator.pool_name(pool))
    }

    /// How much longer the user is locked after wrong passwords. None if a password can be
    /// tried now.
    pub(crate) fn locked_for(&self, pool: &str, username: &str) -> Option<Duration> {
        let locked = |emulator: &Emulator| emulator.locked_for(pool, username);
        self.stack().inspect(locked)
    }

    /// Ends a user's lock after wrong passwords. See [`Emulator::unlock`].
    pub(crate) fn unlock(&self, pool: &str, username: &str) -> Result<(String, bool), Error> {
        let unlocked = self
            .stack()
            .inspect(|emulator| emulator.unlock(pool, username));
        // If the data file cannot be written now, the next call reports it.
        let _ = self.stack().record();
        unlocked
    }

    /// Loads a pool file beside the pools that exist. See [`Stack::load_file`].
    ///
    /// # Errors
    /// The mistake of the file.
    pub(crate) fn load_file(&self, file: PoolFile) -> Result<Loaded, Mistake> {
        self.stack().load_file(file, self.stack().scope())
    }

    /// The newest `most` refused calls of a sign-in to `pool` by a user with one of `names`,
    /// newest first, without secrets.
    pub(crate) fn refused_sign_ins(&self, pool: &str, names: &[&str], most: usize) -> Vec<Entry> {
        let filter = JournalFilter {
            failed: true,
            ..JournalFilter::default()
        };
        let is_of_user = |entry: &Entry| {
            let text = |pointer: &str| entry.request.pointer(pointer).and_then(Value::as_str);
            let name =
                text("/AuthParameters/USERNAME").or_else(|| text("/ChallengeResponses/USERNAME"));
            let is_named = name.is_some_and(|name| names.contains(&name));
            is_named && {
                let call = Call::new(&entry.operation, entry.request.clone());
                let of = self.stack().inspect(|emulator| emulator.pool_of(&call));
                of.as_deref() == Some(pool)
            }
        };
        let refused = self.stack().read_journal(&filter).into_iter().rev();
        let entries = refused.map(|call| call.entry());
        entries.filter(is_of_user).take(most).collect()
    }

    fn start(
        flags: &EmulatorFlags,
        mut home: Home,
        address: Option<(Scheme, SocketAddr)>,
    ) -> Result<Self, StartError> {
        let deliveries = Deliveries::start(&flags.delivery)?;
        let parsed = Parsed::read(&flags.seed_files, home.scope())?;
        let data = flags.data.as_deref().map(Opened::read).transpose()?;
        let restored = data.as_ref().map(Opened::scopes).transpose()?.flatten();
        match &restored {
            Some(scopes) => home.follow_all(scopes),
            None => home.follow(&parsed.regions(), &parsed.accounts()),
        }
        let number = flags.seed.unwrap_or_default();
        let seed = parsed.in_scope(home.scope(), number)?;
        let initial_defaults = InitialDefaults::default();
        let initial = Initial {
            restored: flags.data.clone().zip(restored.map(|pools| pools.len())),
            has_demo: flags.demo || !flags.empty && seed.is_empty(),
            seed,
            scope: home.scope().clone(),
        };
        let mut builder = builder(flags)?
            .scope(home.scope().clone())
            .issuer(issuer(flags, address))
            .initial_state({
                let (defaults, initial) = (Arc::clone(&initial_defaults), initial.clone());
                move |emulator| *defaults.lock() = initial.fill(emulator)
            });
        // Sign-in pages need a server; only they send requests to identity providers.
        if address.is_some() {
            builder = builder.network(Network::default());
        }
        if let Some(deliveries) = &deliveries {
            builder = builder.delivery(Arc::<Deliveries>::clone(deliveries));
        }
        let stack = match data {
            Some(data) => data.stack(builder)?,
            None => builder.build(),
        };
        initial.seed.check()?;
        if flags.data.is_some() {
            initial.find(&stack, &initial_defaults, number);
        }
        stack.world().show_strip(!flags.plain_pages);
        stack.world().allow_custom_ids(!flags.no_custom_ids);
        Ok(Self {
            initial_defaults,
            deliveries,
            initial: Some(initial),
            home: Some(home),
            ..Self::over(stack)
        })
    }

    /// Wraps an existing emulator, for example one with its own clock.
    #[must_use]
    pub fn over(stack: Stack) -> Self {
        let changes = broadcast::Sender::new(BACKLOG);
        stack.listen({
            let changes = changes.clone();
            move |emulator, call| {
                let reads = |call: &Call| operations::effect_of(&[&call.operation]) == Effect::Read;
                if changes.receiver_count() > 0 && !call.is_some_and(reads) {
                    // The listeners may have ended by now.
                    let pool = call.and_then(|call| emulator.pool_of(call));
                    let _ = changes.send(pool.map_or(Change::All, Change::Pool));
                }
            }
        });
        stack.listen_to_journal({
            let changes = changes.clone();
            move || {
                if changes.receiver_count() > 0 {
                    let _ = changes.send(Change::Journal);
                }
            }
        });
        Self {
            stack,
            initial_defaults: InitialDefaults::default(),
            initial: None,
            home: None,
            unserved: None,
            changes,
            deliveries: None,
            listening: None,
            address: None,
            console: ConsoleAddress::default(),
        }
    }

    /// Sets the address of the console, to which the HTTP server leads browsers from now on.
    pub fn set_console(&self, address: String) {
        // A process has one console.
        let _ = self.console.set(address);
    }

    /// Ends the HTTP server of `--listen` after it has answered the requests in progress.
    pub async fn stop_listening(&self) {
        let Some(listening) = &self.listening else {
            return;
        };
        listening.end.cancel();
        let served = listening.served.lock().take();
        if let Some(served) = served {
            // A panic of the task has already been reported.
            let _ = served.await;
        }
    }

    /// Reports where messages are delivered.
    fn report_deliveries(&self) {
        for line in self
            .deliveries
            .iter()
            .flat_map(|deliveries| deliveries.lines())
        {
            note(line);
        }
    }

    /// Ends the delivery of messages. Those that wait are sent for a short time.
    pub fn finish_deliveries(&self) {
        if let Some(deliveries) = &self.deliveries {
            deliveries.finish();
        }
    }

    /// The URL of the emulator's HTTP server, if `--listen` starts one.
    pub(crate) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The address of `--listen`, if another process has it.
    pub(crate) fn unserved(&self) -> Option<SocketAddr> {
        self.unserved
    }

    /// The Region of requests that name none.
    pub(crate) fn region(&self) -> &str {
        &self.stack.scope().region
    }

    /// Where an unusual Region or account comes from, in a sentence.
    #[must_use]
    pub fn home(&self) -> Option<String> {
        self.home.as_ref().and_then(Home::explained)
    }

    /// Why requests without a Region or an account of their own do not reach some pools, in lines.
    fn out_of_reach(&self) -> Vec<String> {
        let home = self.home.as_ref();
        home.map_or_else(Vec::new, |home| {
            self.stack.inspect(|emulator| home.warnings(emulator))
        })
    }

    /// What a server with these flags and this emulator warns of, in lines: pools that its tools do
    /// not reach, and ids of `.env` that the emulator does not have.
    #[must_use]
    pub fn warnings(&self, config: &Config) -> Vec<String> {
        let mut warnings = self.out_of_reach();
        let named = |value: Option<&String>, name: &str| {
            Config::named(value).filter(|_| config.dotenv.is_used(name))
        };
        let pool = named(config.user_pool_id.as_ref(), dotenv::USER_POOL_ID);
        let pool = pool.filter(|pool| !self.reaches(pool));
        let client = named(config.client_id.as_ref(), dotenv::CLIENT_ID);
        let client = client.filter(|client| self.pool_of_client(client).is_none());
        let missing = [
            pool.map(|pool| format!("the pool {pool} ({})", dotenv::USER_POOL_ID)),
            client.map(|client| format!("the app client {client} ({})", dotenv::CLIENT_ID)),
        ];
        let missing: Vec<String> = missing.into_iter().flatten().collect();
        if !missing.is_empty() {
            let instead = match self.initial_defaults().user_pool_id {
                Some(pool) => format!("; the default pool is {pool}"),
                None => String::new(),
            };
            warnings.push(format!(
                ".env names {}, which the embedded emulator does not have: it has no effect{instead}.",
                missing.join(" and ")
            ));
        }
        warnings
    }

    /// Whether the tools reach the pool `id`.
    pub(crate) fn reaches(&self, id: &str) -> bool {
        self.stack.inspect(|emulator| match &self.home {
            Some(home) => home.reaches(emulator, id),
            None => emulator.state().pool_handle(id).is_some(),
        })
    }

    /// The pool of the app client `id`.
    pub(crate) fn pool_of_client(&self, id: &str) -> Option<String> {
        self.stack
            .inspect(|emulator| emulator.state().pool_of_client(id))
    }

    /// A receiver of later changes.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// A backend whose client uses this emulator.
    #[must_use]
    pub fn backend(self, region: &str) -> Backend {
        Backend {
            state: Arc::new(State::process()),
            client: self.client(region),
            region: region.to_owned(),
            clock: SharedTimeSource::new(EmulatedClock(self.stack.clone())),
            issuers: self.issuers(),
            web: Web::default(),
            domains: Web::over(sdk_http_client(&self.stack)),
            caller: Caller::known(self.identity()),
            endpoints: None,
            emulator: Some(self),
        }
    }

    /// The root user of the emulator's account, which has no other users or roles.
    fn identity(&self) -> Identity {
        let account = self.stack.scope().account.clone();
        Identity {
            arn: format!("arn:aws:iam::{account}:root"),
            account,
        }
    }

    /// The emulator's pools as issuers of tokens.
    fn issuers(&self) -> Issuers {
        let stack = self.stack.clone();
        Issuers::local(move |pool| Some((stack.issuer_of(pool)?, stack.jwks(pool)?)))
    }

    fn client(&self, region: &str) -> Client {
        let clock = SharedTimeSource::new(EmulatedClock(self.stack.clone()));
        let stack = self.stack.clone();
        let scale = move || match stack.throttle() {
            Throttle::Off => None,
            Throttle::Scaled(scale) => Some(scale),
        };
        let pacer = Pacer::new(clock, scale, Arc::new(State::process()), region);
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(Credentials::new("test", "test", None, None, "emulator"))
            .http_client(Paced::new(sdk_http_client(&self.stack), pacer))
            .retry_partition(retry_partition())
            .interceptor(Watched::in_process())
            .retry_classifier(LimitsAreFinal)
            // Requests have no stream that could stall, and the protection would wait in real time.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Client::from_conf(config)
    }

    /// Reports the address and the initial state.
    fn report_start(&self, scheme: Scheme, address: SocketAddr) {
        let region = self.region();
        note(format_args!(
            "Cognito is at {} (Region {region}).",
            local_url(scheme, address)
        ));
        let Some(initial) = &self.initial else {
            return;
        };
        if let Some((path, pools)) = &initial.restored {
            let path = path.display();
            note(format_args!(
                "The state is that of {path}: user pools: {pools}. The demo and seed files are for \
                 new data files."
            ));
            return;
        }
        if initial.has_demo {
            self.report_demo(scheme, address.port(), region);
        }
        initial.seed.report();
    }

    /// Reports the demo's ids, users and sign-in page.
    fn report_demo(&self, scheme: Scheme, port: u16, region: &str) {
        let defaults = self.initial_defaults();
        let (Some(pool), Some(client)) = (defaults.user_pool_id, defaults.client_id) else {
            return;
        };
        note(format_args!("Demo pool {pool}, app client {client}."));
        note(DEMO_USERS);
        let host = local_host(DEMO_DOMAIN, region);
        let query = format!(
            "client_id={client}&response_type=code&redirect_uri={}",
            DEMO_URLS[0]
        );
        let scheme = scheme.as_str();
        note(format_args!(
            "Sign-in page: {scheme}://{host}:{port}/login?{query}"
        ));
    }

    /// The demo's pool and client, or those of the seed file if it has only one.
    #[must_use]
    pub fn initial_defaults(&self) -> Defaults {
        self.initial_defaults.lock().clone()
    }

    /// The time on the clock that new tokens use.
    pub(crate) fn token_now(&self) -> SystemTime {
        let clock = &self.stack.world().clock;
        let now = match clock.token_times().clock {
            TokenClock::Emulator => clock.now(),
            TokenClock::Real => clock.unadvanced(),
        };
        UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or_default())
    }

    /// Random bytes, from the emulator's seed.
    pub(crate) fn chance(&self) -> [u8; 8] {
        self.stack.world().chance.bytes()
    }

    /// The emulator's controls.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }
}

/// The emulator's clock, which can be moved forward.
#[derive(Debug)]
struct EmulatedClock(Stack);

impl TimeSource for EmulatedClock {
    fn now(&self) -> SystemTime {
        let now = u64::try_from(self.0.world().now().0).unwrap_or_default();
        UNIX_EPOCH + Duration::from_millis(now)
    }
}

/// The issuer of tokens, for an emulator at `address`.
fn issuer(flags: &EmulatorFlags, address: Option<(Scheme, SocketAddr)>) -> Issuer {
    match (&flags.issuer, address) {
        (Some(base), _) => Issuer::Base(base.clone()),
        // A machine has several names, also on the loopback interface: `localhost` and
        // `127.0.0.1`. Verifiers compare the issuer with the address that they were given.
        (None, Some((scheme, address))) => Issuer::Followed(local_url(scheme, address)),
        (None, None) => Issuer::Aws,
    }
}

/// A builder with the throttle, the keys, the seed and the triggers of the flags.
fn builder(flags: &EmulatorFlags) -> Result<stack::Builder, StartError> {
    let throttle = match &flags.throttle {
        Some(rate) => rate
            .parse()
            .map_err(|error| StartError(format!("--throttle: {error}")))?,
        None => Throttle::Off,
    };
    let mut builder = Stack::builder().throttle(throttle).keyring(keyring(flags)?);
    if let Some(seed) = flags.seed {
        builder = builder.seed(seed);
    }
    for trigger in &flags.triggers {
        let (function, url) = trigger.split_once('=').unwrap_or((trigger, ""));
        let endpoint = Endpoint::new(function, url)
            .map_err(|error| StartError(format!("--trigger {trigger}: {error}")))?;
        builder = builder.trigger(function, endpoint);
    }
    Ok(builder)
}

fn keyring(flags: &EmulatorFlags) -> Result<Keyring, StartError> {
    let Some(path) = &flags.signing_keys else {
        return Ok(Keyring::default());
    };
    let failed = |error: &dyn fmt::Display| StartError(format!("{}: {error}", path.display()));
    let pem = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Keyring::from_pem(&pem).map_err(|error| failed(&error))
}

impl fmt::Debug for Emulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Emulated").field(&self.stack).finish()
    }
}

/// The settings of the demo's client: every password flow, and the code grant.
fn demo_client(pool: &str) -> Value {
    json!({
        "UserPoolId": pool,
        "ClientName": "demo",
        "ExplicitAuthFlows": [
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_USER_SRP_AUTH",
        ],
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
        "SupportedIdentityProviders": ["COGNITO"],
        "CallbackURLs": DEMO_URLS,
        "LogoutURLs": DEMO_URLS,
    })
}

/// A pool, a client without secret, a group and three users in different states.
///
/// Returns nothing if an operation fails: an incomplete pool would mislead.
fn demo(emulator: &Emulator, scope: &Scope) -> Option<Defaults> {
    let call = |operation: &str, input: Value| {
        let mut call = Call::new(operation, input);
        call.scope = scope.clone().into();
        let reply = emulator.call(&call);
        if !reply.is_ok() {
            tracing::warn!(operation, %reply, "the demo was not made");
        }
        reply.is_ok().then(|| reply.body.json().clone())
    };
    let pool = call(
        "CreateUserPool",
        json!({ "PoolName": "demo", "AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"] }),
    )?;
    let pool = pool["UserPool"]["Id"].as_str()?.to_owned();
    let client = call("CreateUserPoolClient", demo_client(&pool))?;
    let client = client["UserPoolClient"]["ClientId"].as_str()?.to_owned();
    call(
        "CreateGroup",
        json!({ "UserPoolId": pool, "GroupName": "admins" }),
    )?;
    for username in ["ana", "ben", "cleo"] {
        call(
            "AdminCreateUser",
            json!({
                "UserPoolId": pool,
                "Username": username,
                "TemporaryPassword": "Temporary-1",
                "MessageAction": "SUPPRESS",
                "UserAttributes": [
                    { "Name": "email", "Value": format!("{username}@example.com") },
                    { "Name": "email_verified", "Value": "true" },
                ],
            }),
        )?;
    }
    // Ana may sign in, Ben has to change his password, Cleo is disabled.
    call(
        "AdminSetUserPassword",
        json!({ "UserPoolId": pool, "Username": "ana", "Password": "Demo-Passw0rd", "Permanent": true }),
    )?;
    call(
        "AdminAddUserToGroup",
        json!({ "UserPoolId": pool, "Username": "ana", "GroupName": "admins" }),
    )?;
    call(
        "AdminDisableUser",
        json!({ "UserPoolId": pool, "Username": "cleo" }),
    )?;
    // The prefix is unique in its Region: the demo of another account may have it.
    call(
        "CreateUserPoolDomain",
        json!({ "UserPoolId": pool, "Domain": DEMO_DOMAIN, "ManagedLoginVersion": 2 }),
    )?;
    call(
        "CreateManagedLoginBranding",
        json!({ "UserPoolId": pool, "ClientId": client, "UseCognitoProvidedValues": true }),
    )?;
    Some(Defaults {
        user_pool_id: Some(pool),
        client_id: Some(client),
    })
}
