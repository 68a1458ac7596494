//! Users as elements of `Users` in a pool file.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Map, Value, json};

use super::fake;
use super::reader::Reader;
use crate::cognito::time;
use crate::error::ToolResult;

/// Users on one page: the most that `ListUsers` returns.
pub const PAGE: usize = 60;

/// Requests at the same time. Pacing keeps them below the quotas.
const CONCURRENT: usize = 8;

/// The statuses that a pool file has. Others are left out, as the user's next step is unknown.
const STATUSES: [&str; 5] = [
    "UNCONFIRMED",
    "CONFIRMED",
    "RESET_REQUIRED",
    "FORCE_CHANGE_PASSWORD",
    "EXTERNAL_PROVIDER",
];

/// A page of users.
pub struct Page {
    /// The users.
    pub users: Vec<Value>,
    /// The position after them; none at the end.
    pub next: Option<String>,
}

/// What to read of each user besides what a list shows.
#[derive(Clone, Copy, Debug)]
pub struct Details {
    /// The second factors, by one call for each user.
    pub factors: bool,
    /// The groups, by one call for each user.
    pub groups: bool,
}

impl Details {
    /// What a user of `pool`, an element of `UserPools`, may have.
    #[must_use]
    pub fn of(pool: &Value) -> Self {
        Self {
            factors: pool["MfaConfiguration"] != "OFF",
            groups: pool["Groups"].is_array(),
        }
    }
}

/// Reads the user of the pool `id` with this username, alias or sub. None if there is no such user.
///
/// # Errors
/// If it cannot be read.
pub async fn named(
    reader: &Reader,
    id: &str,
    name: &str,
    details: Details,
) -> ToolResult<Option<Value>> {
    let input = json!({ "UserPoolId": id, "Username": name });
    let mut found = match reader.ask("AdminGetUser", input).await {
        Ok(found) => found,
        Err(error) if error.code == "UserNotFoundException" => return Ok(None),
        Err(error) => return Err(error),
    };
    // A list has the attributes under another name.
    found["Attributes"] = found["UserAttributes"].take();
    one(reader, id, found, details).await
}

/// Reads the page of at most `most` users of the pool `id` that begins at `next`.
///
/// # Errors
/// If it cannot be read.
pub async fn page(
    reader: &Reader,
    id: &str,
    filter: Option<&str>,
    most: usize,
    next: Option<&str>,
    details: Details,
) -> ToolResult<Page> {
    let mut answer = reader
        .ask(
            "ListUsers",
            json!({
                "UserPoolId": id,
                "Filter": filter,
                "Limit": most.min(PAGE),
                "PaginationToken": next,
            }),
        )
        .await?;
    let listed = match answer["Users"].take() {
        Value::Array(users) => users,
        _ => Vec::new(),
    };
    let users: Vec<Option<Value>> = stream::iter(listed)
        .map(|user| one(reader, id, user, details))
        .buffered(CONCURRENT)
        .try_collect()
        .await?;
    Ok(Page {
        users: users.into_iter().flatten().collect(),
        next: answer["PaginationToken"].as_str().map(ToOwned::to_owned),
    })
}

