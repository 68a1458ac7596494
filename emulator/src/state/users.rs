//! The users of a pool, and the indexes that find them.
//!
//! Users are changed only through [`Users::edit`], which updates the indexes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use smol_str::SmolStr;

use super::rows::Rows;
use super::sign_ins::SignIns;
use super::user::{Attributes, Status, User};
use crate::shared_map::SharedMap;
use serde::{Deserialize, Serialize};

/// The id of a user in its pool. Numbers grow in order of creation and are
/// never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub u64);

impl UserId {
    /// The id of an unknown user, who is in no pool.
    pub const UNKNOWN: Self = Self(u64::MAX);
}

/// The rules for the names of a pool's users, which are fixed when the pool is created.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Naming {
    /// `UsernameAttributes`: users sign in with these, and the username is the
    /// `sub`.
    pub username_attributes: Vec<String>,
    /// `AliasAttributes`: users can sign in with these too, once verified.
    pub alias_attributes: Vec<String>,
    /// Whether usernames and aliases are case-sensitive.
    pub case_sensitive: bool,
}

impl Naming {
    /// The form of a name for comparison.
    #[must_use]
    pub fn fold(&self, name: impl Into<SmolStr>) -> SmolStr {
        if self.case_sensitive {
            name.into()
        } else {
            lowercase(name.into())
        }
    }

    /// The sign-in names of a user with these attributes, except username and
    /// `sub`: each with its attribute.
    pub(super) fn aliases<'a>(
        &'a self,
        attributes: &'a Attributes,
    ) -> impl Iterator<Item = (&'a str, SmolStr)> {
        let by_username = self.username_attributes.iter().map(|name| (name, true));
        let by_alias = self
            .alias_attributes
            .iter()
            .map(|name| (name, name == "preferred_username"));
        by_username
            .chain(by_alias)
            .filter_map(|(name, unverified_too)| {
                let value = attributes.shared(name)?;
                (unverified_too || attributes.has_verified(name))
                    .then(|| (name.as_str(), self.fold(value.clone())))
            })
    }
}

/// An attribute by which `ListUsers` can filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `username`, case-sensitive.
    Username,
    /// `email`.
    Email,
    /// `phone_number`.
    PhoneNumber,
    /// `name`.
    Name,
    /// `given_name`.
    GivenName,
    /// `family_name`.
    FamilyName,
    /// `preferred_username`.
    PreferredUsername,
    /// `cognito:user_status`.
    UserStatus,
    /// `status`: `Enabled` or `Disabled`, case-sensitive.
    Status,
    /// `sub`.
    Sub,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 10] = [
        Self::Username,
        Self::Email,
        Self::PhoneNumber,
        Self::Name,
        Self::GivenName,
        Self::FamilyName,
        Self::PreferredUsername,
        Self::UserStatus,
        Self::Status,
        Self::Sub,
    ];

    /// The field's name in a filter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::PreferredUsername => "preferred_username",
            Self::UserStatus => "cognito:user_status",
            Self::Status => "status",
            Self::Sub => "sub",
        }
    }

    /// The form of a value of this field for comparison: `username` and
    /// `status` are case-sensitive, all others are not (fact 9a).
    #[must_use]
    pub fn fold(self, value: impl Into<SmolStr>) -> SmolStr {
        match self {
            Self::Username | Self::Status => value.into(),
            _ => lowercase(value.into()),
        }
    }
}

/// Returns `text` itself if it does not change, so that an index shares it.
fn lowercase(text: SmolStr) -> SmolStr {
    if text.chars().any(char::is_uppercase) {
        text.to_lowercase().into()
    } else {
        text
    }
}

/// A row of the search index: a folded value and its user. Also the position at
/// which a page ended.
pub type Row = (SmolStr, UserId);

/// Users with their indexes.
///
/// The indexes are compact, because a pool may have a million users: `by_sub` also serves
/// searches by `sub`, `by_name` searches by username if usernames are case-sensitive, and
/// `by_status` and `by_enabled` searches by status.
#[derive(Clone, Debug)]
pub struct Users {
    naming: Naming,
    next: UserId,
    by_id: Rows<UserId, User>,
    /// Users whose sign-ins were changed by [`Users::change_sign_ins`], possibly several times.
    signed_in: Vec<UserId>,
    by_name: SharedMap<SmolStr, UserId>,
    by_sub: SharedMap<SmolStr, UserId>,
    by_alias: SharedMap<(SmolStr, SmolStr), UserId>,
    by_status: SharedMap<(Status, UserId), ()>,
    by_enabled: SharedMap<(bool, UserId), ()>,
    /// Values of all other fields.
    search: BTreeMap<Field, SharedMap<Row, ()>>,
    members: SharedMap<(SmolStr, UserId), ()>,
}

