//! The replica of a pool in a pool file.

use super::entry::{Entry, words};
use super::loading::Loading;
use super::logs;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::state::pool::Pool;
use crate::state::replica::Status;
use crate::world::Time;

/// Adds the replica of `pool`. Its creation is complete.
pub(super) fn load(
    loading: &mut Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let region = entry.text("RegionName").unwrap_or_default();
    let tags = entry.map("UserPoolTags").unwrap_or_default();
    let is_active = entry.text("Status").as_deref() != Some("INACTIVE");
    let long_ago = Time(0);
    pool.begin_replica(region.clone(), tags, long_ago)
        .and_then(|_| pool.activate_replica(&region, is_active, loading.now))
        .map_err(|error| entry.refuse(words(&error)))?;
    if let Some(given) = entry.take("LogConfigurations") {
        logs::load(loading, &entry, pool, region, given)?;
    }
    Ok(())
}

/// The replica of `pool`, unless it is being deleted. One that is being created is inactive.
pub(super) fn export(pool: &Pool, now: Time, without: Without) -> Option<Members> {
    let (_, status) = pool.replica(now)?;
    let region = pool.replica_region(now)?;
    let mut members = Members::new(without);
    members.add("RegionName", region);
    match status {
        Status::Active => {}
        Status::Creating | Status::Inactive => members.add("Status", "INACTIVE"),
        Status::Deleting => return None,
    }
    let tags = pool.tags_of_region(region);
    members.add_some("UserPoolTags", Some(tags).filter(|tags| !tags.is_empty()));
    members.add_some("LogConfigurations", logs::export(pool, region).as_ref());
    Some(members)
}
