//! The data file has every change of the state, and gives it back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::state::record::{
    Change, DataError, Each, MemoryStore, Store, all_rows, live_rows,
};
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_emulator::world::Clock;
use serde_json::{Value, json};

use crate::simulation::Actor;
use crate::town::Town;

const SEED: u64 = 20_260_102;

/// The number of pools and an app client in the file of format 1.
const POOLS_OF_FORMAT_1: usize = 7;
const CLIENT_OF_FORMAT_1: &str = "2k2ncd15a6ah3r5b6m8vp0a19b";

fn open(store: &Arc<MemoryStore>, seed: u64) -> Result<Stack, DataError> {
    Town::builder(seed).open(Arc::<MemoryStore>::clone(store))
}

/// The rows of the pools in the file.
fn recorded(store: &MemoryStore) -> BTreeMap<String, String> {
    let mut rows = live_rows(store);
    rows.retain(|key, _| key.starts_with("pool/"));
    rows
}

fn present(stack: &Stack) -> BTreeMap<String, String> {
    stack.inspect(|emulator| all_rows(emulator.state()))
}

fn assert_recorded(stack: &Stack, store: &MemoryStore) {
    let (recorded, present) = (recorded(store), present(stack));
    for (key, value) in &present {
        assert_eq!(recorded.get(key), Some(value), "{key}");
    }
    let surplus: Vec<_> = recorded
        .keys()
        .filter(|key| !present.contains_key(*key))
        .collect();
    assert!(surplus.is_empty(), "{surplus:?}");
}

/// After every few calls of a simulation, the file has exactly the rows of the state, and a
/// state that is read from it has the same rows and goes on.
#[test]
fn every_reached_state_is_in_the_file() {
    let store = Arc::new(MemoryStore::default());
    let mut town = Town::of(open(&store, SEED).unwrap());
    assert_recorded(&town.stack, &store);
    let script = Arc::default();
    let mut actor = Actor::new(SEED, town.known.clone(), &script);
    for _ in 0..8 {
        for _ in 0..15 {
            actor.run(&town.stack, 40);
            assert_recorded(&town.stack, &store);
        }
        town.stack = open(&store, SEED).unwrap();
        town.stack
            .inspect(|emulator| assert!(emulator.state().is_consistent()));
        assert_recorded(&town.stack, &store);
    }
}

#[test]
fn accounts_have_no_world_of_their_own() {
    let store = Arc::new(MemoryStore::default());
    let stack = open(&store, SEED).unwrap();
    let refused = stack.of_account("111122223333").unwrap_err();
    assert_eq!(
        refused.0,
        "An emulator with a data file has one world for all accounts: leave `account` out, or \
         start the emulator without a data file."
    );
    assert_eq!(stack.accounts(), []);
}

fn call(stack: &Stack, operation: &str, input: Value) -> Reply {
    stack.call(&Call::new(operation, input))
}

fn must(stack: &Stack, operation: &str, input: Value) -> Value {
    let reply = call(stack, operation, input);
    assert!(reply.is_ok(), "{operation}: {reply}");
    reply.body.json().clone()
}

/// A pool with a client and the confirmed user `ana`, and their ids.
fn populate(stack: &Stack) -> (String, String) {
    let pool = must(stack, "CreateUserPool", json!({ "PoolName": "p" }));
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let client = json!({ "UserPoolId": pool, "ClientName": "c", "ExplicitAuthFlows": flows });
    let client = must(stack, "CreateUserPoolClient", client);
    let client = client["UserPoolClient"]["ClientId"]
        .as_str()
        .unwrap()
        .to_owned();
    must(
        stack,
        "AdminCreateUser",
        json!({ "UserPoolId": pool, "Username": "ana" }),
    );
    let password = json!({ "UserPoolId": pool, "Username": "ana", "Password": "Correct-Horse-7", "Permanent": true });
    must(stack, "AdminSetUserPassword", password);
    (pool, client)
}

