//! The list of a user's sign-ins.

use std::ops::Deref;

use thin_vec::ThinVec;

use super::token::SignIn;

/// A user's sign-ins, oldest first. Each is a row of its own in a data file, because a user can
/// have [`SIGN_INS`](crate::bounds::SIGN_INS): the list remembers which were changed.
#[derive(Clone, Debug, Default)]
pub struct SignIns {
    /// By ascending number.
    all: ThinVec<Numbered>,
    /// Numbers of sign-ins that were added, changed or removed.
    changed: ThinVec<u64>,
}

/// A sign-in with its number, which no other sign-in of the user in the list has.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// The number.
    pub number: u64,
    sign_in: SignIn,
}

impl Deref for Numbered {
    type Target = SignIn;

    fn deref(&self) -> &SignIn {
        &self.sign_in
    }
}

impl Deref for SignIns {
    type Target = [Numbered];

    fn deref(&self) -> &[Numbered] {
        &self.all
    }
}

impl SignIns {
    /// Adds the latest sign-in.
    pub fn push(&mut self, sign_in: SignIn) {
        let number = self.all.last().map_or(0, |last| last.number + 1);
        self.changed.push(number);
        self.all.push(Numbered { number, sign_in });
    }

    /// Adds the sign-in of a row. Rows are read in ascending order of their numbers.
    pub fn read(&mut self, number: u64, sign_in: SignIn) {
        self.all.push(Numbered { number, sign_in });
    }

    /// The first sign-in for which `is_wanted` returns true, for changes.
    pub fn find_mut(&mut self, is_wanted: impl Fn(&SignIn) -> bool) -> Option<&mut SignIn> {
        let found = self.all.iter_mut().find(|kept| is_wanted(&kept.sign_in))?;
        self.changed.push(found.number);
        Some(&mut found.sign_in)
    }

    /// Changes the sign-ins for which `change` returns true.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut SignIn) -> bool) {
        for kept in &mut self.all {
            if change(&mut kept.sign_in) {
                self.changed.push(kept.number);
            }
        }
    }

    /// Removes the sign-ins for which `is_removed` returns true, and returns them.
    pub fn extract(&mut self, mut is_removed: impl FnMut(&SignIn) -> bool) -> Vec<SignIn> {
        let mut removed = Vec::new();
        let all = std::mem::take(&mut self.all);
        for kept in all {
            if is_removed(&kept.sign_in) {
                self.changed.push(kept.number);
                removed.push(kept.sign_in);
            } else {
                self.all.push(kept);
            }
        }
        removed
    }

    /// Removes the oldest `count`, and returns them.
    pub fn remove_oldest(&mut self, count: usize) -> Vec<SignIn> {
        let mut left = count;
        self.extract(|_| {
            let is_old = left > 0;
            left = left.saturating_sub(1);
            is_old
        })
    }

    /// All sign-ins.
    pub fn into_all(self) -> impl Iterator<Item = SignIn> {
        self.all.into_iter().map(|kept| kept.sign_in)
    }

    /// The sign-in with this number.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Option<&SignIn> {
        let at = self.all.binary_search_by_key(&number, |kept| kept.number);
        Some(&self.all[at.ok()?].sign_in)
    }

    /// Whether a sign-in was changed since the last [`SignIns::take_changes`].
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The numbers of the sign-ins that were added, changed or removed since the last call, each
    /// once.
    pub fn take_changes(&mut self) -> Vec<u64> {
        let mut changed: Vec<u64> = std::mem::take(&mut self.changed).into_iter().collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }
}
