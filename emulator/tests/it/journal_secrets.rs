//! Secrets in journal entries, `Debug` output and errors: none is repeated.
//!
//! The secrets of requests are canaries. In random calls, every member that the
//! model marks sensitive, or that is known to be secret, contains the same
//! string, which must not be repeated. The secrets of answers and messages are
//! those that the emulator generated.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use cognito_emulator::Emulator;
use cognito_emulator::model::{Kind, Shape};
use cognito_emulator::ops::BUILT;
use cognito_emulator::stack::OutboxFilter;
use cognito_emulator::wire::{Call, Service};
use cognito_emulator::world::Chance;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::town::{Town, any_round, operation};

/// Only letters and digits, so that patterns of tokens and hashes match.
const CANARY: &str = "C4naryS3cret";

/// The value of every attribute. It is personal but not secret, so `Debug` may
/// show it.
const PERSONAL: &str = "P3rsonalValue";

/// Members that the model marks sensitive and that may be shown. They name
/// users and clients, and do not authorize anything.
const NAMES: [&str; 6] = [
    "ClientId",
    "DestinationUser",
    "SourceUser",
    "UserId",
    "Username",
    "USERNAME",
];

/// Secret members that the model does not mark. Their paths are in [`ECHOED`].
const UNMARKED: [&str; 8] = [
    "Code",
    "ConfirmationCode",
    "Credential",
    "EncodedData",
    "PasswordVerifier",
    "PreSignedUrl",
    "Salt",
    "headerValue",
];

/// The paths of secrets that Cognito's constraint messages repeat, because the
/// model does not mark the members. The list is complete for the implemented
/// operations. The journal does not repeat these secrets.
const ECHOED: [&str; 6] = [
    "code",
    "confirmationCode",
    "contextData.encodedData",
    "contextData.httpHeaders.N.member.headerValue",
    "deviceSecretVerifierConfig.passwordVerifier",
    "deviceSecretVerifierConfig.salt",
];

/// Collects the paths of [`UNMARKED`] members that messages repeat.
fn unmarked(shape: &Shape, path: &str, found: &mut BTreeSet<String>) {
    if let Kind::List(element) = &shape.kind {
        unmarked(element.get(), &format!("{path}N.member."), found);
    }
    for member in shape
        .members()
        .iter()
        // A document has no constraint to violate.
        .filter(|member| {
            !member.shape().sensitive && !matches!(member.shape().kind, Kind::Document)
        })
    {
        let path = format!("{path}{}", member.path);
        if UNMARKED.contains(&member.name) {
            found.insert(path);
        } else {
            unmarked(member.shape(), &format!("{path}."), found);
        }
    }
}

#[test]
fn echoes_are_listed() {
    let mut found = BTreeSet::new();
    for name in BUILT {
        unmarked(operation(name).input(), "", &mut found);
    }
    let found: Vec<_> = found.iter().map(String::as_str).collect();
    assert_eq!(found, ECHOED);
}

/// Puts a canary into every secret of a request: a valid one, or one that
/// violates the member's constraints.
fn plant(shape: &Shape, value: &mut Value, hidden: bool, canary: &str) {
    let hidden = hidden || shape.sensitive;
    match (&shape.kind, value) {
        (Kind::Structure(_), Value::Object(members)) => {
            for (name, value) in members
                .iter_mut()
                .filter(|(name, _)| !NAMES.contains(&name.as_str()))
            {
                if shape.name == "AttributeType" && name == "Value" {
                    *value = json!(PERSONAL);
                    continue;
                }
                let member = shape.member(name).unwrap();
                plant(
                    member.shape(),
                    value,
                    hidden || UNMARKED.contains(&name.as_str()),
                    canary,
                );
            }
        }
        (Kind::Map { value: entry, .. }, Value::Object(entries)) => {
            for (_, value) in entries
                .iter_mut()
                .filter(|(key, _)| !NAMES.contains(&key.as_str()))
            {
                plant(entry.get(), value, hidden, canary);
            }
        }
        (Kind::List(element), Value::Array(elements)) => {
            for value in elements {
                plant(element.get(), value, hidden, canary);
            }
        }
        (Kind::Document, Value::Object(members)) if hidden => {
            members.insert("secret".to_owned(), json!(canary));
        }
        (Kind::String, Value::String(text)) if hidden && shape.values.is_empty() => {
            // A password must contain a symbol, if the pattern allows one.
            let fits = |text: &str| {
                shape
                    .pattern
                    .as_ref()
                    .is_none_or(|pattern| pattern.matches(text))
            };
            let symbol = format!("{canary}-1");
            *text = if fits(&symbol) {
                symbol
            } else {
                canary.to_owned()
            };
        }
        _ => {}
    }
}

