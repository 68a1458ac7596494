//! One group.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::settings::arn::part;
use crate::wire::Scope;
use crate::world::Time;

/// `GroupType`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Group {
    /// Unique in the pool, case-sensitive.
    pub group_name: String,
    /// Its pool.
    pub user_pool_id: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The IAM role that `cognito:preferred_role` may name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Lower comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedence: Option<u32>,
    /// When it last changed.
    pub last_modified_date: Time,
    /// When it was created.
    pub creation_date: Time,
}

/// Whether a group's role is of the pool's account (R152).
pub fn validate_role(arn: Option<&str>, scope: &Scope) -> Result<()> {
    if arn.is_none_or(|arn| part(arn, 4) == scope.account) {
        Ok(())
    } else {
        Err(Error::CrossAccountRole)
    }
}
