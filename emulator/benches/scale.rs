//! Costs of calls in a pool of 1,000 users and in one of 1,000,000, and the
//! memory of a user.
//!
//! `cargo bench -p cognito-emulator --all-features --bench scale` prints a
//! table. The environment variable `SCALE_USERS` is the number of users in the
//! large pool. `docs/benchmarks.md` has the results.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark measures the machine's time, prints results, and stops if it cannot continue"
)]

use std::time::{Duration, Instant};

use cognito_emulator::auth::keys::Keyring;
use cognito_emulator::stack::Stack;
use cognito_emulator::testing::srp;
use cognito_emulator::wire::{Call, Service};
use cognito_emulator::world::Clock;
use serde_json::{Value, json};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SMALL: usize = 1_000;
const PASSWORD: &str = "Correct-Horse-7";
/// The time of all calls. [`TIMESTAMP`] is the same time in the format of SRP
/// clients.
const NOW: u64 = 1_700_000_000;
const TIMESTAMP: &str = "Tue Nov 14 22:13:20 UTC 2023";
/// Duration of the measurement of each call.
const REPEAT: Duration = Duration::from_millis(700);
/// Number of different names. A prefix of one finds a full page in both pools.
const NAMES: usize = 10;

fn main() {
    // `cargo test --benches` also runs this file, without measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let large: usize =
        std::env::var("SCALE_USERS").map_or(1_000_000, |users| users.parse().unwrap());

    let keys = Keyring::default().next();
    let message = [b'x'; 800];
    assert!(!keys.access().sign(&message).is_empty());
    let signature = time(|| drop(keys.access().sign(&message)));
    println!("one RS256 signature: {signature}");

    let mut place = Place::new();
    place.grow_to(SMALL);
    let small = place.measure();
    place.stack.clear_journal();
    let before = resident();
    place.grow_to(large);
    place.stack.clear_journal();
    let bytes = (resident() - before) as f64 / (large - SMALL) as f64;
    let at_large = place.measure();

    println!("{:<44}{SMALL:>18} users{large:>18} users  ratio", "");
    for ((name, few), (_, many)) in small.iter().zip(&at_large) {
        let ratio = many.fastest.as_secs_f64() / few.fastest.as_secs_f64();
        let signatures = few.fastest.as_secs_f64() / signature.fastest.as_secs_f64();
        let signatures = if name.contains("sign-in") {
            format!("  {signatures:.2} signatures")
        } else {
            String::new()
        };
        println!("{name:<44}{few:>24}{many:>24}  {ratio:.2}{signatures}");
    }
    println!(
        "two threads read one user {:.2} times as often as one",
        place.measure_threads()
    );
    println!("a user with e-mail, name and password: {bytes:.0} bytes");
}

/// The fastest call and the median.
struct Times {
    fastest: Duration,
    median: Duration,
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
        let text = format!(
            "{:.1} / {:.1} µs",
            micros(self.fastest),
            micros(self.median)
        );
        f.pad(&text)
    }
}

fn time(mut call: impl FnMut()) -> Times {
    time_prepared(|| (), |()| call())
}

/// Measures `call` only, without its preparation.
fn time_prepared<T>(mut prepare: impl FnMut() -> T, mut call: impl FnMut(T)) -> Times {
    let mut all = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < REPEAT {
        let prepared = prepare();
        let before = Instant::now();
        call(prepared);
        all.push(before.elapsed());
    }
    all.sort_unstable();
    Times {
        fastest: all[0],
        median: all[all.len() / 2],
    }
}

/// Bytes of this process in memory (`man 5 proc_pid_statm`).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

struct Place {
    stack: Stack,
    pool: String,
    client: String,
    users: usize,
    created: usize,
}

impl Place {
    fn new() -> Self {
        let mut place = Self {
            stack: Stack::builder().clock(Clock::fixed(NOW)).build(),
            pool: String::new(),
            client: String::new(),
            users: 0,
            created: 0,
        };
        let made = place.answer("CreateUserPool", json!({ "PoolName": "scale" }));
        place.pool = text(&made["UserPool"]["Id"]);
        let flows = [
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_USER_SRP_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
        ];
        let client = json!({ "ClientName": "scale", "ExplicitAuthFlows": flows });
        let made = place.answer("CreateUserPoolClient", client);
        place.client = text(&made["UserPoolClient"]["ClientId"]);
        place.answer("CreateGroup", json!({ "GroupName": "everybody" }));
        place
    }

