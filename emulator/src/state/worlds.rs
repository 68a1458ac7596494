//! The states of several worlds: their common parts, and the move of an account's pools from one
//! to another.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, MutexGuard};

use super::import::upload::Room;
use super::pool::Pool;
use super::saved::Taken;
use super::verified::Known;
use super::{Clients, DomainOwner, Order, PoolHandle, Pools, State, import, shifted};

/// The parts that the states of all worlds share. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    /// Domains by name. A name is unique in all worlds, as it is on AWS in all accounts.
    pub(super) domains: Arc<Mutex<BTreeMap<String, DomainOwner>>>,
    /// Memory for the files of import jobs.
    pub(super) import_files: Room,
    ids: Arc<Mutex<Ids>>,
}

/// The pools and app clients of each world, by id. Ids are unique in all worlds, because unsigned
/// calls name no account.
#[derive(Debug, Default)]
pub(super) struct Ids(Vec<(Weak<Pools>, Weak<Clients>)>);

impl Common {
    /// The ids of all worlds. No other call adds a pool or a client before they are unlocked.
    pub(super) fn ids(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock()
    }

    /// Adds a world, and forgets those that were removed.
    pub(super) fn join(&self, pools: &Arc<Pools>, clients: &Arc<Clients>) {
        let Ids(worlds) = &mut *self.ids.lock();
        worlds.retain(|(pools, _)| pools.strong_count() > 0);
        worlds.push((Arc::downgrade(pools), Arc::downgrade(clients)));
    }
}

impl Ids {
    /// Whether a pool of any world has the id.
    pub(super) fn has_pool(&self, id: &str) -> bool {
        let mut pools = self.0.iter().filter_map(|(pools, _)| pools.upgrade());
        pools.any(|pools| pools.contains_key(id))
    }

    /// Whether an app client of any world has the id.
    pub(super) fn has_client(&self, id: &str) -> bool {
        let mut clients = self.0.iter().filter_map(|(_, clients)| clients.upgrade());
        clients.any(|clients| clients.contains_key(id))
    }

    /// The id of `pool`, or of one of its app clients, if a world other than that of `own` has it.
    pub(super) fn taken_elsewhere(&self, own: &Arc<Pools>, pool: &Pool) -> Option<Taken> {
        let worlds = self.0.iter();
        let worlds = worlds.filter_map(|(pools, clients)| {
            let pools = pools.upgrade()?;
            (!Arc::ptr_eq(&pools, own)).then_some((pools, clients.upgrade()?))
        });
        for (pools, clients) in worlds {
            if let Some(handle) = pools.get(&pool.id) {
                return Some(Taken::new("user pool", &pool.id, &handle.scope.account));
            }
            for client in pool.clients.keys() {
                let owner = clients.get(client).and_then(|id| pools.get(&*id));
                if let Some(handle) = owner {
                    return Some(Taken::new("app client", client, &handle.scope.account));
                }
            }
        }
        None
    }
}

impl State {
    /// An empty state for the world of `account`. Its keys are those of `place` in the keyring.
    #[must_use]
    pub fn of_account(&self, account: &str, place: usize) -> Self {
        let total: Arc<AtomicUsize> = Arc::clone(&self.order.lock().total);
        let (pools, clients) = (Arc::default(), Arc::default());
        self.common.join(&pools, &clients);
        Self {
            pools,
            clients,
            common: self.common.clone(),
            account: Some(account.to_owned()),
            order: Mutex::new(Order {
                total,
                ..Order::default()
            }),
            keyring: self.keyring.of_world(place),
            imports: import::Active::default(),
            verified: Known::default(),
            shifted: shifted::Shifted::default(),
            recorder: None,
        }
    }

    /// An empty state that shares nothing with this one, with the keys of the shared world.
    #[must_use]
    pub fn new_isolated(&self) -> Self {
        Self::new(self.keyring.of_shared_world(), None)
    }

    /// The account, if this is the state of one account's world.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Moves the pools of the account of `to`, with their clients, domains and import jobs. No
    /// call may be in progress. The pools keep their keys, which this state does not assign
    /// again before it is cleared.
    pub fn hand_over(&self, to: &Self) {
        let Some(account) = to.account() else {
            return;
        };
        let is_of = |handle: &PoolHandle| handle.scope.account == account;
        let moved = self.pools.iter().filter(|handle| is_of(handle));
        let moved: Vec<_> = moved
            .map(|handle| (handle.key().clone(), handle.value().clone()))
            .collect();
        for (id, handle) in moved {
            for client in handle.read().clients.keys() {
                self.clients.remove(client);
                to.clients.insert(client.clone(), id.clone());
            }
            self.order.lock().remove(&handle);
            let position = handle.position.order;
            let mut order = to.order.lock();
            order.insert(&handle.scope, position, &id);
            order.next = order.next.max(position);
            drop(order);
            self.pools.remove(&id);
            to.pools.insert(id, handle);
        }
        for owner in self.common.domains.lock().values_mut() {
            if owner.scope.account == account {
                owner.world = Some(account.to_owned());
            }
        }
        let is_moved = |pool: &str| to.pools.contains_key(pool);
        self.imports.hand_over(&to.imports, is_moved);
        to.shifted.restore(self.shifted.save());
    }
}