/// The paths in the constraint messages of `message` that repeat the canary.
fn echoed(message: &str) -> BTreeSet<String> {
    message
        .split("Value ")
        .filter(|violation| violation.contains(CANARY))
        .map(|violation| {
            let path = violation
                .split_once("' at '")
                .and_then(|(_, rest)| rest.split_once('\''));
            let path = path.map_or(violation, |(path, _)| path);
            let steps = path.split('.').map(|step| match step.parse::<usize>() {
                Ok(_) => "N",
                Err(_) => step,
            });
            steps.collect::<Vec<_>>().join(".")
        })
        .collect()
}

#[test]
fn secrets_of_requests_are_not_repeated() {
    let echoes = RefCell::new(BTreeSet::new());
    let carried = Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 100,
        ..ProptestConfig::with_cases(24)
    };
    proptest!(config, |(calls in any_round(), seed: u64)| {
        let mut town = Town::new(7);
        let chance = Chance::seeded(seed);
        let long = CANARY.repeat(12_000);
        for (name, request) in calls {
            let operation = operation(name);
            let mut request = town.known.adapt(operation, request, &town.stack, &chance);
            // The canary is sometimes too long for any member. Sometimes only
            // passwords are replaced, so that existing tokens and codes are
            // kept.
            match chance.below(6) {
                0 => plant(operation.input(), &mut request, false, &long),
                1 => plant_passwords(&mut request),
                _ => plant(operation.input(), &mut request, false, CANARY),
            }
            let reply = town.call(name, request.clone());
            carried.set(carried.get() + usize::from(request.to_string().contains(CANARY)));

            let message = reply.message.as_deref().unwrap_or_default();
            echoes.borrow_mut().extend(echoed(message));
            let entry = town.stack.journal_after(town.stack.journal_len() - 1).remove(0);
            for part in [&entry.request, &entry.response] {
                let part = part.to_string();
                prop_assert!(!part.contains(CANARY) && !part.contains(PERSONAL), "{name} {part}");
            }
            prop_assert!(!message.contains(PERSONAL), "{}", message);
            let logged = entry.message.as_deref().unwrap_or_default();
            prop_assert!(!logged.contains(CANARY), "{name} {logged}");
            prop_assert!(logged == message || message.contains(CANARY), "{logged}: {message}");
        }
        let debug = town.stack.inspect(|emulator| format!("{emulator:?}"));
        prop_assert!(!debug.contains(CANARY), "{}", around(&debug, CANARY));
    });
    assert!(
        carried.get() > 500,
        "{} requests carried a canary",
        carried.get()
    );
    let unlisted: Vec<_> = echoes
        .into_inner()
        .into_iter()
        .filter(|path| !ECHOED.contains(&path.as_str()))
        .collect();
    assert_eq!(unlisted, Vec::<String>::new());
}

/// Plants the canary in passwords only, so that tokens and codes of the call
/// are accepted.
fn plant_passwords(request: &mut Value) {
    for member in ["Password", "ProposedPassword", "TemporaryPassword"] {
        if let Some(Value::String(password)) = request.get_mut(member) {
            *password = format!("{CANARY}-1");
        }
    }
    for member in ["AuthParameters", "ChallengeResponses"] {
        for name in ["PASSWORD", "NEW_PASSWORD"] {
            if let Some(Value::String(password)) = request
                .get_mut(member)
                .and_then(|given| given.get_mut(name))
            {
                *password = format!("{CANARY}-1");
            }
        }
    }
}

