//! The state of the emulator: pools, and the indexes of ids that span them.
//!
//! The pool is the unit of consistency. A lock of a map is held to fetch a pool, or to add or
//! remove one, and not while an operation works. An operation locks one pool, never two.

pub mod assurance;
pub mod attempt;
pub mod branding;
pub mod client;
pub mod code;
pub mod contact;
pub mod decoy;
pub mod device;
pub mod domain;
pub mod envelope;
pub mod event;
pub mod expiring;
pub mod first_factor;
pub mod given;
pub mod group;
pub mod identity_provider;
pub mod import;
pub mod limit;
pub mod link;
pub mod mfa;
pub mod naming;
pub mod passkey;
pub mod pinned;
pub mod pool;
pub mod profile;
pub mod record;
pub mod replica;
pub mod resource_server;
pub mod risk;
pub mod rows;
pub mod saved;
pub mod session;
pub mod shifted;
pub mod sign_ins;
pub mod status;
pub mod terms;
pub mod token;
pub mod ui_customization;
pub mod user;
pub mod users;
pub mod verified;
pub mod web;
pub mod worlds;

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dashmap::DashMap;
use parking_lot::lock_api::{ArcRwLockReadGuard, ArcRwLockWriteGuard};
use parking_lot::{Mutex, RawRwLock, RwLock};

use self::limit::check_room;
use self::pool::Pool;
use self::record::{Position, Recorder};
use self::verified::Known;
use self::worlds::Common;
use crate::auth::keys::{Keyring, SigningKeys};
use crate::bounds::POOLS;
use crate::error::{Error, Result};
use crate::wire::Scope;

/// A pool under a read lock.
#[derive(Debug)]
pub struct PoolRead(ArcRwLockReadGuard<RawRwLock, Arc<Pool>>);

impl PoolRead {
    /// A snapshot of the pool. Later changes copy what they change.
    fn shared(&self) -> Arc<Pool> {
        Arc::clone(&self.0)
    }
}

impl Deref for PoolRead {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.0
    }
}

/// A pool under its write lock. The first change copies the pool if a save point shares it.
/// When it is dropped, the changed rows are recorded for the data file.
#[derive(Debug)]
pub struct PoolWrite {
    pool: ArcRwLockWriteGuard<RawRwLock, Arc<Pool>>,
    handle: PoolHandle,
    is_changed: bool,
}

impl Deref for PoolWrite {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.pool
    }
}

impl DerefMut for PoolWrite {
    fn deref_mut(&mut self) -> &mut Pool {
        self.is_changed = true;
        Arc::make_mut(&mut self.pool)
    }
}

impl Drop for PoolWrite {
    fn drop(&mut self) {
        if !self.is_changed {
            return;
        }
        let handle = &self.handle;
        let pool = Arc::make_mut(&mut self.pool);
        match &handle.recorder {
            Some(recorder) if !handle.is_removed.load(Ordering::Acquire) => {
                recorder.record(pool, &handle.position, false);
            }
            _ => pool.forget_changes(),
        }
    }
}

/// Limit of pools of one account in one Region (fact 8d).
const POOL_LIMIT: usize = 1000;

/// Limit of custom domains of one account in one Region (fact 8d).
const DOMAIN_LIMIT: usize = 4;

/// The pools of one world: that of one account, or the shared world of all other accounts.
#[derive(Debug)]
pub struct State {
    pools: Arc<Pools>,
    /// Client id to pool id. Unsigned calls name only a client.
    clients: Arc<Clients>,
    /// The parts that the states of all worlds share.
    common: Common,
    /// The account, if this is the state of one account's world.
    account: Option<String>,
    /// Pools in order of creation.
    order: Mutex<Order>,
    keyring: Keyring,
    /// Import jobs in progress.
    imports: import::Active,
    /// Access tokens whose signatures were verified.
    pub(crate) verified: Known,
    /// Tokens whose times are not those of the emulator's clock.
    pub(crate) shifted: shifted::Shifted,
    /// Writes changes into the data file, if there is one.
    recorder: Option<Arc<Recorder>>,
}

type Pools = DashMap<String, PoolHandle>;
type Clients = DashMap<String, String>;

/// The pool that has a domain.
#[derive(Debug)]
struct DomainOwner {
    scope: Scope,
    pool: String,
    is_custom: bool,
    /// The account whose world has the pool; `None` for the shared world.
    world: Option<String>,
}

#[derive(Debug)]
struct Order {
    /// Maximum number of pools in all worlds.
    max_pools: usize,
    /// The number of pools of all worlds.
    total: Arc<AtomicUsize>,
    next: u64,
    pools: BTreeMap<(Scope, u64), String>,
    /// The number of pools of each scope.
    counts: BTreeMap<Scope, usize>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            max_pools: POOLS,
            total: Arc::default(),
            next: 0,
            pools: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }
}

