//! The emulator with its layers, and their controls.

mod builder;
mod save_points;
mod worlds;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use serde::Deserialize;
use serde_json::Value;

pub use self::builder::Builder;
use self::save_points::SavePoint;
pub use self::save_points::SavedAs;
pub use self::worlds::WorldOf;
use self::worlds::Worlds;
use crate::Emulator;
use crate::layers::Invalid;
use crate::layers::faults::{Fault, Faults, Injected};
use crate::layers::journal::{Entry, Journal, JournalFilter, Recorded};
use crate::layers::signature::Signatures;
use crate::layers::throttle::{Throttle, Throttling};
use crate::pool_file::{self, Loaded, Mistake, PoolFile};
use crate::state::expiring::Expiring;
use crate::state::import::{ImportLog, NotUploaded, pool_of_upload};
use crate::state::record::{Content, DataError, StateRows};
use crate::wire::{Call, Reply, Scope, Service};
use crate::world::courier::Arrival;
use crate::world::{Message, TokenClock, TokenTimes, World};

/// An emulator with its layers, ready to be mounted. Clones share it.
///
/// It has a shared world, and a world for each account that [`Stack::of_account`] separated from
/// it. That method returns the stack of one account, whose calls and controls are those of this
/// account. On the stack itself, calls reach the world that has their account, pool, app client
/// or domain, and controls are those of the shared world.
#[derive(Clone)]
pub struct Stack(Arc<Inner>);

/// A world: the shared one, or that of one account.
struct Inner {
    journal: Journal<Faults<Throttling<Signatures<Core>>>>,
    world: Arc<World>,
    scope: Arc<Scope>,
    seed: AtomicU64,
    initial_state: Option<InitialState>,
    /// The seed of the initial state: that of the shared world.
    initial_seed: u64,
    follows_clients: bool,
    saved: Mutex<BTreeMap<String, SavePoint>>,
}

type InitialState = Arc<dyn Fn(&Emulator) + Send + Sync>;

/// The emulator. Calls lock it for reading and a reset locks it for writing, so that no
/// call sees a partial reset.
struct Core {
    emulator: RwLock<Emulator>,
    /// Shared by all worlds.
    listeners: Arc<RwLock<Vec<Listener>>>,
    /// The worlds of accounts. Only the shared world has them.
    worlds: Option<Arc<Worlds>>,
}

type Listener = Box<dyn Fn(&Emulator, Option<&Call>) + Send + Sync>;

impl Core {
    fn notify_listeners(&self, emulator: &Emulator, call: Option<&Call>) {
        // The read is recursive, like that of the emulator, because another caller may be
        // waiting to add a listener.
        for listener in &*self.listeners.read_recursive() {
            listener(emulator, call);
        }
    }
}

impl Service for Core {
    /// A trigger function may call the emulator while the call that runs it waits. If
    /// another thread waits to reset, a plain `read` would then deadlock.
    fn call(&self, call: &Call) -> Reply {
        let emulator = self.emulator.read_recursive();
        // The account may have got its world since the call was routed to this one.
        let worlds = self.worlds.as_ref();
        if let Some(moved) = worlds.and_then(|worlds| worlds.of_call(call, &emulator)) {
            return moved.answer(call);
        }
        let reply = emulator.call(call);
        if reply.is_ok() {
            self.notify_listeners(&emulator, Some(call));
        }
        reply
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Core").field(&self.emulator).finish()
    }
}

impl Inner {
    fn faults(&self) -> &Faults<Throttling<Signatures<Core>>> {
        &self.journal.inner
    }

    fn throttling(&self) -> &Throttling<Signatures<Core>> {
        &self.faults().inner
    }

    fn core(&self) -> &Core {
        &self.throttling().inner.inner
    }

    fn emulator(&self) -> &RwLock<Emulator> {
        &self.core().emulator
    }

    /// Answers a call in this world. In the world of one account, every call is of this account.
    fn answer(&self, call: &Call) -> Reply {
        let (own, given) = (&self.scope.account, &call.scope);
        if self.core().worlds.is_some() || *own == given.account {
            return self.journal.call(call);
        }
        let mut call = call.clone();
        call.scope = given.of_account(own);
        self.journal.call(&call)
    }
}

