//! Exports: the pools of an emulator as a pool file. Everything has one order and one form, so
//! that the export of a loaded export is equal to it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::dates;
use super::definition::Definition;
use super::form::{Form, Record};
use super::{
    branding, clients, customizations, domains, groups, logs, pools, providers, replicas,
    resource_servers, risks, terms, users,
};
use crate::Emulator;
use crate::state::pool::Pool;
use crate::state::users::UserId;
use crate::wire::Scope;
use crate::world::Time;

/// A selection of what to export. By default, everything.
#[derive(Clone, Debug, Default)]
pub struct Export {
    /// Only the pool with this id or name.
    pub pool: Option<String>,
    /// Only the pools of this account.
    pub account: Option<String>,
    /// What to leave out.
    pub without: Without,
}

/// What an export leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// All users.
    pub users: bool,
    /// Client secrets, password hashes, secrets of authenticator apps, device verifiers, and
    /// the secrets of identity providers.
    pub secrets: bool,
    /// All dates, which then are those of the next load.
    pub dates: bool,
}

/// The pools of `emulator` that `export` selects, in order of creation. Pools of the account of
/// `scope` do not name it.
#[must_use]
pub fn export(emulator: &Emulator, scope: &Scope, export: &Export) -> Value {
    let now = emulator.world().now();
    let mut pools = Vec::new();
    for slot in emulator.state().slots() {
        let is_of = export
            .account
            .as_ref()
            .is_none_or(|it| *it == slot.scope.account);
        let pool = slot.read();
        let is_named = export
            .pool
            .as_ref()
            .is_none_or(|name| *name == pool.id || *name == pool.name);
        if is_of && is_named {
            let members = export_pool(&pool, &scope.account, export.without, now);
            pools.push(Value::Object(members));
        }
    }
    json!({ "Version": 1, "UserPools": pools })
}

fn export_pool(pool: &Pool, account: &str, without: Without, now: Time) -> Map<String, Value> {
    let mut members = pools::export(pool, account, without);
    let region = &pool.scope.region;
    members.add_some("LogConfigurations", logs::export(pool, region).as_ref());
    let replica = replicas::export(pool, now, without);
    members.add_some("UserPoolReplica", replica.as_ref());
    let lists = [
        ("UserPoolClients", clients::export(pool, without)),
        ("Domains", domains::export(pool, without)),
        ("ResourceServers", resource_servers::export(pool, without)),
        ("IdentityProviders", providers::export(pool, without)),
        ("ManagedLoginBrandings", branding::export(pool, without)),
        ("UICustomizations", customizations::export(pool, without)),
        ("Terms", terms::export(pool, without)),
        ("RiskConfigurations", risks::export(pool, without)),
        ("Groups", groups::export(pool, without)),
    ];
    for (name, list) in lists {
        members.add_list(name, &list);
    }
    if !without.users {
        let users = pool.users.from(UserId::default());
        let users: Vec<Members> = users
            .map(|(id, user)| users::export(pool, id, user, without))
            .collect();
        members.add_list("Users", &users);
    }
    in_order(Definition::pool(), members.all)
}

/// `members` in the order of `record`, also in its structures.
fn in_order(record: &Record, mut members: Map<String, Value>) -> Map<String, Value> {
    let mut ordered = Map::new();
    for field in &record.fields {
        if let Some(value) = members.shift_remove(field.name) {
            ordered.insert(field.name.to_owned(), value_in_order(&field.form, value));
        }
    }
    debug_assert!(
        members.is_empty(),
        "members that `{}` does not have: {members:?}",
        record.name
    );
    ordered
}

fn value_in_order(form: &Form, value: Value) -> Value {
    match (form, value) {
        (Form::Record(record), Value::Object(members)) => in_order(record, members).into(),
        (Form::List(element), Value::Array(elements)) => elements
            .into_iter()
            .map(|value| value_in_order(element, value))
            .collect(),
        (_, value) => value,
    }
}

/// The members of a structure in an export.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Members {
    all: Map<String, Value>,
    #[serde(skip)]
    without: Without,
}

impl Members {
    pub(super) fn new(without: Without) -> Self {
        Self {
            all: Map::new(),
            without,
        }
    }

    pub(super) fn add(&mut self, name: &str, value: impl Serialize) {
        self.all.insert(name.to_owned(), json!(value));
    }

    pub(super) fn add_some(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds a list that is not empty.
    pub(super) fn add_list(&mut self, name: &str, values: &[impl Serialize]) {
        if !values.is_empty() {
            self.add(name, values);
        }
    }

    pub(super) fn date(&mut self, name: &str, date: Time) {
        if !self.without.dates {
            self.all.insert(name.to_owned(), dates::write(date));
        }
    }

    pub(super) fn extend<K: Into<String>>(&mut self, more: impl IntoIterator<Item = (K, Value)>) {
        let more = more.into_iter().map(|(name, value)| (name.into(), value));
        self.all.extend(more);
    }
}

/// The members of `all` that differ from those of `usual`.
pub(super) fn differing(all: &Value, usual: &Value) -> Map<String, Value> {
    let members = all.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| usual.get(name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