impl Users {
    /// An empty set of users with this naming.
    #[must_use]
    pub fn new(naming: Naming) -> Self {
        Self {
            naming,
            next: UserId(1),
            by_id: Rows::default(),
            signed_in: Vec::new(),
            by_name: SharedMap::default(),
            by_sub: SharedMap::default(),
            by_alias: SharedMap::default(),
            by_status: SharedMap::default(),
            by_enabled: SharedMap::default(),
            search: BTreeMap::new(),
            members: SharedMap::default(),
        }
    }

    /// The naming of users.
    #[must_use]
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// The number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The user at `id`.
    #[must_use]
    pub fn get(&self, id: UserId) -> Option<&User> {
        self.by_id.get(&id)
    }

    /// The id of the user named `name`: a username, a `sub`, or an alias.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<UserId> {
        let folded = self.naming.fold(name);
        self.by_name
            .get(folded.as_str())
            .or_else(|| self.by_sub.get(name))
            .copied()
            .or_else(|| {
                let attributes = self
                    .naming
                    .username_attributes
                    .iter()
                    .chain(&self.naming.alias_attributes);
                attributes
                    .into_iter()
                    .find_map(|attribute| self.alias_owner(attribute, name))
            })
    }

    /// The id of the user with this `sub`.
    #[must_use]
    pub fn find_sub(&self, sub: &str) -> Option<UserId> {
        self.by_sub.get(sub).copied()
    }

    /// The id of the user with this username. `folded` has the form of [`Naming::fold`].
    #[must_use]
    pub fn username_owner(&self, folded: &str) -> Option<UserId> {
        self.by_name.get(folded).copied()
    }

    /// The id of the user whose alias `attribute` has `value`.
    #[must_use]
    pub fn alias_owner(&self, attribute: &str, value: &str) -> Option<UserId> {
        self.by_alias
            .get(&(attribute.into(), self.naming.fold(value)))
            .copied()
    }

    /// Adds a new user. The caller has checked that name, `sub` and aliases are
    /// free.
    pub fn insert(&mut self, user: User) -> UserId {
        let id = self.next;
        self.next = UserId(id.0 + 1);
        self.index(id, &user);
        self.by_id.insert(id, user);
        id
    }

    /// The ids of the users that were added, changed or removed since the last call.
    pub(super) fn take_changes(&mut self) -> Vec<UserId> {
        self.by_id.take_changes()
    }

    /// The ids of the users for which only sign-ins were changed since the last call.
    pub(super) fn take_signed_in(&mut self) -> Vec<UserId> {
        let mut signed_in = std::mem::take(&mut self.signed_in);
        signed_in.sort_unstable();
        signed_in.dedup();
        signed_in
    }

    /// The numbers of the sign-ins of the user `id` that were changed since the last call.
    pub(super) fn take_changed_sign_ins(&mut self, id: UserId) -> Vec<u64> {
        let has_changes = |user: &User| user.sign_ins.is_changed();
        if !self.by_id.get(&id).is_some_and(has_changes) {
            return Vec::new();
        }
        let user = self.by_id.settle(&id);
        user.map_or_else(Vec::new, |user| user.sign_ins.take_changes())
    }

    /// The user at `id`, which shares its memory with the table.
    pub(super) fn shared(&self, id: UserId) -> Option<&Arc<User>> {
        self.by_id.shared(&id)
    }

    /// Replaces all users by `users`, which are sorted by their ids, and builds every index.
    pub(super) fn load(&mut self, users: Vec<(UserId, Arc<User>)>) {
        self.next = UserId(users.last().map_or(0, |(id, _)| id.0) + 1);
        let naming = &self.naming;
        let users = &users;
        std::thread::scope(|scope| {
            let by_name = scope.spawn(|| {
                index_of(users, |id, user| {
                    Some((naming.fold(user.username.clone()), id))
                })
            });
            let by_sub = scope.spawn(|| index_of(users, |id, user| Some((user.sub.clone(), id))));
            let search = Field::ALL.map(|field| {
                let row = move |id, user: &User| Some(((row(naming, user, field)?, id), ()));
                (field, scope.spawn(move || index_of(users, row)))
            });
            self.by_alias = index_of_many(users, |id, user, rows| {
                let aliases = Self::aliases(naming, user);
                rows.extend(aliases.map(|(attribute, value)| ((attribute.into(), value), id)));
            });
            self.by_status = index_of(users, |id, user| Some(((user.status, id), ())));
            self.by_enabled = index_of(users, |id, user| Some(((user.enabled, id), ())));
            self.members = index_of_many(users, |id, user, rows| {
                let groups = user.groups.iter();
                rows.extend(groups.map(|group| ((group.clone(), id), ())));
            });
            self.by_name = joined(by_name);
            self.by_sub = joined(by_sub);
            let search = search.map(|(field, index)| (field, joined(index)));
            self.search = search
                .into_iter()
                .filter(|(_, index)| !index.is_empty())
                .collect();
        });
        self.by_id = Rows::from_sorted(users.clone());
    }

    /// Changes a user and updates every index. Returns `None` if the user does
    /// not exist.
    pub fn edit<R>(&mut self, id: UserId, change: impl FnOnce(&mut User) -> R) -> Option<R> {
        // Taken out, because the indexes change at the same time.
        let mut user = self.by_id.remove(&id)?;
        self.unindex(id, &user);
        let result = change(Arc::make_mut(&mut user));
        self.index(id, &user);
        self.by_id.insert(id, user);
        Some(result)
    }

    /// Changes the sign-ins of a user. The rest of the user has a row of its own in a data file,
    /// which is not written.
    pub fn change_sign_ins<R>(
        &mut self,
        id: UserId,
        change: impl FnOnce(&mut SignIns) -> R,
    ) -> Option<R> {
        let user = self.by_id.settle(&id)?;
        self.signed_in.push(id);
        Some(change(&mut user.sign_ins))
    }

    /// Changes members of a user that are in no index: codes, limits, attempts,
    /// factors. Cheaper than [`Users::edit`].
    pub fn edit_unindexed<R>(
        &mut self,
        id: UserId,
        change: impl FnOnce(&mut User) -> R,
    ) -> Option<R> {
        let user = self.by_id.get_mut(&id)?;
        if !cfg!(debug_assertions) {
            return Some(change(user));
        }
        let indexed = |user: &User| {
            let names = (user.username.clone(), user.sub.clone());
            let groups = user.groups.clone();
            (
                names,
                user.attributes.clone(),
                user.status,
                user.enabled,
                groups,
            )
        };
        let before = indexed(user);
        let result = change(user);
        debug_assert_eq!(
            before,
            indexed(user),
            "an indexed field changed through `edit_unindexed`"
        );
        Some(result)
    }

    /// Removes a user.
    pub fn remove(&mut self, id: UserId) -> Option<User> {
        let user = self.by_id.remove(&id)?;
        self.unindex(id, &user);
        Some(Arc::unwrap_or_clone(user))
    }

    /// Users in order of creation, after `after`.
    pub fn from(&self, after: UserId) -> impl Iterator<Item = (UserId, &User)> {
        let users = self.by_id.from(Bound::Excluded(&after));
        users.map(|(id, user)| (*id, user))
    }

    /// Rows whose folded value equals `value`, or begins with it, in ascending
    /// order, after `after`.
    #[must_use]
    pub fn search<'a>(
        &'a self,
        field: Field,
        value: &str,
        prefix: bool,
        after: Option<Row>,
    ) -> Box<dyn Iterator<Item = Row> + 'a> {
        let value = field.fold(value);
        let unique = match field {
            Field::Sub => Some(&self.by_sub),
            Field::Username if self.naming.case_sensitive => Some(&self.by_name),
            _ => None,
        };
        // At most one user matches, so there is no next page.
        if let Some(index) = unique.filter(|_| !prefix) {
            let row = index.get_key_value(value.as_str());
            let row = row.filter(|_| after.is_none());
            return Box::new(row.map(|(value, id)| (value.clone(), *id)).into_iter());
        }
        let from = after.clone().map_or_else(|| value.clone(), |(at, _)| at);
        let matches = move |found: &str| {
            if prefix {
                found.starts_with(value.as_str())
            } else {
                found == value
            }
        };
        if let Some(index) = unique {
            let rows = from_row(index, &from, after);
            return Box::new(rows.take_while(move |(found, _)| matches(found)));
        }
        match field {
            Field::UserStatus => {
                let name = move |status: &Status| field.fold(status.as_str());
                let mut all = Status::ALL;
                all.sort_by_key(name);
                let all = all.into_iter().map(move |status| (name(&status), status));
                Box::new(few(&self.by_status, all, matches, after))
            }
            Field::Status => {
                let all = [(DISABLED.into(), false), (ENABLED.into(), true)];
                Box::new(few(&self.by_enabled, all.into_iter(), matches, after))
            }
            _ => {
                let first = (from, UserId(0));
                let start = match &after {
                    Some(row) => Bound::Excluded(row),
                    None => Bound::Included(&first),
                };
                let rows = self.search.get(&field).map(|rows| rows.from(start));
                let rows = rows.into_iter().flatten().map(|(row, ())| row);
                Box::new(rows.take_while(move |(found, _)| matches(found)).cloned())
            }
        }
    }

    /// Members of a group in order of their creation, after `after`.
    pub fn members<'a>(
        &'a self,
        group: &str,
        after: UserId,
    ) -> impl Iterator<Item = (UserId, &'a User)> + use<'a> {
        let group: SmolStr = group.into();
        let rows = self.members.from(Bound::Excluded(&(group.clone(), after)));
        let ids = rows.map(|(row, ())| row);
        ids.take_while(move |(name, _)| *name == group)
            .filter_map(|(_, id)| Some((*id, self.get(*id)?)))
    }

    /// The aliases of a user. A user of an external provider has none: they sign in only through
    /// the provider, and another user may sign up with the same address.
    fn aliases<'a>(naming: &'a Naming, user: &'a User) -> impl Iterator<Item = (&'a str, SmolStr)> {
        let has_aliases = user.status != Status::ExternalProvider;
        let aliases = has_aliases.then(|| naming.aliases(&user.attributes));
        aliases.into_iter().flatten()
    }

    fn index(&mut self, id: UserId, user: &User) {
        self.by_name
            .insert(self.naming.fold(user.username.clone()), id);
        self.by_sub.insert(user.sub.clone(), id);
        for (attribute, value) in Self::aliases(&self.naming, user) {
            let alias = (attribute.into(), value);
            // The first owner keeps an alias (fact 9.4).
            if !self.by_alias.contains_key(&alias) {
                self.by_alias.insert(alias, id);
            }
        }
        self.by_status.insert((user.status, id), ());
        self.by_enabled.insert((user.enabled, id), ());
        for (field, value) in rows(&self.naming, user) {
            let index = self.search.entry(field).or_default();
            index.insert((value, id), ());
        }
        for group in &user.groups {
            self.members.insert((group.clone(), id), ());
        }
    }

    fn unindex(&mut self, id: UserId, user: &User) {
        self.by_name
            .remove(self.naming.fold(user.username.clone()).as_str());
        self.by_sub.remove(&user.sub);
        for (attribute, value) in Self::aliases(&self.naming, user) {
            let key = (attribute.into(), value);
            if self.by_alias.get(&key) == Some(&id) {
                self.by_alias.remove(&key);
            }
        }
        self.by_status.remove(&(user.status, id));
        self.by_enabled.remove(&(user.enabled, id));
        for (field, value) in rows(&self.naming, user) {
            if let Some(rows) = self.search.get_mut(&field) {
                rows.remove(&(value, id));
            }
        }
        for group in &user.groups {
            self.members.remove(&(group.clone(), id));
        }
    }

    /// Whether the indexes agree with the users.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let everyone = || self.by_id.iter();
        let search: BTreeSet<_> = everyone()
            .flat_map(|(id, user)| {
                rows(&self.naming, user).map(move |(field, value)| (field, value, *id))
            })
            .collect();
        let indexed: BTreeSet<_> = (self.search.iter())
            .flat_map(|(field, rows)| rows.keys().map(|(value, id)| (*field, value.clone(), *id)))
            .collect();
        let by_status: BTreeSet<_> = everyone().map(|(id, user)| (user.status, *id)).collect();
        let by_enabled: BTreeSet<_> = everyone().map(|(id, user)| (user.enabled, *id)).collect();
        let members: BTreeSet<_> = everyone()
            .flat_map(|(id, user)| user.groups.iter().map(|group| (group.clone(), *id)))
            .collect();
        let aliases: BTreeSet<(SmolStr, SmolStr)> = everyone()
            .flat_map(|(_, user)| {
                Self::aliases(&self.naming, user).map(|(name, value)| (name.into(), value))
            })
            .collect();
        search == indexed
            && by_status.iter().eq(self.by_status.keys())
            && by_enabled.iter().eq(self.by_enabled.keys())
            && members.iter().eq(self.members.keys())
            && aliases.len() == self.by_alias.len()
            && self.by_alias.keys().all(|key| aliases.contains(key))
            && self.by_name.len() == self.by_id.len()
            && self.by_sub.len() == self.by_id.len()
            && everyone().all(|(id, user)| {
                self.by_name
                    .get(self.naming.fold(user.username.clone()).as_str())
                    == Some(id)
                    && self.by_sub.get(&user.sub) == Some(id)
            })
    }
}

