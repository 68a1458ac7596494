//! Users of providers: mapping, links, groups and triggers.

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{add, details, enable, fixture, id_claims, sign_in, sign_in_with, user};
use crate::testing::Fixture;
use crate::testing::browser::{Browser, CALLBACK};

/// Attributes of the mapping are set again at each sign-in (O125).
#[test]
fn attributes_are_refreshed() {
    let pool = json!({ "Schema": [
        { "Name": "team", "AttributeDataType": "String" },
        { "Name": "token", "AttributeDataType": "String" },
        { "Name": "secret", "AttributeDataType": "String" },
    ] });
    let mapping = json!({
        "email": "email", "given_name": "given_name", "nickname": "nick", "custom:team": "groups",
        "custom:token": "access_token", "custom:secret": "hidden",
    });
    let mut fixture = fixture(pool, "Google", "Google", mapping);
    let writable = [
        "email",
        "given_name",
        "nickname",
        "custom:team",
        "custom:token",
    ];
    enable(
        &mut fixture,
        &["Google"],
        json!({ "WriteAttributes": writable }),
    );
    let mut at = |claims: Value| {
        let claims = claims.to_string();
        let shown = sign_in_with(&fixture, "Google", &[("sub", "1"), ("claims", &claims)]);
        assert!(shown.parameter("code").is_some(), "{shown}");
        user(&mut fixture, "google_1")["Attributes"].clone()
    };
    let first = at(json!({
        "email": "ana@x.example", "given_name": "Ana", "nick": "A", "groups": ["a"], "hidden": "h",
    }));
    assert_eq!(first["nickname"], "A");
    assert_eq!(first["custom:team"], "[a]");
    // Not writable by the client.
    assert_eq!(first.get("custom:secret"), None);
    assert_eq!(first["custom:token"].as_str().map(str::len), Some(60));
    // Absent claims keep, empty ones clear, others change.
    let second = at(json!({ "email": "ana@y.example", "nick": "" }));
    assert_eq!(second["email"], "ana@y.example");
    assert_eq!(second["email_verified"], "false");
    assert_eq!(second["given_name"], "Ana");
    assert_eq!(second.get("nickname"), None);
    assert_ne!(second["custom:token"], first["custom:token"]);
    assert_eq!(second["sub"], first["sub"]);
    let third = at(json!({ "email": "" }));
    assert_eq!(
        (third.get("email"), third.get("email_verified")),
        (None, None)
    );
}

/// Usernames keep their case only in pools that distinguish it (O123).
#[test]
fn case_of_usernames() {
    let pool = json!({ "UsernameConfiguration": { "CaseSensitive": true } });
    let mut fixture = fixture(pool, "Google", "Google", json!({}));
    for subject in ["AbC", "abc"] {
        sign_in(&mut Browser::new(), &fixture, "Google", subject);
        let name = format!("Google_{subject}");
        assert_eq!(user(&mut fixture, &name)["Username"], name);
    }
}

/// A linked identity signs in as its destination, which does not join the group (O124, O126).
#[test]
fn linked_users() {
    for (kind, attribute, value) in [
        ("OIDC", "Cognito_Subject", "1001"),
        ("OIDC", "email", "ana@x.example"),
        ("SAML", "Cognito_Subject", "1001"),
    ] {
        let mapping = json!({ "email": "email", "given_name": "given_name" });
        let mut fixture = fixture(json!({}), "Corp", kind, mapping);
        let link = json!({
            "UserPoolId": fixture.get("pool"),
            "DestinationUser": { "ProviderName": "Cognito", "ProviderAttributeValue": "ana" },
            "SourceUser": {
                "ProviderName": "Corp", "ProviderAttributeName": attribute,
                "ProviderAttributeValue": value,
            },
        });
        fixture.must("AdminLinkProviderForUser", link);
        let before = user(&mut fixture, "ana");
        let fields = [
            ("sub", "1001"),
            ("email", "ana@x.example"),
            ("given_name", "Ana"),
        ];
        let shown = sign_in_with(&fixture, "Corp", &fields);
        let claims = id_claims(&fixture, &shown);
        assert_eq!(claims["cognito:username"], "ana", "{kind} {attribute}");
        assert_eq!(claims["sub"], before["Attributes"]["sub"]);
        assert_eq!(claims.get("cognito:groups"), None);
        let after = user(&mut fixture, "ana");
        assert_eq!(after["UserStatus"], "CONFIRMED");
        assert_eq!(after["Attributes"]["given_name"], "Ana");
        // Another identity is another user.
        let shown = sign_in_with(&fixture, "Corp", &[("sub", "1002")]);
        assert_eq!(id_claims(&fixture, &shown)["cognito:username"], "corp_1002");
    }
}

