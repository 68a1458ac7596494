//! Resource servers in a pool file.

use super::entry::Entry;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::state::pool::Pool;
use crate::state::resource_server::ResourceServer;

/// Adds a resource server to `pool`.
pub(super) fn load(mut entry: Entry<'_>, pool: &mut Pool) -> Result<(), Mistake> {
    let scopes = entry.take("Scopes").map(serde_json::from_value);
    let scopes = scopes.transpose();
    let server = ResourceServer {
        user_pool_id: pool.id.clone(),
        identifier: entry.text("Identifier").unwrap_or_default(),
        name: entry.text("Name").unwrap_or_default(),
        scopes: scopes
            .map_err(|error| entry.refuse_member("Scopes", format!("{error}.")))?
            .unwrap_or_default(),
    };
    server
        .validate()
        .map_err(|error| entry.refused_member("Scopes", &error))?;
    pool.insert_resource_server(server)
        .map_err(|error| entry.refused_member("Identifier", &error))
}

/// The resource servers of `pool`.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let servers = pool.resource_servers.values().map(|server| {
        let mut members = Members::new(without);
        members.add("Identifier", &server.identifier);
        members.add("Name", &server.name);
        members.add_list("Scopes", &server.scopes);
        members
    });
    servers.collect()
}
