//! The differences between two pools in the form of a pool file.
//!
//! Lists are compared as sets: their order has no meaning in Cognito. Elements that have a
//! name are compared with the element of the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::{Map, Value, json};

/// What to compare.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether ids, dates and what follows from them count.
    pub ids: bool,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The member, as in `UserPoolClients[web].CallbackURLs`.
    pub path: String,
    /// The value in the first pool; absent if it has none.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// The value in the second pool; absent if it has none.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub after: Value,
    /// The elements that only the first pool has, in a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Value>,
    /// The elements that only the second pool has, in a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path)?;
        if self.removed.is_empty() && self.added.is_empty() {
            return write!(f, " {} -> {}", Shown(&self.before), Shown(&self.after));
        }
        for value in &self.removed {
            write!(f, " - {}", Shown(value))?;
        }
        for value in &self.added {
            write!(f, " + {}", Shown(value))?;
        }
        Ok(())
    }
}

/// A value in a line: a text without quotes if it has no control characters.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("(none)"),
            Value::String(text)
                if !text.is_empty() && text.len() <= LONGEST && !text.contains(is_unclear) =>
            {
                f.write_str(text)
            }
            other => {
                let text = other.to_string();
                let mut end = LONGEST.min(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                // The text has no control characters: JSON escapes those of ASCII.
                for char in text[..end].chars() {
                    match char {
                        char if is_unclear(char) => write!(f, "{}", char.escape_unicode())?,
                        char => f.write_char(char)?,
                    }
                }
                if end < text.len() {
                    write!(f, "… ({} bytes)", text.len())?;
                }
                Ok(())
            }
        }
    }
}

/// The most bytes of a value that a line shows.
const LONGEST: usize = 500;

/// Control characters, and characters that change the direction or join of others.
fn is_unclear(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Members that differ between pools although their settings are equal: ids, dates, and what
/// Cognito assigns.
pub const IDS: [&str; 15] = [
    "AccountId",
    "ClientId",
    "ClientSecret",
    "CloudFrontDistribution",
    "CreationDate",
    "DateCreated",
    "GenerateSecret",
    "Id",
    "LastModifiedDate",
    "ManagedLoginBrandingId",
    "SoftwareToken",
    "TermsId",
    "UserCreateDate",
    "UserLastModifiedDate",
    "sub",
];

/// The members that name an element of a list, first match first.
const NAMES: [&str; 12] = [
    "GroupName",
    "Username",
    "ProviderName",
    "Identifier",
    "ScopeName",
    "Domain",
    "TermsName",
    "ClientName",
    "EventSource",
    "Name",
    "Category",
    "ClientId",
];

/// Compares two pools, elements of `UserPools`.
#[must_use]
pub fn compare(before: &Value, after: &Value, options: Options) -> Vec<Difference> {
    let (before, after) = (prepared(before, options), prepared(after, options));
    let mut comparison = Comparison {
        options,
        found: Vec::new(),
    };
    comparison.values("", &before, &after);
    comparison.found
}

/// A pool without its ids, if they do not count. Its own id and its account are replaced in
/// the texts that contain them, such as the names of groups and ARNs.
fn prepared(pool: &Value, options: Options) -> Value {
    let mut pool = pool.clone();
    if options.ids {
        return pool;
    }
    let mut replaced: Vec<(String, String)> = Vec::new();
    let mut add = |value: &Value, name: String| {
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            replaced.push((text.to_owned(), name));
        }
    };
    add(&pool["Id"], "{Id}".to_owned());
    if let Some(account) = pool["AccountId"].as_str() {
        add(&json!(format!(":{account}:")), ":{AccountId}:".to_owned());
    }
    // Users have texts of their own, in which an id has another meaning.
    let users = match &mut pool {
        Value::Object(members) => members.shift_remove("Users"),
        _ => None,
    };
    name_clients(&mut pool);
    replace(&mut pool, &replaced);
    if let Some(mut users) = users {
        for user in users.as_array_mut().into_iter().flatten() {
            if let Some(groups) = user.get_mut("Groups") {
                replace(groups, &replaced[..replaced.len().min(1)]);
            }
            name_by_sub(user);
        }
        pool["Users"] = users;
    }
    pool
}

/// Names the client of each part that belongs to one.
fn name_clients(pool: &mut Value) {
    let clients = pool["UserPoolClients"].as_array().into_iter().flatten();
    let names: BTreeMap<String, Value> = clients
        .filter_map(|client| {
            let id = client["ClientId"].as_str()?.to_owned();
            Some((id, client["ClientName"].clone()))
        })
        .collect();
    for list in [
        "ManagedLoginBrandings",
        "UICustomizations",
        "Terms",
        "RiskConfigurations",
    ] {
        let parts = pool.get_mut(list).and_then(Value::as_array_mut);
        for part in parts.into_iter().flatten() {
            let id = part["ClientId"].as_str().unwrap_or("ALL");
            let name = names.get(id).cloned().unwrap_or_else(|| json!(id));
            part["ClientName"] = name;
        }
    }
}

