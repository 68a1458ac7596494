//! The states of several worlds: their common parts, and the move of an account's pools from one
//! to another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use dashmap::DashMap;
use parking_lot::Mutex;

use super::import::upload::Room;
use super::verified::Known;
use super::{DomainOwner, Order, Slot, State, import, shifted};

/// The parts that the states of all worlds share. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    /// Domains by name. A name is unique in all worlds, as it is on AWS in all accounts.
    pub(super) domains: Arc<Mutex<BTreeMap<String, DomainOwner>>>,
    /// Memory for the files of import jobs.
    pub(super) import_files: Room,
}

impl State {
    /// An empty state for the world of `account`. Its keys are those of `place` in the keyring.
    #[must_use]
    pub fn of_account(&self, account: &str, place: usize) -> Self {
        let total: Arc<AtomicUsize> = Arc::clone(&self.order.lock().total);
        Self {
            pools: DashMap::new(),
            clients: DashMap::new(),
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
        let is_of = |slot: &Slot| slot.scope.account == account;
        let moved = self.pools.iter().filter(|slot| is_of(slot));
        let moved: Vec<_> = moved
            .map(|slot| (slot.key().clone(), slot.value().clone()))
            .collect();
        for (id, slot) in moved {
            for client in slot.read().clients.keys() {
                self.clients.remove(client);
                to.clients.insert(client.clone(), id.clone());
            }
            self.order.lock().remove(&slot);
            let position = slot.position.order;
            let mut order = to.order.lock();
            order.insert(&slot.scope, position, &id);
            order.next = order.next.max(position);
            drop(order);
            self.pools.remove(&id);
            to.pools.insert(id, slot);
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
