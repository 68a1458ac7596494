//! Builder of a stack: the settings of an emulator, and its start with or without a data file.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::{Mutex, RwLock};

use super::{Core, InitialState, Inner, Stack, layered};
use crate::auth::keys::Keyring;
use crate::layers::throttle::Throttle;
use crate::state::record::{Content, DataError, Recorder, Store};
use crate::wire::Scope;
use crate::world::delivery::Delivery;
use crate::world::fetch::Transport;
use crate::world::functions::Function;
use crate::world::{Clock, World};
use crate::{Emulator, Issuer};

/// Builder of a [`Stack`].
pub struct Builder {
    clock: Clock,
    seed: u64,
    scope: Scope,
    issuer: Issuer,
    keyring: Keyring,
    throttle: Throttle,
    initial_state: Option<InitialState>,
    functions: Vec<(String, Arc<dyn Function>)>,
    network: Option<Arc<dyn Transport>>,
    delivery: Option<Arc<dyn Delivery>>,
}

impl Stack {
    /// A builder of a stack with an empty emulator.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            clock: Clock::system(),
            seed: 0,
            scope: Scope::default(),
            issuer: Issuer::Aws,
            keyring: Keyring::default(),
            throttle: Throttle::Off,
            initial_state: None,
            functions: Vec::new(),
            network: None,
            delivery: None,
        }
    }
}

impl Builder {
    /// Sets the clock. Default: the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the seed of randomness. Equal seeds give equal ids, codes and
    /// tokens. Default: zero.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the Region and account of calls that name none.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Sets the issuer of tokens. Default: the form of AWS.
    #[must_use]
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuer = issuer;
        self
    }

    /// Sets the source of signing keys. Default: the embedded keys.
    #[must_use]
    pub fn keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = keyring;
        self
    }

    /// Sets the throttle. Default: off.
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.throttle = throttle;
        self
    }

    /// Sets a function that creates the initial state. It runs on the empty emulator, at
    /// the start and after each reset. Its calls do not pass through the layers.
    #[must_use]
    pub fn initial_state(mut self, create: impl Fn(&Emulator) + Send + Sync + 'static) -> Self {
        self.initial_state = Some(Arc::new(create));
        self
    }

    /// Adds `function` as the Lambda function `name`, for pools that have it as a
    /// trigger. `name` is an ARN or the function's name. The function receives the event
    /// and returns it with a response, or an error message.
    ///
    /// It runs on the thread of the call that waits for it, and may call the
    /// stack.
    #[must_use]
    pub fn trigger(mut self, name: &str, function: impl Function + 'static) -> Self {
        self.functions.push((name.to_owned(), Arc::new(function)));
        self
    }

    /// Sets the client for requests to external identity providers. Default: none, and the
    /// emulator simulates every provider.
    #[must_use]
    pub fn network(mut self, transport: impl Transport + 'static) -> Self {
        self.network = Some(Arc::new(transport));
        self
    }

    /// Sets the delivery of messages, in addition to the outbox. Default: none.
    #[must_use]
    pub fn delivery(mut self, delivery: Arc<dyn Delivery>) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Creates the stack in its initial state.
    #[must_use]
    pub fn build(self) -> Stack {
        let stack = self.stack(None);
        stack.reset();
        stack
    }

    /// Creates the stack with the state of a data file, and writes its changes into it. A new
    /// file gets the initial state.
    ///
    /// # Errors
    ///
    /// The file has another format or is damaged, or it cannot be read or written.
    pub fn open(self, store: Arc<dyn Store>) -> Result<Stack, DataError> {
        let content = Content::read(&*store)?;
        self.open_read(store, content)
    }

    /// As [`Builder::open`], with the `content` that was read from `store`.
    ///
    /// # Errors
    ///
    /// As [`Builder::open`].
    #[doc(hidden)]
    pub fn open_read(
        self,
        store: Arc<dyn Store>,
        mut content: Content,
    ) -> Result<Stack, DataError> {
        // Otherwise the ids of new pools and users would be those of present ones.
        let seed = self
            .seed
            .wrapping_add(content.opens.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let tree = mem::take(&mut content.tree);
        let recorder = Arc::new(Recorder::new(store, tree));
        recorder.apply_all(mem::take(&mut content.opening));
        let stack = self.stack(Some(recorder));
        stack.load(content, seed)?;
        Ok(stack)
    }

    fn stack(self, recorder: Option<Arc<Recorder>>) -> Stack {
        let follows_clients = matches!(self.issuer, Issuer::Followed(_));
        let world = Arc::new(World::new(self.clock, self.seed));
        for (name, function) in self.functions {
            world.functions.insert(&name, function);
        }
        if let Some(network) = self.network {
            world.fetch.set(network);
        }
        if let Some(delivery) = self.delivery {
            world.courier.deliver_by(delivery);
        }
        let shared = || Arc::clone(&world);
        let core = Core {
            emulator: RwLock::new(Emulator::new(shared(), self.issuer, self.keyring, recorder)),
            listeners: Arc::default(),
            worlds: Some(Arc::default()),
        };
        Stack(Arc::new(Inner {
            journal: layered(core, &world, self.throttle),
            world,
            scope: Arc::new(self.scope),
            seed: AtomicU64::new(self.seed),
            initial_state: self.initial_state,
            initial_seed: self.seed,
            follows_clients,
            saved: Mutex::default(),
        }))
    }
}
