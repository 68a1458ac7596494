//! Changes of a token's claims by a Lambda function, and the claims that no function can
//! change.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html>

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::jwt::Claims;
use crate::hash_order;

/// A user's groups as tokens show them, and as the function may change them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    pub(crate) names: Vec<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) preferred_role: Option<String>,
}

/// A present member. A null value suppresses the groups.
pub(crate) fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<GroupOverride>, D::Error> {
    Ok(Some(Option::deserialize(from)?.unwrap_or_default()))
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupOverride {
    groups_to_override: Option<Vec<String>>,
    iam_roles_to_override: Option<Vec<String>>,
    preferred_role: Option<String>,
}

/// The changes of one token.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changes {
    claims_to_add_or_override: Option<Map<String, Value>>,
    claims_to_suppress: Option<Vec<String>>,
    scopes_to_add: Option<Vec<String>>,
    scopes_to_suppress: Option<Vec<String>>,
}

impl Changes {
    pub(crate) fn add(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.claims_to_add_or_override.iter().flatten()
    }
}

/// The changes that the function requires.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Customization {
    /// Of the ID token.
    pub(crate) id: Changes,
    /// Of the access token.
    pub(crate) access: Changes,
    /// Of the groups.
    pub(crate) groups: Option<GroupOverride>,
}

/// Claims of both tokens that no function can change.
const RESERVED: &[&str] = &[
    "acr",
    "amr",
    "at_hash",
    "auth_time",
    "azp",
    "event_id",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "sub",
    "token_use",
];
/// More such claims, of the ID token.
const RESERVED_ID: &[&str] = &["aud", "cognito:username", "identities"];
/// More such claims, of the access token. Scopes have members of their own.
const RESERVED_ACCESS: &[&str] = &["client_id", "device_key", "scope", "username", "version"];

/// Claims that only `groupOverrideDetails` can change.
const GROUPS: &[&str] = &["cognito:groups", "cognito:roles", "cognito:preferred_role"];

impl Customization {
    /// The groups that tokens show.
    pub(crate) fn groups(&self, groups: Groups) -> Groups {
        match self.groups.clone() {
            None => groups,
            Some(given) => Groups {
                names: given.groups_to_override.unwrap_or_default(),
                roles: given.iam_roles_to_override.unwrap_or_default(),
                preferred_role: given.preferred_role,
            },
        }
    }

    /// The scopes of the access token, in the order of a Java `HashSet`: eight live tokens of 2019
    /// to 2025 have it, and live tokens with scopes of resource servers, whatever the order of the
    /// request. It is inferred for tokens that an app client gets for itself.
    ///
    /// A scope with a space cannot be added. A scope that is both added and suppressed is
    /// suppressed (inferred, as for claims).
    pub(crate) fn scopes(&self, scopes: &[&str]) -> String {
        let mut scopes: Vec<&str> = scopes.to_vec();
        for scope in self.access.scopes_to_add.iter().flatten() {
            if !scope.is_empty()
                && !scope.contains(char::is_whitespace)
                && !scopes.contains(&&**scope)
            {
                scopes.push(scope);
            }
        }
        let suppressed = || self.access.scopes_to_suppress.iter().flatten();
        scopes.retain(|scope| !suppressed().any(|name| name == scope));
        let mut scopes: Vec<String> = scopes.into_iter().map(str::to_owned).collect();
        hash_order::set(&mut scopes);
        scopes.join(" ")
    }

    /// Changes the claims of the ID token.
    pub(crate) fn id(&self, claims: &mut Claims) {
        change(claims, &self.id, |name| {
            RESERVED.contains(&name) || RESERVED_ID.contains(&name)
        });
    }

    /// Changes the claims of the access token. `aud` can be added if it is the
    /// client's id. A token that is bound to a resource keeps its `aud` (inferred).
    pub(crate) fn access(&self, claims: &mut Claims, client_id: &str) {
        let is_bound = claims.contains_key("aud");
        change(claims, &self.access, |name| {
            RESERVED.contains(&name) || RESERVED_ACCESS.contains(&name) || is_bound && name == "aud"
        });
        if !is_bound && claims.get("aud").is_some_and(|aud| aud != client_id) {
            claims.shift_remove("aud");
        }
    }
}

/// Adds claims, then removes the suppressed ones.
fn change(claims: &mut Claims, changes: &Changes, reserved: impl Fn(&str) -> bool) {
    for (name, value) in changes.add() {
        if !reserved(name) && !GROUPS.contains(&name.as_str()) {
            claims.insert(name.clone(), value.clone());
        }
    }
    for name in changes.claims_to_suppress.iter().flatten() {
        if !reserved(name) {
            claims.shift_remove(name);
        }
    }
}
