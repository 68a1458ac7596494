//! Exports: the pools of an emulator as a pool file. Everything has one order and one form, so
//! that the export of a loaded export is equal to it.

use serde_json::{Map, Value, json};

use super::definition::Definition;
use super::form::{Form, Record};
use super::members::{Members, Without};
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

/// The pools of `emulator` that `export` selects, in order of creation. Pools of the account of
/// `scope` do not name it.
#[must_use]
pub fn export(emulator: &Emulator, scope: &Scope, export: &Export) -> Value {
    let now = emulator.world().now();
    let mut pools = Vec::new();
    for handle in emulator.state().pool_handles() {
        let is_of = export
            .account
            .as_ref()
            .is_none_or(|it| *it == handle.scope.account);
        let pool = handle.read();
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
