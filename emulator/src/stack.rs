//! The emulator with its layers around it, and the controls of the whole.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use crate::auth::keys::Keyring;
use crate::wire::{Call, Reply, Scope, Service};
use crate::world::{Clock, Message, World};
use crate::{Emulator, Issuer};

/// One emulator, ready to be mounted; clones share it.
#[derive(Clone)]
pub struct Stack(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    world: Arc<World>,
    scope: Scope,
    seed: u64,
    plant: Option<Plant>,
}

type Plant = Box<dyn Fn(&Emulator) + Send + Sync>;

/// The emulator, replaced by a fresh one at a reset.
///
/// Calls hold the lock shared, so a reset waits for those under way and no call
/// sees half of it.
struct Core(RwLock<Emulator>);

impl Service for Core {
    fn call(&self, call: &Call) -> Reply {
        self.0.read().call(call)
    }
}

/// How a [`Stack`] is made.
pub struct Builder {
    clock: Clock,
    seed: u64,
    scope: Scope,
    issuer: Issuer,
    plant: Option<Plant>,
}

impl Builder {
    /// Time; the machine's clock unless set.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Where chance begins; equal seeds give equal ids, codes and tokens. Zero unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Region and account of calls that name none.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Base URL of the issuer in tokens, as in `http://localhost:9229`; AWS's
    /// own unless set.
    #[must_use]
    pub fn issuer(mut self, base_url: impl Into<String>) -> Self {
        self.issuer = Issuer::Base(base_url.into());
        self
    }

    /// Runs on the empty emulator, at the start and after each reset, to make
    /// what should be there. Its calls pass no layer.
    #[must_use]
    pub fn plant(mut self, plant: impl Fn(&Emulator) + Send + Sync + 'static) -> Self {
        self.plant = Some(Box::new(plant));
        self
    }

    /// The stack.
    #[must_use]
    pub fn build(self) -> Stack {
        let world = Arc::new(World::new(self.clock, self.seed));
        let core = Arc::new(Core(RwLock::new(Emulator::new(
            Arc::clone(&world),
            self.issuer,
            Keyring::default(),
        ))));
        let stack = Stack(Arc::new(Inner {
            core,
            world,
            scope: self.scope,
            seed: self.seed,
            plant: self.plant,
        }));
        stack.reset();
        stack
    }
}

impl Stack {
    /// A stack with an empty emulator, unless the builder is told otherwise.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            clock: Clock::system(),
            seed: 0,
            scope: Scope::default(),
            issuer: Issuer::Aws,
            plant: None,
        }
    }

    /// Clock, chance and courier.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// Region and account of calls that name none.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// Messages that match `filter`, oldest first.
    #[must_use]
    pub fn outbox(&self, filter: &OutboxFilter) -> Vec<Message> {
        let mut messages = self.0.world.courier.outbox();
        messages.retain(|message| filter.admits(message));
        messages
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.world.clock.advance(by);
    }

    /// Back to the start: an empty emulator, the clock's advances undone,
    /// chance begun again, no messages; then planted anew.
    pub fn reset(&self) {
        let Inner {
            core,
            world,
            seed,
            plant,
            ..
        } = &*self.0;
        let emulator = core.0.write();
        world.clock.reset();
        world.chance.reseed(*seed);
        world.courier.clear();
        emulator.clear();
        if let Some(plant) = plant {
            plant(&emulator);
        }
    }
}

impl Service for Stack {
    fn call(&self, call: &Call) -> Reply {
        self.0.core.call(call)
    }
}

impl fmt::Debug for Stack {
    /// Its address of use only: what it holds is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("scope", self.scope())
            .finish_non_exhaustive()
    }
}

/// Which messages of the outbox; every field set must match.
#[derive(Clone, Debug, Default)]
pub struct OutboxFilter {
    /// The exact address or phone number.
    pub recipient: Option<String>,
    /// The exact username.
    pub username: Option<String>,
    /// The pool's id.
    pub pool: Option<String>,
}

impl OutboxFilter {
    fn admits(&self, message: &Message) -> bool {
        let matches = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        matches(&self.recipient, &message.destination)
            && matches(&self.username, &message.username)
            && matches(&self.pool, &message.user_pool_id)
    }
}
