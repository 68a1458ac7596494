//! Worlds of single accounts, beside the shared world of all others.
//!
//! Each has its own pools, clock, randomness, outbox, faults, throttle, journal and save points.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use serde::Serialize;

use super::{Core, InitialState, Inner, Stack, layered};
use crate::bounds::WORLDS;
use crate::layers::Invalid;
use crate::layers::signature::needs_signature;
use crate::named::Named;
use crate::state::saved::SavedState;
use crate::wire::Call;
use crate::world::Time;
use crate::{Emulator, domain};

/// The worlds of accounts.
#[derive(Default)]
pub(super) struct Worlds {
    /// Whether there are any. Every call reads this.
    any: AtomicBool,
    own: RwLock<Arc<ByAccount>>,
    /// Held while a world is added or removed.
    changing: Mutex<()>,
}

type ByAccount = BTreeMap<String, Own>;

/// The world of one account.
#[derive(Clone)]
struct Own {
    inner: Arc<Inner>,
    /// The place in the keyring: less than [`WORLDS`], and different from that of other worlds.
    place: usize,
}

impl Worlds {
    /// The present worlds. No lock is held after this.
    fn present(&self) -> Arc<ByAccount> {
        Arc::clone(&self.own.read_recursive())
    }

    fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    fn find(&self, account: &str) -> Option<Arc<Inner>> {
        if self.is_empty() {
            return None;
        }
        let own = self.own.read_recursive();
        own.get(account).map(|own| Arc::clone(&own.inner))
    }

    fn edit<R>(&self, edit: impl FnOnce(&mut ByAccount) -> R) -> R {
        let mut own = self.own.write();
        let own = Arc::make_mut(&mut own);
        let edited = edit(own);
        self.any.store(!own.is_empty(), Ordering::Release);
        edited
    }

    /// The world of one account that answers `call`; `None` for the shared world, whose emulator
    /// is `shared`.
    ///
    /// A call that needs a signature is of the account that signed it. Other calls and requests
    /// for pages name a pool.
    pub(super) fn of_call(&self, call: &Call, shared: &Emulator) -> Option<Arc<Inner>> {
        if self.is_empty() {
            return None;
        }
        let names = match &call.web {
            Some(request) => domain::names(request),
            None if needs_signature(&call.operation) => Vec::new(),
            None => Named::of_call(call).collect(),
        };
        let present = self.present();
        for named in &names {
            let mut own = present.values().map(|own| &own.inner);
            let has = |emulator: &Emulator| emulator.has(named);
            if let Some(found) = own.find(|own| has(&own.emulator().read_recursive())) {
                return Some(Arc::clone(found));
            }
            if has(shared) {
                return None;
            }
        }
        self.find(&call.scope.account)
    }
}

/// The world of an account, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorldOf {
    /// The account: 12 digits.
    pub account: String,
    /// The time on its clock.
    pub now: Time,
    /// The number of its pools.
    pub pools: usize,
}

impl Stack {
    /// The stack of `account`, which gets a world of its own when this is first called.
    ///
    /// The pools that the account already has move to its world with their messages, and its
    /// clock has the present advances. Lambda functions that are mapped in the shared world are
    /// mapped for all accounts. The randomness of the world depends on the seed of the builder
    /// and on the account, so that equal seeds give equal ids, and no two accounts the same.
    ///
    /// The calls of this stack are of `account`, also those with another account in their scope.
    /// The first call of this function waits until no call of the shared world is in progress, so
    /// a trigger must not call it.
    ///
    /// # Errors
    ///
    /// `account` is not 12 digits, or is the account of calls that name none; there are
    /// [`WORLDS`] worlds; the emulator has a data file; or this is the stack of another account.
    pub fn of_account(&self, account: &str) -> Result<Self, Invalid> {
        let (own, _) = self.own_world(account, None)?;
        Ok(own)
    }

    /// As [`Stack::of_account`], with another seed for the randomness of the account's world. A
    /// world that exists is reset.
    ///
    /// # Errors
    ///
    /// As [`Stack::of_account`].
    pub fn of_account_with_seed(&self, account: &str, seed: u64) -> Result<Self, Invalid> {
        let (own, is_new) = self.own_world(account, Some(seed))?;
        if !is_new {
            own.0.seed.store(mixed(seed, account), Ordering::Relaxed);
            own.reset();
        }
        Ok(own)
    }

