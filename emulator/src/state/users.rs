//! A pool's users and the indexes that find them.
//!
//! [`Users::edit`] is the one door through which a user changes, so that no
//! index can be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::user::{Attributes, User};

/// A user's place in its pool: numbers grow in order of creation and are never
/// used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserId(pub u64);

/// How a pool names its users; fixed when the pool is made.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// `UsernameAttributes`: users sign in by these, and `Username` is the `sub`.
    pub username_attributes: Vec<String>,
    /// `AliasAttributes`: users sign in by these too, once verified.
    pub alias_attributes: Vec<String>,
    /// Whether usernames and aliases differ by case.
    pub case_sensitive: bool,
}

impl Naming {
    /// The form under which a name is compared.
    #[must_use]
    pub fn fold(&self, name: &str) -> String {
        if self.case_sensitive {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    }

    /// The names, beside username and `sub`, that lead to a user with these
    /// attributes: each with its attribute.
    pub(super) fn aliases<'a>(
        &'a self,
        attributes: &'a Attributes,
    ) -> impl Iterator<Item = (&'a str, String)> {
        let by_username = self.username_attributes.iter().map(|name| (name, true));
        let by_alias = self
            .alias_attributes
            .iter()
            .map(|name| (name, name == "preferred_username"));
        by_username
            .chain(by_alias)
            .filter_map(|(name, unverified_too)| {
                let value = attributes.get(name)?;
                (unverified_too || attributes.has_verified(name))
                    .then(|| (name.as_str(), self.fold(value)))
            })
    }
}

/// An attribute by which `ListUsers` filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `username`, as it is.
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
    /// `status`: `Enabled` or `Disabled`, as it is.
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

    /// As a filter names it.
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

    /// The form under which values of this field are compared: `username` and
    /// `status` by case, the others without (section 9a).
    #[must_use]
    pub fn fold(self, value: &str) -> String {
        match self {
            Self::Username | Self::Status => value.to_owned(),
            _ => value.to_lowercase(),
        }
    }

    /// What `user` holds in this field.
    fn of(self, user: &User) -> Option<&str> {
        match self {
            Self::Username => Some(&user.username),
            Self::Sub => Some(&user.sub),
            Self::UserStatus => Some(user.status.as_str()),
            Self::Status => Some(if user.enabled { "Enabled" } else { "Disabled" }),
            _ => user.attribute(self.name()),
        }
    }
}

/// One row of the search index: where a page ended.
pub type Row = (Field, Box<str>, UserId);

/// Users with their indexes.
#[derive(Debug)]
pub struct Users {
    naming: Naming,
    next: UserId,
    by_id: BTreeMap<UserId, User>,
    by_name: BTreeMap<Box<str>, UserId>,
    by_sub: BTreeMap<Box<str>, UserId>,
    by_alias: BTreeMap<(Box<str>, Box<str>), UserId>,
    search: BTreeSet<Row>,
    members: BTreeSet<(Box<str>, UserId)>,
}

impl Users {
    /// Nobody, named as `naming` says.
    #[must_use]
    pub fn new(naming: Naming) -> Self {
        Self {
            naming,
            next: UserId(1),
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_sub: BTreeMap::new(),
            by_alias: BTreeMap::new(),
            search: BTreeSet::new(),
            members: BTreeSet::new(),
        }
    }

    /// How users are named.
    #[must_use]
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The user at `id`.
    #[must_use]
    pub fn get(&self, id: UserId) -> Option<&User> {
        self.by_id.get(&id)
    }

    /// The user that `name` leads to: a username, a `sub`, or an alias.
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

    /// The user with this `sub`.
    #[must_use]
    pub fn find_sub(&self, sub: &str) -> Option<UserId> {
        self.by_sub.get(sub).copied()
    }

    /// Who signs in by `value` of `attribute`.
    #[must_use]
    pub fn alias_owner(&self, attribute: &str, value: &str) -> Option<UserId> {
        self.by_alias
            .get(&(attribute.into(), self.naming.fold(value).into()))
            .copied()
    }

    /// Takes in a new user. The caller has judged that name, `sub` and aliases are free.
    pub fn insert(&mut self, user: User) -> UserId {
        let id = self.next;
        self.next = UserId(id.0 + 1);
        self.index(id, &user);
        self.by_id.insert(id, user);
        id
    }

    /// Changes a user and keeps every index in step. Returns `None` for nobody.
    pub fn edit<R>(&mut self, id: UserId, change: impl FnOnce(&mut User) -> R) -> Option<R> {
        let mut user = self.by_id.remove(&id)?;
        self.unindex(id, &user);
        let result = change(&mut user);
        self.index(id, &user);
        self.by_id.insert(id, user);
        Some(result)
    }