/// Secrets that the emulator generated and returned once: tokens, sessions,
/// client secrets, codes.
#[test]
#[expect(clippy::too_many_lines, reason = "one call of each kind")]
fn secrets_of_answers_are_not_repeated() {
    let town = Town::new(7);
    let mut secrets = BTreeSet::new();
    let mut call = |operation: &str, input: Value| {
        let reply = town.stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{operation}: {reply}");
        for pointer in [
            "/Session",
            "/SecretCode",
            "/AuthenticationResult/AccessToken",
            "/AuthenticationResult/IdToken",
            "/AuthenticationResult/RefreshToken",
            "/UserPoolClient/ClientSecret",
        ] {
            let secret = reply.body.pointer(pointer).and_then(Value::as_str);
            secrets.extend(secret.map(|secret| (pointer, secret.to_owned())));
        }
        reply.body.json().clone()
    };
    let pool = call(
        "CreateUserPool",
        json!({ "PoolName": "p", "AutoVerifiedAttributes": ["email"] }),
    );
    let pool = &pool["UserPool"]["Id"];
    let client = json!({
        "UserPoolId": pool, "ClientName": "c", "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    });
    let client = call("CreateUserPoolClient", client);
    let client = &client["UserPoolClient"]["ClientId"];
    call(
        "CreateUserPoolClient",
        json!({ "UserPoolId": pool, "ClientName": "c", "GenerateSecret": true }),
    );
    let attributes = json!([{ "Name": "email", "Value": "ana@example.com" }]);
    let ana = json!({ "UserPoolId": pool, "Username": "ana", "UserAttributes": attributes, "DesiredDeliveryMediums": ["EMAIL"] });
    call("AdminCreateUser", ana);
    let ben = json!({ "ClientId": client, "Username": "ben", "Password": "Correct-Horse-7", "UserAttributes": attributes });
    call("SignUp", ben);
    let mut sign_in = || {
        let outbox = town.stack.outbox(&OutboxFilter {
            username: Some("ana".to_owned()),
            ..OutboxFilter::default()
        });
        let parameters = json!({ "USERNAME": "ana", "PASSWORD": outbox[0].code });
        let flow = "ADMIN_USER_PASSWORD_AUTH";
        call(
            "AdminInitiateAuth",
            json!({ "UserPoolId": pool, "ClientId": client, "AuthFlow": flow, "AuthParameters": parameters }),
        )
    };
    sign_in();
    let session = sign_in()["Session"].clone();
    let answer = json!({
        "ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session,
        "ChallengeResponses": { "USERNAME": "ana", "NEW_PASSWORD": "Correct-Horse-7" },
    });
    let tokens = call("RespondToAuthChallenge", answer);
    let mfa = json!({ "UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": { "Enabled": true } });
    call("SetUserPoolMfaConfig", mfa);
    call(
        "AssociateSoftwareToken",
        json!({ "AccessToken": tokens["AuthenticationResult"]["AccessToken"] }),
    );
    let codes = town.stack.outbox(&OutboxFilter::default());
    secrets.extend(
        codes
            .into_iter()
            .map(|message| ("a message's code", message.code)),
    );
    secrets.insert(("a password", "Correct-Horse-7".to_owned()));

    assert!(secrets.len() >= 9, "{secrets:?}");
    are_hidden(&town, &secrets);
}

/// Checks that neither the journal nor `Debug` output contains one of
/// `secrets`.
fn are_hidden(town: &Town, secrets: &BTreeSet<(&str, String)>) {
    let journal = format!("{:?}", town.stack.journal());
    let debug = town
        .stack
        .inspect(|emulator: &Emulator| format!("{emulator:?} {:#?}", emulator.state()));
    let debug = format!("{debug} {:?} {:?}", town.stack, town.stack.world());
    for (what, secret) in secrets {
        for output in [&journal, &debug] {
            assert!(
                !output.contains(secret),
                "{what}: {}",
                around(output, secret)
            );
        }
    }
}

/// The part of `text` around `what`.
fn around<'a>(text: &'a str, what: &str) -> &'a str {
    let at = text.find(what).unwrap_or_default();
    let start = (0..=at.saturating_sub(200))
        .rev()
        .find(|start| text.is_char_boundary(*start))
        .unwrap_or_default();
    let end = (at + 100..text.len())
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(text.len());
    &text[start..end]
}
