//! Rules for attributes, by the nine ways in which a user gets attributes. The table says
//! which rule applies to which way. It is from recordings and documentation, not from the
//! code. Each cell is tested.

use cognito_emulator::testing::{Fixture, PASSWORD, respond};
use serde_json::{Value, json};

/// The rules, each with the message of its refusal.
const RULES: [(&str, &str); 5] = [
    (
        "writable",
        "A client attempted to write unauthorized attribute",
    ),
    ("subject", "Cannot modify the non-mutable attribute sub"),
    (
        "verified flags",
        "Cannot modify the non-mutable attribute email_verified",
    ),
    (
        "one address",
        "User email should be empty or same as username, since username attribute is email.",
    ),
    (
        "form of an alias",
        "Username cannot be of email format, since user pool is configured for email alias.",
    ),
];

/// The result of breaking a rule: allowed, refused with the rule's message, refused with
/// another message, or not possible in this way.
#[derive(Clone, Copy)]
enum Cell {
    Allowed,
    Refused,
    Other(&'static str),
    Impossible,
}

use Cell::{Allowed, Impossible, Other, Refused};

const MIGRATION: &str = "Exception migrating user in app client";

/// One row per way, with one cell per rule.
const TABLE: [(&str, [Cell; 5]); 9] = [
    (
        "SignUp",
        [
            Refused,
            Refused,
            Refused,
            Refused,
            Other("Preferred username cannot be provided for unconfirmed account"),
        ],
    ),
    (
        "AdminCreateUser",
        [Allowed, Refused, Allowed, Refused, Refused],
    ),
    // An import file has no column for `sub`.
    ("import", [Allowed, Impossible, Allowed, Refused, Refused]),
    // `sub` is ignored. Attributes that break a rule fail the migration.
    (
        "UserMigration",
        [
            Allowed,
            Allowed,
            Allowed,
            Other(MIGRATION),
            Other(MIGRATION),
        ],
    ),
    // In the pool of "one address", the user already has the address, and this challenge
    // cannot change an attribute that the user has.
    (
        "NEW_PASSWORD_REQUIRED",
        [
            Refused,
            Other("Cannot modify an already provided sub"),
            Refused,
            Other("Cannot modify an already provided email"),
            Refused,
        ],
    ),
    // The new address becomes the name for signing in.
    (
        "UpdateUserAttributes",
        [Refused, Refused, Refused, Allowed, Refused],
    ),
    (
        "AdminUpdateUserAttributes",
        [
            Allowed,
            Other("user.sub: Attribute cannot be updated."),
            Allowed,
            Allowed,
            Refused,
        ],
    ),
    (
        "DeleteUserAttributes",
        [Refused, Refused, Refused, Impossible, Impossible],
    ),
    (
        "AdminDeleteUserAttributes",
        [Allowed, Refused, Allowed, Impossible, Impossible],
    ),
];

/// The settings of the pool and of the client, and attributes that break `rule`.
fn setting(rule: &str) -> (Value, Value, Vec<(&'static str, &'static str)>) {
    let verifying = json!({"AutoVerifiedAttributes": ["email"]});
    let any = json!({});
    match rule {
        "writable" => (
            verifying,
            json!({"WriteAttributes": ["email", "given_name"]}),
            vec![("name", "Ana")],
        ),
        "subject" => (verifying, any, vec![("sub", "other")]),
        "verified flags" => (verifying, any, vec![("email_verified", "true")]),
        "one address" => (
            json!({"AutoVerifiedAttributes": ["email"], "UsernameAttributes": ["email"]}),
            any,
            vec![("email", "two@example.com")],
        ),
        _ => (
            json!({"AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email", "preferred_username"]}),
            any,
            vec![("preferred_username", "two@example.com")],
        ),
    }
}

/// The message of a refusal; empty after a success.
fn sentence(fixture: &mut Fixture, operation: &str, input: Value) -> String {
    let reply = fixture.call(operation, input);
    if reply.is_ok() {
        String::new()
    } else {
        reply.message.unwrap_or_default()
    }
}

fn list(attributes: &[(&str, &str)]) -> Value {
    let each = |(name, value): &(&str, &str)| json!({"Name": name, "Value": value});
    attributes.iter().map(each).collect()
}

