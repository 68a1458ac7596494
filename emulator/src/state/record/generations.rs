//! Generations of rows: a data file has the present state and save points without copies.
//!
//! A generation has the rows that were changed since its parent, so a row is that of the nearest
//! ancestor that has it. A save point names a generation. To save is to start a generation for
//! later changes, and to restore is to start one whose parent is that of the save point. Neither
//! touches a row of the state.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, StoredRow};

/// The first part of the keys of rows; the generation and the row's own key follow.
const ROWS: &str = "rows/";
/// The first part of the keys of rows with the parent of a generation.
const PARENTS: &str = "parent/";
/// The first part of the keys of rows with the generation of a save point.
const NAMED: &str = "named/";
/// The key of the row with the generation of the present state.
const LIVE: &str = "live";

/// The generation of a file without a row [`LIVE`].
const FIRST: &str = "0";

/// The value of a row that is removed from the generations before. The values of others are JSON.
const REMOVED: &[u8] = b"";
/// As [`REMOVED`], for all rows whose keys begin with the key of this one.
const ALL_REMOVED: &[u8] = b"*";

/// The generations of a data file.
#[derive(Clone, Debug)]
pub struct Tree {
    live: String,
    /// The greatest number that is a generation's name.
    last: u64,
    /// The parents of generations. The others have none.
    parents: BTreeMap<String, String>,
    /// The generations of save points.
    named: BTreeMap<String, String>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            live: FIRST.to_owned(),
            last: 0,
            parents: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }
}

impl Tree {
    /// The key in the store of the row `key` of the present state.
    pub(super) fn key(&self, key: &str) -> String {
        key_in(&self.live, key)
    }

    /// Removes the row whose key in the store is `key`.
    pub(super) fn remove(&self, key: String) -> Change {
        if self.parents.contains_key(&self.live) {
            Change::Put(key, REMOVED.to_vec())
        } else {
            Change::Remove(key)
        }
    }

    /// Removes the rows whose keys in the store begin with `prefix`.
    pub(super) fn remove_all(&self, prefix: String) -> Vec<Change> {
        let mut changes = vec![Change::RemoveAll(prefix.clone())];
        if self.parents.contains_key(&self.live) {
            changes.push(Change::Put(prefix, ALL_REMOVED.to_vec()));
        }
        changes
    }

    /// Makes the present state a save point.
    pub(super) fn save(&mut self, name: &str) -> Vec<Change> {
        let saved = self.live.clone();
        let mut changes = vec![Change::Put(format!("{NAMED}{name}"), saved.clone().into())];
        self.named.insert(name.to_owned(), saved.clone());
        changes.extend(self.start(Some(saved)));
        changes
    }

    /// Returns to a save point.
    pub(super) fn restore(&mut self, name: &str) -> Vec<Change> {
        let saved = self.named.get(name).cloned();
        self.start(saved)
    }

    /// Starts a state without rows.
    pub(super) fn clear(&mut self) -> Vec<Change> {
        self.start(None)
    }

    /// Removes a save point.
    pub(super) fn forget(&mut self, name: &str) -> Vec<Change> {
        let saved = self.named.remove(name);
        let mut changes = vec![Change::Remove(format!("{NAMED}{name}"))];
        changes.extend(saved.into_iter().flat_map(|it| self.remove_if_unused(&it)));
        changes.extend(self.remove_unused());
        changes
    }

    /// Starts the generation of later changes.
    fn start(&mut self, parent: Option<String>) -> Vec<Change> {
        self.last += 1;
        let new = self.last.to_string();
        let mut changes = vec![Change::Put(LIVE.to_owned(), new.clone().into())];
        if let Some(parent) = parent {
            changes.push(Change::Put(
                format!("{PARENTS}{new}"),
                parent.clone().into(),
            ));
            self.parents.insert(new.clone(), parent);
        }
        let before = std::mem::replace(&mut self.live, new);
        changes.extend(self.remove_if_unused(&before));
        changes.extend(self.remove_unused());
        changes
    }