/// The layers around `core`.
fn layered(
    core: Core,
    world: &Arc<World>,
    throttle: Throttle,
) -> Journal<Faults<Throttling<Signatures<Core>>>> {
    let shared = || Arc::clone(world);
    let signatures = Signatures::new(shared(), core);
    let throttling = Throttling::new(shared(), throttle, signatures);
    Journal::new(shared(), Faults::new(shared(), throttling))
}

impl Stack {
    /// Clock, chance, courier and functions.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// Region and account of calls that name none.
    #[must_use]
    pub fn scope(&self) -> &Arc<Scope> {
        &self.0.scope
    }

    /// Messages that match `filter`, oldest first. If `filter` has an account with a world of its
    /// own, they are from that world.
    #[must_use]
    pub fn outbox(&self, filter: &OutboxFilter) -> Vec<Message> {
        let account = filter.account.as_deref();
        if let Some(own) = account.and_then(|account| self.other_world(account)) {
            return own.outbox(filter);
        }
        let courier = &self.0.world.courier;
        courier.select(|message| filter.admits(message))
    }

    /// Waits for the first message that matches `filter`; see [`Courier::arrival`].
    ///
    /// [`Courier::arrival`]: crate::world::Courier::arrival
    #[must_use]
    pub fn arrival<'a>(
        &'a self,
        filter: &'a OutboxFilter,
    ) -> Option<Arrival<'a, impl Fn(&Message) -> bool + Unpin + Send + use<'a>>> {
        let courier = &self.0.world.courier;
        let after = filter.after.unwrap_or(0);
        courier.arrival(after, move |message| filter.admits(message))
    }

    /// Sets the times of tokens that are issued from now on. A value that is absent does
    /// not change.
    pub fn set_token_times(&self, clock: Option<TokenClock>, age: Option<Duration>) {
        let world_clock = &self.0.world.clock;
        let before = world_clock.token_times();
        world_clock.set_token_times(TokenTimes {
            clock: clock.unwrap_or(before.clock),
            age: age.unwrap_or(before.age),
        });
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.world.clock.advance(by);
        self.inspect(|emulator| {
            // If the file cannot be written now, the next call reports it.
            let _ = emulator.record();
            self.0.core().notify_listeners(emulator, None);
        });
    }

    /// Runs `listener` after each successful call of any caller, with that call. Also
    /// runs it with `None` after the clock was moved, the emulator was reset or its controls were
    /// used in another way, because anything may have changed. It receives the calls of all worlds.
    ///
    /// The listener runs on the call's thread before the response is returned,
    /// and must not block. It cannot be removed.
    pub fn listen(&self, listener: impl Fn(&Emulator, Option<&Call>) + Send + Sync + 'static) {
        self.0.core().listeners.write().push(Box::new(listener));
    }

    /// Removes every message.
    pub fn clear_outbox(&self) {
        self.0.world.courier.clear();
        self.notify_listeners();
    }

    /// Injects a fault into the following calls.
    ///
    /// # Errors
    ///
    /// The errors of [`Fault::check`], or too many faults.
    pub fn inject(&self, fault: Fault) -> Result<(), Invalid> {
        self.0.faults().inject(fault)?;
        self.notify_listeners();
        Ok(())
    }

    /// Removes the fault with this id, and returns whether it was present.
    #[must_use]
    pub fn remove_fault(&self, id: u64) -> bool {
        let was_present = self.0.faults().remove(id);
        self.notify_listeners();
        was_present
    }

    /// The present faults, oldest first.
    #[must_use]
    pub fn faults(&self) -> Vec<Injected> {
        self.0.faults().list()
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.0.faults().clear();
        self.notify_listeners();
    }

    /// Runs the listeners after a change that is not a call.
    fn notify_listeners(&self) {
        self.inspect(|emulator| self.0.core().notify_listeners(emulator, None));
    }

    /// Runs `listener` after each call that the journal records, also if it was refused, except
    /// look-ups of tools. Only calls of this world are reported. It must not block. There can be
    /// one; a second one is ignored.
    pub fn listen_to_journal(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.0.journal.listen(listener);
    }

    /// The newest call in the journal with this request id, with its secrets, in order to send it
    /// again. None for requests to the pages of a domain.
    #[must_use]
    pub fn recorded_call(&self, request_id: &str) -> Option<Call> {
        self.0.journal.recorded_call(request_id)
    }

    /// Counts what would expire if the clock moved forward by `by`.
    #[must_use]
    pub fn expiring(&self, by: Duration) -> Expiring {
        let now = self.0.world.now();
        self.inspect(|emulator| emulator.state().expiring(now, now.plus(by)))
    }

    /// Loads the pools of a pool file in addition to those that exist. Pools without an id are in
    /// `scope`.
    ///
    /// # Errors
    ///
    /// The file has a mistake, or a pool, a client or a domain of it exists. Nothing is loaded.
    pub fn load_file(&self, file: PoolFile, scope: &Scope) -> Result<Loaded, Mistake> {
        self.inspect(|emulator| {
            let seed = self.0.seed.load(Ordering::Relaxed);
            let loaded = pool_file::load(emulator, scope, seed, &[file])?;
            // If the data file cannot be written now, the next call reports it.
            let _ = emulator.record();
            self.0.core().notify_listeners(emulator, None);
            Ok(loaded)
        })
    }

    /// The last calls, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.journal_after(0)
    }

    /// The calls that `filter` selects, oldest first.
    #[must_use]
    pub fn read_journal(&self, filter: &JournalFilter) -> Vec<Recorded> {
        self.0.journal.read(filter)
    }

    /// The number of calls in the journal.
    #[must_use]
    pub fn journal_len(&self) -> usize {
        self.read_journal(&JournalFilter::default()).len()
    }

    /// The calls after the first `count`.
    #[must_use]
    pub fn journal_after(&self, count: usize) -> Vec<Entry> {
        let all = self.read_journal(&JournalFilter::default());
        all.iter().skip(count).map(Recorded::entry).collect()
    }

    /// Removes every call.
    pub fn clear_journal(&self) {
        self.0.journal.clear();
    }

    /// The setting of the throttle.
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        self.0.throttling().throttle()
    }

    /// Changes the setting of the throttle and fills every bucket.
    pub fn set_throttle(&self, throttle: Throttle) {
        self.0.throttling().set(throttle);
        self.notify_listeners();
    }

    /// The public keys of a pool, as its `jwks.json` lists them.
    #[must_use]
    pub fn jwks(&self, pool_id: &str) -> Option<Value> {
        self.at_pool(pool_id, |emulator| emulator.jwks(pool_id))
    }

    /// The issuer of a pool's tokens; `None` if the pool does not exist.
    #[must_use]
    pub fn issuer_of(&self, pool_id: &str) -> Option<String> {
        self.issuer_for(pool_id, None)
    }

    /// Whether the pool `id` exists and has a domain.
    #[must_use]
    pub fn has_domain(&self, id: &str) -> bool {
        let handle = self.at_pool(id, |emulator| emulator.state().pool_handle(id));
        handle.is_some_and(|handle| handle.read().domains.any())
    }

    /// See [`Emulator::issuer_for`].
    #[must_use]
    pub fn issuer_for(&self, pool_id: &str, address: Option<&str>) -> Option<String> {
        self.at_pool(pool_id, |emulator| emulator.issuer_for(pool_id, address))
    }

    /// See [`Emulator::follows_clients`].
    #[must_use]
    pub fn follows_clients(&self) -> bool {
        self.0.follows_clients
    }

    /// Uploads the file of an import job to its `PreSignedUrl`: the `PUT` of
    /// the HTTP mount, for programs without it.
    ///
    /// # Errors
    ///
    /// The errors of S3.
    pub fn upload(&self, url: &str, file: impl Into<Bytes>) -> Result<(), NotUploaded> {
        let pool = pool_of_upload(url).unwrap_or_default();
        self.at_pool(pool, |emulator| emulator.upload(url, file))
    }

    /// The `CloudWatch` log of an import job, if the job exists.
    #[must_use]
    pub fn import_log(&self, pool_id: &str, job_id: &str) -> Option<ImportLog> {
        self.at_pool(pool_id, |emulator| emulator.import_log(pool_id, job_id))
    }

    /// Calls `look` with the emulator of the world that has the pool `id`.
    fn at_pool<R>(&self, id: &str, look: impl FnOnce(&Emulator) -> R) -> R {
        match self.world_of_pool(id) {
            Some(own) => own.inspect(look),
            None => self.inspect(look),
        }
    }

    /// Calls `look` with the emulator, without the layers.
    pub fn inspect<R>(&self, look: impl FnOnce(&Emulator) -> R) -> R {
        look(&self.0.emulator().read_recursive())
    }

    /// Returns to the initial state: an empty emulator, no advances of the
    /// clock, randomness from the seed, no messages, calls or faults, full
    /// buckets of the throttle, then the initial state of the builder. The
    /// setting of the throttle and the functions do not change.
    ///
    /// The world of an account returns to the pools that the initial state of the builder has for
    /// this account. A reset of the shared world leaves the worlds of accounts as they are, and a
    /// reset of the world of an account leaves the others.
    ///
    /// A reset waits until no call is in progress, so a trigger must not call
    /// it.
    pub fn reset(&self) {
        let Inner {
            world,
            seed,
            initial_state,
            ..
        } = &*self.0;
        let emulator = self.0.emulator().write();
        if let Some(recorder) = emulator.state().recorder() {
            recorder.clear();
        }
        emulator.clear();
        world.clock.reset();
        world.chance.reseed(seed.load(Ordering::Relaxed));
        world.courier.clear();
        world.provisioned.clear();
        self.clear_records();
        if let Some(initial_state) = initial_state {
            if self.has_whole_initial_state() {
                initial_state(&emulator);
            } else {
                self.restore_initial(&emulator, initial_state);
            }
        }
        self.0.core().notify_listeners(&emulator, None);
    }

    /// Takes the state and the save points of a data file, or the initial state for a new one.
    /// The file is changed at the end, when everything was read.
    fn load(&self, content: Content, seed: u64) -> Result<(), DataError> {
        let Some(live) = content.live else {
            self.reset();
            return self.record();
        };
        let emulator = self.0.emulator().write();
        let world = |rows: &StateRows| World::of_row(rows.world().unwrap_or_default(), seed);
        self.0.world.restore(&world(&live));
        let live = emulator.state().read_saved(live)?;
        emulator.state().restore(&live);
        emulator.state().stop_imports();
        debug_assert!(emulator.state().is_consistent());
        let mut saved = self.0.saved.lock();
        for (name, (about, rows)) in content.saved {
            let world = world(&rows);
            let point = SavePoint::read(&name, &about, rows, world, &emulator)?;
            saved.insert(name, point);
        }
        emulator.record()
    }

    /// Writes all changes into the data file, if there is one.
    ///
    /// # Errors
    ///
    /// The file cannot be written, in one sentence.
    pub fn record(&self) -> Result<(), DataError> {
        self.0.emulator().read_recursive().record()
    }

    /// Removes what was recorded about calls: the journal, invocations of functions, faults,
    /// and the calls that count against the throttle.
    fn clear_records(&self) {
        self.0.world.functions.clear_log();
        // Without the listeners, which the caller runs when the emulator is complete again.
        self.0.faults().clear();
        self.clear_journal();
        self.0.throttling().set(self.throttle());
    }
}

