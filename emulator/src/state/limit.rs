//! Limits on the number of resources (fact 8d).

use crate::error::{Error, Result};

/// Checks that another `resource` can be added to `count` existing ones.
pub fn check_room(resource: &str, count: usize, limit: usize) -> Result<()> {
    if count < limit {
        return Ok(());
    }
    Err(Error::ResourceLimit {
        resource: resource.to_owned(),
        limit: limit.to_string(),
    })
}
