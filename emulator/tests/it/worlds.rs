//! Worlds of accounts in one process: fifty test suites at once.

use std::time::Duration;

use cognito_emulator::Emulator;
use cognito_emulator::layers::faults::{Fault, FaultEffect, Target, When};
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::testing::PASSWORD;
use cognito_emulator::wire::{Call, Reply, Scope, Service, Signature};
use cognito_emulator::world::Clock;
use serde_json::{Value, json};

const START: i64 = 1_800_000_000;

/// A test suite that shares the emulator with others. It sends calls as over HTTP, and uses
/// the controls of its account.
struct Suite<'a> {
    stack: &'a Stack,
    account: String,
}

impl Suite<'_> {
    fn own(&self) -> Stack {
        self.stack.of_account(&self.account).unwrap()
    }

    fn signed(&self, operation: &str, input: Value) -> Reply {
        let scope = Scope {
            account: self.account.clone(),
            ..Scope::default()
        };
        self.stack.call(&Call {
            scope: scope.into(),
            ..Call::new(operation, input)
        })
    }

    fn unsigned(&self, operation: &str, input: Value) -> Reply {
        self.stack.call(&Call {
            signature: Signature::Absent,
            ..Call::new(operation, input)
        })
    }

    fn must(&self, operation: &str, input: Value, path: &str) -> String {
        let reply = self.signed(operation, input);
        assert!(reply.is_ok(), "{} {operation}: {reply}", self.account);
        let found = reply.body.pointer(path).unwrap();
        found.as_str().unwrap_or_default().to_owned()
    }

    fn codes(&self) -> Vec<String> {
        let messages = self.own().outbox(&OutboxFilter::default()).into_iter();
        messages.map(|message| message.code).collect()
    }

    /// The pool and the client of the suite.
    fn make(&self) -> (String, String) {
        let pool = json!({ "PoolName": "p", "AutoVerifiedAttributes": ["email"] });
        let pool = self.must("CreateUserPool", pool, "/UserPool/Id");
        let client = json!({ "UserPoolId": pool, "ClientName": "c" });
        let client = self.must("CreateUserPoolClient", client, "/UserPoolClient/ClientId");
        (pool, client)
    }

    fn sign_up(&self, client: &str, name: &str) -> Reply {
        let input = json!({
            "ClientId": client, "Username": name, "Password": PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": format!("{name}@example.com") }],
        });
        self.unsigned("SignUp", input)
    }

    fn confirm(&self, client: &str, name: &str, code: &str) -> Reply {
        let input = json!({ "ClientId": client, "Username": name, "ConfirmationCode": code });
        self.unsigned("ConfirmSignUp", input)
    }

    /// Runs the suite of number `number`. Even ones wait until their code has expired, and every
    /// suite has a fault of its own at its first `ListUsers` calls.
    fn run(&self, number: usize) -> (String, String) {
        let own = self.own();
        let (pool, client) = self.make();
        assert!(self.sign_up(&client, "ana").is_ok());
        own.save_state("signed-up").unwrap();
        let hours = if number.is_multiple_of(2) { 25 } else { 23 };
        let by = Duration::from_hours(hours) + Duration::from_secs(number as u64);
        for _ in 0..2 {
            own.advance(by);
            let moved = i64::try_from(by.as_secs()).unwrap();
            assert_eq!(own.world().now().seconds(), START + moved);
            let [code] = &self.codes()[..] else {
                panic!("{} has other messages", self.account);
            };
            let confirmed = self.confirm(&client, "ana", code);
            let expected = (hours == 25).then_some("ExpiredCodeException");
            assert_eq!(confirmed.code.as_deref(), expected, "{number}");
            self.faults(&pool, number);
            let restored = own.restore_state("signed-up").unwrap();
            assert_eq!((restored.pools, restored.users), (1, 1));
            assert_eq!(own.world().now().seconds(), START);
            assert_eq!((own.faults().len(), own.journal_len()), (0, 0));
        }
        (pool, client)
    }

    fn faults(&self, pool: &str, number: usize) {
        let message = format!("fault of {}", self.account);
        let strikes = u32::try_from(number % 5 + 1).unwrap();
        let fault = Fault {
            on: Target::Operation("ListUsers".to_owned()),
            when: When::First(strikes.into()),
            effect: FaultEffect::Exception {
                code: "InternalErrorException".to_owned(),
                message: Some(message.clone()),
            },
        };
        self.own().inject(fault).unwrap();
        let replies: Vec<_> = (0..10)
            .map(|_| self.signed("ListUsers", json!({ "UserPoolId": pool })))
            .collect();
        let failed = replies.iter().filter(|reply| !reply.is_ok());
        let messages: Vec<_> = failed.filter_map(|reply| reply.message.clone()).collect();
        assert_eq!(messages, vec![message; strikes as usize]);
    }
}

