//! Groups in a pool file.

use super::entry::Entry;
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::state::group::{Group, validate_role};
use crate::state::pool::Pool;

/// Adds a group to `pool`.
pub(super) fn load(
    loading: &Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let (creation_date, last_modified_date) =
        entry.dates("CreationDate", "LastModifiedDate", loading.now);
    let group = Group {
        group_name: entry.text("GroupName").unwrap_or_default(),
        user_pool_id: pool.id.clone(),
        description: entry.text("Description"),
        role_arn: entry.text("RoleArn"),
        precedence: entry.number("Precedence"),
        last_modified_date,
        creation_date,
    };
    validate_role(group.role_arn.as_deref(), &pool.scope)
        .map_err(|error| entry.refused_member("RoleArn", &error))?;
    pool.insert_group(group)
        .map_err(|error| entry.refused_member("GroupName", &error))
}

/// The groups of `pool`, without those that follow from its identity providers.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let own = pool
        .groups
        .values()
        .filter(|group| !super::providers::follows(pool, group, without));
    let own = own.map(|group| {
        let mut members = Members::new(without);
        members.add("GroupName", &group.group_name);
        members.add_some("Description", group.description.as_ref());
        members.add_some("RoleArn", group.role_arn.as_ref());
        members.add_some("Precedence", group.precedence.as_ref());
        members.date("CreationDate", group.creation_date);
        members.date("LastModifiedDate", group.last_modified_date);
        members
    });
    own.collect()
}