const ENABLED: &str = "Enabled";
const DISABLED: &str = "Disabled";

/// The rows of an index whose values belong to one user each.
fn from_row<'a>(
    index: &'a SharedMap<SmolStr, UserId>,
    from: &SmolStr,
    after: Option<Row>,
) -> impl Iterator<Item = Row> + use<'a> {
    let start = match after {
        Some(_) => Bound::Excluded(from),
        None => Bound::Included(from),
    };
    let rows = index.from(start);
    rows.map(|(value, id)| (value.clone(), *id))
}

/// The rows of an index with few values, which many users share. `all` has the values
/// with their names, sorted by name.
fn few<'a, T: Copy + Ord + 'a>(
    index: &'a SharedMap<(T, UserId), ()>,
    all: impl Iterator<Item = (SmolStr, T)> + 'a,
    matches: impl Fn(&str) -> bool + 'a,
    after: Option<Row>,
) -> impl Iterator<Item = Row> + 'a {
    let reached = after.clone();
    all.filter(move |(name, _)| matches(name))
        .filter(move |(name, _)| after.as_ref().is_none_or(|(at, _)| name >= at))
        .flat_map(move |(name, value)| {
            let last = reached.as_ref().filter(|(at, _)| *at == name);
            let last = last.map_or(UserId(0), |(_, id)| *id);
            let rows = index.from(Bound::Excluded(&(value, last)));
            let rows = rows.take_while(move |((found, _), ())| *found == value);
            rows.map(move |((_, id), ())| (name.clone(), *id))
        })
}