/// Each world has its own clock, faults, outbox, journal, ids and save points, while all of
/// them work in parallel.
#[test]
fn fifty_worlds_run_in_parallel() {
    let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
    let shared = Suite {
        stack: &stack,
        account: "999999999999".to_owned(),
    };
    let pool = json!({ "PoolName": "shared" });
    let id = shared.must("CreateUserPool", pool, "/UserPool/Id");
    let suites: Vec<_> = (0..50)
        .map(|number| Suite {
            stack: &stack,
            account: format!("{:012}", 100_000_000_000_u64 + number),
        })
        .collect();
    let ids = std::thread::scope(|scope| {
        let running: Vec<_> = suites
            .iter()
            .enumerate()
            .map(|(number, suite)| scope.spawn(move || suite.run(number)))
            .collect();
        let ended = running.into_iter().map(|suite| suite.join().unwrap());
        ended.collect::<Vec<_>>()
    });
    let pools: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(pools.len(), 50);
    let kids = ids
        .iter()
        .map(|(pool, _)| stack.jwks(pool).unwrap().to_string());
    assert_eq!(kids.collect::<std::collections::BTreeSet<_>>().len(), 50);
    // The shared world saw only its own call, and its clock did not move.
    assert_eq!(stack.journal_len(), 1);
    assert_eq!(stack.world().now().seconds(), START);
    assert!(stack.outbox(&OutboxFilter::default()).is_empty());
    assert!(stack.jwks(&id).is_some());
    // The reset of one leaves the others.
    suites[0].own().reset();
    let left = suites.iter().map(|suite| suite.own().described().pools);
    assert_eq!(left.sum::<usize>(), 49);
}

/// A pool with a known id in the initial state of `account`.
fn initial_pool(emulator: &Emulator, account: &str, id: &str) {
    let scope = Scope {
        account: account.to_owned(),
        ..Scope::default()
    };
    for (operation, input) in [
        (
            "CreateUserPool",
            json!({ "PoolName": "p", "UserPoolTags": { "_custom_id_": id } }),
        ),
        (
            "CreateUserPoolDomain",
            json!({ "UserPoolId": id, "Domain": id.to_lowercase().replace('_', "-") }),
        ),
        ("CreateGroup", json!({ "UserPoolId": id, "GroupName": "g" })),
    ] {
        let mut call = Call::new(operation, input);
        call.scope = scope.clone().into();
        let reply = emulator.call(&call);
        assert!(reply.is_ok(), "{operation}: {reply}");
    }
}

/// The ids of the pools that the account lists, and whether each has its group.
fn listed(stack: &Stack, account: &str) -> Vec<(String, bool)> {
    let suite = Suite {
        stack,
        account: account.to_owned(),
    };
    let pools = suite.signed("ListUserPools", json!({ "MaxResults": 10 }));
    let pools = pools.body["UserPools"].as_array().unwrap().clone();
    let pools = pools.iter().map(|pool| {
        let id = pool["Id"].as_str().unwrap().to_owned();
        let group = json!({ "UserPoolId": id, "GroupName": "g" });
        let has_group = suite.signed("GetGroup", group).is_ok();
        (id, has_group)
    });
    pools.collect()
}