/// The user in the form of a pool file, or none if it was deleted meanwhile.
async fn one(
    reader: &Reader,
    id: &str,
    listed: Value,
    details: Details,
) -> ToolResult<Option<Value>> {
    let name = listed["Username"].as_str().unwrap_or_default();
    let input = json!({ "UserPoolId": id, "Username": name });
    let mut factors = Value::Null;
    if details.factors {
        match reader.ask("AdminGetUser", input.clone()).await {
            Ok(answer) => factors = answer,
            Err(error) if error.code == "UserNotFoundException" => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let mut groups = Vec::new();
    if details.groups {
        let mut next = Value::Null;
        loop {
            let mut input = input.clone();
            input["Limit"] = json!(PAGE);
            input["NextToken"] = next;
            let mut answer = match reader.ask("AdminListGroupsForUser", input).await {
                Ok(answer) => answer,
                Err(error) if error.code == "UserNotFoundException" => return Ok(None),
                Err(error) => return Err(error),
            };
            if let Value::Array(page) = answer["Groups"].take() {
                groups.extend(page.into_iter().map(|mut group| group["GroupName"].take()));
            }
            next = answer["NextToken"].take();
            if next.is_null() {
                break;
            }
        }
    }
    Ok(Some(user(id, &listed, &factors, groups)))
}

/// A page of the usernames of a group's members.
///
/// # Errors
/// If it cannot be read.
pub async fn members(
    reader: &Reader,
    id: &str,
    group: &str,
    next: Option<&str>,
) -> ToolResult<(Vec<String>, Option<String>)> {
    let input = json!({
        "UserPoolId": id,
        "GroupName": group,
        "Limit": PAGE,
        "NextToken": next,
    });
    let answer = reader.ask("ListUsersInGroup", input).await?;
    let users = answer["Users"].as_array().into_iter().flatten();
    let names = users.filter_map(|user| Some(user["Username"].as_str()?.to_owned()));
    let next = answer["NextToken"].as_str().map(ToOwned::to_owned);
    Ok((names.collect(), next))
}

/// A user of `ListUsers`, with the second factors of `AdminGetUser` and the names of groups.
#[must_use]
pub fn user(pool_id: &str, listed: &Value, factors: &Value, groups: Vec<Value>) -> Value {
    let name = listed["Username"].as_str().unwrap_or_default();
    let mut attributes = Map::new();
    let mut identities = Vec::new();
    for attribute in listed["Attributes"].as_array().into_iter().flatten() {
        let (key, value) = (&attribute["Name"], &attribute["Value"]);
        match key.as_str() {
            Some("identities") => identities = read_identities(value),
            Some(key) => {
                attributes.insert(key.to_owned(), value.clone());
            }
            None => {}
        }
    }
    let mut user = Map::new();
    let mut add = |name: &str, value: Value| {
        let is_empty = value.is_null() || value == json!([]);
        if !is_empty {
            user.insert(name.to_owned(), value);
        }
    };
    add("Username", json!(name));
    add("UserAttributes", attributes.into());
    let status = listed["UserStatus"].as_str();
    add(
        "UserStatus",
        json!(status.filter(|it| STATUSES.contains(it))),
    );
    if listed["Enabled"] == false {
        add("Enabled", json!(false));
    }
    add("Groups", Value::Array(groups));
    add("UserMFASettingList", factors["UserMFASettingList"].clone());
    add(
        "PreferredMfaSetting",
        factors["PreferredMfaSetting"].clone(),
    );
    let active = factors["UserMFASettingList"].as_array();
    if active.is_some_and(|active| active.contains(&json!("SOFTWARE_TOKEN_MFA"))) {
        let secret = fake::authenticator_secret(pool_id, name);
        add("SoftwareToken", json!({ "SecretCode": secret }));
    }
    add("Identities", Value::Array(identities));
    add("UserCreateDate", listed["UserCreateDate"].clone());
    add(
        "UserLastModifiedDate",
        listed["UserLastModifiedDate"].clone(),
    );
    user.into()
}

/// The attribute `identities`, which is JSON in a text, in the members of a pool file.
pub(crate) fn read_identities(value: &Value) -> Vec<Value> {
    let parsed: Option<Vec<Value>> = value
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    let identities = parsed.into_iter().flatten().map(|identity| {
        let is_primary = identity["primary"] == true || identity["primary"] == "true";
        let date = &identity["dateCreated"];
        let date = date
            .as_i64()
            .or_else(|| date.as_str()?.parse().ok())
            .and_then(time::rfc3339_of_milliseconds);
        let mut members = Map::new();
        for (name, value) in [
            ("ProviderName", identity["providerName"].clone()),
            ("ProviderType", identity["providerType"].clone()),
            ("ProviderAttributeValue", identity["userId"].clone()),
            ("Primary", json!(is_primary)),
            ("Issuer", identity["issuer"].clone()),
            ("DateCreated", json!(date)),
        ] {
            if !value.is_null() {
                members.insert(name.to_owned(), value);
            }
        }
        Value::Object(members)
    });
    identities.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of `primary` and `dateCreated` are those of ID tokens; Cognito's lists have
    /// JSON's own types.
    #[test]
    fn identities_have_both_forms_of_values() {
        let text = r#"[{"userId":"7","providerName":"Google","providerType":"Google","issuer":null,"primary":"true","dateCreated":"1700000000000"},
            {"userId":"8","providerName":"Corp","providerType":"SAML","issuer":"urn:corp","primary":false,"dateCreated":1700000000000}]"#;
        let expected = json!([
            { "ProviderName": "Google", "ProviderType": "Google", "ProviderAttributeValue": "7", "Primary": true, "DateCreated": "2023-11-14T22:13:20Z" },
            { "ProviderName": "Corp", "ProviderType": "SAML", "ProviderAttributeValue": "8", "Primary": false, "Issuer": "urn:corp", "DateCreated": "2023-11-14T22:13:20Z" },
        ]);
        assert_eq!(Value::Array(read_identities(&json!(text))), expected);
    }
}
