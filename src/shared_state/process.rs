//! State in this process.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Lane, Table};

/// The state of one server.
pub struct Process {
    reference_key: [u8; 32],
    question_key: [u8; 32],
    begun: Instant,
    tables: Mutex<BTreeMap<&'static str, Owners>>,
    numbers: Mutex<BTreeMap<&'static str, u64>>,
    documents: Mutex<BTreeMap<&'static str, Vec<u8>>>,
    lanes: Mutex<BTreeMap<String, Lane>>,
}

/// The values of a table, by owner.
type Owners = BTreeMap<String, Own>;

/// The values of one owner.
#[derive(Default)]
struct Own {
    /// In order of use, the most recently used last.
    items: VecDeque<Item>,
    /// Bytes of all values.
    bytes: usize,
}

struct Item {
    id: String,
    text: Vec<u8>,
    used: Instant,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").finish_non_exhaustive()
    }
}

impl Process {
    /// Empty state.
    pub(super) fn new() -> Self {
        let mut keys = [[0; 32]; 2];
        for key in &mut keys {
            getrandom::fill(key).expect("the system has randomness");
        }
        let [reference_key, question_key] = keys;
        Self {
            reference_key,
            question_key,
            begun: Instant::now(),
            tables: Mutex::default(),
            numbers: Mutex::default(),
            documents: Mutex::default(),
            lanes: Mutex::default(),
        }
    }

    pub(super) fn reference_key(&self) -> &[u8; 32] {
        &self.reference_key
    }

    pub(super) fn question_key(&self) -> &[u8; 32] {
        &self.question_key
    }

    pub(super) fn put(&self, table: &Table, owner: &str, id: &str, text: Vec<u8>) -> bool {
        self.on(table, |owners| {
            if !owners.contains_key(owner) && owners.len() >= table.owners {
                return false;
            }
            let own = owners.entry(owner.to_owned()).or_default();
            own.remove(id);
            own.add(Item {
                id: id.to_owned(),
                text,
                used: Instant::now(),
            });
            while own.items.len() > table.items || own.bytes > table.bytes {
                own.forget_first();
            }
            true
        })
    }

    pub(super) fn get(&self, table: &Table, owner: &str, id: &str) -> Option<Vec<u8>> {
        self.on(table, |owners| {
            let own = owners.get_mut(owner)?;
            if !table.renews {
                return Some(own.find(id)?.text.clone());
            }
            let mut item = own.remove(id)?;
            item.used = Instant::now();
            let text = item.text.clone();
            own.add(item);
            Some(text)
        })
    }

    pub(super) fn find(&self, table: &Table, id: &str) -> Option<Vec<u8>> {
        self.on(table, |owners| {
            let found = owners.values().find_map(|own| own.find(id))?;
            Some(found.text.clone())
        })
    }

    pub(super) fn take(&self, table: &Table, owner: &str, id: &str) -> Option<Vec<u8>> {
        self.on(table, |owners| {
            Some(owners.get_mut(owner)?.remove(id)?.text)
        })
    }

    pub(super) fn list(&self, table: &Table, owner: &str) -> Vec<Vec<u8>> {
        self.on(table, |owners| {
            let own = owners.get(owner).into_iter();
            let items = own.flat_map(|own| &own.items);
            items.map(|item| item.text.clone()).collect()
        })
    }

    pub(super) fn clear(&self, table: &Table) {
        self.on(table, Owners::clear);
    }

    pub(super) fn number(&self, name: &'static str) -> u64 {
        let mut numbers = self.numbers.lock();
        let number = numbers.entry(name).or_default();
        *number += 1;
        *number
    }

    pub(super) fn edit<R>(
        &self,
        name: &'static str,
        mut change: impl FnMut(Option<&[u8]>, u64) -> (Vec<u8>, R),
    ) -> R {
        let mut documents = self.documents.lock();
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (text, result) = change(documents.get(name).map(Vec::as_slice), now);
        documents.insert(name, text);
        result
    }

    pub(crate) fn lane<R>(&self, name: &str, with: impl FnOnce(&mut Lane) -> R) -> R {
        let mut lanes = self.lanes.lock();
        if !lanes.contains_key(name) {
            lanes.insert(name.to_owned(), Lane::default());
        }
        let lane = lanes.get_mut(name).expect("the lane was inserted");
        with(lane)
    }

    /// Runs `with` on the values of `table`, without those whose time is over.
    fn on<R>(&self, table: &Table, with: impl FnOnce(&mut Owners) -> R) -> R {
        let mut tables = self.tables.lock();
        let owners = tables.entry(table.name).or_default();
        owners.retain(|_, own| {
            own.forget_unused(table.lifetime);
            !own.items.is_empty()
        });
        with(owners)
    }
}

impl Own {
    fn add(&mut self, item: Item) {
        self.bytes += item.text.len();
        self.items.push_back(item);
    }

    fn find(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    fn remove(&mut self, id: &str) -> Option<Item> {
        let at = self.items.iter().position(|item| item.id == id)?;
        let item = self.items.remove(at)?;
        self.bytes -= item.text.len();
        Some(item)
    }

    fn forget_first(&mut self) {
        if let Some(item) = self.items.pop_front() {
            self.bytes -= item.text.len();
        }
    }

    fn forget_unused(&mut self, lifetime: Duration) {
        let is_old = |item: &Item| item.used.elapsed() > lifetime;
        while self.items.front().is_some_and(is_old) {
            self.forget_first();
        }
    }
}
