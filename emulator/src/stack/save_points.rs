//! Save points: copies of the state, to which the emulator can return.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Inner, Stack};
use crate::Emulator;
use crate::bounds::{SAVE_POINT_NAME, SAVE_POINTS};
use crate::error::Error;
use crate::layers::Invalid;
use crate::state::record::{self, DataError, StateRows};
use crate::state::saved::SavedState;
use crate::world::{SavedWorld, Time};

/// A save point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SavedAs {
    /// Its name.
    pub name: String,
    /// When it was saved, by the emulator's clock.
    pub saved_at: Time,
    /// The number of pools.
    pub pools: usize,
    /// The number of users in all pools.
    pub users: usize,
}

impl Stack {
    /// Saves the present state as `name`: pools, clock, randomness, messages and provisioned
    /// rates. Replaces a save point of this name. The save point shares its memory with the
    /// state, so that it costs little time.
    ///
    /// It waits until no call is in progress, so a trigger must not call it.
    ///
    /// # Errors
    ///
    /// The name is not valid, or there are too many save points.
    pub fn save_state(&self, name: &str) -> Result<SavedAs, Invalid> {
        check_save_point_name(name)?;
        let Inner { world, saved, .. } = &*self.0;
        let emulator = self.0.emulator().write();
        let mut saved = saved.lock();
        if saved.len() >= SAVE_POINTS && !saved.contains_key(name) {
            return Err(Invalid(format!(
                "{SAVE_POINTS} states are saved: delete one, or save under one of their names."
            )));
        }
        let point = SavePoint {
            saved_at: world.now(),
            state: emulator.state().save(),
            world: world.save(),
        };
        let described = point.describe(name);
        if let Some(recorder) = emulator.state().recorder() {
            recorder.record_world(world.row());
            recorder.save(name, &point.about());
        }
        saved.insert(name.to_owned(), point);
        drop(saved);
        self.0.core().notify_listeners(&emulator, None);
        emulator.record().map_err(not_recorded)?;
        Ok(described)
    }

    /// Returns to the state that was saved as `name`. There are no faults and no journal, and
    /// the buckets of the throttle are full, as after a reset. Later changes do not change the
    /// save point.
    ///
    /// It waits until no call is in progress, so a trigger must not call it.
    ///
    /// # Errors
    ///
    /// No state was saved as `name`, or another world has one of its domains or ids by now.
    pub fn restore_state(&self, name: &str) -> Result<SavedAs, Invalid> {
        let Inner { world, saved, .. } = &*self.0;
        let emulator = self.0.emulator().write();
        let saved = saved.lock();
        let point = saved.get(name).ok_or_else(|| no_save_point(name, &saved))?;
        let state = self.without_own_worlds(&point.state);
        if let Some(taken) = emulator.state().taken_elsewhere(&state) {
            return Err(Invalid(format!(
                "The saved state has the {} `{}`, which account {} has now: delete it there, \
                 then restore the state.",
                taken.kind, taken.name, taken.account
            )));
        }
        emulator.state().restore(&state);
        world.restore(&point.world);
        self.clear_records();
        if let Some(recorder) = emulator.state().recorder() {
            recorder.restore(name);
        }
        self.0.core().notify_listeners(&emulator, None);
        emulator.record().map_err(not_recorded)?;
        Ok(point.describe(name))
    }

    /// Whether a state is saved as `name`.
    #[must_use]
    pub fn has_saved_state(&self, name: &str) -> bool {
        self.0.saved.lock().contains_key(name)
    }

    /// The save points, by name.
    #[must_use]
    pub fn saved_states(&self) -> Vec<SavedAs> {
        let saved = self.0.saved.lock();
        let points = saved.iter().map(|(name, point)| point.describe(name));
        points.collect()
    }

    /// Deletes a save point.
    ///
    /// # Errors
    ///
    /// No state was saved as `name`.
    pub fn delete_state(&self, name: &str) -> Result<(), Invalid> {
        // In the order in which `save_state` locks them.
        let emulator = self.0.emulator().read_recursive();
        let mut saved = self.0.saved.lock();
        if saved.remove(name).is_none() {
            return Err(no_save_point(name, &saved));
        }
        if let Some(recorder) = emulator.state().recorder() {
            recorder.remove_saved(name);
        }
        self.0.core().notify_listeners(&emulator, None);
        emulator.record().map_err(not_recorded)
    }
}

/// A state to which the emulator can return.
pub(super) struct SavePoint {
    saved_at: Time,
    state: SavedState,
    world: SavedWorld,
}

impl SavePoint {
    /// Reads the save point `name` from the rows of a data file: `about` it, and its state.
    pub(super) fn read(
        name: &str,
        about: &[u8],
        rows: StateRows,
        world: SavedWorld,
        emulator: &Emulator,
    ) -> Result<Self, DataError> {
        let about = serde_json::from_slice::<About>(about);
        let About { saved_at } = about.map_err(|_| record::unreadable(name))?;
        let mut state = emulator.state().read_saved(rows)?;
        state.stop_imports();
        Ok(Self {
            saved_at,
            state,
            world,
        })
    }

    fn about(&self) -> About {
        About {
            saved_at: self.saved_at,
        }
    }

    fn describe(&self, name: &str) -> SavedAs {
        SavedAs {
            name: name.to_owned(),
            saved_at: self.saved_at,
            pools: self.state.pools(),
            users: self.state.users(),
        }
    }
}

/// The row about a save point in a data file.
#[derive(Serialize, Deserialize)]
struct About {
    saved_at: Time,
}

fn check_save_point_name(name: &str) -> Result<(), Invalid> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=SAVE_POINT_NAME).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Invalid(format!(
        "The name of a saved state has 1 to {SAVE_POINT_NAME} letters, digits, `-`, `_` and `.`."
    )))
}

fn no_save_point(name: &str, saved: &BTreeMap<String, SavePoint>) -> Invalid {
    let names: Vec<&str> = saved.keys().map(String::as_str).collect();
    let there = match &names[..] {
        [] => "no state is saved".to_owned(),
        names => format!("there are {}", names.join(", ")),
    };
    Invalid(format!(
        "No state is saved as `{}`: {there}.",
        name.escape_debug()
    ))
}

fn not_recorded(error: DataError) -> Invalid {
    Invalid(Error::NotRecorded { reason: error.0 }.to_string())
}