/// Names a user by an address if the username is the `sub`, which differs in another pool.
fn name_by_sub(user: &mut Value) {
    let sub = &user["UserAttributes"]["sub"];
    if !sub.is_null() && user["Username"] == *sub {
        let attributes = &user["UserAttributes"];
        let name = ["email", "phone_number"]
            .into_iter()
            .map(|name| &attributes[name])
            .find(|value| value.is_string())
            .cloned();
        if let Some(name) = name {
            user["Username"] = name;
        }
    }
}

fn replace(value: &mut Value, replaced: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (from, to) in replaced {
                if text.contains(from.as_str()) {
                    *text = text.replace(from.as_str(), to);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|it| replace(it, replaced)),
        Value::Object(members) => members
            .iter_mut()
            // The ids themselves are left out later, and name what they belong to.
            .filter(|(name, _)| !IDS.contains(&name.as_str()))
            .for_each(|(_, it)| replace(it, replaced)),
        _ => {}
    }
}

struct Comparison {
    options: Options,
    found: Vec<Difference>,
}

impl Comparison {
    fn values(&mut self, path: &str, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.objects(path, before, after),
            (Value::Array(before), Value::Array(after)) => self.lists(path, before, after),
            (Value::Array(before), Value::Null) => self.lists(path, before, &[]),
            (Value::Null, Value::Array(after)) => self.lists(path, &[], after),
            (Value::Object(before), Value::Null) if !path.ends_with(']') => {
                self.objects(path, before, &Map::new());
            }
            (Value::Null, Value::Object(after)) if !path.ends_with(']') => {
                self.objects(path, &Map::new(), after);
            }
            _ if is_same(before, after) => {}
            _ => self.found.push(Difference {
                path: path.to_owned(),
                before: before.clone(),
                after: after.clone(),
                removed: Vec::new(),
                added: Vec::new(),
            }),
        }
    }

    fn objects(&mut self, path: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
        let names = before.keys().chain(after.keys());
        let mut seen = BTreeSet::new();
        for name in names.filter(|name| seen.insert(name.as_str())) {
            if !self.options.ids && IDS.contains(&name.as_str()) {
                continue;
            }
            let inside = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let value = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or_default();
            self.values(&inside, &value(before), &value(after));
        }
    }

    fn lists(&mut self, path: &str, before: &[Value], after: &[Value]) {
        if let (Some(before), Some(after)) = (named(before), named(after)) {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let value = |of: &BTreeMap<String, &Value>| {
                    of.get(name).map_or(Value::Null, |it| (*it).clone())
                };
                let inside = format!("{path}[{name}]");
                self.values(&inside, &value(&before), &value(&after));
            }
            return;
        }
        let only = |of: &[Value], other: &[Value]| -> Vec<Value> {
            let missing = |value: &&Value| !other.contains(value);
            of.iter().filter(missing).cloned().collect()
        };
        let (removed, added) = (only(before, after), only(after, before));
        if !removed.is_empty() || !added.is_empty() {
            self.found.push(Difference {
                path: path.to_owned(),
                before: json!(before),
                after: json!(after),
                removed,
                added,
            });
        }
    }
}

/// Whether two values mean the same: a member that is empty or absent has no effect.
fn is_same(before: &Value, after: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    before == after || is_empty(before) && is_empty(after)
}