/// A federated user does not own the address: a user of the pool can sign up with it.
#[test]
fn addresses_of_federated_users_are_free() {
    let mapping = json!({ "email": "email", "email_verified": "email_verified" });
    let pool = json!({ "AliasAttributes": ["email"] });
    let mut fixture = fixture(pool, "Google", "Google", mapping);
    let shown = sign_in(&mut Browser::new(), &fixture, "Google", "bob@x.example");
    assert_eq!(id_claims(&fixture, &shown)["email"], "bob@x.example");
    let bob = json!({
        "UserPoolId": fixture.get("pool"), "Username": "bob", "UserAttributes": [
            { "Name": "email", "Value": "bob@x.example" },
            { "Name": "email_verified", "Value": "true" },
        ],
    });
    fixture.must("AdminCreateUser", bob);
    assert_eq!(user(&mut fixture, "bob@x.example")["Username"], "bob");
    // And the other way round.
    let shown = sign_in(&mut Browser::new(), &fixture, "Google", "ana@example.com");
    let name = "google_ana@example.com";
    assert_eq!(id_claims(&fixture, &shown)["cognito:username"], name);
    assert!(fixture.pool_handle().read().is_consistent());
}

fn with_triggers(fixture: Fixture) -> Fixture {
    let names = [
        "InboundFederation",
        "PreSignUp",
        "PostConfirmation",
        "PreAuthentication",
        "PostAuthentication",
        "PreTokenGeneration",
    ];
    names.into_iter().fold(fixture, |fixture, name| {
        fixture.and_trigger(name, |event| Ok(event.clone()))
    })
}

/// An alias of another user that reads like the username of the identity. Neither user is in the
/// way of the other.
#[test]
fn an_alias_is_not_the_user_of_an_identity() {
    let pool = json!({ "AliasAttributes": ["preferred_username"] });
    let fixture = fixture(pool, "Corp", "OIDC", json!({}));
    let alias = json!([{ "Name": "preferred_username", "Value": "corp_1" }]);
    let mut fixture = fixture.and_user("eve", alias);
    let shown = sign_in(&mut Browser::new(), &fixture, "Corp", "1");
    let claims = id_claims(&fixture, &shown);
    assert_eq!(claims["cognito:username"], "corp_1");
    assert_ne!(
        claims["sub"],
        user(&mut fixture, "eve")["Attributes"]["sub"]
    );
}