    fn call(&self, operation: &str, mut input: Value) -> Call {
        if !self.pool.is_empty()
            && input.get("ClientId").is_none()
            && input.get("AccessToken").is_none()
        {
            input["UserPoolId"] = json!(self.pool);
        }
        Call::new(operation, input)
    }

    fn answer(&self, operation: &str, input: Value) -> Value {
        let reply = self.stack.call(&self.call(operation, input));
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    fn grow_to(&mut self, users: usize) {
        for number in self.users..users {
            let name = user(number);
            self.answer("AdminCreateUser", new_user(&name));
            let password = json!({ "Username": name, "Password": PASSWORD, "Permanent": true });
            self.answer("AdminSetUserPassword", password);
            // A tenth of the users are in the group, so that a page is full in
            // both pools.
            if number % 10 == 0 {
                self.answer(
                    "AdminAddUserToGroup",
                    json!({ "Username": name, "GroupName": "everybody" }),
                );
            }
        }
        self.users = users;
    }

    /// The calls to measure: name, operation and input.
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn calls(&mut self) -> Vec<(&'static str, &'static str, Value)> {
        let sub = {
            let found = self.answer("AdminGetUser", json!({ "Username": user(7) }));
            let attributes = found["UserAttributes"].as_array().unwrap();
            text(&attributes.iter().find(|a| a["Name"] == "sub").unwrap()["Value"])
        };
        let sign_in = json!({
            "ClientId": self.client,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": user(7), "PASSWORD": PASSWORD },
        });
        let token =
            self.answer("InitiateAuth", sign_in.clone())["AuthenticationResult"]["AccessToken"]
                .clone();
        let last = self.last_page();
        let filter = |filter: String| json!({ "Filter": filter });
        vec![
            (
                "AdminGetUser",
                "AdminGetUser",
                json!({ "Username": user(7) }),
            ),
            ("GetUser", "GetUser", json!({ "AccessToken": token })),
            ("ListUsers, first page of 60", "ListUsers", json!({})),
            (
                "ListUsers, page 10,000 or the last full one",
                "ListUsers",
                last,
            ),
            (
                "ListUsers, email = (one user)",
                "ListUsers",
                filter(format!("email = \"{}@example.com\"", user(7))),
            ),
            (
                "ListUsers, username =",
                "ListUsers",
                filter(format!("username = \"{}\"", user(7))),
            ),
            (
                "ListUsers, sub =",
                "ListUsers",
                filter(format!("sub = \"{sub}\"")),
            ),
            (
                "ListUsers, email ^= (60 of many)",
                "ListUsers",
                filter("email ^= \"user\"".to_owned()),
            ),
            (
                "ListUsers, name ^= (60 of many)",
                "ListUsers",
                filter("name ^= \"name 7\"".to_owned()),
            ),
            (
                "ListUsers, username ^= (60 of many)",
                "ListUsers",
                filter("username ^= \"user-\"".to_owned()),
            ),
            (
                "ListUsers, cognito:user_status = (60 of many)",
                "ListUsers",
                filter("cognito:user_status = \"confirmed\"".to_owned()),
            ),
            (
                "ListUsers, status = (60 of many)",
                "ListUsers",
                filter("status = \"Enabled\"".to_owned()),
            ),
            (
                "ListUsersInGroup, 60",
                "ListUsersInGroup",
                json!({ "GroupName": "everybody" }),
            ),
            ("password sign-in", "InitiateAuth", sign_in),
        ]
    }

    fn measure(&mut self) -> Vec<(String, Times)> {
        let mut measured = Vec::new();
        for (name, operation, input) in self.calls() {
            let call = self.call(operation, input);
            let times = time(|| {
                let reply = self.stack.call(&call);
                assert!(reply.is_ok(), "{reply}");
            });
            measured.push((name.to_owned(), times));
        }
        measured.extend(self.measure_srp());
        measured.push(("AdminCreateUser".to_owned(), self.measure_creation()));
        measured
    }

    /// Measures both calls of an SRP sign-in, without the client's
    /// computations.
    fn measure_srp(&self) -> [(String, Times); 2] {
        let client = srp::Client::new(&[7; 32]);
        let begin = json!({
            "ClientId": self.client,
            "AuthFlow": "USER_SRP_AUTH",
            "AuthParameters": { "USERNAME": user(7), "SRP_A": client.public() },
        });
        let begin = self.call("InitiateAuth", begin);
        let challenged = || {
            let reply = self.stack.call(&begin);
            assert!(reply.is_ok(), "{reply}");
            reply
        };
        let (_, pool) = self.pool.split_once('_').unwrap();
        let proven = || {
            let reply = challenged();
            let parameter = |name: &str| text(&reply.body["ChallengeParameters"][name]);
            let (salt, public, block) = (
                parameter("SALT"),
                parameter("SRP_B"),
                parameter("SECRET_BLOCK"),
            );
            let challenge = srp::Challenge {
                salt: &salt,
                public: &public,
                secret_block: &block,
            };
            let names = [pool, &parameter("USER_ID_FOR_SRP")];
            let claim = client.claim(&challenge, names, PASSWORD, TIMESTAMP);
            let answer = json!({
                "ClientId": self.client,
                "ChallengeName": "PASSWORD_VERIFIER",
                "ChallengeResponses": {
                    "USERNAME": user(7), "TIMESTAMP": TIMESTAMP,
                    "PASSWORD_CLAIM_SECRET_BLOCK": block, "PASSWORD_CLAIM_SIGNATURE": claim,
                },
            });
            self.call("RespondToAuthChallenge", answer)
        };
        let answered = |call: Call| {
            let reply = self.stack.call(&call);
            assert!(reply.is_ok(), "{reply}");
        };
        [
            (
                "SRP sign-in, first call".to_owned(),
                time(|| drop(challenged())),
            ),
            (
                "SRP sign-in, second call".to_owned(),
                time_prepared(proven, answered),
            ),
        ]
    }

    /// Measures the reads of one user by two threads, relative to one thread.
    fn measure_threads(&self) -> f64 {
        let call = self.call("AdminGetUser", json!({ "Username": user(7) }));
        let read = || {
            let mut made = 0_u32;
            let begin = Instant::now();
            while begin.elapsed() < REPEAT {
                assert!(self.stack.call(&call).is_ok());
                made += 1;
            }
            f64::from(made)
        };
        let one = read();
        let two: f64 = std::thread::scope(|scope| {
            let threads = [scope.spawn(read), scope.spawn(read)];
            threads.map(|thread| thread.join().unwrap()).iter().sum()
        });
        two / one
    }

    fn measure_creation(&mut self) -> Times {
        let first = self.created;
        let name = |number: usize| format!("new-{number}");
        let mut next = first..;
        let times = time_prepared(
            || {
                let number = next.next().unwrap();
                self.call("AdminCreateUser", new_user(&name(number)))
            },
            |call| assert!(self.stack.call(&call).is_ok()),
        );
        self.created = next.start;
        for number in first..self.created {
            self.answer("AdminDeleteUser", json!({ "Username": name(number) }));
        }
        times
    }

    /// The input of `ListUsers` for page 10,000, or for the last full page if
    /// there are fewer.
    fn last_page(&self) -> Value {
        let mut input = json!({});
        for _ in 1..(self.users / 60).min(10_000) {
            let token = &self.answer("ListUsers", input)["PaginationToken"];
            input = json!({ "PaginationToken": token });
        }
        input
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn user(number: usize) -> String {
    format!("user-{number:07}")
}

fn new_user(name: &str) -> Value {
    let number: usize = name.rsplit('-').next().unwrap().parse().unwrap();
    json!({
        "Username": name,
        "MessageAction": "SUPPRESS",
        "UserAttributes": [
            { "Name": "email", "Value": format!("{name}@example.com") },
            { "Name": "name", "Value": format!("Name {}", number % NAMES) },
        ],
    })
}
