//! `diagnose_sign_in` and `audit_pool`, over planted causes and healthy pools.
//!
//! A sign-in is real: a person with a password, an authenticator app and a mailbox calls the
//! operations of Cognito as an application would. Before a fix it fails, and afterwards it
//! succeeds.

mod audit;
mod person;
mod situations;

use std::cell::RefCell;
use std::time::Duration;

use cognito_mcp::config::{BackendKind, Config};
use serde_json::{Value, json};

use self::person::Person;
use self::situations::{Situation, Step, healthy, planted};
use crate::every_tool;
use crate::json::with;
use crate::test_server::{PASSWORD, TestServer};

/// A server over the emulator, or one that uses the emulator as it would use AWS.
async fn server(backend: BackendKind, situation: &Situation) -> TestServer {
    let config = Config {
        backend,
        allow_writes: true,
        allow_destructive: true,
        reveal_secrets: Some(true),
        ..every_tool()
    };
    let (pool, app) = (situation.pool.clone(), situation.app.clone());
    let server = TestServer::configured(config, pool, app, false).await;
    for step in &situation.before {
        match step {
            Step::Call(operation, input) => server.prepare(operation, input).await,
            Step::Advance(seconds) => server.stack().advance(Duration::from_secs(*seconds)),
            Step::Fail(times) => {
                for _ in 0..*times {
                    let wrong = Person {
                        password: RefCell::new("wrong".to_owned()),
                        ..situation.person.clone()
                    };
                    wrong.sign_in(&server).unwrap_err();
                }
            }
        }
    }
    server
}

async fn diagnose(server: &TestServer, person: &Person, flow: &str) -> Value {
    let arguments = json!({
        "user_pool_id": "$pool", "client_id": "$client", "username": person.username, "flow": flow,
    });
    server
        .done("diagnose_sign_in", server.filled(&arguments))
        .await
}

fn finding<'a>(diagnosis: &'a Value, id: &str) -> Option<&'a Value> {
    let findings = diagnosis["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["id"] == id)
}

/// Makes the call of each fix, and does what the answer says that the user does.
async fn follow(server: &TestServer, person: &mut Person, diagnosis: &Value, id: &str) -> bool {
    let mut did = false;
    for finding in diagnosis["findings"].as_array().unwrap() {
        if finding["blocks"] == false && finding["id"] != id {
            continue;
        }
        if let Some(fix) = finding.get("fix") {
            assert_eq!(finding.get("fix_not_enabled"), None, "{finding}");
            let arguments = fix["arguments"].clone();
            server
                .done(fix["tool"].as_str().unwrap(), arguments.clone())
                .await;
            for password in ["new_password", "temporary_password"] {
                if let Some(password) = arguments.get(password) {
                    let password = password.as_str().unwrap();
                    password.clone_into(&mut person.password.borrow_mut());
                }
            }
            did = true;
        } else if let Some(call) = finding
            .get("as_user")
            .filter(|call| call["tool"] == "sign_in")
        {
            let arguments = &call["arguments"];
            assert_eq!(arguments["password"], "<the user's password>");
            arguments["username"]
                .as_str()
                .unwrap()
                .clone_into(&mut person.username);
            // The tool computes the hash of the client's secret.
            person.sends_hash = true;
            did = true;
        }
    }
    did
}

