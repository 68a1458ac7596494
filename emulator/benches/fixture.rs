//! Cost of a test fixture, compared with a password sign-in in the same run.
//!
//! A fixture creates a pool, a client, and a user with a password, signs the
//! user in, and deletes the pool. `cargo bench -p cognito-emulator
//! --all-features --bench fixture` prints the cost of a fixture with keys that
//! an earlier pool had, with keys that no pool had before, and with 10,000
//! other pools. It also prints the memory of an empty pool, and the time to
//! list pools. `docs/benchmarks.md` has the results.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time, prints results, and stops at the first fault"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Scope, Service};
use cognito_emulator::world::Clock;
use serde_json::{Value, json};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PASSWORD: &str = "Correct-Horse-7";
/// Number of accounts. An account has at most 1,000 pools.
const ACCOUNTS: usize = 10;
const POOLS: usize = 1_000;
const REPEAT: usize = 1_000;

fn main() {
    // `cargo test --benches` also runs this file, without measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let place = Place {
        stack: Stack::builder().clock(Clock::fixed(1_700_000_000)).build(),
        scope: Arc::default(),
    };
    let first = elapsed(|| place.fixture());
    let pool = place.pool();
    let sign_in = median(|| place.sign_in(&pool));
    let report = |name: &str, time: Duration| {
        let sign_ins = time.as_secs_f64() / sign_in.as_secs_f64();
        let micros = time.as_secs_f64() * 1e6;
        println!("{name:<52}{micros:>10.1} µs{sign_ins:>8.2} sign-ins");
    };
    report("password sign-in", sign_in);
    report("fixture, the first of the process", first);
    report(
        "fixture with new keys, median of 100",
        place.with_new_keys(),
    );
    let begin = (Instant::now(), processor_time());
    report("fixture, median of 1,000", median(|| place.fixture()));
    let busy = (processor_time() - begin.1) / begin.0.elapsed().as_secs_f64();
    println!("cores busy meanwhile: {busy:.2}");

    let before = resident();
    let accounts: Vec<_> = (1..=ACCOUNTS)
        .map(|number| place.in_account(number))
        .collect();
    let made = elapsed(|| {
        for account in &accounts {
            (0..POOLS).for_each(|_| drop(account.create_pool()));
        }
    });
    let all = ACCOUNTS * POOLS;
    println!(
        "{all} empty pools: {made:?}, {} bytes each",
        (resident() - before) / all as u64
    );
    report(
        "fixture, the first beside 10,000 pools",
        elapsed(|| place.fixture()),
    );
    report(
        "fixture beside 10,000 pools, median of 1,000",
        median(|| place.fixture()),
    );
    report(
        "fixture with new keys beside 10,000 pools",
        place.with_new_keys(),
    );
    report(
        "password sign-in beside 10,000 pools",
        median(|| place.sign_in(&pool)),
    );
    report(
        "ListUserPools, a page of 60",
        median(|| accounts[0].list(None)),
    );
    let list = median(|| accounts.iter().for_each(Place::list_all));
    report("ListUserPools, all 10,000", list);
    let before = resident();
    for account in &accounts {
        (0..POOLS / 10).for_each(|_| account.sign_in_once());
    }
    println!(
        "a pool with a client, a user and a sign-in: {} bytes",
        (resident() - before) / (all / 10) as u64
    );
}

fn elapsed<R>(work: impl FnOnce() -> R) -> Duration {
    let begin = Instant::now();
    drop(work());
    begin.elapsed()
}

fn median<R>(mut work: impl FnMut() -> R) -> Duration {
    let mut all: Vec<_> = (0..REPEAT).map(|_| elapsed(&mut work)).collect();
    all.sort_unstable();
    all[REPEAT / 2]
}

/// Bytes of this process in memory (`man 5 proc_pid_statm`).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Seconds that the threads of this process have run (`man 5 proc_pid_stat`).
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

struct Place {
    stack: Stack,
    scope: Arc<Scope>,
}

struct Pool {
    id: String,
    client: String,
}

impl Place {
    fn in_account(&self, number: usize) -> Self {
        let scope = Scope {
            account: format!("{number:012}"),
            ..Scope::default()
        };
        Self {
            stack: self.stack.clone(),
            scope: Arc::new(scope),
        }
    }

    fn answer(&self, operation: &str, input: Value) -> Value {
        let call = Call {
            scope: Arc::clone(&self.scope),
            ..Call::new(operation, input)
        };
        let reply = self.stack.call(&call);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    fn create_pool(&self) -> String {
        let made = self.answer("CreateUserPool", json!({ "PoolName": "fixture" }));
        text(&made["UserPool"]["Id"])
    }

    /// A pool with a client and a user who can sign in.
    fn pool(&self) -> Pool {
        let id = self.create_pool();
        let client = json!({
            "UserPoolId": id, "ClientName": "fixture",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        });
        let made = self.answer("CreateUserPoolClient", client);
        let user = json!({ "UserPoolId": id, "Username": "ana", "MessageAction": "SUPPRESS" });
        self.answer("AdminCreateUser", user);
        let password = json!({
            "UserPoolId": id, "Username": "ana", "Password": PASSWORD, "Permanent": true,
        });
        self.answer("AdminSetUserPassword", password);
        Pool {
            id,
            client: text(&made["UserPoolClient"]["ClientId"]),
        }
    }

    fn sign_in(&self, pool: &Pool) -> Value {
        let input = json!({
            "ClientId": pool.client,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": "ana", "PASSWORD": PASSWORD },
        });
        self.answer("InitiateAuth", input)
    }

    fn fixture(&self) {
        let pool = self.pool();
        self.sign_in(&pool);
        self.answer("DeleteUserPool", json!({ "UserPoolId": pool.id }));
    }

    /// The median time of fixtures with keys that no pool has used before.
    fn with_new_keys(&self) -> Duration {
        let mut times = Vec::new();
        let mut others = Vec::new();
        for _ in 0..100 {
            times.push(elapsed(|| self.fixture()));
            // This pool gets the keys of the deleted pool, so the next fixture
            // needs new ones.
            others.push(self.create_pool());
        }
        for pool in others {
            self.answer("DeleteUserPool", json!({ "UserPoolId": pool }));
        }
        times.sort_unstable();
        times[50]
    }

    /// Replaces an empty pool with one whose user has signed in.
    fn sign_in_once(&self) {
        let first = text(&self.list(None)["UserPools"][0]["Id"]);
        self.answer("DeleteUserPool", json!({ "UserPoolId": first }));
        let pool = self.pool();
        self.sign_in(&pool);
    }

    fn list(&self, token: Option<&str>) -> Value {
        let mut input = json!({ "MaxResults": 60 });
        if let Some(token) = token {
            input["NextToken"] = json!(token);
        }
        self.answer("ListUserPools", input)
    }

    fn list_all(&self) {
        let mut page = self.list(None);
        while let Some(token) = page["NextToken"].as_str() {
            page = self.list(Some(token));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
