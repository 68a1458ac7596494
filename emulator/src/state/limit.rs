//! How many of a resource there may be (section 8d).

use crate::error::{Error, Result};

/// Judges that `count` of `resource` leave room for another one.
pub fn check_room(resource: &str, count: usize, limit: usize) -> Result<()> {
    if count < limit {
        return Ok(());
    }
    Err(Error::ResourceLimit {
        resource: resource.to_owned(),
        limit: limit.to_string(),
    })
}