/// The order of triggers (O127), and their events.
#[test]
fn order_of_triggers() {
    let mapping = json!({ "email": "email" });
    let mut fixture = with_triggers(fixture(json!({}), "Corp", "OIDC", mapping));
    let mut at = |hint: &str| -> Vec<Value> {
        let shown = sign_in(&mut Browser::new(), &fixture, "Corp", hint);
        assert!(shown.parameter("code").is_some(), "{shown}");
        let events = fixture.run("events");
        events
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let sources = |events: &[Value]| {
        let sources = events
            .iter()
            .map(|event| event["triggerSource"].as_str().unwrap());
        sources.collect::<Vec<_>>().join(" ")
    };
    let first = at("ana@x.example");
    assert_eq!(
        sources(&first),
        "InboundFederation_ExternalProvider PreSignUp_ExternalProvider \
         PostConfirmation_ConfirmSignUp TokenGeneration_HostedAuth"
    );
    let inbound = &first[0];
    assert_eq!(inbound["version"], "1");
    assert_eq!(inbound["userName"], "ana@x.example");
    assert_eq!(inbound["request"]["providerName"], "Corp");
    assert_eq!(inbound["request"]["providerType"], "OIDC");
    let attributes = &inbound["request"]["attributes"];
    assert_eq!(attributes["idToken"]["email"], "ana@x.example");
    assert_eq!(attributes["userInfo"]["email"], "ana@x.example");
    assert!(attributes["tokenResponse"]["access_token"].is_string());
    assert_eq!(
        first[1]["request"],
        json!({
            "userAttributes": {
                "cognito:email_alias": "", "cognito:phone_number_alias": "",
                "email": "ana@x.example",
            },
            "validationData": {},
        })
    );
    assert_eq!(first[1]["userName"], "corp_ana@x.example");
    let shown = &first[2]["request"]["userAttributes"];
    assert_eq!(shown["cognito:user_status"], "EXTERNAL_PROVIDER");
    assert_eq!(
        sources(&at("ana@x.example")),
        "InboundFederation_ExternalProvider PreAuthentication_Authentication \
         PostAuthentication_Authentication TokenGeneration_HostedAuth"
    );
}

/// The inbound federation trigger replaces claims (O128).
#[test]
fn claims_of_a_function() {
    let mapping = json!({ "email": "email", "given_name": "given_name" });
    for (answer, email, given_name) in [
        (json!({}), json!("ana@x.example"), json!("Ana")),
        (
            json!({ "email": "new@x.example" }),
            json!("new@x.example"),
            Value::Null,
        ),
    ] {
        let mut fixture = fixture(json!({}), "Corp", "OIDC", mapping.clone()).and_trigger(
            "InboundFederation",
            move |event| {
                let mut event = event.clone();
                event["response"] = json!({ "userAttributesToMap": answer });
                Ok(event)
            },
        );
        let fields = [
            ("sub", "1"),
            ("email", "ana@x.example"),
            ("given_name", "Ana"),
        ];
        let shown = sign_in_with(&fixture, "Corp", &fields);
        assert!(shown.parameter("code").is_some(), "{shown}");
        let made = user(&mut fixture, "corp_1");
        assert_eq!(made["Attributes"]["email"], email);
        let given = made["Attributes"].get("given_name").cloned();
        assert_eq!(given.unwrap_or_default(), given_name);
    }
}

/// A function of `PreSignUp` that links the identity, as applications do: the sign-in continues as
/// the destination (O143 did not occur again).
#[test]
fn links_during_sign_up() {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({ "email": "email" }));
    let pool = fixture.get("pool").to_owned();
    let handle = fixture.emulator().state().pool_handle(&pool).unwrap();
    let done = Mutex::new(false);
    fixture = fixture.and_trigger("PreSignUp", move |event| {
        let users: [crate::state::link::ProviderUser; 2] = serde_json::from_value(json!([
            { "ProviderName": "Cognito", "ProviderAttributeValue": "ana" },
            {
                "ProviderName": "Corp", "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": "1001",
            },
        ]))
        .unwrap();
        let [destination, source] = users;
        let linked = handle
            .write()
            .link(&destination, source, crate::world::Time(0));
        linked.map_err(|error| error.to_string())?;
        *done.lock() = true;
        Ok(event.clone())
    });
    let shown = sign_in(&mut Browser::new(), &fixture, "Corp", "1001");
    assert_eq!(id_claims(&fixture, &shown)["cognito:username"], "ana");
    assert_eq!(
        fixture
            .call(
                "AdminGetUser",
                json!({ "UserPoolId": pool, "Username": "corp_1001" })
            )
            .status,
        400
    );
}

/// A federated user with a password can sign in with it too (O126).
#[test]
fn passwords_of_federated_users() {
    let mut fixture = fixture(json!({}), "Corp", "OIDC", json!({}));
    add(
        &mut fixture,
        "Google",
        "Google",
        details("Google"),
        json!({}),
    );
    sign_in(&mut Browser::new(), &fixture, "Corp", "1001");
    let set = json!({
        "UserPoolId": fixture.get("pool"), "Username": "corp_1001",
        "Password": fixture.get("password"), "Permanent": true,
    });
    fixture.must("AdminSetUserPassword", set);
    let authorize = fixture.get("authorize").to_owned();
    let shown = Browser::new().sign_in(&fixture, &authorize, "corp_1001");
    assert_eq!(
        shown.to_string(),
        format!("302 {CALLBACK}?code=$code&state=S")
    );
    let shown = sign_in(&mut Browser::new(), &fixture, "Corp", "1001");
    assert_eq!(id_claims(&fixture, &shown)["cognito:username"], "corp_1001");
}
