//! Ten thousand random calls over months of virtual time, with faults and
//! throttles that come and go.
//!
//! A run ends without a panic, without an `InternalErrorException` that was not
//! injected, with every index in step and nothing lost. It is its seed's alone:
//! the same seed gives the same answers.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use cognito_emulator::auth::jwt;
use cognito_emulator::layers::faults::{Effect, Fault, Target, When};
use cognito_emulator::layers::throttle::Throttle;
use cognito_emulator::model::{Model, Operation};
use cognito_emulator::ops::BUILT;
use cognito_emulator::stack::Stack;
use cognito_emulator::testing::requests::any_request;
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_emulator::world::Chance;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::town::{Known, Town, walk};

const SEED: u64 = 20_260_101;

#[test]
fn ten_thousand_calls() {
    let town = Town::new(SEED);
    let mut actor = Actor::new(SEED, town.known.clone());
    let mut digests = Vec::new();
    for part in 0..10 {
        let digest = actor.run(&town.stack, 1_000);
        digests.push(digest);
        assert!(
            town.stack
                .inspect(|emulator| emulator.state().is_consistent()),
            "after part {part} of seed {SEED}"
        );
    }
    audit(&town.stack, &actor.known);
    let idle: Vec<_> = BUILT
        .iter()
        .filter(|name| !actor.succeeded.contains(**name))
        .collect();
    assert!(idle.is_empty(), "never succeeded: {idle:?}");

    // Again, as far as is quick.
    let town = Town::new(SEED);
    let mut actor = Actor::new(SEED, town.known.clone());
    for digest in &digests[..1] {
        assert_eq!(
            actor.run(&town.stack, 1_000),
            *digest,
            "seed {SEED} does not repeat itself"
        );
    }
}

#[test]
fn two_at_once() {
    let mut town = Town::new(SEED);
    let known = std::thread::scope(|scope| {
        let threads = [1, 2].map(|seed| {
            let (stack, known) = (&town.stack, town.known.clone());
            scope.spawn(move || {
                let mut actor = Actor::new(seed, known);
                actor.run(stack, 1_500);
                actor.known
            })
        });
        threads.map(|thread| thread.join().expect("the thread told what failed"))
    });
    assert!(
        town.stack
            .inspect(|emulator| emulator.state().is_consistent())
    );
    let before = town.known.clone();
    for known in known {
        town.known.merge(known, &before);
    }
    audit(&town.stack, &town.known);
}