async fn every_cause_is_found(backend: BackendKind) -> usize {
    let mut found = 0;
    for mut situation in planted() {
        if situation.only_emulated && backend == BackendKind::Aws {
            continue;
        }
        let server = server(backend, &situation).await;
        let name = situation.name;
        let refused = situation.person.sign_in(&server);
        let refused = refused.expect_err(name);
        let flow = situation.person.flow;
        let diagnosis = diagnose(&server, &situation.person, flow).await;
        let cause = finding(&diagnosis, situation.finds);
        let cause = cause.unwrap_or_else(|| panic!("{name}, {refused}: {diagnosis:#}"));
        let verdict = &diagnosis["can_sign_in"];
        let expected = if cause["blocks"] == true {
            "no"
        } else {
            situation.verdict
        };
        assert_eq!(verdict, expected, "{name}, {refused}: {diagnosis:#}");
        let acted = follow(&server, &mut situation.person, &diagnosis, situation.finds).await;
        assert_eq!(acted, situation.has_fix, "{name}: {diagnosis:#}");
        if acted {
            let signed_in = situation.person.sign_in(&server);
            assert!(
                signed_in.is_ok(),
                "{name}, {refused}: {signed_in:?} after {diagnosis:#}"
            );
            let after = diagnose(&server, &situation.person, flow).await;
            assert_eq!(after["can_sign_in"], "yes", "{name}: {after:#}");
        }
        found += 1;
    }
    found
}

#[tokio::test(start_paused = true)]
async fn the_cause_of_each_refused_sign_in_is_found_and_fixed() {
    let found = Box::pin(every_cause_is_found(BackendKind::Emulated)).await;
    assert!(found >= 40, "{found}");
}

/// Without the emulator's lock and journal.
#[tokio::test(start_paused = true)]
async fn the_cause_is_found_on_aws_too() {
    let found = Box::pin(every_cause_is_found(BackendKind::Aws)).await;
    assert!(found >= 35, "{found}");
}

#[tokio::test(start_paused = true)]
async fn a_user_who_can_sign_in_has_no_finding_that_blocks() {
    let mut count = 0;
    for situation in healthy() {
        let server = server(BackendKind::Emulated, &situation).await;
        let name = situation.name;
        let diagnosis = diagnose(&server, &situation.person, situation.person.flow).await;
        assert_eq!(diagnosis["can_sign_in"], "yes", "{name}: {diagnosis:#}");
        if !situation.finds.is_empty() {
            assert!(
                finding(&diagnosis, situation.finds).is_some(),
                "{name}: {diagnosis:#}"
            );
        }
        let met = situation.person.sign_in(&server).expect(name);
        assert_eq!(diagnosis["challenges"], json!(met), "{name}: {diagnosis:#}");
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

/// Without a client, a flow or permissions, the diagnosis says what it does not know.
#[tokio::test]
async fn the_flow_is_the_first_that_the_only_client_allows() {
    let app =
        json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] });
    let server = TestServer::new(json!({}), app).await;
    server
        .prepare(
            "AdminCreateUser",
            &json!({ "Username": "ana", "TemporaryPassword": PASSWORD }),
        )
        .await;
    let named = json!({ "user_pool_id": server.pool_id(), "username": "ana" });
    let diagnosis = server.done("diagnose_sign_in", named.clone()).await;
    assert_eq!(diagnosis["client_id"], server.client_id());
    assert_eq!(diagnosis["flow"], "USER_PASSWORD_AUTH");
    server
        .prepare("CreateUserPoolClient", &json!({ "ClientName": "other" }))
        .await;
    let diagnosis = server.done("diagnose_sign_in", named).await;
    assert!(
        finding(&diagnosis, "client_not_given").is_some(),
        "{diagnosis:#}"
    );
    assert_eq!(diagnosis.get("client_id"), None);
}

#[tokio::test]
async fn a_part_that_may_not_be_read_is_reported() {
    let server = TestServer::new(json!({}), json!({})).await;
    server
        .prepare(
            "AdminCreateUser",
            &json!({ "Username": "ana", "TemporaryPassword": PASSWORD }),
        )
        .await;
    let user = server.filled(&json!({
        "user_pool_id": "$pool", "client_id": "$client", "username": "ana",
    }));
    for (operation, expected) in [
        ("AdminGetUserAuthFactors", "yes"),
        ("DescribeUserPoolClient", "unknown"),
        ("GetUserPoolMfaConfig", "unknown"),
        ("AdminGetUser", "unknown"),
    ] {
        deny(&server, operation).await;
        let diagnosis = server.done("diagnose_sign_in", user.clone()).await;
        let denied = json!([{ "what": operation, "why": "AccessDeniedException" }]);
        assert_eq!(diagnosis["not_read"], denied, "{diagnosis:#}");
        assert_eq!(
            diagnosis["can_sign_in"], expected,
            "{operation}: {diagnosis:#}"
        );
    }
    deny(&server, "DescribeUserPool").await;
    let (_, facts) = server.refused("diagnose_sign_in", user).await;
    assert_eq!(facts["code"], "AccessDeniedException");
}