    /// The stack of `account`, if the account has a world of its own.
    #[must_use]
    pub fn account(&self, account: &str) -> Option<Self> {
        let is_own = self.is_of_account() && self.scope().account == account;
        is_own
            .then(|| self.clone())
            .or_else(|| self.other_world(account))
    }

    /// The stack whose controls `account` sees: its own, or this one if the account has no world
    /// of its own.
    ///
    /// # Errors
    ///
    /// `account` is not 12 digits.
    pub fn seen_by(&self, account: &str) -> Result<Self, Invalid> {
        check_form(account)?;
        Ok(self.account(account).unwrap_or_else(|| self.clone()))
    }

    /// The worlds of accounts, by account.
    #[must_use]
    pub fn accounts(&self) -> Vec<WorldOf> {
        let present = self.0.core().worlds.as_ref().map(|it| it.present());
        let present = present.unwrap_or_default();
        let worlds = present
            .values()
            .map(|own| Self(Arc::clone(&own.inner)).described());
        worlds.collect()
    }

    /// Removes the world of `account` with everything in it. Later calls of the account are in
    /// the shared world.
    ///
    /// It waits until no call of the account is in progress, so a trigger must not call it.
    ///
    /// # Errors
    ///
    /// The account has no world of its own.
    pub fn remove_account(&self, account: &str) -> Result<(), Invalid> {
        let missing = || {
            Invalid(format!(
                "Account `{}` has no world of its own: see GET /_emulator/worlds.",
                account.escape_debug()
            ))
        };
        let worlds = self.0.core().worlds.as_ref().ok_or_else(missing)?;
        let _changing = worlds.changing.lock();
        let removed = worlds.edit(|own| own.remove(account));
        let removed = Self(removed.ok_or_else(missing)?.inner);
        // This gives its domains and its memory for import files back.
        removed.0.emulator().write().clear();
        removed.inspect(|emulator| removed.0.core().notify_listeners(emulator, None));
        Ok(())
    }

    /// The account's world as a list shows it.
    #[must_use]
    pub fn described(&self) -> WorldOf {
        WorldOf {
            account: self.scope().account.clone(),
            now: self.world().now(),
            pools: self.inspect(|emulator| emulator.state().len()),
        }
    }

    /// The stack of the account that answers `call`; `None` if that is this stack.
    #[must_use]
    pub fn world_of(&self, call: &Call) -> Option<Self> {
        let worlds = self.0.core().worlds.as_ref()?;
        if worlds.is_empty() {
            return None;
        }
        self.inspect(|emulator| worlds.of_call(call, emulator).map(Self))
    }

    /// The stack of the account that has the pool `id` in its world; `None` if no account has.
    #[must_use]
    pub fn world_of_pool(&self, id: &str) -> Option<Self> {
        let worlds = self.0.core().worlds.as_ref()?;
        if worlds.is_empty() {
            return None;
        }
        let named = Named::Pool(id.to_owned());
        let present = worlds.present();
        let mut own = present.values().map(|own| &own.inner);
        let found = own.find(|own| own.emulator().read_recursive().has(&named));
        found.map(|own| Self(Arc::clone(own)))
    }

    /// Whether this is the stack of one account.
    pub(crate) fn is_of_account(&self) -> bool {
        self.0.core().worlds.is_none()
    }

    /// The world of `account`, if it is another one than that of this stack.
    pub(super) fn other_world(&self, account: &str) -> Option<Self> {
        let worlds = self.0.core().worlds.as_ref()?;
        worlds.find(account).map(Self)
    }