/// Gives the attributes of `rule` to a user in this way; returns the message of the
/// refusal.
fn give(way: &str, rule: &str) -> String {
    let (pool, client, given) = setting(rule);
    let username = if rule == "one address" {
        "one@example.com"
    } else {
        "ana"
    };
    // All attributes of a new user.
    let mut all = given.clone();
    if rule != "one address" {
        all.push(("email", "one@example.com"));
    }
    let mut fixture = Fixture::with_pool_and_client(pool, client);
    let (id, app) = (
        fixture.get("pool").to_owned(),
        fixture.get("client").to_owned(),
    );
    match way {
        "SignUp" => {
            let input = json!({"ClientId": app, "Username": username, "Password": PASSWORD, "UserAttributes": list(&all)});
            return sentence(&mut fixture, way, input);
        }
        "AdminCreateUser" => {
            let input = json!({"UserPoolId": id, "Username": username, "MessageAction": "SUPPRESS", "UserAttributes": list(&all)});
            return sentence(&mut fixture, way, input);
        }
        "import" => return import(fixture, &id, username, &all),
        "UserMigration" => return migrate(fixture, &app, username, &all),
        _ => {}
    }
    let own: &[_] = if rule == "one address" {
        &[]
    } else {
        &[("email", "one@example.com")]
    };
    let temporary = "Temporary-1";
    fixture.must("AdminCreateUser", json!({"UserPoolId": id, "Username": username, "MessageAction": "SUPPRESS", "TemporaryPassword": temporary, "UserAttributes": list(own)}));
    let sign_in = |fixture: &mut Fixture, password: &str| {
        let parameters = json!({"USERNAME": username, "PASSWORD": password});
        fixture.must("InitiateAuth", json!({"ClientId": app, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}))
    };
    if way == "NEW_PASSWORD_REQUIRED" {
        let challenge = sign_in(&mut fixture, temporary);
        let mut responses = json!({"USERNAME": username, "NEW_PASSWORD": PASSWORD});
        for (name, value) in &given {
            responses[format!("userAttributes.{name}")] = json!(value);
        }
        let input = json!({"ClientId": app, "ChallengeName": way, "Session": challenge["Session"], "ChallengeResponses": responses});
        return sentence(&mut fixture, "RespondToAuthChallenge", input);
    }
    fixture.must(
        "AdminSetUserPassword",
        json!({"UserPoolId": id, "Username": username, "Password": PASSWORD, "Permanent": true}),
    );
    let tokens = sign_in(&mut fixture, PASSWORD);
    let mut input = if way.starts_with("Admin") {
        json!({"UserPoolId": id, "Username": username})
    } else {
        json!({"AccessToken": tokens["AuthenticationResult"]["AccessToken"]})
    };
    if way.contains("Delete") {
        input["UserAttributeNames"] = given.iter().map(|(name, _)| json!(name)).collect();
    } else {
        input["UserAttributes"] = list(&given);
    }
    sentence(&mut fixture, way, input)
}

/// The refusal in the log of an import job.
fn import(mut fixture: Fixture, pool: &str, username: &str, all: &[(&str, &str)]) -> String {
    let header = fixture.must("GetCSVHeader", json!({"UserPoolId": pool}));
    let columns: Vec<&str> = header["CSVHeader"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column.as_str().unwrap())
        .collect();
    let value = |column: &&str| match *column {
        "cognito:username" => username,
        "cognito:mfa_enabled" | "phone_number_verified" => "false",
        "email_verified" => "true",
        column => all
            .iter()
            .find(|(name, _)| *name == column)
            .map_or("", |(_, value)| value),
    };
    let row: Vec<&str> = columns.iter().map(value).collect();
    let role = "arn:aws:iam::123456789012:role/logs";
    fixture.run(&format!(
        r#"CreateUserImportJob {{"UserPoolId":"{pool}","JobName":"j","CloudWatchLogsRoleArn":"{role}"}}"#
    ));
    fixture.upload(&format!("{}\n{}\n", columns.join(","), row.join(",")));
    fixture.run(
        r#"
        StartUserImportJob {"UserPoolId":"$pool","JobId":"$job"}
        advance 1
    "#,
    );
    let log = fixture.import_log();
    if log.contains("[SUCCEEDED] Line Number 2") {
        String::new()
    } else {
        log
    }
}

/// The refusal of a sign-in for which the migration function returns a user.
fn migrate(fixture: Fixture, client: &str, username: &str, all: &[(&str, &str)]) -> String {
    let attributes: Value = all
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut fixture = fixture.and_trigger("UserMigration", move |event| {
        respond(
            event,
            json!({"userAttributes": attributes, "finalUserStatus": "CONFIRMED"}),
        )
    });
    let parameters = json!({"USERNAME": username, "PASSWORD": PASSWORD});
    let input =
        json!({"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters});
    sentence(&mut fixture, "InitiateAuth", input)
}

#[test]
fn each_cell_of_the_table_is_true() {
    let mut wrong = Vec::new();
    for (way, cells) in TABLE {
        for ((rule, refusal), cell) in RULES.into_iter().zip(cells) {
            let expected = match cell {
                Impossible => continue,
                Allowed => "",
                Refused => refusal,
                Other(sentence) => sentence,
            };
            let got = give(way, rule);
            let fits = if expected.is_empty() {
                got.is_empty()
            } else {
                got.contains(expected)
            };
            if !fits {
                wrong.push(format!("{way}, {rule}: expected {expected:?}, got {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// If a request has an attribute twice, the last value is used and validated. This
/// applies to every operation with a list of attributes.
#[test]
fn the_last_of_two_values_is_used() {
    let twice = json!([
        {"Name": "birthdate", "Value": "short"},
        {"Name": "birthdate", "Value": "not-a-date"},
    ]);
    for way in [
        "SignUp",
        "AdminCreateUser",
        "UpdateUserAttributes",
        "AdminUpdateUserAttributes",
    ] {
        let mut fixture = Fixture::new().and_user("old", json!([])).signed_in("old");
        let id = fixture.get("pool").to_owned();
        let mut input = match way {
            "SignUp" => {
                json!({"ClientId": fixture.get("client"), "Username": "ana", "Password": PASSWORD})
            }
            "AdminCreateUser" => {
                json!({"UserPoolId": id, "Username": "ana", "MessageAction": "SUPPRESS"})
            }
            "UpdateUserAttributes" => json!({"AccessToken": fixture.get("access")}),
            _ => json!({"UserPoolId": id, "Username": "old"}),
        };
        input["UserAttributes"] = twice.clone();
        fixture.must(way, input);
        let username = if way.contains("Update") { "old" } else { "ana" };
        let user = fixture.must(
            "AdminGetUser",
            json!({"UserPoolId": id, "Username": username}),
        );
        assert_eq!(
            user["UserAttributes"][0],
            json!({"Name": "birthdate", "Value": "not-a-date"}),
            "{way}"
        );
    }
}