impl Order {
    fn insert(&mut self, scope: &Scope, position: u64, id: &str) {
        self.pools.insert((scope.clone(), position), id.to_owned());
        self.total.fetch_add(1, Relaxed);
        *self.counts.entry(scope.clone()).or_default() += 1;
    }

    fn remove(&mut self, handle: &PoolHandle) {
        let place = (handle.scope.clone(), handle.position.order);
        if self.pools.remove(&place).is_none() {
            return;
        }
        self.total.fetch_sub(1, Relaxed);
        let (scope, _) = place;
        match self.counts.get_mut(&scope) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.counts.remove(&scope)),
        }
    }

    fn clear(&mut self) {
        self.total.fetch_sub(self.pools.len(), Relaxed);
        self.pools.clear();
        self.counts.clear();
        self.next = 0;
    }
}

/// A pool, and the parts of it that can be read without its lock. Clones share
/// it.
#[derive(Clone, Debug)]
pub struct PoolHandle(Arc<PoolHandleContent>);

/// What the clones of a [`PoolHandle`] share.
#[derive(Debug)]
pub struct PoolHandleContent {
    /// Region and account.
    pub scope: Scope,
    /// Keys that sign the pool's tokens.
    pub keys: Arc<SigningKeys>,
    /// The position among all pools, and the index of the keys in the keyring.
    position: Position,
    pool: Arc<RwLock<Arc<Pool>>>,
    recorder: Option<Arc<Recorder>>,
    /// Whether the pool was deleted. A call that was changing it records nothing.
    is_removed: AtomicBool,
}

impl Deref for PoolHandle {
    type Target = PoolHandleContent;

    fn deref(&self) -> &PoolHandleContent {
        &self.0
    }
}

impl PoolHandle {
    /// Locks the pool for reading.
    #[must_use]
    pub fn read(&self) -> PoolRead {
        PoolRead(self.pool.read_arc())
    }

    /// Locks the pool for writing.
    #[must_use]
    pub fn write(&self) -> PoolWrite {
        PoolWrite {
            pool: self.pool.write_arc(),
            handle: self.clone(),
            is_changed: false,
        }
    }
}

impl PoolHandle {
    /// Records every row of the pool.
    fn record_all(&self) {
        if let Some(recorder) = &self.recorder {
            let mut pool = self.pool.write();
            recorder.record(Arc::make_mut(&mut pool), &self.position, true);
        }
    }

    /// Records the removal of the pool. Returns true if this call was the first to remove it. Waits
    /// for the call that is changing the pool, so that its rows are not recorded after the removal.
    fn record_removal(&self) -> bool {
        let pool = self.pool.write();
        let is_first = !self.is_removed.swap(true, Ordering::AcqRel);
        if let Some(recorder) = self.recorder.as_ref().filter(|_| is_first) {
            recorder.remove_pool(&pool.id);
        }
        is_first
    }
}

impl State {
    /// A state without pools. `keyring` provides the signing keys of each pool. `recorder`
    /// writes changes into a data file.
    #[must_use]
    pub fn new(keyring: Keyring, recorder: Option<Arc<Recorder>>) -> Self {
        let (pools, clients) = (Arc::default(), Arc::default());
        let common = Common::default();
        common.join(&pools, &clients);
        Self {
            pools,
            clients,
            common,
            account: None,
            order: Mutex::default(),
            keyring,
            imports: import::Active::default(),
            verified: Known::default(),
            shifted: shifted::Shifted::default(),
            recorder,
        }
    }

    /// The pool `id`, of any account and Region.
    #[must_use]
    pub fn pool_handle(&self, id: &str) -> Option<PoolHandle> {
        self.pools.get(id).map(|handle| handle.clone())
    }