    /// The generations of the present state and of save points, with their ancestors.
    fn used(&self) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for start in self.named.values().chain([&self.live]) {
            used.extend(self.ancestors(start).map(ToOwned::to_owned));
        }
        used
    }

    /// A generation and its ancestors, the nearest first.
    fn ancestors<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::successors(Some(start), |it| self.parents.get(*it).map(|it| &**it))
    }

    /// Removes a generation that may have neither a parent nor a child.
    fn remove_if_unused(&mut self, generation: &str) -> Vec<Change> {
        if self.used().contains(generation) {
            return Vec::new();
        }
        self.remove_generation(generation).into()
    }

    /// Removes the unused generations that have a parent or a child.
    fn remove_unused(&mut self) -> Vec<Change> {
        let used = self.used();
        let all: Vec<_> = self.parents.iter().collect();
        let all = all.into_iter().flat_map(|(child, parent)| [child, parent]);
        let unused: BTreeSet<_> = all.filter(|it| !used.contains(*it)).cloned().collect();
        let unused = unused.iter();
        unused.flat_map(|it| self.remove_generation(it)).collect()
    }

    fn remove_generation(&mut self, generation: &str) -> [Change; 2] {
        self.parents.remove(generation);
        [
            Change::RemoveAll(key_in(generation, "")),
            Change::Remove(format!("{PARENTS}{generation}")),
        ]
    }
}

fn key_in(generation: &str, key: &str) -> String {
    format!("{ROWS}{generation}/{key}")
}

/// The rows of a state, with the name of its save point. The present state has none.
pub(super) type NamedState = (Option<String>, Vec<StoredRow>);

/// The generations of a data file with their rows.
#[derive(Default)]
pub(super) struct Layers {
    tree: Tree,
    /// The rows of each generation, in ascending order of their keys.
    rows: BTreeMap<String, Vec<StoredRow>>,
}

impl Layers {
    /// Adds a row of the file, in ascending order of the keys. Returns `None` if the key is none
    /// of a generation.
    pub(super) fn add(&mut self, key: &str, value: &[u8]) -> Option<()> {
        if let Some(key) = key.strip_prefix(ROWS) {
            let (generation, key) = key.split_once('/')?;
            if !self.rows.contains_key(generation) {
                self.rows.insert(generation.to_owned(), Vec::new());
            }
            let rows = self.rows.get_mut(generation)?;
            rows.push((key.to_owned(), value.to_vec()));
            return Some(());
        }
        let value = str::from_utf8(value).ok()?.to_owned();
        let tree = &mut self.tree;
        if key == LIVE {
            tree.last = tree.last.max(number(&value));
            tree.live = value;
        } else if let Some(child) = key.strip_prefix(PARENTS) {
            tree.last = tree.last.max(number(child)).max(number(&value));
            tree.parents.insert(child.to_owned(), value);
        } else {
            let name = key.strip_prefix(NAMED)?;
            tree.named.insert(name.to_owned(), value);
        }
        Some(())
    }

    /// Joins each generation with its parent if no state needs the parent, and returns the changes
    /// that do it. Without this, every save would leave one more generation.
    pub(super) fn join(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Some((child, parent)) = self.joinable() {
            let is_root = !self.tree.parents.contains_key(&parent);
            let over = self.rows.remove(&child).unwrap_or_default();
            for (key, value) in &over {
                let at = key_in(&parent, key);
                match (&**value, is_root) {
                    (REMOVED, true) => changes.push(Change::Remove(at)),
                    (ALL_REMOVED, true) => changes.push(Change::RemoveAll(at)),
                    (ALL_REMOVED, false) => {
                        changes.push(Change::RemoveAll(at.clone()));
                        changes.push(Change::Put(at, value.clone()));
                    }
                    _ => changes.push(Change::Put(at, value.clone())),
                }
            }
            let base = self.rows.remove(&parent).unwrap_or_default();
            self.rows.insert(parent.clone(), merge(base, over, is_root));
            changes.extend(self.tree.rename(&child, &parent));
        }
        changes
    }

    /// A generation that can be joined with its parent: the parent has no other child, and is
    /// neither that of a save point nor that of the present state.
    fn joinable(&self) -> Option<(String, String)> {
        let Tree {
            live,
            parents,
            named,
            ..
        } = &self.tree;
        let is_named = |it: &str| it == live || named.values().any(|named| named == it);
        let children = |it: &str| parents.values().filter(|parent| *parent == it).count();
        let mut pairs = parents.iter();
        let found = pairs.find(|(_, parent)| !is_named(parent) && children(parent) == 1);
        found.map(|(child, parent)| (child.clone(), parent.clone()))
    }

