//! Users in a pool file.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::entry::Entry;
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use super::nearest::{did_you_mean, list};
use super::{devices, factors, identities, passkeys, passwords};
use crate::error::Error;
use crate::settings::attribute::Attribute;
use crate::settings::schema::IDENTITIES;
use crate::state::given::AttributeSource;
use crate::state::pool::Pool;
use crate::state::user::{Status, User};
use crate::state::users::UserId;

/// Adds a user to `pool`, whose other parts were loaded.
pub(super) fn load(
    loading: &Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let name = entry.text("Username").unwrap_or_default();
    let chance = loading.seed.chance(&["user", &pool.id, &name]);
    let status = entry.text("UserStatus");
    let status = status.and_then(|name| {
        let mut all = Status::ALL.into_iter();
        all.find(|status| status.as_str() == name)
    });
    let mut given = entry.map("UserAttributes").unwrap_or_default();
    let given_sub = sub(&entry, &mut given)?;
    let sub = given_sub.clone().unwrap_or_else(|| chance.sub());
    let mut attributes = attributes(&entry, given)?;
    let is_internal = status == Some(Status::ExternalProvider) || given_sub.as_ref() == Some(&name);
    let username = username(&entry, pool, &name, &sub, is_internal, &mut attributes)?;
    check_attributes(&entry, pool, &attributes)?;

    let (created_at, modified_at) =
        entry.dates("UserCreateDate", "UserLastModifiedDate", loading.now);
    let mut user = User::new(
        &username,
        &sub,
        status.unwrap_or(Status::Confirmed),
        created_at,
    );
    user.modified_at = modified_at;
    user.enabled = entry.flag("Enabled").unwrap_or(true);
    for attribute in &attributes {
        user.attributes.set(&attribute.name, &attribute.value);
    }
    check_free(&entry, pool, &user)?;
    passwords::load(&mut entry, pool, &mut user, status, loading.now, &chance)?;
    groups(&mut entry, pool, &mut user)?;
    factors::load(&mut entry, &mut user)?;
    passkeys::load(&mut entry, &mut user, loading.now)?;
    devices::load(&mut entry, &mut user, loading.now)?;
    let id = pool.users.insert(user);
    identities::load(entry, pool, id, loading.now)
}

/// The `sub` among the attributes.
fn sub(entry: &Entry<'_>, given: &mut Map<String, Value>) -> Result<Option<String>, Mistake> {
    let Some(Value::String(sub)) = given.shift_remove("sub") else {
        return Ok(None);
    };
    let is_allowed = (1..=128).contains(&sub.len()) && !sub.contains(char::is_whitespace);
    if is_allowed {
        return Ok(Some(sub));
    }
    let message = "Write 1 to 128 characters without spaces; Cognito's have the form of a UUID.";
    Err(entry.refuse_key("UserAttributes", "sub", message))
}

fn attributes(entry: &Entry<'_>, given: Map<String, Value>) -> Result<Vec<Attribute>, Mistake> {
    let mut attributes = Vec::new();
    for (name, value) in given {
        if name == IDENTITIES {
            let message = "Write the identities as the user's member `Identities`.";
            return Err(entry.refuse_key("UserAttributes", IDENTITIES, message));
        }
        if let Value::String(value) = value {
            attributes.push(Attribute { name, value });
        }
    }
    Ok(attributes)
}

/// The internal username of a user who is called `name` in the file: in a pool with
/// `UsernameAttributes` the `sub`, and `name` is an attribute.
fn username<'a>(
    entry: &Entry<'_>,
    pool: &Pool,
    name: &'a str,
    sub: &'a str,
    is_internal: bool,
    attributes: &mut Vec<Attribute>,
) -> Result<Cow<'a, str>, Mistake> {
    if is_internal {
        return Ok(Cow::Borrowed(name));
    }
    let attribute = pool
        .check_username_attribute(AttributeSource::AdminCreate, name, attributes)
        .map_err(|error| entry.refused_member("Username", &error))?;
    Ok(Cow::Borrowed(attribute.map_or(name, |_| sub)))
}

/// Checks each attribute by itself, so that a mistake has its position.
fn check_attributes(
    entry: &Entry<'_>,
    pool: &Pool,
    attributes: &[Attribute],
) -> Result<(), Mistake> {
    for attribute in attributes {
        let Attribute { name, .. } = attribute;
        if pool.schema.get(name).is_none() {
            let names = || pool.schema.iter().map(|known| known.name.as_str());
            let message = format!(
                "The pool has no attribute `{name}`; a custom attribute is in `Schema` and begins \
                 with `custom:`.{}",
                did_you_mean(name, names())
            );
            return Err(entry.refuse_key("UserAttributes", name, message));
        }
        pool.schema
            .check_new(std::slice::from_ref(attribute))
            .map_err(|error| entry.refused_key("UserAttributes", name, &error))?;
    }
    Ok(())
}

/// Checks that no other user has a name of `user`.
fn check_free(entry: &Entry<'_>, pool: &Pool, user: &User) -> Result<(), Mistake> {
    if pool.users.find(&user.username).is_some() {
        return Err(entry.refused_member("Username", &Error::AccountExists));
    }
    if pool.users.find_sub(&user.sub).is_some() {
        let message = format!("Another user of the pool has the sub `{}`.", user.sub);
        return Err(entry.refuse_key("UserAttributes", "sub", message));
    }
    if user.status == Status::ExternalProvider {
        return Ok(());
    }
    match pool.taken(&user.attributes, None).into_iter().next() {
        None => Ok(()),
        Some(taken) => {
            let attribute = taken.attribute.clone();
            let error = Error::UsernameAttributeExists {
                attribute: taken.attribute,
            };
            Err(entry.refused_key("UserAttributes", &attribute, &error))
        }
    }
}

fn groups(entry: &mut Entry<'_>, pool: &Pool, user: &mut User) -> Result<(), Mistake> {
    for (index, name) in entry.texts("Groups").into_iter().enumerate() {
        if !pool.groups.contains_key(&name) {
            let names = || pool.groups.keys().map(String::as_str);
            let message = format!(
                "The pool has no group `{name}`. Groups: {}.{}",
                list(names()),
                did_you_mean(&name, names())
            );
            return Err(entry.refuse_element("Groups", index, message));
        }
        user.groups.insert(name.into());
    }
    Ok(())
}

/// The user at `id`.
pub(super) fn export(pool: &Pool, id: UserId, user: &User, without: Without) -> Members {
    let mut members = Members::new(without);
    members.add("Username", &user.username);
    let sub = [("sub", user.sub.as_str())].into_iter();
    let shown = user
        .attributes
        .iter()
        .filter(|(name, _)| *name != IDENTITIES);
    let attributes = sub.chain(shown);
    let attributes: Map<String, Value> = attributes
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    members.add("UserAttributes", attributes);
    members.add("UserStatus", user.status);
    if !user.enabled {
        members.add("Enabled", json!(false));
    }
    if !without.secrets {
        members.extend(passwords::export(user));
    }
    if let Some(since) = user.temporary_since {
        members.date("TemporaryPasswordDate", since);
    }
    let groups: Vec<&str> = user.groups.iter().map(SmolStr::as_str).collect();
    members.add_list("Groups", &groups);
    members.extend(factors::export(user, without));
    members.add_list("WebAuthnCredentials", &passkeys::export(user, without));
    members.add_list("Devices", &devices::export(user, without));
    members.add_list("Identities", &identities::export(pool, id, without));
    members.date("UserCreateDate", user.created_at);
    members.date("UserLastModifiedDate", user.modified_at);
    members
}
