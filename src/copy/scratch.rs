//! An emulator that loads a pool file, so that the pools of the file are read as the API shows
//! them.

use std::sync::Arc;

use cognito_emulator::pool_file::{self, Loaded, Mistake, PoolFile};
use cognito_emulator::stack::{Builder, Stack};
use cognito_emulator::wire::Scope;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::reader::Reader;
use super::settings::{self, Choice};
use crate::error::ToolResult;

/// The pools of a file.
pub struct Scratch {
    stack: Stack,
    /// The pools, and notes of the loader.
    pub loaded: Loaded,
}

impl Scratch {
    /// Loads `text`, the file `name`.
    ///
    /// # Errors
    /// The first mistake.
    pub fn load(name: &str, text: &str) -> Result<Self, Mistake> {
        Self::load_into(Stack::builder(), name, text)
    }

    /// Loads `text`, the file `name`, into an emulator that `builder` builds.
    ///
    /// # Errors
    /// The first mistake.
    pub fn load_into(builder: Builder, name: &str, text: &str) -> Result<Self, Mistake> {
        Self::of(builder, pool_file::parse(name, text)?)
    }

    /// Loads `file` into an emulator that `builder` builds.
    ///
    /// # Errors
    /// The first mistake.
    pub fn of(builder: Builder, file: PoolFile) -> Result<Self, Mistake> {
        let outcome = Arc::new(Mutex::new(Ok(Loaded::default())));
        let shared = Arc::clone(&outcome);
        let create = move |emulator: &_| {
            let files = std::slice::from_ref(&file);
            *shared.lock() = pool_file::load(emulator, &Scope::default(), 0, files);
        };
        let stack = builder.initial_state(create).build();
        let loaded = outcome.lock().clone()?;
        Ok(Self { stack, loaded })
    }

    /// The emulator.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// A reader of the pool `id`.
    #[must_use]
    pub fn reader(&self, id: &str) -> Reader {
        let handle = self
            .stack
            .inspect(|emulator| emulator.state().pool_handle(id));
        let scope = handle.map_or_else(Scope::default, |handle| handle.scope.clone());
        Reader::of_emulator(self.stack.clone(), scope)
    }
}

/// The members of a pool and of an app client that only have names.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    pool: Map<String, Value>,
    client: Map<String, Value>,
}

/// Members that identify a pool or a client, or that follow from its creation.
const OWN: [&str; 7] = [
    "AccountId",
    "ClientId",
    "ClientName",
    "CreationDate",
    "Id",
    "LastModifiedDate",
    "PoolName",
];

impl Defaults {
    /// Reads the defaults.
    ///
    /// # Errors
    /// If the emulator cannot be read, which is a mistake of this program.
    pub async fn read() -> ToolResult<Self> {
        let file = json!({ "UserPools": [{ "PoolName": "a", "UserPoolClients": [{ "ClientName": "a" }] }] });
        let Ok(scratch) = Scratch::load("defaults", &file.to_string()) else {
            return Ok(Self::default());
        };
        let id = &scratch.loaded.pools[0].id;
        let read = settings::read(&scratch.reader(id), id, Choice::default()).await?;
        let Value::Object(mut pool) = read.pool else {
            return Ok(Self::default());
        };
        let mut client = match pool.shift_remove("UserPoolClients") {
            Some(Value::Array(clients)) => match clients.into_iter().next() {
                Some(Value::Object(client)) => client,
                _ => Map::new(),
            },
            _ => Map::new(),
        };
        for name in OWN {
            pool.shift_remove(name);
            client.shift_remove(name);
        }
        Ok(Self { pool, client })
    }

    /// Removes the members of `pool` and its clients that have their default.
    pub fn remove_from(&self, pool: &mut Value) {
        let Value::Object(members) = pool else { return };
        remove(&self.pool, members);
        if let (Some(Value::Array(schema)), Some(Value::Array(usual))) =
            (members.get_mut("Schema"), self.pool.get("Schema"))
        {
            // The order of attributes has no meaning.
            schema.retain(|attribute| !usual.contains(attribute));
            schema.iter_mut().for_each(remove_from_attribute);
        }
        if members.get("Schema") == Some(&json!([])) {
            members.shift_remove("Schema");
        }
        if let Some(Value::Array(clients)) = members.get_mut("UserPoolClients") {
            for client in clients.iter_mut().filter_map(Value::as_object_mut) {
                remove(&self.client, client);
            }
        }
    }

    /// Adds the members that `pool` and its clients leave out.
    pub fn add_to(&self, pool: &mut Value) {
        let Value::Object(members) = pool else { return };
        add(&self.pool, members);
        if let Some(Value::Array(clients)) = members.get_mut("UserPoolClients") {
            for client in clients.iter_mut().filter_map(Value::as_object_mut) {
                add(&self.client, client);
            }
        }
    }
}

fn remove(usual: &Map<String, Value>, members: &mut Map<String, Value>) {
    members.retain(|name, value| usual.get(name) != Some(value));
}

/// Removes what a new attribute has without being requested.
fn remove_from_attribute(attribute: &mut Value) {
    let Value::Object(members) = attribute else {
        return;
    };
    for (name, usual) in [
        ("DeveloperOnlyAttribute", false),
        ("Required", false),
        ("Mutable", true),
    ] {
        if members.get(name) == Some(&json!(usual)) {
            members.shift_remove(name);
        }
    }
}

fn add(usual: &Map<String, Value>, members: &mut Map<String, Value>) {
    for (name, value) in usual {
        match (members.get_mut(name), value) {
            (None, value) => {
                members.insert(name.clone(), value.clone());
            }
            (Some(Value::Object(own)), Value::Object(usual)) => add(usual, own),
            _ => {}
        }
    }
}