/// One caller, who knows what the answers told.
struct Actor {
    known: Known,
    chance: Chance,
    runner: TestRunner,
    /// An operation with its requests, once for each part of its share.
    calls: Vec<(&'static Operation, BoxedStrategy<Value>)>,
    /// What the last call leads to.
    next: Option<(&'static str, Value)>,
    /// The operations that succeeded.
    succeeded: BTreeSet<&'static str>,
    trace: Trace,
}

impl Actor {
    fn new(seed: u64, known: Known) -> Self {
        let calls = BUILT.iter().flat_map(|name| {
            let operation = Model::get().operation(name).unwrap();
            let requests = any_request(operation);
            (0..share(name)).map(move |_| (operation, requests.clone()))
        });
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self {
            known,
            chance: Chance::seeded(seed),
            runner: TestRunner::new_with_rng(Config::default(), rng),
            calls: calls.collect(),
            next: None,
            succeeded: BTreeSet::new(),
            trace: Trace {
                seed,
                last: VecDeque::new(),
            },
        }
    }

    /// Makes `count` calls; a digest of the answers.
    fn run(&mut self, stack: &Stack, count: usize) -> u64 {
        let mut digest = DefaultHasher::new();
        for _ in 0..count {
            self.weather(stack);
            let (name, request) = self.call(stack);
            self.trace.note(format!("{name} {request}"));
            let reply = stack.call(&Call::new(name, request.clone()));
            self.trace.note(format!("  {reply} {:?}", reply.cut));
            self.known.learn(name, &request, &reply);
            self.known.read_post(stack);
            let injected = reply.message.as_deref() == Some(INJECTED);
            assert!(injected || reply.status != 500, "{name}: {reply}");
            take_in(&mut digest, &reply);
            if reply.is_ok() && reply.cut.is_none() {
                self.succeeded.insert(name);
                // A job is done too soon to be met by chance.
                if name == "StartUserImportJob" && self.chance.below(2) == 0 {
                    self.next = Some(("StopUserImportJob", request));
                }
            }
        }
        digest.finish()
    }

    fn call(&mut self, stack: &Stack) -> (&'static str, Value) {
        if let Some(next) = self.next.take() {
            return next;
        }
        let (operation, requests) = &self.calls[self.chance.below(self.calls.len())];
        let request = requests.new_tree(&mut self.runner).unwrap().current();
        match self.chance.below(50) {
            // Nonsense: what the model made up, unfit members, another operation's request.
            0 => (operation.name, request),
            1 => (
                operation.name,
                json!({ "UserPoolId": 7, "Username": null, "Nonsense": [] }),
            ),
            2 => (BUILT[self.chance.below(BUILT.len())], request),
            _ => (
                operation.name,
                self.known.dress(operation, request, stack, &self.chance),
            ),
        }
    }

    /// Time passes, faults and throttles come and go.
    fn weather(&self, stack: &Stack) {
        let chance = &self.chance;
        let seconds = match chance.below(400) {
            0 => chance.below(40 * 86_400),
            1..5 => chance.below(7_200),
            5..65 => 1 + chance.below(20),
            _ => 0,
        };
        stack.advance(Duration::from_secs(seconds as u64));
        match chance.below(150) {
            0 | 1 => stack.inject(any_fault(chance)).unwrap(),
            2..5 => stack.clear_faults(),
            5 => stack.set_throttle(Throttle::AWS),
            6 => stack.set_throttle("10%".parse().unwrap()),
            7 | 8 => stack.set_throttle(Throttle::Off),
            _ => {}
        }
    }
}

/// The sentence of injected exceptions.
const INJECTED: &str = "injected";

fn any_fault(chance: &Chance) -> Fault {
    let exception = |code: &str| Effect::Exception {
        code: code.to_owned(),
        message: Some(INJECTED.to_owned()),
    };
    let effects = [
        exception("InternalErrorException"),
        exception("TooManyRequestsException"),
        Effect::Delay(Duration::from_secs(3)),
        Effect::CutBeforeEffects,
        Effect::CutAfterEffects,
    ];
    let effect = effects[chance.below(effects.len())].clone();
    let on = match chance.below(2) {
        0 => Target::Any,
        _ => Target::Operation(BUILT[chance.below(BUILT.len())].to_owned()),
    };
    let whens = [When::First(3), When::Nth(2), When::Share(0.1)];
    let when = whens[chance.below(whens.len())];
    let fault = Fault { on, when, effect };
    // Not every operation can throw every exception; some do.
    match fault.check() {
        Ok(()) => fault,
        Err(_) => Fault {
            on: Target::Any,
            ..fault
        },
    }
}

/// How often an operation is called, beside others.
fn share(operation: &str) -> usize {
    match operation {
        // Each pool needs keys, and each is walked in the end.
        "CreateUserPool" => 1,
        // Nothing else here depends on these.
        name if [
            "ResourceServer",
            "IdentityProvider",
            "ProviderForUser",
            "SigningCertificate",
            "LogDelivery",
            "ManagedLoginBranding",
            "RiskConfiguration",
            "Terms",
            "UICustomization",
        ]
        .iter()
        .any(|part| name.contains(part)) =>
        {
            1
        }
        // These make other calls fail.
        "DeleteUserPool" | "UpdateUserPool" | "UpdateUserPoolClient" | "SetUserPoolMfaConfig" => 2,
        "InitiateAuth" | "RespondToAuthChallenge" => 30,
        "AdminCreateUser" | "AdminSetUserPassword" => 20,
        // These need what others prepare.
        "AssociateSoftwareToken"
        | "ConfirmForgotPassword"
        | "ConfirmSignUp"
        | "GetUserAttributeVerificationCode"
        | "VerifySoftwareToken"
        | "VerifyUserAttribute"
        | "AdminAddUserToGroup"
        | "CreateGroup"
        | "SignUp" => 12,
        _ => 6,
    }
}

/// Signing keys beyond the embedded ones differ between runs, so of tokens only
/// the claims count.
fn take_in(digest: &mut DefaultHasher, reply: &Reply) {
    let mut body = reply.body.json().clone();
    if let Some(Value::Object(tokens)) = body.get_mut("AuthenticationResult") {
        for token in tokens.values_mut() {
            if let Some(claims) = token
                .as_str()
                .and_then(|token| Some(jwt::decode(token).ok()?.claims))
            {
                *token = claims.into();
            }
        }
    }
    (reply.status, &reply.request_id, body.to_string()).hash(digest);
}

/// Tells the last calls where a run fails.
struct Trace {
    seed: u64,
    last: VecDeque<String>,
}

impl Trace {
    fn note(&mut self, line: String) {
        if self.last.len() >= 40 {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, last calls:", self.seed);
            for line in &self.last {
                eprintln!("{line}");
            }
        }
    }
}

/// Reads everything back over the wire and holds it against what was done.
fn audit(stack: &Stack, known: &Known) {
    stack.clear_faults();
    stack.set_throttle(Throttle::Off);
    let read = |operation: &str, input: Value| {
        let reply = stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    };
    let pools: BTreeSet<String> = walk(
        read,
        "ListUserPools",
        json!({ "MaxResults": 3 }),
        "UserPools",
        "Id",
    )
    .into_iter()
    .collect();
    let expected = known.pools_made.difference(&known.pools_deleted);
    assert_eq!(pools, expected.cloned().collect());
    for pool in &pools {
        let of_pool = |size: &str| json!({ "UserPoolId": pool, size: 7 });
        let clients = walk(
            read,
            "ListUserPoolClients",
            of_pool("MaxResults"),
            "UserPoolClients",
            "ClientId",
        );
        let expected = known.clients_made.difference(&known.clients_deleted);
        let expected: Vec<&String> = expected
            .filter(|(of, _)| of == pool)
            .map(|(_, client)| client)
            .collect();
        let mut sorted: Vec<&String> = clients.iter().collect();
        sorted.sort();
        assert_eq!(sorted, expected, "clients of {pool}");

        let users = walk(read, "ListUsers", of_pool("Limit"), "Users", "Username");
        let expected = known.population.get(pool).copied().unwrap_or_default();
        assert_eq!(
            i64::try_from(users.len()),
            Ok(expected),
            "users of {pool}: {users:?}"
        );
        let distinct: BTreeSet<&String> = users.iter().collect();
        assert_eq!(distinct.len(), users.len(), "a user is listed twice");
        let described = read("DescribeUserPool", json!({ "UserPoolId": pool }));
        assert_eq!(
            described["UserPool"]["EstimatedNumberOfUsers"],
            json!(users.len())
        );

        let mut by_group = BTreeSet::new();
        for group in walk(read, "ListGroups", of_pool("Limit"), "Groups", "GroupName") {
            let members = json!({ "UserPoolId": pool, "GroupName": group, "Limit": 2 });
            for user in walk(read, "ListUsersInGroup", members, "Users", "Username") {
                assert!(
                    by_group.insert((user, group.clone())),
                    "a member is listed twice"
                );
            }
        }
        let mut by_user = BTreeSet::new();
        for user in users {
            let groups = json!({ "UserPoolId": pool, "Username": user, "Limit": 2 });
            for group in walk(
                read,
                "AdminListGroupsForUser",
                groups,
                "Groups",
                "GroupName",
            ) {
                by_user.insert((user.clone(), group));
            }
        }
        assert_eq!(by_group, by_user, "memberships of {pool}");
    }
}
