//! `ListUsers`: lists a pool's users, page by page, all or filtered by one
//! attribute.
//!
//! Without a filter, users are in order of creation; with a filter, in ascending order
//! of the attribute's values. `AttributesToGet` must be in the schema (live:
//! aws-samples/sample-collaborative-ai-dlc#52, 2026-05). A page token is valid for an
//! hour, for the same pool and filter.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::filter::{self, Filter};
use crate::page;
use crate::state::user::User;
use crate::state::users::{Field, UserId, Users};
use crate::views::user::UserView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    attributes_to_get: Option<Vec<String>>,
    limit: Option<usize>,
    pagination_token: Option<String>,
    #[serde(default)]
    filter: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    users: Vec<UserView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination_token: Option<String>,
}

/// The position at which a page ended: the value that was compared with the filter, and
/// the user.
type Position = (Box<str>, u64);

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let mut names = request.attributes_to_get.iter().flatten();
    if names.any(|name| pool.schema.get(name).is_none()) {
        return Err(Error::UnsearchableFilter);
    }
    let filter = match filter::parse(&request.filter)? {
        Some(filter) => Some((searchable(&filter)?, filter)),
        None => None,
    };
    let list = format!("users {} {}", pool.id, request.filter.trim());
    let token = request.pagination_token.as_deref();
    let after: Option<Position> = page::resume(token, &list, cx.now())?;
    let found = find(&pool.users, filter, after);
    let size = page::size(request.limit);
    let (found, pagination_token) = page::cut(
        found,
        size,
        |(position, _)| position.clone(),
        &list,
        cx.now(),
    );
    let view = |user: &User| match &request.attributes_to_get {
        Some(names) => UserView::from(user).only(names),
        None => UserView::from(user),
    };
    Ok(Response {
        users: found.into_iter().map(|(_, user)| view(user)).collect(),
        pagination_token,
    })
}

/// The field that a filter names. Custom attributes and most standard ones
/// cannot be searched (R130).
fn searchable(filter: &Filter) -> Result<Field> {
    let field = Field::ALL.into_iter().find(|f| f.name() == filter.name);
    field.ok_or(Error::UnsearchableFilter)
}