    /// The number of pools.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pools.len()
    }

    /// Whether there are no pools.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// The pool of client `id`, of any account and Region.
    #[must_use]
    pub fn pool_handle_of_client(&self, id: &str) -> Option<PoolHandle> {
        self.pool_handle(&self.pool_of_client(id)?)
    }

    /// The id of the pool of client `id`, of any account and Region.
    #[must_use]
    pub fn pool_of_client(&self, id: &str) -> Option<String> {
        self.clients.get(id).map(|pool| pool.clone())
    }

    /// Adds a new pool, unless its id is taken or its scope is full.
    pub fn insert(&self, pool: Pool) -> Result<()> {
        let (id, scope) = (pool.id.clone(), pool.scope.clone());
        // Locked until the pool is in the map, so that two calls cannot use the same id.
        let ids = self.common.ids();
        if ids.has_pool(&id) {
            return Err(Error::CustomIdTaken { id });
        }
        let mut order = self.order.lock();
        let count = order.counts.get(&scope).copied().unwrap_or_default();
        check_room("User pools", count, POOL_LIMIT)?;
        if order.total.load(Relaxed) >= order.max_pools {
            return Err(Error::TooManyPools {
                limit: order.max_pools.to_string(),
            });
        }
        order.next += 1;
        let next = order.next;
        order.insert(&scope, next, &id);
        let (key_index, keys) = self.keyring.assign();
        let handle = PoolHandle(Arc::new(PoolHandleContent {
            scope,
            keys,
            position: Position {
                order: next,
                key_index,
            },
            pool: Arc::new(RwLock::new(Arc::new(pool))),
            recorder: self.recorder.clone(),
            is_removed: AtomicBool::new(false),
        }));
        handle.record_all();
        self.pools.insert(id, handle);
        Ok(())
    }

    /// Deletes a pool with its clients and domains. Must be called without a
    /// pool's lock.
    pub fn remove(&self, id: &str) {
        let Some(handle) = self.pool_handle(id) else {
            return;
        };
        // Recorded before the id is free, so that the rows of a new pool with this id come after
        // the removal.
        if !handle.record_removal() {
            return;
        }
        self.pools.remove(id);
        // Only this pool is searched, because other pools may have many
        // clients.
        let (clients, domains) = {
            let pool = handle.read();
            self.forget_imports(&pool);
            let clients: Vec<_> = pool.clients.keys().cloned().collect();
            let domains: Vec<_> = pool.domains.names().map(ToOwned::to_owned).collect();
            (clients, domains)
        };
        for client in clients {
            self.clients.remove(&client);
        }
        for domain in domains {
            self.remove_domain(&handle.scope, &domain);
        }
        self.order.lock().remove(&handle);
        self.keyring.release(handle.position.key_index);
    }

    /// Records that client `id` belongs to `pool`, unless the id is taken.
    pub fn insert_client(&self, id: &str, pool: &str) -> Result<()> {
        let ids = self.common.ids();
        if ids.has_client(id) {
            return Err(Error::CustomIdTaken { id: id.to_owned() });
        }
        self.assign_client(id, pool);
        Ok(())
    }

    /// Records that the client `id` belongs to `pool`. The caller has checked that the id is free.
    fn assign_client(&self, id: &str, pool: &str) {
        self.clients.insert(id.to_owned(), pool.to_owned());
    }

    /// Removes a client's id.
    pub fn remove_client(&self, id: &str) {
        self.clients.remove(id);
    }

    /// Assigns the domain `name` to `pool`, unless it is taken (R179) or the
    /// account has too many custom domains in the Region (fact 8d).
    pub fn insert_domain(&self, name: &str, pool: &Pool) -> Result<()> {
        let mut domains = self.common.domains.lock();
        let (key, owner) = self.owner_of_domain(name, pool);
        if domains.contains_key(&key) {
            return Err(Error::DomainTaken);
        }
        if owner.is_custom {
            let custom = domains.values().filter(|owner| owner.is_custom);
            let custom = custom.filter(|owner| owner.scope == pool.scope);
            check_room("Custom domains", custom.count(), DOMAIN_LIMIT)?;
        }
        domains.insert(key, owner);
        Ok(())
    }

    /// Registers a domain that `pool` already has in its settings. Does nothing if a pool of another
    /// world took the domain meanwhile.
    fn assign_domain(&self, name: &str, pool: &Pool) {
        let (key, owner) = self.owner_of_domain(name, pool);
        let mut domains = self.common.domains.lock();
        let present = domains.entry(key).or_insert(owner);
        debug_assert!(present.pool == pool.id || present.world != self.account);
    }

    /// The owner of the domain `name`, and the key under which the domain is unique.
    fn owner_of_domain(&self, name: &str, pool: &Pool) -> (String, DomainOwner) {
        let key = domain_key(&pool.scope.region, name);
        let owner = DomainOwner {
            scope: pool.scope.clone(),
            pool: pool.id.clone(),
            is_custom: key == name,
            world: self.account.clone(),
        };
        (key, owner)
    }

    /// The pool of `scope` that has the domain `name`.
    #[must_use]
    pub fn pool_handle_of_domain(&self, scope: &Scope, name: &str) -> Option<PoolHandle> {
        let pool = {
            let domains = self.common.domains.lock();
            let owner = domains.get(&domain_key(&scope.region, name))?;
            (owner.scope == *scope).then(|| owner.pool.clone())?
        };
        self.pool_handle(&pool)
    }

    /// The pool with the domain `name`, of any account of this world: a prefix in `region`, or a custom
    /// domain, which has full stops.
    #[must_use]
    pub fn pool_handle_of_host(&self, region: &str, name: &str) -> Option<PoolHandle> {
        let key = domain_key(region, name);
        let pool = self.common.domains.lock().get(&key)?.pool.clone();
        self.pool_handle(&pool)
    }

    /// Removes the domain `name` in the Region of `scope`, if a pool of this world has it.
    pub fn remove_domain(&self, scope: &Scope, name: &str) {
        let key = domain_key(&scope.region, name);
        let mut domains = self.common.domains.lock();
        if domains.get(&key).is_some_and(|it| it.world == self.account) {
            domains.remove(&key);
        }
    }

    /// Pools of `scope` in order of creation, after the position `after`. Each
    /// comes with its position.
    #[must_use]
    pub fn list(&self, scope: &Scope, after: u64, limit: usize) -> Vec<(u64, PoolHandle)> {
        let order = self.order.lock();
        let range = (scope.clone(), after.saturating_add(1))..=(scope.clone(), u64::MAX);
        // A pool that another call creates or deletes at this moment has a position without a
        // handle. It is skipped, so a page with fewer than `limit` pools is the last one.
        let pools = order.pools.range(range);
        let pools =
            pools.filter_map(|((_, position), id)| Some((*position, self.pool_handle(id)?)));
        pools.take(limit).collect()
    }

    /// The recorder, which writes changes into the data file, if there is one.
    #[must_use]
    pub fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.recorder.as_ref()
    }

    /// Pools of all scopes in order of creation.
    #[must_use]
    pub fn pool_handles(&self) -> Vec<PoolHandle> {
        let mut handles: Vec<PoolHandle> = self.pools.iter().map(|handle| handle.clone()).collect();
        handles.sort_by_key(|handle| handle.position.order);
        handles
    }

    /// Deletes everything. Signing keys are assigned to new pools from the first one again.
    ///
    /// This and [`State::restore`] are not recorded for the data file: the caller records
    /// them as a whole.
    pub fn clear(&self) {
        self.pools.clear();
        self.clients.clear();
        let mut domains = self.common.domains.lock();
        domains.retain(|_, owner| owner.world != self.account);
        drop(domains);
        self.order.lock().clear();
        self.keyring.reset();
        self.imports.clear();
        self.verified.clear();
        self.shifted.clear();
    }

    /// Whether the indexes of every pool agree with its users.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.pools
            .iter()
            .all(|handle| handle.read().is_consistent())
    }
}