    /// Changes what no index holds (codes, limits, attempts, sign-ins, factors):
    /// the cheap door for sign-in.
    pub fn touch<R>(&mut self, id: UserId, change: impl FnOnce(&mut User) -> R) -> Option<R> {
        let user = self.by_id.get_mut(&id)?;
        if !cfg!(debug_assertions) {
            return Some(change(user));
        }
        let before = rows(id, user);
        let result = change(user);
        debug_assert_eq!(
            before,
            rows(id, user),
            "an indexed field changed through `touch`"
        );
        Some(result)
    }

    /// Forgets a user.
    pub fn remove(&mut self, id: UserId) -> Option<User> {
        let user = self.by_id.remove(&id)?;
        self.unindex(id, &user);
        Some(user)
    }

    /// Users in order of creation, from after `after`.
    pub fn from(&self, after: UserId) -> impl Iterator<Item = (UserId, &User)> {
        self.by_id
            .range((Bound::Excluded(after), Bound::Unbounded))
            .map(|(id, user)| (*id, user))
    }

    /// Rows whose folded value equals `value`, or begins with it, in ascending
    /// order, from after `after`.
    pub fn search<'a>(
        &'a self,
        field: Field,
        value: &str,
        prefix: bool,
        after: Option<&Row>,
    ) -> impl Iterator<Item = &'a Row> + use<'a> {
        let value = field.fold(value);
        let start = match after {
            Some(row) => Bound::Excluded(row.clone()),
            None => Bound::Included((field, value.as_str().into(), UserId(0))),
        };
        self.search
            .range((start, Bound::Unbounded))
            .take_while(move |(row_field, row_value, _)| {
                *row_field == field
                    && if prefix {
                        row_value.starts_with(value.as_str())
                    } else {
                        **row_value == *value
                    }
            })
    }

    /// Members of a group in order of their creation, from after `after`.
    pub fn members<'a>(
        &'a self,
        group: &str,
        after: UserId,
    ) -> impl Iterator<Item = (UserId, &'a User)> + use<'a> {
        let group: Box<str> = group.into();
        let start = (group.clone(), after);
        self.members
            .range((Bound::Excluded(start), Bound::Unbounded))
            .take_while(move |(name, _)| *name == group)
            .filter_map(|(_, id)| Some((*id, self.by_id.get(id)?)))
    }

    fn index(&mut self, id: UserId, user: &User) {
        self.by_name
            .insert(self.naming.fold(&user.username).into(), id);
        self.by_sub.insert(user.sub.clone(), id);
        for (attribute, value) in self.naming.aliases(&user.attributes) {
            // The first owner keeps an alias (fact 9.4).
            self.by_alias
                .entry((attribute.into(), value.into()))
                .or_insert(id);
        }
        self.search.extend(rows(id, user));
        self.members
            .extend(user.groups.iter().map(|group| (group.clone(), id)));
    }

    fn unindex(&mut self, id: UserId, user: &User) {
        self.by_name
            .remove(self.naming.fold(&user.username).as_str());
        self.by_sub.remove(&user.sub);
        for (attribute, value) in self.naming.aliases(&user.attributes) {
            let key = (attribute.into(), value.into());
            if self.by_alias.get(&key) == Some(&id) {
                self.by_alias.remove(&key);
            }
        }
        for row in rows(id, user) {
            self.search.remove(&row);
        }
        for group in &user.groups {
            self.members.remove(&(group.clone(), id));
        }
    }

    /// Whether the indexes hold what the users say, and nothing else.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let everyone = || self.by_id.iter();
        let search: BTreeSet<_> = everyone().flat_map(|(id, user)| rows(*id, user)).collect();
        let members: BTreeSet<_> = everyone()
            .flat_map(|(id, user)| user.groups.iter().map(|group| (group.clone(), *id)))
            .collect();
        let aliases: BTreeSet<(Box<str>, Box<str>)> = everyone()
            .flat_map(|(_, user)| {
                self.naming
                    .aliases(&user.attributes)
                    .map(|(name, value)| (name.into(), value.into()))
            })
            .collect();
        search == self.search
            && members == self.members
            && aliases.len() == self.by_alias.len()
            && self.by_alias.keys().all(|key| aliases.contains(key))
            && self.by_name.len() == self.by_id.len()
            && self.by_sub.len() == self.by_id.len()
            && everyone().all(|(id, user)| {
                self.by_name.get(self.naming.fold(&user.username).as_str()) == Some(id)
                    && self.by_sub.get(&user.sub) == Some(id)
            })
    }
}

fn rows(id: UserId, user: &User) -> Vec<Row> {
    Field::ALL
        .iter()
        .filter_map(|field| Some((*field, field.fold(field.of(user)?).into(), id)))
        .collect()
}