/// The users that match the filter, after a position. No other users are visited.
fn find<'a>(
    users: &'a Users,
    filter: Option<(Field, Filter)>,
    after: Option<Position>,
) -> Box<dyn Iterator<Item = (Position, &'a User)> + 'a> {
    let Some((field, filter)) = filter else {
        let after = after.map_or(UserId::default(), |(_, id)| UserId(id));
        let all = users.from(after);
        return Box::new(all.map(|(id, user)| ((Box::from(""), id.0), user)));
    };
    let after = after.map(|(value, id)| (value.into(), UserId(id)));
    let rows = users.search(field, &filter.value, filter.prefix, after);
    Box::new(rows.filter_map(|(value, id)| Some(((value.as_str().into(), id.0), users.get(id)?))))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value, json};

    use super::Field;
    use crate::testing::Fixture;

    fn people() -> Fixture {
        let named = |name: &str, email: &str| json!([{ "Name": "name", "Value": name }, { "Name": "email", "Value": email }]);
        Fixture::new()
            .and_user("zoe", named("Zoe", "zoe@example.com"))
            .and_user("Ana", named("ana", "ana@example.com"))
            .and_user("adam", named("Ada \"the\" Mint", "adam@example.org"))
            .and_user("noname", json!([]))
    }

    #[test]
    fn filters() {
        assert_snapshot!(people().run(r#"
            AdminDisableUser {"UserPoolId":"$pool","Username":"zoe"}
            spread ListUsers {"UserPoolId":"$pool","AttributesToGet":["name"]}
            spread ListUsers {"UserPoolId":"$pool","AttributesToGet":["name"],"Filter":""}
            spread ListUsers {"UserPoolId":"$pool","AttributesToGet":["email"],"Filter":"name ^= \"A\""}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":["email"],"Filter":"name = \"zOE\""}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"name=\"ada \\\"the\\\" mint\""}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"username = \"ana\""}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"username ^= \"A\""}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"status = \"Disabled\""}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"status = \"disabled\""}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"cognito:user_status = \"Confirmed\"","Limit":1}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"email = \"\""}
            ListUsers {"UserPoolId":"$pool","Filter":"sub = \"$sub\""}
        "#), @r#"
        200 {}
        200
          Users:
            - {"Attributes":[{"Name":"name","Value":"Zoe"}],"Enabled":false,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"zoe"}
            - {"Attributes":[{"Name":"name","Value":"ana"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"Ana"}
            - {"Attributes":[{"Name":"name","Value":"Ada \"the\" Mint"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"adam"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"noname"}
        200
          Users:
            - {"Attributes":[{"Name":"name","Value":"Zoe"}],"Enabled":false,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"zoe"}
            - {"Attributes":[{"Name":"name","Value":"ana"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"Ana"}
            - {"Attributes":[{"Name":"name","Value":"Ada \"the\" Mint"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"adam"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"noname"}
        200
          Users:
            - {"Attributes":[{"Name":"email","Value":"adam@example.org"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"adam"}
            - {"Attributes":[{"Name":"email","Value":"ana@example.com"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"Ana"}
        200 {"Users":[{"Attributes":[{"Name":"email","Value":"zoe@example.com"}],"Enabled":false,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"zoe"}]}
        200 {"Users":[{"Attributes":[],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"adam"}]}
        200 {"Users":[]}
        200 {"Users":[{"Attributes":[],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"Ana"}]}
        200 {"Users":[{"Attributes":[],"Enabled":false,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"zoe"}]}
        200 {"Users":[]}
        200 {"PaginationToken":"$token","Users":[{"Attributes":[],"Enabled":false,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"zoe"}]}
        200 {"Users":[]}
        200 {"Users":[{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"noname"}]}
        "#);
    }

    #[test]
    fn pages() {
        assert_snapshot!(people().run(r#"
            spread ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Limit":2}
            advance 3599
            spread ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Limit":2,"PaginationToken":"$token"}
            spread ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Limit":0}
            spread ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"name ^= \"\"","Limit":2}
            ListUsers {"UserPoolId":"$pool","AttributesToGet":[],"Filter":"name ^= \"\"","PaginationToken":"$token"}
        "#), @r#"
        200
          PaginationToken: "$token"
          Users:
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"zoe"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"Ana"}
        200
          Users:
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"adam"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"noname"}
        200
          Users:
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"zoe"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"Ana"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"adam"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"noname"}
        200
          PaginationToken: "$token"
          Users:
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"adam"}
            - {"Attributes":[],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"Ana"}
        200 {"Users":[{"Attributes":[],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"zoe"}]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(people().run(r#"
            ListUsers {"UserPoolId":"us-east-1_nope","Limit":61}
            ListUsers {"UserPoolId":"us-east-1_nope","Limit":1,"Filter":"eeeee","PaginationToken":"nope"}
            ListUsers {"UserPoolId":"$pool","Limit":1,"Filter":"eeeee","PaginationToken":"nope"}
            ListUsers {"UserPoolId":"$pool","Limit":1,"Filter":"custom:team = \"a\"","PaginationToken":"nope"}
            ListUsers {"UserPoolId":"$pool","Limit":1,"Filter":"username ^= \"a\"","PaginationToken":"nope"}
            ListUsers {"UserPoolId":"$pool","Limit":1,"AttributesToGet":[],"Filter":"cognito:user_status ^= \"c\""}
            ListUsers {"UserPoolId":"$pool","Limit":1,"Filter":"username ^= \"a\"","PaginationToken":"$token"}
            ListUsers {"UserPoolId":"$pool","Limit":1,"PaginationToken":"$token"}
            advance 3600
            ListUsers {"UserPoolId":"$pool","Limit":1,"AttributesToGet":[],"Filter":"cognito:user_status ^= \"c\"","PaginationToken":"$token"}
            ListUsers {"UserPoolId":"$pool","Limit":1,"AttributesToGet":[],"Filter":"cognito:user_status ^= \"c\""}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Error while parsing filter.
        400 InvalidParameterException: Input fails to satisfy the constraints.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"PaginationToken":"$token","Users":[{"Attributes":[],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"zoe"}]}
        400 InvalidParameterException: Invalid pagination token given.
        400 InvalidParameterException: Invalid pagination token given.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"PaginationToken":"$token","Users":[{"Attributes":[],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"zoe"}]}
        "#);
    }

    /// An attribute of a user as responses show it, for the oracle.
    fn values(user: &Value, name: &str) -> Option<String> {
        let own = |member: &str| user[member].as_str().map(ToOwned::to_owned);
        match name {
            "username" => own("Username"),
            "cognito:user_status" => own("UserStatus"),
            "status" if user["Enabled"] == json!(true) => Some("Enabled".to_owned()),
            "status" => Some("Disabled".to_owned()),
            _ => {
                let attributes = user["Attributes"].as_array().unwrap();
                let found = attributes
                    .iter()
                    .find(|attribute| attribute["Name"] == name)?;
                found["Value"].as_str().map(ToOwned::to_owned)
            }
        }
    }

    /// An independent implementation of fact 9a that compares every user.
    fn oracle(all: &[Value], name: &str, prefix: bool, searched: &str) -> Vec<String> {
        let fold = |text: &str| match name {
            "username" | "status" => text.to_owned(),
            _ => text.to_lowercase(),
        };
        let searched = fold(searched);
        let mut found: Vec<(String, usize, String)> = all
            .iter()
            .enumerate()
            .filter_map(|(born, user)| Some((fold(&values(user, name)?), born, user)))
            .filter(|(value, ..)| {
                if prefix {
                    value.starts_with(&searched)
                } else {
                    *value == searched
                }
            })
            .map(|(value, born, user)| (value, born, values(user, "username").unwrap()))
            .collect();
        found.sort();
        found.into_iter().map(|(.., username)| username).collect()
    }

    /// Reads every page of a list, and calls `between` after each page.
    fn walk(
        fixture: &mut Fixture,
        filter: &str,
        limit: usize,
        mut between: impl FnMut(&mut Fixture),
    ) -> Vec<Value> {
        let mut seen = Vec::new();
        let mut input =
            json!({ "UserPoolId": fixture.get("pool"), "Filter": filter, "Limit": limit });
        loop {
            let page = fixture.must("ListUsers", input.clone());
            let users = page["Users"].as_array().unwrap();
            assert!(users.len() <= limit);
            seen.extend(users.iter().cloned());
            match page.get("PaginationToken") {
                Some(token) => input["PaginationToken"] = token.clone(),
                None => return seen,
            }
            between(fixture);
        }
    }

    fn usernames(users: &[Value]) -> Vec<String> {
        users
            .iter()
            .map(|user| values(user, "username").unwrap())
            .collect()
    }

    fn create(fixture: &mut Fixture, username: &str, attributes: &[(&str, &str)]) {
        let attributes: Vec<_> = attributes
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect();
        let pool = fixture.get("pool").to_owned();
        fixture.call(
            "AdminCreateUser",
            json!({ "UserPoolId": pool, "Username": username, "UserAttributes": attributes, "MessageAction": "SUPPRESS" }),
        );
    }

    proptest! {
        /// A search by the index gives the result of a full scan.
        #[test]
        fn filters_equal_a_scan(
            people in vec(("[aAbB]{1,2}", "[aAbBé]{0,2}", "[aAbB]{0,2}", any::<bool>()), 0..12),
            name in select(Field::ALL.map(Field::name).to_vec()),
            prefix: bool,
            searched in prop_oneof![
                "[aAbBé]{0,2}",
                select(vec!["Enabled", "enabled", "D", "confirmed", "FORCE_", "a@"]).prop_map(ToOwned::to_owned),
            ],
            limit in 1_usize..5,
        ) {
            let mut fixture = Fixture::new();
            for (username, given, family, enabled) in &people {
                let email = if family.is_empty() { String::new() } else { format!("{family}@b.example") };
                create(&mut fixture, username, &[
                    ("given_name", given), ("family_name", family), ("name", given),
                    ("preferred_username", family), ("email", &email),
                ]);
                let pool = fixture.get("pool").to_owned();
                if !enabled {
                    fixture.must("AdminDisableUser", json!({ "UserPoolId": pool, "Username": username }));
                }
            }
            let all = walk(&mut fixture, "", 60, |_| {});
            let operator = if prefix { "^=" } else { "=" };
            let filter = format!("{name} {operator} \"{searched}\"");
            let found = walk(&mut fixture, &filter, limit, |_| {});
            prop_assert_eq!(usernames(&found), oracle(&all, name, prefix, &searched), "{}", filter);
        }

        /// A user who exists during the whole listing is seen once, even if
        /// other users are created or deleted.
        #[test]
        fn pages_visit_each_user_once(
            residents in 1_usize..12,
            limit in 1_usize..4,
            filtered: bool,
            churn in vec((any::<bool>(), 0_u8..30), 0..40),
        ) {
            let mut fixture = Fixture::new();
            for n in 0..residents {
                create(&mut fixture, &format!("resident{n}"), &[("name", &format!("n{}", n * 7 % 10))]);
            }
            let mut churn = churn.into_iter();
            let filter = if filtered { "name ^= \"n\"" } else { "" };
            let seen = walk(&mut fixture, filter, limit, |fixture| {
                for (comes, guest) in churn.by_ref().take(3) {
                    let username = format!("guest{guest}");
                    if comes {
                        create(fixture, &username, &[("name", &format!("n{}", guest % 10))]);
                    } else {
                        let pool = fixture.get("pool").to_owned();
                        fixture.call("AdminDeleteUser", json!({ "UserPoolId": pool, "Username": username }));
                    }
                }
            });
            let mut subs: Vec<_> = seen.iter().map(|user| values(user, "sub").unwrap()).collect();
            let seen = usernames(&seen);
            subs.sort();
            subs.dedup();
            prop_assert_eq!(subs.len(), seen.len(), "each user once");
            for n in 0..residents {
                let username = format!("resident{n}");
                prop_assert!(seen.contains(&username), "{username} was missed");
            }
        }
    }
}