fn sign_in(stack: &Stack, client: &str) -> Value {
    let parameters = json!({ "USERNAME": "ana", "PASSWORD": "Correct-Horse-7" });
    let input = json!({ "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
    must(stack, "InitiateAuth", input)["AuthenticationResult"].clone()
}

/// A user signs in with the same password, tokens stay valid, a refresh token works, a code
/// that was sent is accepted, and the clock has its advances.
#[test]
fn users_go_on_after_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let stack = open(&store, 1).unwrap();
    let (pool, client) = populate(&stack);
    stack.advance(Duration::from_hours(7));
    let tokens = sign_in(&stack, &client);
    let sign_up = json!({ "ClientId": client, "Username": "bob", "Password": "Correct-Horse-7",
        "UserAttributes": [{ "Name": "email", "Value": "bob@example.com" }] });
    let verified = json!({ "UserPoolId": pool, "AutoVerifiedAttributes": ["email"] });
    must(&stack, "UpdateUserPool", verified);
    must(&stack, "SignUp", sign_up);
    let code = stack.outbox(&OutboxFilter::default()).pop().unwrap().code;
    let (now, jwks) = (stack.world().now(), stack.jwks(&pool));

    let stack = open(&store, 1).unwrap();
    assert_eq!((stack.world().now(), stack.jwks(&pool)), (now, jwks));
    must(
        &stack,
        "GetUser",
        json!({ "AccessToken": tokens["AccessToken"] }),
    );
    let refresh = json!({ "ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": { "REFRESH_TOKEN": tokens["RefreshToken"] } });
    must(&stack, "InitiateAuth", refresh);
    let confirm = json!({ "ClientId": client, "Username": "bob", "ConfirmationCode": code });
    must(&stack, "ConfirmSignUp", confirm);
    sign_in(&stack, &client);
}

/// A sign-in writes its own row, and not that of the user.
#[test]
fn a_sign_in_is_one_row() {
    let store = Arc::new(MemoryStore::default());
    let stack = open(&store, 1).unwrap();
    let (_, client) = populate(&stack);
    let is_user = |key: &&String| key.contains("/user/");
    let user = store.rows().keys().find(is_user).unwrap().clone();
    for _ in 0..3 {
        for key in store.rows().keys() {
            store.put(key, "unchanged");
        }
        sign_in(&stack, &client);
        let mut rows = store.rows();
        rows.retain(|_, value| value != "unchanged");
        let keys: Vec<_> = rows.keys().collect();
        assert!(
            keys.len() == 1 && keys[0].starts_with(&format!("{user}/")),
            "{keys:?}"
        );
    }
}

/// A restart does not repeat randomness: new pools and users have new ids.
#[test]
fn ids_after_a_restart_are_new() {
    let store = Arc::new(MemoryStore::default());
    let mut pools = Vec::new();
    for _ in 0..3 {
        let stack = open(&store, 1).unwrap();
        pools.push(populate(&stack).0);
    }
    let stack = open(&store, 1).unwrap();
    let list = must(&stack, "ListUserPools", json!({ "MaxResults": 60 }));
    let listed = list["UserPools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pool| &pool["Id"]);
    let listed: Vec<_> = listed.map(|id| id.as_str().unwrap()).collect();
    assert_eq!(listed, pools);
}

/// Save points are in the file, and a reset removes everything else.
#[test]
fn save_points_are_kept() {
    let store = Arc::new(MemoryStore::default());
    let stack = open(&store, 1).unwrap();
    let (pool, client) = populate(&stack);
    stack.advance(Duration::from_hours(1));
    let saved = stack.save_state("fixture").unwrap();
    let rows = present(&stack);
    must(
        &stack,
        "AdminDeleteUser",
        json!({ "UserPoolId": pool, "Username": "ana" }),
    );
    stack.reset();
    stack.record().unwrap();
    assert_recorded(&stack, &store);

    let stack = open(&store, 1).unwrap();
    assert_eq!(present(&stack), BTreeMap::new());
    assert_eq!(stack.saved_states(), std::slice::from_ref(&saved));
    assert_eq!(stack.restore_state("fixture").unwrap(), saved);
    assert_eq!(present(&stack), rows);
    assert_recorded(&stack, &store);
    sign_in(&stack, &client);
    assert_recorded(&stack, &store);
    stack.delete_state("fixture").unwrap();

    let stack = open(&store, 1).unwrap();
    assert_eq!(stack.saved_states(), []);
    sign_in(&stack, &client);
}

/// If the file cannot be written, the call is answered with the reason, and nothing is lost
/// once the file can be written again.
#[test]
fn a_failed_write_is_reported_and_repeated() {
    let store = Arc::new(MemoryStore::default());
    let stack = open(&store, 1).unwrap();
    let (pool, _) = populate(&stack);
    store.fail(Some("no space left on the device"));
    let input = json!({ "UserPoolId": pool, "Username": "bob" });
    let reply = call(&stack, "AdminCreateUser", input);
    assert_eq!(
        (reply.status, reply.code.as_deref()),
        (500, Some("InternalErrorException"))
    );
    let sentence = reply.message.unwrap();
    assert_eq!(
        sentence,
        "The change is not in the data file yet: no space left on the device. It is written with \
         the next change that can be."
    );
    // A call that only reads is refused too: it could show a change that a restart undoes.
    let list = json!({ "UserPoolId": pool });
    assert_eq!(call(&stack, "ListUsers", list.clone()).status, 500);
    store.fail(None);
    must(&stack, "ListUsers", list);
    assert_recorded(&stack, &store);
    let stack = open(&store, 1).unwrap();
    must(
        &stack,
        "AdminGetUser",
        json!({ "UserPoolId": pool, "Username": "bob" }),
    );
}

/// A store in which another thread can go on while changes are written.
#[derive(Default)]
struct Slow(MemoryStore);

impl Store for Slow {
    fn read(&self, each: Each<'_>) -> Result<(), DataError> {
        self.0.read(each)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), DataError> {
        for _ in 0..100 {
            std::thread::yield_now();
        }
        self.0.commit(changes)
    }
}

/// A call returns after its change is in the file, also if another call writes the change.
#[test]
fn an_acknowledged_change_is_in_the_file() {
    let store = Arc::new(Slow::default());
    let builder = Stack::builder().clock(Clock::fixed(1_800_000_000));
    let stack = builder.open(Arc::<Slow>::clone(&store)).unwrap();
    let (pool, _) = populate(&stack);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (stack, store, pool) = (&stack, &store, &pool);
            scope.spawn(move || {
                for number in 0..100 {
                    let name = format!("u{thread}-{number}");
                    let input = json!({ "UserPoolId": pool, "Username": name });
                    must(stack, "AdminCreateUser", input);
                    let quoted = format!("\"{name}\"");
                    let rows = store.0.rows();
                    assert!(rows.values().any(|row| row.contains(&quoted)), "{name}");
                }
            });
        }
    });
}