/// Makes the next call of `operation` fail as a call without permission does.
async fn deny(server: &TestServer, operation: &str) {
    let fault = json!({
        "operation": operation, "effect": "exception", "code": "AccessDeniedException",
        "message": "not authorized", "first": 1,
    });
    server.done("inject_fault", fault).await;
}

/// What the user does with the code that was sent, in place of the administrator's call.
#[tokio::test(start_paused = true)]
async fn the_user_can_act_with_the_code() {
    for id in ["user_unconfirmed", "password_reset_required"] {
        let recoverable = json!({ "AutoVerifiedAttributes": ["email"] });
        let mut situation = planted().into_iter().find(|one| one.finds == id).unwrap();
        situation.pool = recoverable;
        let server = server(BackendKind::Emulated, &situation).await;
        let person = &situation.person;
        person.sign_in(&server).unwrap_err();
        let diagnosis = diagnose(&server, person, person.flow).await;
        let call = &finding(&diagnosis, id).unwrap()["as_user"];
        let code = person::newest_code(&server);
        let filled = call["arguments"].to_string();
        let filled = filled.replace("<the code sent>", &code);
        let filled = filled.replace("<a new password>", PASSWORD);
        assert!(!filled.contains('<'), "{filled}");
        let arguments = serde_json::from_str(&filled).unwrap();
        server.done(call["tool"].as_str().unwrap(), arguments).await;
        person.sign_in(&server).unwrap();
    }
}

/// The last refusals are shown without secrets.
#[tokio::test(start_paused = true)]
async fn the_last_refusals_have_no_secrets() {
    let situation = planted()
        .into_iter()
        .find(|one| one.finds == "user_locked")
        .unwrap();
    let server = server(BackendKind::Emulated, &situation).await;
    let diagnosis = diagnose(&server, &situation.person, situation.person.flow).await;
    let refusals = diagnosis["recent_refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 5, "{diagnosis:#}");
    assert_eq!(refusals[0]["message"], "Incorrect username or password.");
    let shown = refusals.iter().map(ToString::to_string).collect::<String>();
    assert!(!shown.contains("wrong"), "{shown}");
    assert!(!shown.contains(PASSWORD), "{shown}");
}

/// A server that only reads shows the fixes, and says that it does not make them.
#[tokio::test]
async fn a_reading_server_names_fixes_that_it_does_not_make() {
    let config = Config {
        backend: BackendKind::Aws,
        ..Config::default()
    };
    let server = TestServer::configured(config, json!({}), json!({}), true).await;
    server
        .prepare(
            "AdminCreateUser",
            &json!({ "Username": "ana", "TemporaryPassword": PASSWORD }),
        )
        .await;
    server
        .prepare("AdminDisableUser", &json!({ "Username": "ana" }))
        .await;
    let diagnosis = server
        .done("diagnose_sign_in", json!({ "username": "ana" }))
        .await;
    let disabled = finding(&diagnosis, "user_disabled").unwrap();
    assert_eq!(disabled["fix"]["tool"], "enable_user");
    let why = disabled["fix_not_enabled"].as_str().unwrap();
    assert!(why.contains("toolset `users`"), "{why}");
}

/// Arguments of a situation's sign-in, for the tables.
fn user(name: &str) -> Person {
    Person {
        username: name.to_owned(),
        password: RefCell::new(PASSWORD.to_owned()),
        ..Person::default()
    }
}

/// The members of `more` in a call of an operation for `ana`.
fn ana(more: Value) -> Value {
    with(json!({ "Username": "ana" }), more)
}
