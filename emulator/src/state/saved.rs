//! Save points of the state.
//!
//! A saved state shares its memory with the present one: see `shared_map.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::RwLock;

use super::import::Schedule;
use super::pool::Pool;
use super::record::{DataError, Position, Recorder, StateRows};
use super::shifted::Kept;
use super::{PoolHandle, PoolHandleContent, State, domain_key};
use crate::auth::keys::{Assigned, SigningKeys};
use crate::wire::Scope;

/// The state at one moment.
#[derive(Clone, Debug)]
pub struct SavedState {
    pools: Vec<SavedPool>,
    /// The number of pools that were created.
    created: u64,
    /// The keys that are assigned; `None` if the keyring assigns none of the pools' keys.
    keys: Option<Assigned>,
    imports: Schedule,
    shifted: Kept,
}

/// A part of a saved state that another world has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// `domain`, `user pool` or `app client`.
    pub kind: &'static str,
    /// Its name or id.
    pub name: String,
    /// The account that has it.
    pub account: String,
}

impl Taken {
    pub(super) fn new(kind: &'static str, name: &str, account: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            account: account.to_owned(),
        }
    }
}

#[derive(Clone, Debug)]
struct SavedPool {
    scope: Scope,
    keys: Arc<SigningKeys>,
    position: Position,
    pool: Arc<Pool>,
}

impl SavedState {
    /// The number of pools.
    #[must_use]
    pub fn pools(&self) -> usize {
        self.pools.len()
    }

    /// The number of users in all pools.
    #[must_use]
    pub fn users(&self) -> usize {
        self.pools.iter().map(|saved| saved.pool.users.len()).sum()
    }

    /// The state without the pools of the accounts for which `is_elsewhere` returns true.
    #[must_use]
    pub fn without(&self, is_elsewhere: impl Fn(&str) -> bool) -> Self {
        let mut rest = self.clone();
        let is_gone = |saved: &SavedPool| is_elsewhere(&saved.scope.account);
        let gone = rest.pools.extract_if(.., |saved| is_gone(saved));
        let gone: BTreeSet<_> = gone.map(|saved| saved.pool.id.clone()).collect();
        rest.imports.take(|pool| gone.contains(pool));
        rest
    }

    /// The pools of `account`, for the world of this account, which assigns keys of its own.
    #[must_use]
    pub fn of_account(&self, account: &str) -> Self {
        Self {
            keys: None,
            ..self.without(|other| other != account)
        }
    }
}

impl SavedState {
    /// Stops every active import job, whose file is not in a data file.
    pub fn stop_imports(&mut self) {
        for saved in &mut self.pools {
            Arc::make_mut(&mut saved.pool).imports.stop_active();
        }
    }
}

impl State {
    /// The saved state of rows of a data file.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub fn read_saved(&self, rows: StateRows) -> Result<SavedState, DataError> {
        let mut pools = rows.pools()?;
        pools.sort_unstable_by_key(|(_, position)| position.order);
        let created = pools.last().map_or(0, |(_, position)| position.order);
        let indices = pools.iter().map(|(_, position)| position.key_index);
        let keys = Assigned::of(indices);
        let pools = pools.into_iter().map(|(pool, position)| SavedPool {
            scope: pool.scope.clone(),
            keys: self.keyring.keys(position.key_index),
            position,
            pool: Arc::new(pool),
        });
        Ok(SavedState {
            pools: pools.collect(),
            created,
            keys: Some(keys),
            imports: Schedule::default(),
            shifted: Kept::default(),
        })
    }

    /// The present state. No call may be in progress, or the pools differ in time.
    #[must_use]
    pub fn save(&self) -> SavedState {
        let order = self.order.lock();
        let handles = order.pools.values().filter_map(|id| self.pool_handle(id));
        SavedState {
            pools: handles.map(|handle| SavedPool::of(&handle)).collect(),
            created: order.next,
            keys: Some(self.keyring.assigned()),
            imports: self.imports.save(),
            shifted: self.shifted.save(),
        }
    }

    /// The first part of a saved state that another world has now: the name or id of a domain, a
    /// pool or an app client, and the account that has it.
    #[must_use]
    pub fn taken_elsewhere(&self, saved: &SavedState) -> Option<Taken> {
        saved
            .pools
            .iter()
            .find_map(|saved| self.taken_part(&saved.pool))
    }

    /// `saved` without the pools of which another world has a part now.
    #[must_use]
    pub fn without_taken(&self, saved: &SavedState) -> SavedState {
        let mut free = saved.clone();
        free.pools
            .retain(|saved| self.taken_part(&saved.pool).is_none());
        free
    }

    /// The first part of `pool` that another world has now.
    fn taken_part(&self, pool: &Pool) -> Option<Taken> {
        let domains = self.common.domains.lock();
        let domain = pool.domains.names().find_map(|name| {
            let owner = domains.get(&domain_key(&pool.scope.region, name))?;
            let is_elsewhere = owner.world != self.account;
            is_elsewhere.then(|| Taken::new("domain", name, &owner.scope.account))
        });
        drop(domains);
        domain.or_else(|| self.common.ids().taken_elsewhere(&self.pools, pool))
    }

    /// Returns to a saved state. No call may be in progress.
    pub fn restore(&self, saved: &SavedState) {
        self.clear();
        let mut order = self.order.lock();
        order.next = saved.created;
        for saved in &saved.pools {
            let id = saved.pool.id.clone();
            order.insert(&saved.scope, saved.position.order, &id);
            for client in saved.pool.clients.keys() {
                self.assign_client(client, &id);
            }
            for domain in saved.pool.domains.names() {
                self.assign_domain(domain, &saved.pool);
            }
            self.pools
                .insert(id, saved.pool_handle(self.recorder.clone()));
        }
        drop(order);
        if let Some(keys) = &saved.keys {
            self.keyring.set_assigned(keys.clone());
        }
        self.imports.restore(saved.imports.clone());
        self.shifted.restore(saved.shifted.clone());
    }
}

impl SavedPool {
    fn of(handle: &PoolHandle) -> Self {
        Self {
            scope: handle.scope.clone(),
            keys: Arc::clone(&handle.keys),
            position: handle.position,
            pool: handle.read().shared(),
        }
    }

    fn pool_handle(&self, recorder: Option<Arc<Recorder>>) -> PoolHandle {
        PoolHandle(Arc::new(PoolHandleContent {
            scope: self.scope.clone(),
            keys: Arc::clone(&self.keys),
            position: self.position,
            pool: Arc::new(RwLock::new(Arc::clone(&self.pool))),
            recorder,
            is_removed: AtomicBool::new(false),
        }))
    }
}
