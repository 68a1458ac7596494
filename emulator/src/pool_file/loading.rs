//! The state that the parts of a file share while they are loaded: the clock, the seed, and
//! the names that are taken.

use std::collections::{BTreeMap, BTreeSet};

use super::derive::Seed;
use super::mistake::Mistake;
use crate::state::State;
use crate::wire::Scope;
use crate::world::{Time, World};

/// What the parts of a file need while they are loaded.
pub(super) struct Loading<'a> {
    pub(super) world: &'a World,
    state: &'a State,
    pub(super) scope: &'a Scope,
    pub(super) seed: Seed,
    pub(super) now: Time,
    pub(super) notes: Vec<Mistake>,
    counts: BTreeMap<Vec<String>, usize>,
    claimed: BTreeSet<(&'static str, String)>,
}

impl<'a> Loading<'a> {
    pub(super) fn new(world: &'a World, state: &'a State, scope: &'a Scope, seed: Seed) -> Self {
        Self {
            world,
            state,
            scope,
            seed,
            now: world.now(),
            notes: Vec::new(),
            counts: BTreeMap::new(),
            claimed: BTreeSet::new(),
        }
    }

    /// The number of earlier things with these names that have no id in the file.
    pub(super) fn nth(&mut self, names: &[&str]) -> String {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let count = self.counts.entry(names).or_default();
        let nth = count.to_string();
        *count += 1;
        nth
    }

    /// Whether the id of a client was free, which it is no longer.
    pub(super) fn claim_client(&mut self, id: &str) -> bool {
        self.state.pool_of_client(id).is_none() && self.claimed.insert(("client", id.to_owned()))
    }

    /// Whether the id of a pool was free, which it is no longer.
    pub(super) fn claim_pool(&mut self, id: &str) -> bool {
        self.state.pool_handle(id).is_none() && self.claimed.insert(("pool", id.to_owned()))
    }

    /// Whether the name of a domain in `region` was free, which it is no longer.
    pub(super) fn claim_domain(&mut self, region: &str, name: &str) -> bool {
        // Only custom domains, which have full stops, are unique in all Regions.
        let key = if name.contains('.') { "" } else { region };
        self.state.pool_handle_of_host(region, name).is_none()
            && self.claimed.insert(("domain", format!("{key}/{name}")))
    }
}