    /// The rows of each save point, and of the present state, which has no name.
    pub(super) fn states(self) -> (Tree, Vec<NamedState>) {
        let Self { tree, mut rows } = self;
        let mut wanted: Vec<_> = tree
            .named
            .iter()
            .map(|(name, generation)| (Some(name.clone()), generation))
            .collect();
        wanted.push((None, &tree.live));
        let mut uses = BTreeMap::<String, usize>::new();
        for (_, generation) in &wanted {
            for ancestor in tree.ancestors(generation) {
                *uses.entry(ancestor.to_owned()).or_default() += 1;
            }
        }
        let mut states = Vec::new();
        for (name, generation) in wanted {
            let mut chain: Vec<_> = tree.ancestors(generation).collect();
            chain.reverse();
            let mut state = Vec::new();
            for ancestor in chain {
                let left = uses.get_mut(ancestor).expect("every ancestor is counted");
                *left -= 1;
                // The last use needs no copy.
                let layer = if *left == 0 {
                    rows.remove(ancestor)
                } else {
                    rows.get(ancestor).cloned()
                };
                state = merge(state, layer.unwrap_or_default(), true);
            }
            states.push((name, state));
        }
        (tree, states)
    }
}

impl Tree {
    /// Gives the place and the name of `parent` to `child`, whose rows are joined with it.
    fn rename(&mut self, child: &str, parent: &str) -> Vec<Change> {
        self.parents.remove(child);
        let mut changes = vec![
            Change::RemoveAll(key_in(child, "")),
            Change::Remove(format!("{PARENTS}{child}")),
        ];
        let mut put = |key: String| changes.push(Change::Put(key, parent.into()));
        if self.live == child {
            parent.clone_into(&mut self.live);
            put(LIVE.to_owned());
        }
        for (name, named) in self.named.iter_mut().filter(|(_, named)| *named == child) {
            parent.clone_into(named);
            put(format!("{NAMED}{name}"));
        }
        for (grandchild, of) in self.parents.iter_mut().filter(|(_, of)| *of == child) {
            parent.clone_into(of);
            put(format!("{PARENTS}{grandchild}"));
        }
        changes
    }
}

/// The rows of `base` with the changes in `over`. Both are in ascending order of their keys. In a
/// generation without a parent (`is_root`), removed rows leave nothing.
fn merge(base: Vec<StoredRow>, over: Vec<StoredRow>, is_root: bool) -> Vec<StoredRow> {
    if base.is_empty() && over.iter().all(|(_, value)| !is_removal(value)) {
        return over;
    }
    let mut merged = Vec::with_capacity(base.len() + over.len());
    let mut base = base.into_iter().peekable();
    let mut removed: Option<String> = None;
    for (key, value) in over {
        let is_kept = |row: &StoredRow| removed.as_ref().is_none_or(|it| !row.0.starts_with(&**it));
        while let Some(row) = base.next_if(|row| row.0 < key) {
            if is_kept(&row) {
                merged.push(row);
            }
        }
        base.next_if(|row| row.0 == key);
        if value == ALL_REMOVED && removed.as_ref().is_none_or(|it| !key.starts_with(&**it)) {
            removed = Some(key.clone());
        }
        if !(is_root && is_removal(&value)) {
            merged.push((key, value));
        }
    }
    merged.extend(base.filter(|row| removed.as_ref().is_none_or(|it| !row.0.starts_with(&**it))));
    merged
}

fn is_removal(value: &[u8]) -> bool {
    value == REMOVED || value == ALL_REMOVED
}

/// The number that is a generation's name. Others are of older formats.
fn number(generation: &str) -> u64 {
    generation.parse().unwrap_or(0)
}

/// The keys of rows in the first generation, and in that of a save point of the first format.
pub(super) mod first_format {
    use super::{FIRST, NAMED, key_in};

    /// The key of a row of the present state.
    pub(crate) fn live(key: &str) -> String {
        key_in(FIRST, key)
    }

    /// The key of a row of the save point `name`.
    pub(crate) fn saved(name: &str, key: &str) -> String {
        key_in(&generation(name), key)
    }

    /// The row with the generation of the save point `name`.
    pub(crate) fn named(name: &str) -> (String, Vec<u8>) {
        (format!("{NAMED}{name}"), generation(name).into())
    }