/// The rows of a user in `search`.
fn rows(naming: &Naming, user: &User) -> impl Iterator<Item = (Field, SmolStr)> {
    let row = move |field| Some((field, row(naming, user, field)?));
    Field::ALL.into_iter().filter_map(row)
}

/// The value of a user in the index of `field` in `search`.
fn row(naming: &Naming, user: &User, field: Field) -> Option<SmolStr> {
    let value = match field {
        Field::Sub | Field::UserStatus | Field::Status => None,
        Field::Username => Some(&user.username).filter(|_| !naming.case_sensitive),
        _ => user.attributes.shared(field.name()),
    };
    Some(field.fold(value?.clone()))
}

/// The index that has at most one row of each user.
fn index_of<K: Ord + Clone, V: Clone>(
    users: &[(UserId, Arc<User>)],
    row: impl Fn(UserId, &User) -> Option<(K, V)>,
) -> SharedMap<K, V> {
    index_of_many(users, |id, user, rows| rows.extend(row(id, user)))
}

/// The index of the rows that `add` adds. The first row with a key is in it.
fn index_of_many<K: Ord + Clone, V: Clone>(
    users: &[(UserId, Arc<User>)],
    add: impl Fn(UserId, &User, &mut Vec<(K, V)>),
) -> SharedMap<K, V> {
    let mut rows = Vec::new();
    for (id, user) in users {
        add(*id, user, &mut rows);
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    SharedMap::from_sorted(rows)
}

/// The result of a thread.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    let result = thread.join();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
