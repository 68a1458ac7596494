//! Simulation: a hundred thousand random calls over years of virtual time, on
//! four threads, with changing faults and throttles.
//!
//! A run must end without a panic and without an `InternalErrorException` that
//! was not injected. Every index must be consistent, and no change may be lost.
//! On one thread a run depends on its seed only: the same seed gives the same
//! answers. A failing run prints its seed and the shortest failing list of
//! calls that it can find.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cognito_emulator::auth::jwt;
use cognito_emulator::layers::faults::{Fault, FaultEffect, Target, When};
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

use crate::pool_file::survives;
use crate::script::{Act, Script, Step, shortest};
use crate::sdk_answers::Reader;
use crate::town::{Known, Town, walk};

const SEED: u64 = 20_260_101;
const THREADS: u64 = 4;
const CALLS_OF_A_THREAD: usize = 25_000;

#[test]
fn a_hundred_thousand_calls_on_four_threads() {
    let mut town = Town::new(SEED);
    let script = Arc::default();
    let results = watched(SEED, &script, || {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (town, script) = (&town, &script);
                    scope.spawn(move || {
                        let known = town.known.clone();
                        let mut actor = Actor::new(SEED + thread, known, script);
                        actor.run(&town.stack, CALLS_OF_A_THREAD);
                        (actor.known, actor.answers)
                    })
                })
                .collect();
            let all = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            all.collect::<Result<Vec<_>, _>>()
        })
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    let consistent = |town: &Town| {
        town.stack
            .inspect(|emulator| emulator.state().is_consistent())
    };
    assert!(consistent(&town));
    let before = town.known.clone();
    let mut answers: BTreeMap<_, Answers> = BTreeMap::new();
    for (known, of_thread) in results {
        town.known.merge(known, &before);
        for (name, of_one) in of_thread {
            answers.entry(name).or_default().extend(of_one);
        }
    }
    audit(&town.stack, &town.known);
    survives(&town.stack);
    // Operations that succeeded on no thread are called here on purpose.
    for name in BUILT {
        for seed in 1..=200 {
            if answers.contains_key(name) {
                break;
            }
            let town = Town::new(SEED + seed);
            let mut actor = Actor::new(SEED + seed, town.known.clone(), &Arc::default());
            actor.seek(&town.stack, name);
            answers.extend(actor.answers.remove_entry(name));
        }
    }
    let idle: Vec<_> = BUILT
        .iter()
        .filter(|name| !answers.contains_key(**name))
        .collect();
    assert!(idle.is_empty(), "never succeeded: {idle:?}");
    let reader = Reader::new();
    for (name, answers) in &answers {
        for answer in answers.values() {
            reader.read(name, answer);
        }
    }
}

#[test]
fn a_seed_gives_the_same_answers() {
    let run = || {
        let town = Town::new(SEED);
        let script = Arc::default();
        let mut actor = Actor::new(SEED, town.known.clone(), &script);
        watched(SEED, &script, || actor.run(&town.stack, 2_000))
    };
    assert_eq!(run(), run());
}

/// The report of a failing run has only the necessary calls. Here a run fails
/// if a user is read, so these are the calls of a sign-in.
#[test]
fn a_failing_run_is_shortened() {
    let town = Town::new(SEED);
    let script: Arc<Mutex<Script>> = Arc::default();
    let mut actor = Actor::new(SEED, town.known.clone(), &script);
    actor.run(&town.stack, 1_500);
    let steps = script.lock().unwrap().steps.clone();
    let (fault, fewer) = shortest(SEED, &steps, |operation, reply| {
        (operation == "GetUser" && reply.is_ok()).then(|| "a user was read".to_owned())
    })
    .expect("a user signs in and is read");
    assert_eq!(fault, "a user was read");
    assert!((1..=4).contains(&fewer.len()), "{}", listed(&fewer));
    let last = fewer.last().map(ToString::to_string).unwrap_or_default();
    assert!(last.starts_with("GetUser "), "{last}");
}

