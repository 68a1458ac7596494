//! Identities of users at providers in a pool file.

use serde_json::{Map, Value, json};

use super::dates;
use super::entry::Entry;
use super::members::Without;
use super::mistake::Mistake;
use super::nearest::{did_you_mean, list};
use crate::state::link::UserIdentity;
use crate::state::pool::Pool;
use crate::state::user::Status;
use crate::state::users::UserId;
use crate::world::Time;

/// The claim with which a provider identifies its own users.
const SUBJECT: &str = "Cognito_Subject";

/// Sets the identities of the user at `id`, whose other members were loaded.
pub(super) fn load(
    mut entry: Entry<'_>,
    pool: &mut Pool,
    id: UserId,
    now: Time,
) -> Result<(), Mistake> {
    let Some(status) = pool.users.get(id).map(|user| user.status) else {
        return Ok(());
    };
    let mut identities = Vec::new();
    let given = entry.entries("Identities");
    for (position, mut given) in given.into_iter().enumerate() {
        let provider = given.text("ProviderName").unwrap_or_default();
        let former = given.text("ProviderType");
        let known = pool.identity_providers.get(&provider);
        let Some(provider_type) =
            former.or_else(|| known.map(|known| known.provider_type.as_str().to_owned()))
        else {
            let names = || pool.identity_providers.keys().map(String::as_str);
            let message = format!(
                "The pool has no identity provider `{provider}`. Providers: {}.{}",
                list(names()),
                did_you_mean(&provider, names())
            );
            return Err(given.refuse_member("ProviderName", message));
        };
        let is_external = status == Status::ExternalProvider && position == 0;
        let attribute = given.text("ProviderAttributeName");
        identities.push(UserIdentity {
            provider,
            provider_type,
            attribute: attribute.unwrap_or_else(|| SUBJECT.to_owned()),
            value: given.text("ProviderAttributeValue").unwrap_or_default(),
            issuer: given.text("Issuer"),
            is_primary: given.flag("Primary").unwrap_or(is_external),
            created_at: given.date("DateCreated").unwrap_or(now),
        });
    }
    if identities.is_empty() {
        return Ok(());
    }
    let set = pool.set_identities_of(id, identities);
    set.map_err(|error| entry.refused_member("Identities", &error))
}

/// The identities of the user at `id`.
pub(super) fn export(pool: &Pool, id: UserId, without: Without) -> Vec<Value> {
    let is_external = pool
        .users
        .get(id)
        .is_some_and(|user| user.status == Status::ExternalProvider);
    let identities = pool.identities_of(id);
    let identities = identities.into_iter().enumerate().map(|(position, it)| {
        let mut members = Map::new();
        let mut add = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        let known = pool.identity_providers.get(&it.provider);
        add("ProviderName", json!(it.provider));
        if known.is_none_or(|known| known.provider_type.as_str() != it.provider_type) {
            add("ProviderType", json!(it.provider_type));
        }
        if it.attribute != SUBJECT {
            add("ProviderAttributeName", json!(it.attribute));
        }
        add("ProviderAttributeValue", json!(it.value));
        if it.is_primary != (is_external && position == 0) {
            add("Primary", json!(it.is_primary));
        }
        if let Some(issuer) = it.issuer {
            add("Issuer", json!(issuer));
        }
        if !without.dates {
            add("DateCreated", dates::write(it.created_at));
        }
        Value::Object(members)
    });
    identities.collect()
}
