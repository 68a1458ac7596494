//! Resource servers: APIs whose scopes app clients can request.

use serde::{Deserialize, Serialize};

use super::limit::check_room;
use super::pool::Pool;
use crate::error::{Error, Result};

/// Limit of resource servers in a pool (fact 8d).
const LIMIT: usize = 25;

/// `ResourceServerType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceServer {
    /// The id of the user pool.
    pub user_pool_id: String,
    /// Unique in the pool; the first part of its scopes' names.
    pub identifier: String,
    /// The name.
    pub name: String,
    /// The scopes. If there are none, an empty list is shown, as for the identifiers of
    /// identity providers (inferred).
    pub scopes: Vec<CustomScope>,
}

/// `ResourceServerScopeType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomScope {
    /// The name, without the identifier of the server.
    pub scope_name: String,
    /// The description.
    pub scope_description: String,
}

impl ResourceServer {
    /// Validates that no scope is given twice. The refusal is inferred.
    pub fn validate(&self) -> Result<()> {
        for (position, scope) in self.scopes.iter().enumerate() {
            let mut earlier = self.scopes[..position].iter();
            if earlier.any(|other| other.scope_name == scope.scope_name) {
                return Err(Error::DuplicateScope {
                    scope: scope.scope_name.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Pool {
    /// The resource server `identifier` (R201).
    pub fn resource_server(&self, identifier: &str) -> Result<&ResourceServer> {
        let found = self.resource_servers.get(identifier);
        found.ok_or_else(|| Error::ResourceServerNotFound {
            identifier: identifier.to_owned(),
        })
    }

    /// Adds a new resource server, unless its identifier is taken (R200) or the
    /// pool is full (fact 8d).
    pub fn insert_resource_server(&mut self, server: ResourceServer) -> Result<()> {
        if self.resource_servers.contains_key(&server.identifier) {
            return Err(Error::ResourceServerExists {
                identifier: server.identifier,
                pool: self.id.clone(),
            });
        }
        check_room("Resource servers", self.resource_servers.len(), LIMIT)?;
        self.resource_servers
            .insert(server.identifier.clone(), server);
        Ok(())
    }

    /// Whether a resource server has `scope`: `<identifier>/<name>`.
    /// Identifiers may contain slashes, names may not.
    #[must_use]
    pub fn has_custom_scope(&self, scope: &str) -> bool {
        scope.rsplit_once('/').is_some_and(|(identifier, name)| {
            self.resource_servers
                .get(identifier)
                .is_some_and(|server| server.scopes.iter().any(|scope| scope.scope_name == name))
        })
    }
}