/// The key under which a domain is unique: a prefix is unique in its Region, a
/// custom domain everywhere. Only custom domains have full stops.
fn domain_key(region: &str, name: &str) -> String {
    if name.contains('.') {
        name.to_owned()
    } else {
        format!("{region}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn pools_of_all_accounts_are_bounded() {
        let mut fixture = Fixture::empty();
        fixture.emulator().state().order.lock().max_pools = 3;
        assert_snapshot!(fixture.run(r#"
            only /UserPool/Name CreateUserPool {"PoolName":"a"}
            only /UserPool/Name CreateUserPool {"PoolName":"b"}
            in eu-west-1
            as third /UserPool/Id CreateUserPool {"PoolName":"c"}
            CreateUserPool {"PoolName":"d"}
            DeleteUserPool {"UserPoolId":"$third"}
            only /UserPool/Name CreateUserPool {"PoolName":"d"}
        "#), @r#"
        "a"
        "b"
        "$third"
        400 LimitExceededException: The emulator keeps 3 user pools of all accounts. Delete some, then retry.
        200
        "d"
        "#);
        let order = fixture.emulator().state().order.lock();
        let counts: Vec<_> = order.counts.values().copied().collect();
        assert_eq!(counts, [1, 2]);
    }

    /// Deleting a pool deletes its clients and domains. The next pool gets the keys of
    /// the deleted one.
    #[test]
    fn a_pool_is_deleted_with_its_clients() {
        let mut fixture = Fixture::with_pool(json!({}));
        let first = fixture.emulator().jwks(fixture.get("pool"));
        for _ in 0..3 {
            let client = json!({ "UserPoolId": fixture.get("pool"), "ClientName": "c" });
            fixture.must("CreateUserPoolClient", client);
        }
        let pool = json!({ "UserPoolId": fixture.get("pool") });
        fixture.must("DeleteUserPool", pool);
        let state = fixture.emulator().state();
        assert!(state.clients.is_empty());
        assert!(state.order.lock().counts.is_empty());
        let next = fixture.must("CreateUserPool", json!({ "PoolName": "p" }));
        let next = next["UserPool"]["Id"].as_str().unwrap();
        assert_eq!(fixture.emulator().jwks(next), first);
    }
}