    /// `saved` without the pools of accounts that have their own world by now.
    pub(super) fn without_own_worlds<'a>(&self, saved: &'a SavedState) -> Cow<'a, SavedState> {
        match &self.0.core().worlds {
            Some(worlds) if !worlds.is_empty() => {
                let present = worlds.present();
                Cow::Owned(saved.without(|account| present.contains_key(account)))
            }
            _ => Cow::Borrowed(saved),
        }
    }

    /// Whether a reset returns to every pool of the initial state: in the shared world, if no
    /// account has its own.
    pub(super) fn has_whole_initial_state(&self) -> bool {
        let worlds = self.0.core().worlds.as_ref();
        worlds.is_some_and(|worlds| worlds.is_empty())
    }

    /// Returns `emulator`, that of this stack, to its part of the state that `initial_state`
    /// creates. Pools whose ids or domains another world has by now are left out.
    pub(super) fn restore_initial(&self, emulator: &Emulator, initial_state: &InitialState) {
        let world = self.0.world.of_account(self.0.initial_seed);
        let initial = emulator.new_isolated(Arc::new(world));
        initial_state(&initial);
        let initial = initial.state().save();
        let own = match emulator.state().account() {
            Some(account) => initial.of_account(account),
            None => self.without_own_worlds(&initial).into_owned(),
        };
        let state = emulator.state();
        state.restore(&state.without_taken(&own));
    }

    /// The stack of `account`, and whether its world is new.
    fn own_world(&self, account: &str, seed: Option<u64>) -> Result<(Self, bool), Invalid> {
        if let Some(found) = self.account(account) {
            return Ok((found, false));
        }
        self.check_account(account)?;
        let Some(worlds) = &self.0.core().worlds else {
            return Err(Invalid(format!(
                "This is the stack of account {}: use that of all accounts.",
                self.scope().account
            )));
        };
        let _changing = worlds.changing.lock();
        if let Some(found) = worlds.find(account) {
            return Ok((Self(found), false));
        }
        let present = worlds.present();
        if present.len() >= WORLDS {
            return Err(Invalid(format!(
                "{WORLDS} accounts have a world of their own: remove one with DELETE \
                 /_emulator/worlds/ACCOUNT."
            )));
        }
        let seed = mixed(seed.unwrap_or(self.0.seed.load(Ordering::Relaxed)), account);
        let place = free_place(account, &present);
        let emulator = self.0.emulator().write();
        let inner = Arc::new(self.0.beside(&emulator, account, seed, place));
        let own = inner.emulator().read();
        emulator.state().hand_over(own.state());
        let is_moved = |pool: &str| own.state().pool_handle(pool).is_some();
        let (from, to) = (&self.0.world, &inner.world);
        from.courier
            .hand_over(&to.courier, |message| is_moved(&message.user_pool_id));
        from.provisioned.hand_over(account, &to.provisioned);
        drop(own);
        let own = Own {
            inner: Arc::clone(&inner),
            place,
        };
        worlds.edit(|all| all.insert(account.to_owned(), own));
        Ok((Self(inner), true))
    }

    fn check_account(&self, account: &str) -> Result<(), Invalid> {
        check_form(account)?;
        if self.scope().account == account {
            return Err(Invalid(format!(
                "Account {account} is that of calls that name no account, and is in the shared \
                 world: leave `account` out, or use another account."
            )));
        }
        if self.inspect(|emulator| emulator.state().recorder().is_some()) {
            return Err(Invalid(
                "An emulator with a data file has one world for all accounts: leave `account` \
                 out, or start the emulator without a data file."
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

impl Inner {
    /// An empty world for `account`, with the settings of this one.
    fn beside(&self, emulator: &Emulator, account: &str, seed: u64, place: usize) -> Self {
        let world = Arc::new(self.world.of_account(seed));
        let own = emulator.of_account(Arc::clone(&world), account, place);
        let core = Core {
            emulator: RwLock::new(own),
            listeners: Arc::clone(&self.core().listeners),
            worlds: None,
        };
        Self {
            journal: layered(core, &world, self.throttling().throttle()),
            world,
            scope: self.scope.of_account(account),
            seed: AtomicU64::new(seed),
            initial_state: self.initial_state.clone(),
            initial_seed: self.initial_seed,
            follows_clients: self.follows_clients,
            saved: Mutex::default(),
        }
    }
}

fn check_form(account: &str) -> Result<(), Invalid> {
    if account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()) {
        return Ok(());
    }
    Err(Invalid(format!(
        "`{}` is not an account: give the 12 digits of the access key.",
        account.escape_debug()
    )))
}

/// The seed of an account's randomness: the finalizer of `SplitMix64` (Steele, Lea and Flood,
/// 2014) of the account's number and of `seed`.
fn mixed(seed: u64, account: &str) -> u64 {
    finalized(seed ^ finalized(number(account)))
}

fn finalized(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The place of `account` in the keyring. It depends on the last digits of the account, unless
/// another world has that place.
fn free_place(account: &str, present: &ByAccount) -> usize {
    let taken: BTreeSet<usize> = present.values().map(|own| own.place).collect();
    let first = usize::try_from(number(account)).unwrap_or(0);
    let mut places = (0..WORLDS).map(|step| (first + step) % WORLDS);
    let free = places.find(|place| !taken.contains(place));
    free.expect("there are fewer worlds than places")
}

/// The account as a number.
fn number(account: &str) -> u64 {
    account.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests;