    fn generation(name: &str) -> String {
        format!("saved-{name}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::{Layers, Tree};
    use crate::state::record::{Change, MemoryStore, Store};

    type State = BTreeMap<String, String>;

    /// The states as a data file without generations would have them.
    #[derive(Default)]
    struct Model {
        live: State,
        saved: BTreeMap<String, State>,
    }

    /// Changes the file and the model in the same way.
    fn change(tree: &mut Tree, model: &mut Model, random: &mut ChaCha12Rng) -> Vec<Change> {
        let mut below = |most: u64| random.next_u64() % most;
        let table = below(3);
        let key = format!("t{table}/{}", below(4));
        let name = format!("s{}", below(3));
        match below(100) {
            0..55 => {
                let value = below(1_000).to_string();
                model.live.insert(key.clone(), value.clone());
                vec![Change::Put(tree.key(&key), value.into_bytes())]
            }
            55..70 => {
                model.live.remove(&key);
                vec![tree.remove(tree.key(&key))]
            }
            70..78 => {
                let prefix = format!("t{table}/");
                model.live.retain(|key, _| !key.starts_with(&prefix));
                tree.remove_all(tree.key(&prefix))
            }
            78..86 => {
                model.saved.insert(name.clone(), model.live.clone());
                let mut changes = tree.forget(&name);
                changes.extend(tree.save(&name));
                changes
            }
            86..94 => model.saved.get(&name).map_or_else(Vec::new, |saved| {
                model.live = saved.clone();
                tree.restore(&name)
            }),
            94..98 => model
                .saved
                .remove(&name)
                .map_or_else(Vec::new, |_| tree.forget(&name)),
            _ => {
                model.live.clear();
                tree.clear()
            }
        }
    }

    fn read(store: &MemoryStore) -> Layers {
        let mut layers = Layers::default();
        let mut add = |key: &str, value: &[u8]| {
            layers.add(key, value).unwrap();
            Ok(())
        };
        store.read(&mut add).unwrap();
        layers
    }

    fn assert_states(layers: Layers, model: &Model) -> Tree {
        let (tree, states) = layers.states();
        let text = |value| String::from_utf8(value).unwrap();
        let mut states: BTreeMap<_, State> = states
            .into_iter()
            .map(|(name, rows)| {
                let rows = rows.into_iter().map(|(key, value)| (key, text(value)));
                (name, rows.collect())
            })
            .collect();
        assert_eq!(states.remove(&None).unwrap(), model.live);
        let saved = states
            .into_iter()
            .map(|(name, state)| (name.unwrap(), state));
        assert_eq!(saved.collect::<BTreeMap<_, _>>(), model.saved);
        tree
    }

    /// Whatever is changed, saved and restored, the file has the present state and each save
    /// point. Joining generations changes none of them, and leaves at most two for each.
    #[test]
    fn generations_have_every_state() {
        let mut random = ChaCha12Rng::seed_from_u64(1);
        for _ in 0..200 {
            let store = MemoryStore::default();
            let (mut tree, mut model) = (Tree::default(), Model::default());
            for step in 0..60 {
                let changes = change(&mut tree, &mut model, &mut random);
                store.commit(&changes).unwrap();
                assert_states(read(&store), &model);
                if step % 20 == 19 {
                    let mut layers = read(&store);
                    store.commit(&layers.join()).unwrap();
                    assert_states(layers, &model);
                    let layers = read(&store);
                    assert!(layers.rows.len() <= 2 * model.saved.len() + 2);
                    tree = assert_states(layers, &model);
                }
            }
        }
    }

    /// Generations that no state uses leave no row.
    #[test]
    fn unused_generations_are_removed() {
        let store = MemoryStore::default();
        let mut tree = Tree::default();
        for _ in 0..10 {
            let mut changes = vec![Change::Put(tree.key("k"), b"1".to_vec())];
            changes.extend(tree.save("a"));
            changes.extend(tree.restore("a"));
            changes.push(Change::Put(tree.key("k"), b"2".to_vec()));
            changes.extend(tree.restore("a"));
            changes.extend(tree.clear());
            changes.extend(tree.forget("a"));
            store.commit(&changes).unwrap();
            assert_eq!(store.rows().keys().collect::<Vec<_>>(), ["live"]);
        }
    }
}
