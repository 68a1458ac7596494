//! Groups.

use serde::{Deserialize, Serialize};

use super::limit::check_room;
use super::pool::Pool;
use crate::error::{Error, Result};
use crate::settings::arn::part;
use crate::wire::Scope;
use crate::world::Time;

/// `GroupType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Group {
    /// Unique in the pool, case-sensitive.
    pub group_name: String,
    /// The id of the user pool.
    pub user_pool_id: String,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The IAM role that `cognito:preferred_role` may name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Lower values have precedence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedence: Option<u32>,
    /// Date of the last change.
    pub last_modified_date: Time,
    /// Date of creation.
    pub creation_date: Time,
}

/// Maximum number of groups in a pool (fact 8d).
pub(crate) const LIMIT: usize = 10_000;

impl Pool {
    /// Adds a new group, unless its name is taken or the pool is full.
    pub fn insert_group(&mut self, group: Group) -> Result<()> {
        if self.groups.contains_key(&group.group_name) {
            return Err(Error::GroupExists);
        }
        check_room("Groups", self.groups.len(), LIMIT)?;
        self.groups.insert(group.group_name.clone(), group);
        Ok(())
    }
}

/// Validates a group's role: it must belong to the pool's account (R152).
pub fn validate_role(arn: Option<&str>, scope: &Scope) -> Result<()> {
    if arn.is_none_or(|arn| part(arn, 4) == scope.account) {
        Ok(())
    } else {
        Err(Error::CrossAccountRole)
    }
}