/// A file of another version, or with a damaged row, is not used and not changed.
#[test]
fn a_file_that_cannot_be_read_is_left_alone() {
    let store = Arc::new(MemoryStore::default());
    let (pool, _) = populate(&open(&store, 1).unwrap());
    let refused = |key: &str, value: &str| {
        let before = store.rows();
        store.put(key, value);
        let damaged = store.rows();
        let error = open(&store, 1).map(|_| ()).unwrap_err();
        assert_eq!(store.rows(), damaged);
        store.put(key, before.get(key).map_or("", |row| row));
        error.0
    };
    let settings = format!("rows/1/pool/{pool}/settings");
    let damaged = refused(&settings, "{");
    assert!(
        damaged.contains(&format!("its row `pool/{pool}/settings/` is damaged")),
        "{damaged}"
    );
    let head = format!("rows/1/pool/{pool}/head");
    assert!(refused(&head, "[]").contains("damaged"));
    let newer = refused("format", "3");
    assert!(
        newer.contains("it has format 3, and this version reads formats up to 2"),
        "{newer}"
    );
}

/// A file of the first format stays readable.
#[test]
fn files_of_the_first_format_are_read() {
    let rows: BTreeMap<String, String> =
        serde_json::from_str(include_str!("data_file/format_1.json")).unwrap();
    let store = Arc::new(MemoryStore::default());
    for (key, value) in &rows {
        store.put(key, value);
    }
    let stack = open(&store, 1).unwrap();
    let users = rows.keys().filter(|key| key.starts_with("live/"));
    let users = users.filter(|key| key.contains("/user/")).count();
    let saved = stack.save_state("now").unwrap();
    assert_eq!((saved.pools, saved.users), (POOLS_OF_FORMAT_1, users));
    stack.inspect(|emulator| assert!(emulator.state().is_consistent()));
    assert_recorded(&stack, &store);
    sign_in(&stack, CLIENT_OF_FORMAT_1);
    stack.restore_state("old").unwrap();
}