/// Calls `run`. If it panics, looks for the shortest failing list of calls and
/// panics with that.
fn watched<R>(seed: u64, script: &Mutex<Script>, run: impl FnOnce() -> R) -> R {
    let panic = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => return result,
        Err(panic) => panic,
    };
    let steps = script
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .steps
        .clone();
    let message = message_of(&panic);
    match shortest(seed, &steps, fault_of) {
        Some((fault, fewer)) => panic!("seed {seed}: {fault} after\n{}", listed(&fewer)),
        None => panic!(
            "seed {seed}: {message}; on one thread the {} steps go well, the last of them\n{}",
            steps.len(),
            listed(&steps[steps.len().saturating_sub(40)..])
        ),
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

fn listed(steps: &[Step]) -> String {
    let lines: Vec<String> = steps.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The fault of an answer, if it has one.
fn fault_of(operation: &str, reply: &Reply) -> Option<String> {
    let injected = reply.message.as_deref() == Some(INJECTED);
    (!injected && reply.status == 500).then(|| format!("{operation}: {reply}"))
}

/// Successful answers of one operation, one for each set of members.
type Answers = BTreeMap<String, Value>;

fn members(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            let named = members.map(|(name, value)| format!("{name} {},", self::members(value)));
            named.collect()
        }
        Value::Array(elements) => elements.first().map(members).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A caller that uses values of earlier answers.
pub(crate) struct Actor {
    known: Known,
    chance: Chance,
    runner: TestRunner,
    /// Each operation with its requests, repeated according to its share.
    calls: Vec<(&'static Operation, BoxedStrategy<Value>)>,
    /// The follow-up of the last call.
    next: Option<(&'static str, Value)>,
    /// Successful answers by operation.
    answers: BTreeMap<&'static str, Answers>,
    script: Arc<Mutex<Script>>,
}

impl Actor {
    pub(crate) fn new(seed: u64, known: Known, script: &Arc<Mutex<Script>>) -> Self {
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
            answers: BTreeMap::new(),
            script: Arc::clone(script),
        }
    }

    /// Calls `name` only, then together with other operations, then only again.
    fn seek(&mut self, stack: &Stack, name: &str) {
        let all = self.calls.clone();
        let mut only = all.clone();
        only.retain(|(operation, _)| operation.name == name);
        self.calls.clone_from(&only);
        self.run(stack, 30);
        self.calls = all;
        self.run(stack, 60);
        self.calls = only;
        self.run(stack, 30);
    }

    /// Makes `count` calls; returns a digest of the answers.
    pub(crate) fn run(&mut self, stack: &Stack, count: usize) -> u64 {
        let mut digest = DefaultHasher::new();
        for _ in 0..count {
            self.disturb(stack);
            let (name, request) = self.call(stack);
            let number = self.note(|script| script.note_call(name, &request));
            let reply = stack.call(&Call::new(name, request.clone()));
            self.note(|script| script.note_reply(number, &reply, stack));
            self.known.learn(name, &request, &reply);
            self.known.read_post(stack);
            assert_eq!(fault_of(name, &reply), None);
            take_in(&mut digest, &reply);
            if reply.is_ok() && reply.cut.is_none() {
                let answers = self.answers.entry(name).or_default();
                if answers.len() < 50 {
                    answers.insert(members(&reply.body), reply.body.json().clone());
                }
                let next = follow_up(name, request, &reply);
                self.next = next.filter(|_| self.chance.below(2) == 0);
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
            // Invalid calls: a generated request as it is, wrong members, or a
            // request for another operation.
            0 => (operation.name, request),
            1 => (
                operation.name,
                json!({ "UserPoolId": 7, "Username": null, "Nonsense": [] }),
            ),
            2 => (BUILT[self.chance.below(BUILT.len())], request),
            _ => (
                operation.name,
                self.known.adapt(operation, request, stack, &self.chance),
            ),
        }
    }

    /// Advances the time, and changes faults and throttles.
    fn disturb(&self, stack: &Stack) {
        let chance = &self.chance;
        // Long times are rare, because they end every sign-in.
        let seconds = match chance.below(4_000) {
            0 => chance.below(90 * 86_400),
            1..8 => chance.below(7_200),
            8..600 => 1 + chance.below(20),
            _ => 0,
        };
        if seconds > 0 {
            self.act(stack, Act::Advance(Duration::from_secs(seconds as u64)));
        }
        match chance.below(150) {
            0 | 1 => self.act(stack, Act::Fault(any_fault(chance))),
            2..5 => self.act(stack, Act::ClearFaults),
            5 => self.act(stack, Act::Throttle(Throttle::AWS)),
            6 => self.act(stack, Act::Throttle("10%".parse().unwrap())),
            7 | 8 => self.act(stack, Act::Throttle(Throttle::Off)),
            _ => {}
        }
    }

    fn act(&self, stack: &Stack, act: Act) {
        match &act {
            Act::Advance(by) => stack.advance(*by),
            Act::Fault(fault) => stack.inject(fault.clone()).unwrap(),
            Act::ClearFaults => stack.clear_faults(),
            Act::Throttle(throttle) => stack.set_throttle(*throttle),
            Act::Call { .. } => unreachable!("calls are made by `call`"),
        }
        self.note(|script| script.note(act));
    }

    fn note<R>(&self, note: impl FnOnce(&mut Script) -> R) -> R {
        note(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The next call about a short-lived item, which random calls would rarely
/// find.
fn follow_up(operation: &str, mut request: Value, reply: &Reply) -> Option<(&'static str, Value)> {
    match operation {
        "StartUserImportJob" => Some(("StopUserImportJob", request)),
        "ConfirmDevice" => {
            request["DeviceRememberedStatus"] = json!("remembered");
            Some(("UpdateDeviceStatus", request))
        }
        "UpdateDeviceStatus" => Some(("GetDevice", request)),
        "GetDevice" => Some(("ForgetDevice", request)),
        "CompleteWebAuthnRegistration" => {
            request["CredentialId"] = request["Credential"]["id"].clone();
            Some(("DeleteWebAuthnCredential", request))
        }
        "ListUserSessions" => {
            let mut sessions = reply.body["Sessions"].as_array()?.iter();
            let other = sessions.find(|session| session["IsCurrentSession"] != true)?;
            request["SessionId"] = other["SessionId"].clone();
            Some(("RevokeUserSession", request))
        }
        "AdminListUserSessions" => {
            request["SessionId"] = reply.body.pointer("/Sessions/0/SessionId")?.clone();
            Some(("AdminRevokeUserSession", request))
        }
        _ => None,
    }
}

/// The message of injected exceptions.
const INJECTED: &str = "injected";

fn any_fault(chance: &Chance) -> Fault {
    let exception = |code: &str| FaultEffect::Exception {
        code: code.to_owned(),
        message: Some(INJECTED.to_owned()),
    };
    let effects = [
        exception("InternalErrorException"),
        exception("TooManyRequestsException"),
        FaultEffect::Delay(Duration::from_secs(3)),
        FaultEffect::CutBeforeEffects,
        FaultEffect::CutAfterEffects,
    ];
    let effect = effects[chance.below(effects.len())].clone();
    let on = match chance.below(2) {
        0 => Target::Any,
        _ => Target::Operation(BUILT[chance.below(BUILT.len())].to_owned()),
    };
    let whens = [When::First(3), When::Nth(2), When::Share(0.1)];
    let when = whens[chance.below(whens.len())];
    let fault = Fault { on, when, effect };
    // The operation might not declare the exception.
    match fault.check() {
        Ok(()) => fault,
        Err(_) => Fault {
            on: Target::Any,
            ..fault
        },
    }
}

/// How often an operation is called, relative to the others.
fn share(operation: &str) -> usize {
    match operation {
        // Each pool needs keys, and `audit` reads each pool at the end.
        "CreateUserPool" => 1,
        // No other operation depends on these.
        name if [
            "ResourceServer",
            "IdentityProvider",
            "ProviderForUser",
            "SigningCertificate",
            "TagResource",
            "UntagResource",
            "TagsForResource",
            "SessionConfiguration",
            "ClientSecret",
            "ClientToken",
            "ProvisionedLimit",
            "LogDelivery",
            "ManagedLoginBranding",
            "Terms",
            "UICustomization",
            "UserPoolDomain",
        ]
        .iter()
        .any(|part| name.contains(part)) =>
        {
            1
        }
        // Few sign-ins have a device, and these operations delete it.
        "AdminForgetDevice" | "ForgetDevice" => 1,
        // These operations make other calls fail.
        "AdminDeleteSoftwareToken"
        | "DeleteUserPool"
        | "UpdateUserPool"
        | "UpdateUserPoolClient"
        | "SetUserPoolMfaConfig" => 2,
        "InitiateAuth" => 60,
        "ConfirmDevice" | "RespondToAuthChallenge" => 30,
        "AdminCreateUser" | "AdminInitiateAuth" | "AdminSetUserPassword" => 20,
        // These operations need the results of other calls.
        "AdminRespondToAuthChallenge"
        | "AssociateSoftwareToken"
        | "ConfirmForgotPassword"
        | "ConfirmSignUp"
        | "GetDerivedToken"
        | "RevokeUserSession"
        | "GetUserAttributeVerificationCode"
        | "VerifySoftwareToken"
        | "VerifyUserAttribute"
        | "StartWebAuthnRegistration"
        | "CompleteWebAuthnRegistration"
        | "AdminAddUserToGroup"
        | "CreateGroup"
        | "SignUp" => 12,
        _ => 6,
    }
}

/// Adds an answer to the digest. Only the claims of tokens are added, because
/// signing keys after the embedded ones differ between runs.
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

/// Reads all items over the API and compares them with the calls that were
/// made.
fn audit(stack: &Stack, known: &Known) {
    stack.clear_faults();
    stack.set_throttle(Throttle::Off);
    let read = |operation: &str, input: Value| must(stack, operation, input);
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

        audit_memberships(stack, pool, &users);
    }
}

/// Compares the members of each group with the groups of each user.
fn audit_memberships(stack: &Stack, pool: &str, users: &[String]) {
    let read = |operation: &str, input: Value| must(stack, operation, input);
    let of_pool = |size: &str| json!({ "UserPoolId": pool, size: 7 });
    let mut by_group = BTreeSet::new();
    for group in walk(read, "ListGroups", of_pool("Limit"), "Groups", "GroupName") {
        let members = json!({ "UserPoolId": pool, "GroupName": group, "Limit": 2 });
        // A provider's group has the provider's name, which may have
        // characters that the model does not allow in a group's name.
        let answer = stack.call(&Call::new("ListUsersInGroup", members.clone()));
        if !answer.is_ok() && group.starts_with(&format!("{pool}_")) {
            assert_eq!(answer.code.as_deref(), Some("InvalidParameterException"));
            continue;
        }
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

/// The response of a call that must succeed.
fn must(stack: &Stack, operation: &str, input: Value) -> Value {
    let reply = stack.call(&Call::new(operation, input));
    assert!(reply.is_ok(), "{operation}: {reply}");
    reply.body.json().clone()
}