/// The elements by their names, or none if an element has no name. An element whose name
/// another one has too gets a number.
fn named(elements: &[Value]) -> Option<BTreeMap<String, &Value>> {
    let mut all = BTreeMap::new();
    for element in elements {
        let members = element.as_object()?;
        let names = || NAMES.into_iter().filter(|name| members.contains_key(*name));
        let name = match names().find_map(|name| members[name].as_str()) {
            Some(name) => name,
            // Settings of threat protection that are of no client are those of the pool.
            None if members.contains_key("LastModifiedDate") => "ALL",
            None => return None,
        };
        let mut key = name.to_owned();
        let mut number = 2;
        while all.contains_key(&key) {
            key = format!("{name} {number}");
            number += 1;
        }
        all.insert(key, element);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn lines(before: Value, after: Value, options: Options) -> String {
        let found = compare(&before, &after, options);
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    fn one() -> Value {
        json!({
            "Id": "eu-west-1_Live",
            "AccountId": "111111111111",
            "PoolName": "shop",
            "Policies": { "PasswordPolicy": { "MinimumLength": 8 } },
            "LambdaConfig": { "PreSignUp": "arn:aws:lambda:eu-west-1:111111111111:function:check" },
            "UserPoolClients": [
                { "ClientId": "1a2b3c", "ClientName": "web", "CallbackURLs": ["http://a", "http://b"], "CreationDate": "2026-01-01T00:00:00Z" },
                { "ClientId": "4d5e6f", "ClientName": "old" },
            ],
            "ManagedLoginBrandings": [{ "ClientId": "1a2b3c", "Settings": { "a": 1 } }],
            "Groups": [{ "GroupName": "eu-west-1_Live_Google" }, { "GroupName": "admins", "Precedence": 1 }],
            "Users": [{ "Username": "u-1", "UserAttributes": { "sub": "u-1", "email": "ana@shop.example" }, "Groups": ["eu-west-1_Live_Google"] }],
        })
    }

    fn other() -> Value {
        json!({
            "Id": "us-east-1_Test",
            "AccountId": "123456789012",
            "PoolName": "shop",
            "Policies": { "PasswordPolicy": { "MinimumLength": 12 } },
            "LambdaConfig": { "PreSignUp": "arn:aws:lambda:eu-west-1:123456789012:function:check" },
            "UserPoolClients": [
                { "ClientId": "web", "ClientName": "web", "CallbackURLs": ["http://b", "http://c"], "CreationDate": "2026-02-01T00:00:00Z" },
            ],
            "ManagedLoginBrandings": [{ "ClientId": "web", "Settings": { "a": 1 } }],
            "Groups": [{ "GroupName": "admins" }, { "GroupName": "us-east-1_Test_Google" }],
            "Users": [{ "Username": "u-2", "UserAttributes": { "sub": "u-2", "email": "ana@shop.example" }, "Groups": ["us-east-1_Test_Google"] }],
        })
    }

    #[test]
    fn settings_differ_and_ids_do_not() {
        assert_snapshot!(lines(one(), other(), Options::default()), @r#"
        Policies.PasswordPolicy.MinimumLength: 8 -> 12
        UserPoolClients[old]: {"ClientId":"4d5e6f","ClientName":"old"} -> (none)
        UserPoolClients[web].CallbackURLs: - http://a + http://c
        Groups[admins].Precedence: 1 -> (none)
        "#);
        assert_eq!(lines(one(), one(), Options { ids: true }), "");
    }

    #[test]
    fn ids_count_on_request() {
        assert_snapshot!(lines(one(), other(), Options { ids: true }), @r#"
        Id: eu-west-1_Live -> us-east-1_Test
        AccountId: 111111111111 -> 123456789012
        Policies.PasswordPolicy.MinimumLength: 8 -> 12
        LambdaConfig.PreSignUp: arn:aws:lambda:eu-west-1:111111111111:function:check -> arn:aws:lambda:eu-west-1:123456789012:function:check
        UserPoolClients[old]: {"ClientId":"4d5e6f","ClientName":"old"} -> (none)
        UserPoolClients[web].ClientId: 1a2b3c -> web
        UserPoolClients[web].CallbackURLs: - http://a + http://c
        UserPoolClients[web].CreationDate: 2026-01-01T00:00:00Z -> 2026-02-01T00:00:00Z
        ManagedLoginBrandings[1a2b3c]: {"ClientId":"1a2b3c","Settings":{"a":1}} -> (none)
        ManagedLoginBrandings[web]: (none) -> {"ClientId":"web","Settings":{"a":1}}
        Groups[admins].Precedence: 1 -> (none)
        Groups[eu-west-1_Live_Google]: {"GroupName":"eu-west-1_Live_Google"} -> (none)
        Groups[us-east-1_Test_Google]: (none) -> {"GroupName":"us-east-1_Test_Google"}
        Users[u-1]: {"Username":"u-1","UserAttributes":{"sub":"u-1","email":"ana@shop.example"},"Groups":["eu-west-1_Live_Google"]} -> (none)
        Users[u-2]: (none) -> {"Username":"u-2","UserAttributes":{"sub":"u-2","email":"ana@shop.example"},"Groups":["us-east-1_Test_Google"]}
        "#);
    }

    #[test]
    fn order_and_empty_members_have_no_meaning() {
        let before = json!({ "A": ["x", "y"], "B": {}, "C": [], "D": "", "E": { "F": null } });
        let after = json!({ "A": ["y", "x"] });
        assert_eq!(lines(before, after, Options::default()), "");
    }

    #[test]
    fn control_characters_are_escaped() {
        let shown = lines(
            json!({ "A": "x\u{1b}[31m\n\u{202e}" }),
            json!({}),
            Options::default(),
        );
        assert_snapshot!(shown, @r#"A: "x\u001b[31m\n\u{202e}" -> (none)"#);
    }
}