impl Service for Stack {
    fn call(&self, call: &Call) -> Reply {
        match self.world_of(call) {
            Some(own) => own.0.answer(call),
            None => self.0.answer(call),
        }
    }
}

impl fmt::Debug for Stack {
    /// Shows only the scope: the content is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("scope", self.scope())
            .finish_non_exhaustive()
    }
}

/// A selection of messages in the outbox. A message must match every field that
/// is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboxFilter {
    /// The exact address or phone number.
    pub recipient: Option<String>,
    /// The exact username.
    pub username: Option<String>,
    /// The pool id.
    pub pool: Option<String>,
    /// The account of the pool: 12 digits.
    pub account: Option<String>,
    /// Only messages with a sequence number above this one.
    pub after: Option<u64>,
}

impl OutboxFilter {
    fn admits(&self, message: &Message) -> bool {
        let matches = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        matches(&self.recipient, &message.destination)
            && matches(&self.username, &message.username)
            && matches(&self.pool, &message.user_pool_id)
            && matches(&self.account, &message.envelope.account)
            && self.after.is_none_or(|after| after < message.sequence)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use serde_json::json;

    use super::*;
    use crate::bounds::SAVE_POINTS;
    use crate::layers::faults::{FaultEffect, Target, When};
    use crate::testing::PASSWORD;
    use crate::world::Clock;

    /// A stack with one pool, at a fixed time.
    fn stack() -> Stack {
        let initial_state = |emulator: &Emulator| {
            let reply = emulator.call(&Call::new("CreateUserPool", json!({ "PoolName": "demo" })));
            assert!(reply.is_ok(), "{reply}");
        };
        Stack::builder()
            .clock(Clock::fixed(1_800_000_000))
            .seed(7)
            .initial_state(initial_state)
            .build()
    }

    fn create_pool(stack: &Stack) -> String {
        let reply = stack.call(&Call::new("CreateUserPool", json!({ "PoolName": "mine" })));
        reply.body["UserPool"]["Id"].as_str().unwrap().to_owned()
    }

    fn create_user(stack: &Stack, pool: &str, name: &str) -> Reply {
        let input = json!({ "UserPoolId": pool, "Username": name });
        stack.call(&Call::new("AdminCreateUser", input))
    }

    /// Pools, users, clients, domains, time, randomness and messages return to the saved
    /// moment, as often as it is restored.
    #[test]
    fn a_saved_state_is_restored() {
        let stack = stack();
        let pool = create_pool(&stack);
        assert!(create_user(&stack, &pool, "ana").is_ok());
        let domain = json!({ "UserPoolId": pool, "Domain": "saved" });
        assert!(
            stack
                .call(&Call::new("CreateUserPoolDomain", domain))
                .is_ok()
        );
        stack.advance(Duration::from_hours(1));
        let saved = stack.save_state("fixture").unwrap();
        assert_eq!((saved.pools, saved.users), (2, 1));
        let everything = |stack: &Stack| {
            let list = |operation: &str, input: Value| {
                stack.call(&Call::new(operation, input)).to_string()
            };
            let state = [
                list("ListUsers", json!({ "UserPoolId": pool })),
                list("ListUserPools", json!({ "MaxResults": 60 })),
                list("DescribeUserPoolDomain", json!({ "Domain": "saved" })),
                list("ListUserPoolClients", json!({ "UserPoolId": pool })),
                stack.jwks(&pool).unwrap().to_string(),
            ];
            let outbox = stack.outbox(&OutboxFilter::default());
            (
                state,
                stack.world().now(),
                outbox,
                stack.world().chance.uuid(),
            )
        };
        let before = everything(&stack);
        for _ in 0..2 {
            stack.restore_state("fixture").unwrap();
            assert_eq!(everything(&stack), before);
            assert!(create_user(&stack, &pool, "bob").is_ok());
            let deleted = json!({ "UserPoolId": pool, "Username": "ana" });
            assert!(stack.call(&Call::new("AdminDeleteUser", deleted)).is_ok());
            let domain = json!({ "UserPoolId": pool, "Domain": "saved" });
            assert!(
                stack
                    .call(&Call::new("DeleteUserPoolDomain", domain))
                    .is_ok()
            );
            assert!(
                stack
                    .call(&Call::new("CreateUserPool", json!({ "PoolName": "b" })))
                    .is_ok()
            );
            let client = json!({ "UserPoolId": pool, "ClientName": "c" });
            assert!(
                stack
                    .call(&Call::new("CreateUserPoolClient", client))
                    .is_ok()
            );
            stack.advance(Duration::from_hours(1));
            stack.inspect(|emulator| assert!(emulator.state().is_consistent()));
        }
    }

    #[test]
    fn save_points_are_listed_and_deleted() {
        let stack = stack();
        let no = |result: Result<SavedAs, Invalid>| result.unwrap_err().0;
        let sentence = no(stack.restore_state("a"));
        assert_eq!(sentence, "No state is saved as `a`: no state is saved.");
        stack.save_state("b").unwrap();
        stack.save_state("c").unwrap();
        let sentence = no(stack.restore_state("a"));
        assert_eq!(sentence, "No state is saved as `a`: there are b, c.");
        assert!(no(stack.save_state("a/b")).contains("1 to 100 letters"));
        assert!(no(stack.save_state("")).contains("1 to 100 letters"));
        stack.delete_state("b").unwrap();
        assert!(stack.delete_state("b").is_err());
        // A reset keeps save points.
        stack.reset();
        let names = stack.saved_states().into_iter().map(|saved| saved.name);
        assert_eq!(names.collect::<Vec<_>>(), ["c"]);
        for number in 1..SAVE_POINTS {
            stack.save_state(&number.to_string()).unwrap();
        }
        assert!(no(stack.save_state("more")).starts_with("100 states are saved"));
        stack.save_state("c").unwrap();
    }

    #[test]
    fn a_reset_restores_the_initial_state() {
        let stack = stack();
        let first = create_pool(&stack);
        stack.advance(Duration::from_hours(1));
        let fault = Fault {
            on: Target::Any,
            when: When::Always,
            effect: FaultEffect::CutBeforeEffects,
        };
        stack.inject(fault).unwrap();
        stack.reset();
        assert_eq!(stack.jwks(&first), None);
        assert_eq!(stack.world().now().seconds(), 1_800_000_000);
        assert_eq!(stack.faults(), []);
        assert_eq!(stack.journal(), []);
        assert_eq!(create_pool(&stack), first);
        assert_eq!(create_pool(&self::stack()), first);
    }

    /// A function may call the stack that waits for it, even if another thread waits to
    /// reset the stack.
    #[test]
    fn functions_may_call_back() {
        static STACK: OnceLock<Stack> = OnceLock::new();
        let (enter, entered) = std::sync::mpsc::channel();
        let (resume, resumed) = std::sync::mpsc::channel();
        let resumed = Mutex::new(resumed);
        let stack = Stack::builder()
            .trigger("welcome", move |event: &Value| {
                enter.send(()).map_err(|error| error.to_string())?;
                resumed.lock().recv().map_err(|error| error.to_string())?;
                let stack = STACK.get().ok_or("no stack")?;
                let user = json!({ "UserPoolId": event["userPoolId"], "Username": "eve" });
                let reply = stack.call(&Call::new("AdminCreateUser", user));
                let mut event = event.clone();
                event["response"]["autoConfirmUser"] = json!(reply.is_ok());
                Ok(event)
            })
            .build();
        let stack = STACK.get_or_init(|| stack);
        let call = |operation: &str, input: Value| {
            let reply = stack.call(&Call::new(operation, input));
            assert!(reply.is_ok(), "{reply}");
            reply.body
        };
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:welcome";
        let trigger = json!({ "PreSignUp": arn });
        let pool = call(
            "CreateUserPool",
            json!({ "PoolName": "p", "LambdaConfig": trigger }),
        );
        let pool = pool["UserPool"]["Id"].as_str().unwrap();
        let client = json!({ "UserPoolId": pool, "ClientName": "c" });
        let client = call("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"].clone();
        let ana = json!({ "ClientId": client, "Username": "ana", "Password": PASSWORD });
        std::thread::scope(|scope| {
            let signing_up = scope.spawn(|| call("SignUp", ana));
            entered.recv().unwrap();
            let resetting = scope.spawn(|| stack.reset());
            // No pool is locked meanwhile. `eve` is created without a trigger.
            let handle = stack
                .inspect(|emulator| emulator.state().pool_handle(pool))
                .unwrap();
            handle.write().settings.lambda_config.clear();
            resume.send(()).unwrap();
            assert_eq!(signing_up.join().unwrap()["UserConfirmed"], true);
            resetting.join().unwrap();
        });
    }

    /// Listeners receive a call whose response a fault discards, because the call
    /// succeeded.
    #[test]
    fn listeners_receive_successful_calls() {
        let stack = stack();
        let received = Arc::new(Mutex::new(Vec::new()));
        stack.listen({
            let received = Arc::clone(&received);
            move |emulator, call| {
                let named = call.map(|call| (call.operation.clone(), emulator.pool_of(call)));
                received.lock().push(named);
            }
        });
        let pool = create_pool(&stack);
        let call = |operation: &str, input: Value| stack.call(&Call::new(operation, input));
        let client = json!({ "UserPoolId": pool, "ClientName": "c" });
        let client =
            call("CreateUserPoolClient", client).body["UserPoolClient"]["ClientId"].clone();
        call(
            "AdminGetUser",
            json!({ "UserPoolId": pool, "Username": "unknown" }),
        );
        let lost = Fault {
            on: Target::Any,
            when: When::Nth(1),
            effect: FaultEffect::CutAfterEffects,
        };
        stack.inject(lost).unwrap();
        call(
            "SignUp",
            json!({ "ClientId": client, "Username": "ana", "Password": PASSWORD }),
        );
        let arn = format!("arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool}");
        call("ListTagsForResource", json!({ "ResourceArn": arn }));
        stack.advance(Duration::from_secs(1));
        stack.reset();
        let in_pool = |operation: &str| Some((operation.into(), Some(pool.clone())));
        let expected = [
            Some(("CreateUserPool".into(), None)),
            in_pool("CreateUserPoolClient"),
            // The fault.
            None,
            in_pool("SignUp"),
            in_pool("ListTagsForResource"),
            None,
            None,
        ];
        assert_eq!(*received.lock(), expected);
    }

    #[test]
    fn the_initial_state_is_created_without_layers() {
        let stack = Stack::builder()
            .throttle("0.01%".parse().unwrap())
            .initial_state(|emulator| {
                for _ in 0..3 {
                    let reply =
                        emulator.call(&Call::new("CreateUserPool", json!({ "PoolName": "demo" })));
                    assert!(reply.is_ok(), "{reply}");
                }
            })
            .build();
        assert_eq!(stack.journal(), []);
    }

    /// The journal contains the calls that the other layers refused.
    #[test]
    fn layers_are_in_order() {
        let stack = stack();
        stack.set_throttle("10%".parse().unwrap());
        let fault = Fault {
            on: Target::Operation("ListUsers".to_owned()),
            when: When::Nth(1),
            effect: FaultEffect::Exception {
                code: "InternalErrorException".to_owned(),
                message: None,
            },
        };
        stack.inject(fault).unwrap();
        let unsigned = Call {
            signature: crate::wire::Signature::Absent,
            ..Call::new("ListUsers", json!({}))
        };
        for _ in 0..5 {
            stack.call(&unsigned);
        }
        let codes: Vec<_> = stack
            .journal()
            .into_iter()
            .filter_map(|entry| entry.code.clone())
            .collect();
        // The call that fails by the fault uses no token of the bucket. Three of the next
        // four calls get one.
        let expected = [
            "InternalErrorException",
            "MissingAuthenticationTokenException",
            "MissingAuthenticationTokenException",
            "MissingAuthenticationTokenException",
            "TooManyRequestsException",
        ];
        assert_eq!(codes, expected);
        assert!(
            stack
                .journal()
                .iter()
                .all(|entry| entry.request_id.len() == 36)
        );
    }

    #[test]
    fn debug_shows_no_state() {
        let stack = stack();
        let shown = format!("{stack:?}");
        assert!(shown.starts_with("Stack { scope: Scope"), "{shown}");
        assert!(!shown.contains("demo"), "{shown}");
    }
}