/// A reset of a world returns to the initial pools of its account, and of no other.
#[test]
fn a_reset_returns_to_the_initial_pools_of_the_account() {
    let (a, b) = ("111122223333", "444455556666");
    let other = Scope::default().account;
    let stack = Stack::builder()
        .initial_state({
            let other = other.clone();
            move |emulator| {
                initial_pool(emulator, a, "us-east-1_AAAAAAAAA");
                initial_pool(emulator, b, "us-east-1_BBBBBBBBB");
                initial_pool(emulator, &other, "us-east-1_CCCCCCCCC");
            }
        })
        .build();
    let all = |has_group: bool| vec![("us-east-1_AAAAAAAAA".to_owned(), has_group)];
    assert_eq!(listed(&stack, a), all(true));
    let own = stack.of_account(a).unwrap();
    assert_eq!(listed(&stack, a), all(true), "the pool moves");
    let suite = Suite {
        stack: &stack,
        account: a.to_owned(),
    };
    let group = json!({ "UserPoolId": "us-east-1_AAAAAAAAA", "GroupName": "g" });
    assert!(suite.signed("DeleteGroup", group).is_ok());
    suite.make();
    assert_eq!(listed(&stack, a).len(), 2);
    own.reset();
    assert_eq!(listed(&stack, a), all(true), "the initial state");
    let key = |stack: &Stack| stack.jwks("us-east-1_AAAAAAAAA").unwrap();
    let keys = key(&stack);

    // The shared world has its initial state without this account.
    let group = json!({ "UserPoolId": "us-east-1_AAAAAAAAA", "GroupName": "g" });
    assert!(suite.signed("DeleteGroup", group).is_ok());
    stack.reset();
    assert_eq!(
        listed(&stack, a),
        all(false),
        "the other world is left alone"
    );
    assert_eq!(
        listed(&stack, b),
        [("us-east-1_BBBBBBBBB".to_owned(), true)]
    );
    assert_eq!(
        listed(&stack, &other),
        [("us-east-1_CCCCCCCCC".to_owned(), true)]
    );
    own.reset();
    assert_eq!(key(&stack), keys, "the keys are the same");

    // New pools of both worlds have keys of their own.
    let (new, _) = suite.make();
    assert_ne!(stack.jwks(&new).unwrap(), keys);
}

/// A domain that another account took is not taken back.
#[test]
fn a_reset_leaves_out_pools_whose_domain_another_account_has() {
    let (a, b) = ("111122223333", "444455556666");
    let stack = Stack::builder()
        .initial_state(move |emulator| {
            initial_pool(emulator, a, "us-east-1_AAAAAAAAA");
            initial_pool(emulator, b, "us-east-1_BBBBBBBBB");
        })
        .build();
    let own = stack.of_account(a).unwrap();
    let suite = Suite {
        stack: &stack,
        account: a.to_owned(),
    };
    let domain = json!({ "UserPoolId": "us-east-1_AAAAAAAAA", "Domain": "us-east-1-aaaaaaaaa" });
    assert!(suite.signed("DeleteUserPoolDomain", domain).is_ok());
    let mut taken = Call::new(
        "CreateUserPoolDomain",
        json!({ "UserPoolId": "us-east-1_BBBBBBBBB", "Domain": "us-east-1-aaaaaaaaa" }),
    );
    taken.scope = Scope {
        account: b.to_owned(),
        ..Scope::default()
    }
    .into();
    let refused = stack.call(&taken);
    assert_eq!(
        refused.code.as_deref(),
        Some("InvalidParameterException"),
        "{refused}"
    );
    let mut freed = Call::new(
        "DeleteUserPoolDomain",
        json!({ "UserPoolId": "us-east-1_BBBBBBBBB", "Domain": "us-east-1-bbbbbbbbb" }),
    );
    freed.scope = taken.scope.clone();
    assert!(stack.call(&freed).is_ok());
    assert!(stack.call(&taken).is_ok());
    own.reset();
    assert_eq!(listed(&stack, a), [], "its pool is left out");
}
